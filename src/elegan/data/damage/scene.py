"""Scenes, which a degradation takes and gives, and the draws that it makes."""

from typing import Annotated, NamedTuple

import numpy as np
import torch
from pydantic import AfterValidator, Field, Strict
from torch import Tensor

from elegan.core import rng
from elegan.core.ranges import NonNegative, NonNegativeCount, Share


class Scene(NamedTuple):
    """Pictures while they are damaged.

    x: float32 N x C x H x W, about [0, 1], C is 1 or 3. hints: N x K x H x W, what the restorer is told beside the
    picture; K is 0 at first.
    """

    x: Tensor
    hints: Tensor

    def told(self, plane: Tensor) -> "Scene":
        """The scene with one more plane of hints, which expands to N x 1 x H x W."""
        n, _, h, w = self.x.shape
        return self._replace(hints=torch.cat([self.hints, plane.to(self.x).expand(n, 1, h, w)], 1))


UNKNOWN = -1.0  # value in a plane of hints that tells nothing


def _in_order(limits: tuple[float, float]) -> tuple[float, float]:
    if limits[0] > limits[1]:
        raise ValueError("the lower end of the range must not be above the upper")
    return limits


# Options are drawn uniformly between the two ends, one value a picture.
Amount = Annotated[NonNegative, Field(le=1000)]
Range = Annotated[tuple[Amount, Amount], AfterValidator(_in_order)]
Shares = Annotated[tuple[Share, Share], AfterValidator(_in_order)]
Number = Annotated[NonNegativeCount, Field(le=10_000)]
Counts = Annotated[tuple[Number, Number], AfterValidator(_in_order)]
Quality = Annotated[int, Strict(), Field(ge=1, le=100)]
Qualities = Annotated[tuple[Quality, Quality], AfterValidator(_in_order)]


def between(limits: Range, x: Tensor) -> Tensor:
    """A value a picture, uniform between the `limits`, N x 1 x 1 x 1."""
    low, high = limits
    return low + (high - low) * rng.uniform(len(x), 1, 1, 1, device=x.device)


def streams(x: Tensor) -> list[np.random.Generator]:
    """A generator for each picture, for damage whose number of draws is not known beforehand."""
    seeds = (rng.uniform(len(x), 3) * 2**24).long()
    return [np.random.default_rng(seed) for seed in seeds.tolist()]
