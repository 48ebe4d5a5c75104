"""Records PyTorch's outputs of models for the tests of `latentscope import`. Needs torch, safetensors and numpy.

    python3 pytorch.py
        writes the golden files of tests/program/import.rs: small models of every layout with random weights,
        with images, their posteriors, and the pictures decoded from the posterior means.
    python3 pytorch.py FILE.safetensors IMAGES.npy OUT
        writes OUT-mean.npy, OUT-std.npy and OUT-pictures.npy for a model with the layout `burgess`.
"""

import math
import pathlib
import sys

import numpy
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F


class Burgess(nn.Module):
    """github.com/YannDubs/disentangling-vae, for 64×64 pixels, or 32×32 without conv_64 and convT_64."""

    def __init__(self, side, channels, widths, hidden, latent):
        super().__init__()
        names = ["conv1", "conv2", "conv3", "conv_64"][: len(widths)]
        ups = ["convT_64", "convT1", "convT2", "convT3"][-len(widths) :]
        corner = side >> len(widths)
        self.shape, self.latent = (widths[-1], corner, corner), latent
        self.down, self.up = names, ups
        encoder, decoder = {}, {}
        for name, i, o in zip(names, [channels, *widths], widths):
            encoder[name] = nn.Conv2d(i, o, 4, 2, 1)
        flat = math.prod(self.shape)
        encoder["lin1"], encoder["lin2"] = nn.Linear(flat, hidden[0]), nn.Linear(hidden[0], hidden[1])
        encoder["mu_logvar_gen"] = nn.Linear(hidden[1], 2 * latent)
        decoder["lin1"], decoder["lin2"] = nn.Linear(latent, hidden[2]), nn.Linear(hidden[2], hidden[3])
        decoder["lin3"] = nn.Linear(hidden[3], flat)
        back = [*widths[::-1], channels]
        for name, i, o in zip(ups, back, back[1:]):
            decoder[name] = nn.ConvTranspose2d(i, o, 4, 2, 1)
        self.encoder, self.decoder = nn.ModuleDict(encoder), nn.ModuleDict(decoder)

    def encode(self, x):
        e = self.encoder
        for name in self.down:
            x = F.relu(e[name](x))
        x = F.relu(e["lin2"](F.relu(e["lin1"](x.flatten(1)))))
        return e["mu_logvar_gen"](x).view(-1, self.latent, 2).unbind(-1)

    def decode(self, z):
        d = self.decoder
        x = F.relu(d["lin3"](F.relu(d["lin2"](F.relu(d["lin1"](z))))))
        x = x.view(-1, *self.shape)
        for name in self.up[:-1]:
            x = F.relu(d[name](x))
        return torch.sigmoid(d[self.up[-1]](x))

    @classmethod
    def of(cls, tensors):
        """Creates the model from a state_dict."""
        names = [name for name in ["conv1", "conv2", "conv3", "conv_64"] if f"encoder.{name}.weight" in tensors]
        width = lambda name, side=0: tensors[f"{name}.weight"].shape[side]
        widths = [width(f"encoder.{name}") for name in names]
        corner = math.isqrt(width("encoder.lin1", 1) // widths[-1])
        hidden = [width(f"{side}.{name}") for side in ["encoder", "decoder"] for name in ["lin1", "lin2"]]
        model = cls(corner << len(widths), width("encoder.conv1", 1), widths, hidden, width("decoder.lin1", 1))
        model.load_state_dict(tensors)
        return model


class Sequential(nn.Module):
    """github.com/1Konny/Beta-VAE: BetaVAE_H and BetaVAE_B."""

    def __init__(self, encoder, decoder, latent):
        super().__init__()
        self.encoder, self.decoder, self.latent = nn.Sequential(*encoder), nn.Sequential(*decoder), latent

    def encode(self, x):
        statistics = self.encoder(x)
        return statistics[:, : self.latent], statistics[:, self.latent :]

    def decode(self, z):
        return torch.sigmoid(self.decoder(z))


def relu(layers):
    """Layers with a ReLU between them."""
    return [part for layer in layers for part in (layer, nn.ReLU())][:-1]


def higgins(latent, channels):
    down = [nn.Conv2d(channels, 3, 4, 2, 1), nn.Conv2d(3, 4, 4, 2, 1), nn.Conv2d(4, 5, 4, 2, 1)]
    down += [nn.Conv2d(5, 6, 4, 2, 1), nn.Conv2d(6, 7, 4, 1)]
    up = [nn.ConvTranspose2d(7, 6, 4), nn.ConvTranspose2d(6, 5, 4, 2, 1), nn.ConvTranspose2d(5, 4, 4, 2, 1)]
    up += [nn.ConvTranspose2d(4, 3, 4, 2, 1), nn.ConvTranspose2d(3, channels, 4, 2, 1)]
    encoder = [*relu(down), nn.ReLU(), nn.Flatten(), nn.Linear(7, 2 * latent)]
    return Sequential(encoder, [nn.Linear(latent, 7), nn.Unflatten(1, (7, 1, 1)), nn.ReLU(), *relu(up)], latent)


def konny_b(latent, channels):
    down = [nn.Conv2d(channels, 3, 4, 2, 1), nn.Conv2d(3, 4, 4, 2, 1), nn.Conv2d(4, 5, 4, 2, 1)]
    down += [nn.Conv2d(5, 6, 4, 2, 1)]
    up = [nn.ConvTranspose2d(6, 5, 4, 2, 1), nn.ConvTranspose2d(5, 4, 4, 2, 1)]
    up += [nn.ConvTranspose2d(4, 3, 4, 2, 1), nn.ConvTranspose2d(3, channels, 4, 2, 1)]
    dense = relu([nn.Linear(96, 9), nn.Linear(9, 8), nn.Linear(8, 2 * latent)])
    back = [*relu([nn.Linear(latent, 7), nn.Linear(7, 8), nn.Linear(8, 96)]), nn.ReLU(), nn.Unflatten(1, (6, 4, 4))]
    return Sequential([*relu(down), nn.ReLU(), nn.Flatten(), *dense], [*back, *relu(up)], latent)


class Apart(nn.Module):
    """Separate layers for means and log variances, no other dense layer in the encoder, images of 16×24 pixels."""

    def __init__(self, latent, channels):
        super().__init__()
        self.down = nn.ModuleList([nn.Conv2d(channels, 3, 4, 2, 1), nn.Conv2d(3, 4, 4, 2, 1)])
        self.mu, self.var = nn.Linear(4 * 4 * 6, latent), nn.Linear(4 * 4 * 6, latent)
        self.grow = nn.Linear(latent, 4 * 4 * 6)
        self.up = nn.ModuleList([nn.ConvTranspose2d(4, 3, 4, 2, 1), nn.ConvTranspose2d(3, channels, 4, 2, 1)])
        self.critic = nn.Linear(latent, 2)

    def encode(self, x):
        for layer in self.down:
            x = F.relu(layer(x))
        return self.mu(x.flatten(1)), self.var(x.flatten(1))

    def decode(self, z):
        x = F.relu(self.grow(z)).view(-1, 4, 4, 6)
        return torch.sigmoid(self.up[1](F.relu(self.up[0](x))))


def run(model, images):
    """Returns means and log variances [N, D], and the decoded means; images and pictures are [N, H, W, C]."""
    with torch.no_grad():
        mean, log_var = model.encode(torch.tensor(images).permute(0, 3, 1, 2))
        pictures = model.decode(mean).permute(0, 2, 3, 1)
    return mean, log_var, pictures


def golden():
    here = pathlib.Path(__file__).parent
    for seed, (name, make, shape) in enumerate([
        ("burgess", lambda: Burgess(64, 1, [3, 4, 5, 6], [7, 8, 9, 5], 3), (2, 64, 64, 1)),
        ("burgess-32", lambda: Burgess(32, 3, [3, 4, 5], [7, 8, 9, 5], 4), (2, 32, 32, 3)),
        ("konny-b", lambda: konny_b(3, 1), (1, 64, 64, 1)),
        ("konny-h", lambda: higgins(3, 1), (1, 64, 64, 1)),
        ("apart", lambda: Apart(3, 2), (2, 16, 24, 2)),
    ]):
        torch.manual_seed(seed)
        model = make()
        for parameter in model.parameters():
            # Large enough for each layer to affect the pictures.
            nn.init.normal_(parameter, 0.0, 1.6 / math.sqrt(max(1, parameter[0].numel())))
        images = numpy.random.default_rng(seed).random(shape, dtype=numpy.float32)
        mean, log_var, pictures = run(model, images)
        save_file({k: v.contiguous() for k, v in model.state_dict().items()}, here / f"{name}.safetensors")
        outcome = {"images": torch.tensor(images), "mean": mean, "log_var": log_var, "pictures": pictures}
        save_file({k: v.contiguous() for k, v in outcome.items()}, here / f"{name}-golden.safetensors")
        print(name, "means", mean.flatten().tolist()[:3], "pictures", pictures.std().item())


def foreign(file, images, out):
    images = numpy.load(images)
    images = images / numpy.float32(255) if images.dtype == numpy.uint8 else images
    images = images.reshape(*images.shape[:3], -1).astype(numpy.float32)
    mean, log_var, pictures = run(Burgess.of(load_file(file)), images)
    numpy.save(f"{out}-mean.npy", mean.numpy())
    numpy.save(f"{out}-std.npy", (log_var / 2).exp().numpy())
    numpy.save(f"{out}-pictures.npy", pictures.squeeze(-1).numpy() if pictures.shape[-1] == 1 else pictures.numpy())


if __name__ == "__main__":
    foreign(*sys.argv[1:]) if len(sys.argv) == 4 else golden()
