"""Degradations one after the other, each with the chance of happening."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from elegan import chance
from elegan.data.damage import Scene

Steps = Sequence[tuple[Callable[[Scene], Scene], float]]


def damaged(steps: Steps, x: Tensor) -> Scene:
    """Pictures N x C x H x W in [0, 1] after each step in order, each done to a picture with its probability.

    Raises ValueError for a step that may be left out but changes the size or tells something.
    """
    scene = Scene(x, x.new_zeros(len(x), 0, *x.shape[2:]))
    for step, probability in steps:
        scene = _maybe(step, probability, scene)
    return scene


def _maybe(step: Callable[[Scene], Scene], probability: float, scene: Scene) -> Scene:
    if probability == 1:
        return step(scene)
    chosen = chance.uniform(len(scene.x), 1, 1, 1, device=scene.x.device) < probability
    changed = step(scene)
    if changed.x.shape != scene.x.shape or changed.hints.shape != scene.hints.shape:
        raise ValueError("a damage that changes the size or tells something happens to all pictures or to none")
    return Scene(torch.where(chosen, changed.x, scene.x), torch.where(chosen, changed.hints, scene.hints))
