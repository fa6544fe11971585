"""Heights and widths of pictures. A square's resolution is a whole number, that of other pictures a `Size`, height before width."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from elegan.core.errors import UserError, shown


class Size(NamedTuple):
    """Height and width in pixels, as the levels of a network have them.

    >>> Size(256, 384) >> 2, str(Size(256, 384)), str(Size(64, 64))
    (Size(height=64, width=96), '256x384', '64')
    """

    height: int
    width: int

    @property
    def area(self) -> int:
        return self.height * self.width

    @property
    def short(self) -> int:
        """The shorter side."""
        return min(self)

    def __rshift__(self, halvings: int) -> "Size":
        return Size(self.height >> halvings, self.width >> halvings)

    def __lshift__(self, doublings: int) -> "Size":
        return Size(self.height << doublings, self.width << doublings)

    def __str__(self) -> str:
        return f"{self.height}" if self.height == self.width else f"{self.height}x{self.width}"


Resolution = int | Size
Given = int | str | Sequence[int]  # as people, files and records have it: 64, "256x384", [256, 384]


def size_of(resolution: Given) -> Size:
    """The height and width. Raises UserError for anything else than a number, "HxW" and a pair of numbers.

    >>> size_of(64), size_of("256x384")
    (Size(height=64, width=64), Size(height=256, width=384))
    """
    if isinstance(resolution, int):
        return Size(resolution, resolution)
    if isinstance(resolution, str):
        sides = re.fullmatch(r"([0-9]{1,6})(?:[x×]([0-9]{1,6}))?", resolution.strip())
        if not sides:
            raise UserError(f"{shown(resolution)} is no size: a number of pixels, or HxW such as 256x384")
        return Size(int(sides[1]), int(sides[2] or sides[1]))
    height, width = resolution
    return Size(height, width)


def resolution_of(size: Given) -> Resolution:
    """The number of a square, the `Size` of any other picture.

    >>> resolution_of("64x64"), resolution_of([16, 24])
    (64, Size(height=16, width=24))
    """
    whole = size_of(size)
    return whole.height if whole.height == whole.width else whole


def square_side(resolution: Given, what: str) -> int:
    """The side of a square. Raises UserError for any other size, of which `what` says why it cannot be.

    >>> square_side("16x24", "crops that are turned are square")
    Traceback (most recent call last):
    elegan.core.errors.UserError: data.resolution = 16x24: crops that are turned are square; the nearest is 16
    """
    size = size_of(resolution)
    if size.height != size.width:
        raise UserError(f"data.resolution = {size}: {what}; the nearest is {size.short}")
    return size.height
