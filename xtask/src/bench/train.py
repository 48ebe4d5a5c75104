"""Times training steps of a network in PyTorch: python train.py STEPS THREADS LAYOUT [NETWORK].

The same network, loss, optimiser, batch and noise as model/examples/train_step.rs; prints images a
second and images a second of processor time. LAYOUT is `channels-first`, PyTorch's default, or `channels-last`; NETWORK
is `dsprites`, the default, or `rgb`.
"""

import sys
import time

import torch
from torch.nn import functional as F

from network import NETWORKS, Vae

BATCH = 64


def main():
    steps, threads, layout = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    network = sys.argv[4] if len(sys.argv) > 4 else "dsprites"
    (channels, *_), latent = NETWORKS[network]
    vae = Vae(network)
    images = (torch.rand(BATCH, channels, 64, 64) < 0.05).float()
    if layout == "channels-last":
        vae = vae.to(memory_format=torch.channels_last)
        images = images.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(vae.parameters(), lr=1e-4)
    warm_up = 3
    for step in range(steps + warm_up):
        if step == warm_up:
            start, start_cpu = time.perf_counter(), time.process_time()
        logits, mean, log_var = vae(images, torch.randn(BATCH, latent))
        nll = F.binary_cross_entropy_with_logits(logits, images, reduction="sum")
        kl = 0.5 * (mean.square() + log_var.exp() - 1 - log_var).sum()
        optimizer.zero_grad()
        ((nll + kl) / BATCH).backward()
        optimizer.step()
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - start_cpu
    print(f"{BATCH * steps / seconds:.1f} {BATCH * steps / cpu_seconds:.1f}")


main()
