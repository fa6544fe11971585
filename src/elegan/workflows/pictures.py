"""Helpers of translation and restoration, which take pictures of any size and make pictures."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from elegan.core import rng
from elegan.core.errors import UserError
from elegan.core.sizes import Resolution, size_of
from elegan.recipes.recipe import Data
from elegan.workflows.workflow import Exported


def colours(channels: int) -> list[str]:
    """Names of the channels of a picture, in order."""
    return ["grey"] if channels == 1 else ["red", "green", "blue", "alpha"][:channels]


def check_uncut(wanted: Data) -> Data:
    """Raises UserError for variations of the data that are only for images."""
    if wanted.crop or wanted.rotate:
        raise UserError("data.crop and data.rotate are for images; sides and photographs are cropped at random anyway")
    return wanted


def of_any_size(net: Any, channels: int, resolution: Resolution, hints: Mapping[str, str] | None = None) -> Exported:
    """A network that takes pictures whose sides are multiples of its `multiple`, and behind their colours `hints`: planes by
    name, and what each says."""
    planes = [*colours(channels), *(hints or {})]

    def pictures(n: int) -> tuple[Tensor, ...]:
        # Not square, and another size for each n.
        height, width = size_of(resolution)
        size = n, len(planes), 2 * height, 2 * width + n * net.multiple
        return (torch.rand(size, generator=rng.generator("export", n)) * 2 - 1,)

    about = {"planes": planes, "range": [-1, 1], "multiple": net.multiple} | ({"hints": dict(hints)} if hints else {})
    return Exported(net, ("x",), pictures, net.multiple, {"x": about}, getattr(net, "scale", 1))
