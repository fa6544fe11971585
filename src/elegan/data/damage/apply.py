"""Degradations one after another, and the pairs that a restorer learns from: crops before and after them."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from elegan.core import rng
from elegan.core.pixels import to_unit
from elegan.data.damage import Scene

MARGIN = 16  # pixels around a crop that are damaged with it and then cut away: blurs reach over the border
Steps = Sequence[tuple[Callable[[Scene], Scene], float]]


class Damaged(NamedTuple):
    """Damaged crops `x`, N x (C + hints) x H / scale x W / scale, the colours about [-1, 1], and their targets `y`,
    N x C x H x W in [-1, 1].
    """

    x: Tensor
    y: Tensor


def damage(crops: np.ndarray, steps: Steps, learn: str = "photograph", device: torch.device | str = "cpu") -> Damaged:
    """Damages crops, uint8 N x H x W x C, with a margin of MARGIN pixels that is cut away afterwards. `learn` is as in
    `elegan.recipes.recipe.Data`.
    """
    y = to_unit(torch.from_numpy(np.ascontiguousarray(crops)))
    x, hints = damaged(steps, y)
    if learn == "damage":
        y, hints = hints.amax(1, keepdim=True).expand_as(y), hints[:, :0]
    rim = MARGIN * x.shape[2] // y.shape[2]
    x = torch.cat([x * 2 - 1, hints], 1)[..., rim:-rim, rim:-rim]
    y = (y * 2 - 1)[..., MARGIN:-MARGIN, MARGIN:-MARGIN]
    return Damaged(*(t.to(device, memory_format=torch.channels_last) for t in (x, y)))


def damaged(steps: Steps, x: Tensor) -> Scene:
    """The pictures x, N x C x H x W in [0, 1], after each step in order, each picture with the step's probability.

    Raises ValueError for a step of probability below 1 that changes the size or the number of hints: a batch has one shape.
    """
    scene = Scene(x, x[:, :0])
    for step, probability in steps:
        after = step(scene)
        scene = after if probability >= 1 else _either(scene, after, probability)
    return scene


def _either(before: Scene, after: Scene, probability: float) -> Scene:
    if before.x.shape != after.x.shape or before.hints.shape != after.hints.shape:
        raise ValueError(
            f"a step of probability {probability:g} turns pictures of {_sizes(before)} into {_sizes(after)}; "
            "a step that changes the size or adds hints needs probability 1"
        )
    befallen = rng.uniform(len(before.x), 1, 1, 1, device=before.x.device) < probability
    return Scene(*(torch.where(befallen, new, old) for new, old in zip(after, before, strict=True)))


def _sizes(scene: Scene) -> str:
    return f"{'x'.join(map(str, scene.x.shape[1:]))} with {scene.hints.shape[1]} hints"
