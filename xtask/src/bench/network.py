"""The networks of `model/src/network.rs` in PyTorch."""

import torch
from torch import nn
from torch.nn import functional as F

LATENT = 10

# Channels of the image and of each convolution, and latent units, by name: the usual network for
# dSprites, and the network of configs/celeba-*.toml.
NETWORKS = {
    "dsprites": ([1, 32, 32, 64, 64], LATENT),
    "rgb": ([3, 16, 32, 64, 64], 24),
}


class Vae(nn.Module):
    def __init__(self, network="dsprites"):
        super().__init__()
        widths, latent = NETWORKS[network]
        pairs = list(zip(widths, widths[1:]))
        self.convolutions = nn.ModuleList(nn.Conv2d(i, o, 4, 2, 1) for i, o in pairs)
        self.encoder_dense = nn.Linear(1024, 256)
        self.posterior = nn.Linear(256, 2 * latent)
        self.decoder_dense = nn.ModuleList([nn.Linear(latent, 256), nn.Linear(256, 1024)])
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
