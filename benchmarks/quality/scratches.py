"""Drawn damage found, and what else is told: shares of pixels, means over photographs.

    python -m benchmarks scratches PICTURES [MODEL]

PICTURES is a folder or zip, MODEL a packed file or a shipped model. "Near" are those of the pixels told that lie within two of damage, "false" of
all pixels those told that do not.
"""

import numpy as np
import torch
from torch.nn.functional import max_pool2d

from benchmarks.estimates import mean
from benchmarks.restorers import photographs
from benchmarks.results import Row
from elegan.core import rng
from elegan.games.restore import spoiler
from elegan.nets.pretrained import unpack
from elegan.nets.restorers import whole

QUICK = {"count": 2}
MULTIPLE = 32  # of pixels, which sides are cut to


@torch.inference_mode()
def benchmark(pictures: str, model: str = "scratches", count: int = 100) -> list[Row]:
    net, recipe = unpack(model)
    spoil = spoiler(recipe)
    shares: dict[str, list[float]] = {"found, %": [], "near, %": [], "false, %": []}
    for number, picture in enumerate(photographs(pictures, count)):
        side = min(picture.shape[:2]) // MULTIPLE * MULTIPLE
        with rng.drawing("benchmark", number, total=1, rows=range(1)):
            x, y = spoil(picture[None, :side, :side])
        told = max_pool2d((whole(net, x).mean(1) > 0).float(), 3, 1, 1) > 0
        drawn = y.mean(1) > 0
        near = max_pool2d(drawn.float(), 5, 1, 2) > 0
        counted = (
            (told & drawn).sum() / drawn.sum(),
            (told & near).sum() / told.sum().clamp(min=1),
            (told & ~near).float().mean(),
        )
        for values, value in zip(shares.values(), counted, strict=True):
            values.append(100 * float(value))
    known = {name: [value for value in values if np.isfinite(value)] for name, values in shares.items()}
    return [{"model": model} | {name: mean(values) for name, values in known.items()}]
