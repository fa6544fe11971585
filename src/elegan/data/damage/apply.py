"""Degradations one after another."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from elegan.core import rng
from elegan.data.damage import Scene

Steps = Sequence[tuple[Callable[[Scene], Scene], float]]


def damaged(steps: Steps, x: Tensor) -> Scene:
    """Each step in order, with its probability for each picture; x is N x C x H x W in [0, 1].

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
            f"a step of probability {probability:g} takes pictures of {_sizes(before)} to {_sizes(after)}; "
            "what changes the size or adds hints needs probability 1"
        )
    chosen = rng.uniform(len(before.x), 1, 1, 1, device=before.x.device) < probability
    return Scene(*(torch.where(chosen, new, old) for new, old in zip(after, before, strict=True)))


def _sizes(scene: Scene) -> str:
    return f"{'x'.join(map(str, scene.x.shape[1:]))} with {scene.hints.shape[1]} hints"
