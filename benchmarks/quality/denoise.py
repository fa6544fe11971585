"""Photographs denoised: colour PSNR at sigma 15, 25 and 50, the level told and not.

    python -m benchmarks denoise PICTURES [MODEL]

PICTURES is a folder or zip, MODEL a packed file, a shipped model or a run. The noise is not clipped, the result is.
"""

import numpy as np
import torch

from benchmarks.estimates import mean
from benchmarks.restorers import applied, network, photographs, tensor, to_bytes
from benchmarks.results import Row
from elegan.core import rng
from elegan.data.damage import UNKNOWN, Scene, gaussian_noise
from elegan.metrics.fidelity import psnr

QUICK = {"count": 2}


def benchmark(pictures: str, model: str = "denoise", count: int = 100) -> list[Row]:
    net, originals = network(model, "denoise"), photographs(pictures, count)
    return [decibels(net, originals, sigma) for sigma in (15.0, 25.0, 50.0)]


def decibels(net: torch.nn.Module, originals: list[np.ndarray], sigma: float) -> Row:
    values: dict[str, list[float]] = {"noisy": [], "told": [], "blind": []}
    for number, picture in enumerate(originals):
        x = tensor(picture)
        with rng.drawing("benchmark", number, total=1, rows=range(1)):
            noisy = gaussian_noise(Scene(x, x[:, :0]), sigma=(sigma, sigma)).x
        values["noisy"].append(float(10 * torch.log10(1 / (noisy - x).square().mean())))
        level = torch.full_like(x[:, :1], sigma / 255)
        for name, hint in (("told", level), ("blind", torch.full_like(level, UNKNOWN))):
            values[name].append(psnr(to_bytes(applied(net, torch.cat([noisy, hint], 1))), picture[None]))
    gain = mean(np.subtract(values["told"], values["noisy"]).tolist())
    means = {f"{name}, dB": mean(decibels) for name, decibels in values.items()}
    return {"sigma": sigma, "photographs": len(originals)} | means | {"gain, dB": gain}
