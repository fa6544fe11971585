"""How far pictures are from those that they should be, each from its own."""

import math
from typing import Any

import numpy as np

from elegan.metrics.fidelity import psnr, ssim
from elegan.metrics.results import Result


def distances(made: np.ndarray, wanted: np.ndarray) -> dict[str, np.ndarray]:
    """Per picture of uint8 N x H x W x C: L1 on the scale 0-255, PSNR in dB, SSIM."""
    pairs = [(made[i : i + 1], wanted[i : i + 1]) for i in range(len(made))]
    return {
        "L1": np.array([np.abs(a.astype(np.int16) - b).mean() for a, b in pairs]),
        "PSNR": np.array([psnr(a, b) for a, b in pairs]),
        "SSIM": np.array([ssim(a, b) for a, b in pairs]),
    }


def measure_pairs(made: np.ndarray, wanted: np.ndarray, settings: dict[str, Any]) -> list[Result]:
    """The means of `distances` as results."""
    results = []
    for name, values in distances(made, wanted).items():
        mean, n = float(values.mean()), len(values)
        wide = 1.96 * float(values.std(ddof=1)) / math.sqrt(n) if n > 1 else math.inf
        interval = "mean and 1.96 standard errors over pictures"
        results.append(
            Result(name, name, mean, mean - wide, mean + wide, interval, n, n, None, None, None, 0, (), settings)
        )
    return results
