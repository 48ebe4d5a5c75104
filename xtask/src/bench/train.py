"""Times training steps of the dSprites network in PyTorch: python train.py STEPS THREADS LAYOUT.

The same network, loss, optimiser, batch and noise as model/examples/train_step.rs; prints images a
second and images a second of processor time. LAYOUT is `channels-first`, PyTorch's default, or `channels-last`.
"""

import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

BATCH, LATENT = 64, 10


class Vae(nn.Module):
    def __init__(self):
        super().__init__()
        widths = [1, 32, 32, 64, 64]
        pairs = list(zip(widths, widths[1:]))
        self.convolutions = nn.ModuleList(nn.Conv2d(i, o, 4, 2, 1) for i, o in pairs)
        self.encoder_dense = nn.Linear(1024, 256)
        self.posterior = nn.Linear(256, 2 * LATENT)
        self.decoder_dense = nn.ModuleList([nn.Linear(LATENT, 256), nn.Linear(256, 1024)])
        self.deconvolutions = nn.ModuleList(nn.ConvTranspose2d(o, i, 4, 2, 1) for i, o in reversed(pairs))

    def forward(self, x, noise):
        h = x
        for layer in self.convolutions:
            h = F.relu(layer(h))
        h = F.relu(self.encoder_dense(h.flatten(1)))
        mean, log_var = self.posterior(h).chunk(2, dim=1)
        h = mean + noise * torch.exp(0.5 * log_var)
        for layer in self.decoder_dense:
            h = F.relu(layer(h))
        h = h.view(-1, 64, 4, 4)
        for layer in self.deconvolutions[:-1]:
            h = F.relu(layer(h))
        return self.deconvolutions[-1](h), mean, log_var


def main():
    steps, threads, layout = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    vae = Vae()
    images = (torch.rand(BATCH, 1, 64, 64) < 0.05).float()
    if layout == "channels-last":
        vae = vae.to(memory_format=torch.channels_last)
        images = images.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(vae.parameters(), lr=1e-4)
    warm_up = 3
    for step in range(steps + warm_up):
        if step == warm_up:
            start, start_cpu = time.perf_counter(), time.process_time()
        logits, mean, log_var = vae(images, torch.randn(BATCH, LATENT))
        nll = F.binary_cross_entropy_with_logits(logits, images, reduction="sum")
        kl = 0.5 * (mean.square() + log_var.exp() - 1 - log_var).sum()
        optimizer.zero_grad()
        ((nll + kl) / BATCH).backward()
        optimizer.step()
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - start_cpu
    print(f"{BATCH * steps / seconds:.1f} {BATCH * steps / cpu_seconds:.1f}")


main()
