"""Encodes and decodes with a weights file of Latentscope, in PyTorch. Needs torch, safetensors and numpy.

    python3 decode.py MODEL.safetensors OUT.npy                     the pictures of each unit's row
    python3 decode.py MODEL.safetensors OUT.npy --codes CODES.npy   the pictures of codes [N, D]
    python3 decode.py MODEL.safetensors OUT.npy --images IMAGES.npy the codes [N, D] of images [N, H, W(, C)]

docs/format.md describes every tensor and every field of the card.
"""

import argparse
import json

import numpy
import torch
from safetensors import safe_open
from torch.nn import functional as F


def load(path):
    """The card and the tensors as f32."""
    with safe_open(path, framework="pt") as file:
        card = json.loads(file.metadata()["latentscope"])
        tensors = {name: file.get_tensor(name).float() for name in file.keys()}
    return card, tensors


def encode(card, tensors, images):
    """Means and log variances [N, D] of images [N, H, W, C] in 0 to 1."""
    model = card["model"]
    x = images.permute(0, 3, 1, 2)
    for i in range(len(model["channels"])):
        weight = tensors[f"encoder.conv.{i}.weight"].permute(3, 2, 0, 1)  # [4, 4, in, out] to [out, in, 4, 4]
        x = F.relu(F.conv2d(x, weight, tensors[f"encoder.conv.{i}.bias"], stride=2, padding=1))
    x = x.permute(0, 2, 3, 1).flatten(1)  # pixel by pixel
    widths = model.get("encoder_dense", [model["hidden"]])
    for i in range(len(widths)):
        name = "encoder.dense" if i == 0 else f"encoder.dense.{i}"
        x = F.relu(F.linear(x, tensors[f"{name}.weight"], tensors[f"{name}.bias"]))
    x = F.linear(x, tensors["encoder.posterior.weight"], tensors["encoder.posterior.bias"])
    circles = model.get("circles", 0)
    statistics = x.split(model["latent"] + circles, dim=1)
    mean, log_var = statistics[0], statistics[1].clamp(-20, 6.2)
    if model["posterior"] == "spike-slab":
        mean = mean * torch.exp(-F.relu(-statistics[2]))
    if model.get("winners"):
        kl = mean**2 + log_var.exp() - log_var
        kept = torch.zeros_like(kl).scatter(1, kl.topk(model["winners"], dim=1).indices, 1)
        mean, log_var = mean * kept, log_var * kept
    if circles:
        mean, log_var = units(circles, mean, log_var)
    return mean, log_var


def units(circles, mean, log_var):
    """Means and log variances [N, D] of units, from those of channels [N, D + circles]."""
    plain = mean.shape[1] - 2 * circles
    points, spreads = [x[:, plain:].unflatten(1, (circles, 2)) for x in (mean, log_var.exp())]
    angle = torch.atan2(points[..., 1], points[..., 0])
    across = spreads[..., 0] * angle.sin() ** 2 + spreads[..., 1] * angle.cos() ** 2
    across = (across / (points.square().sum(-1) + 1e-6)).clamp(max=torch.pi**2 / 3).log().clamp(min=-20)
    return torch.cat([mean[:, :plain], angle], 1), torch.cat([log_var[:, :plain], across], 1)


def decode(card, tensors, codes):
    """The pixels' means, pictures [N, H, W, C] in 0 to 1, of codes [N, D]."""
    model = card["model"]
    plain = model["latent"] - model.get("circles", 0)
    angles = codes[:, plain:]
    x = torch.cat([codes[:, :plain], torch.stack([angles.cos(), angles.sin()], 2).flatten(1)], 1)
    for i in range(len(model.get("decoder_dense", [model["hidden"]])) + 1):
        x = F.relu(F.linear(x, tensors[f"decoder.dense.{i}.weight"], tensors[f"decoder.dense.{i}.bias"]))
    count, image = len(model["channels"]), model["image"]
    x = x.view(-1, image["height"] >> count, image["width"] >> count, model["channels"][-1]).permute(0, 3, 1, 2)
    for i in range(count):
        weight = tensors[f"decoder.deconv.{i}.weight"].permute(0, 3, 1, 2)  # [in, 4, 4, out] to [in, out, 4, 4]
        x = F.conv_transpose2d(x, weight, tensors[f"decoder.deconv.{i}.bias"], stride=2, padding=1)
        x = F.relu(x) if i + 1 < count else torch.sigmoid(x)
    return x.permute(0, 2, 3, 1)


def rows(card, columns=11):
    """A code a column for each unit: the unit over its range, the others at their means, [D · columns, D]."""
    units = card["units"]
    codes = torch.tensor([unit["mean"] for unit in units]).repeat(len(units), columns, 1)
    for place, unit in enumerate(units):
        codes[place, :, place] = torch.linspace(*unit["range"], columns)
    return codes.flatten(0, 1)


def main():
    parser = argparse.ArgumentParser(description="Encodes and decodes with a weights file of Latentscope.")
    parser.add_argument("model")
    parser.add_argument("out")
    parser.add_argument("--codes")
    parser.add_argument("--images")
    args = parser.parse_args()
    card, tensors = load(args.model)
    with torch.no_grad():
        if args.images:
            images = torch.tensor(numpy.load(args.images), dtype=torch.float32)
            image = card["model"]["image"]
            images = images.view(-1, image["height"], image["width"], image["channels"])
            outcome = encode(card, tensors, images)[0]
        else:
            codes = torch.tensor(numpy.load(args.codes), dtype=torch.float32) if args.codes else rows(card)
            outcome = decode(card, tensors, codes)
    numpy.save(args.out, outcome.numpy())


if __name__ == "__main__":
    main()
