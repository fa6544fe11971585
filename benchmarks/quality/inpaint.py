"""Photographs with strokes and small boxes filled: PSNR of the unknown pixels alone, beside a smooth filling of them.

    python -m benchmarks inpaint PICTURES [MODEL ...]

PICTURES is a folder or zip, MODEL (by default the shipped inpaint) a packed file, a shipped model or a run.
"""

import numpy as np
import torch

from benchmarks.arguments import Names
from benchmarks.estimates import mean
from benchmarks.restorers import applied, network, photographs, tensor
from benchmarks.results import Row
from elegan.core import rng
from elegan.data.damage import Scene, holes
from elegan.nets.restorers import smooth_fill

QUICK = {"count": 2}
MULTIPLE = 32  # of pixels, which sides are cut to


def benchmark(pictures: str, models: Names = None, count: int = 100) -> list[Row]:
    nets = {name: network(name, "inpaint", "auto-scratches") for name in models or ("inpaint",)}
    decibels: dict[str, list[float]] = {name: [] for name in ("smooth filling", *nets)}
    unknown = []
    for number, picture in enumerate(photographs(pictures, count)):
        h, w = (side // MULTIPLE * MULTIPLE for side in picture.shape[:2])
        x = tensor(picture[:h, :w])
        with rng.drawing("benchmark", number, total=1, rows=range(1)):
            holed = holes(Scene(x, x[:, :0]), boxes=2, strokes=6, size=(0.05, 0.2), share=(0.02, 0.15))
        unknown.append(float(holed.hints.mean()))
        filled = {"smooth filling": smooth_fill(holed.x * 2 - 1, holed.hints) * 127.5 + 127.5}
        filled |= {name: applied(net, torch.cat(holed, 1)) for name, net in nets.items()}
        for name, y in filled.items():
            error = ((y / 255 - x) * holed.hints).square().sum() / (3 * holed.hints.sum())
            decibels[name].append(float(10 * torch.log10(1 / error)))
    about = {"photographs": len(unknown), "unknown, %": 100 * float(np.mean(unknown))}
    return [{"method": name} | about | {"PSNR of holes, dB": mean(values)} for name, values in decibels.items()]
