"""Times training steps of the dSprites network in PyTorch on a GPU: python gpu.py MODE BATCH STEPS.

The same network, loss, optimiser and noise as `latentscope device step`; prints images a second.
MODE is `eager`, PyTorch as it comes; `compile`, under torch.compile; or `graph`, the whole step
captured as one CUDA graph. TF32 is as PyTorch sets it: on in convolutions, off in products.
"""

import sys
import time

import torch
from torch.nn import functional as F

from network import LATENT, Vae

WARM_UP = 20


def main():
    mode, batch, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    device = torch.device("cuda")
    torch.manual_seed(1)
    vae = Vae().to(device)
    images = (torch.rand(batch, 1, 64, 64, device=device) < 0.05).float()
    noise = torch.randn(batch, LATENT, device=device)
    optimizer = torch.optim.Adam(vae.parameters(), lr=1e-4, capturable=mode == "graph")

    def loss():
        logits, mean, log_var = vae(images, noise)
        nll = F.binary_cross_entropy_with_logits(logits, images, reduction="sum")
        kl = 0.5 * (mean.square() + log_var.exp() - 1 - log_var).sum()
        return (nll + kl) / batch

    measured = torch.compile(loss) if mode == "compile" else loss

    def step():
        optimizer.zero_grad()
        measured().backward()
        optimizer.step()

    if mode == "graph":
        # PyTorch's notes on CUDA graphs require a few warm-up steps on a separate stream before capture.
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                step()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            step()
        take = graph.replay
    else:
        take = step
    for _ in range(WARM_UP):
        take()
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(steps):
        take()
    torch.cuda.synchronize()
    print(f"{batch * steps / (time.perf_counter() - start):.1f}")


main()
