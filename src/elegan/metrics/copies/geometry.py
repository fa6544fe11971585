"""Placements of a training image in a generated one: mirrored, shifted, cropped, turned, or with a part covered.

A copy is taken for `mirror?(turn(resize(image[box])))`. A box is a row (size, top, left) in fractions of the side; a
shift is a box of full size that leaves the image. Boxes that are not turned are squares on the pixel grid of the image,
so a copy made by whole pixels, as croppers and augmentations make it, is met exactly, while a second photograph of the
same scene is not. Points are rows (y, x) in fractions of the side.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

SHIFT = 4  # pixels, each way
KEEP = 0.9  # least side of a crop, as a share of the image's
ANGLES = (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0)  # degrees, each way: a quarter of one is 0.05 pixels of 32
FINEST = 64  # pixels a side at which larger images are worked
COARSEST = 16  # pixels a side to which smaller ones are enlarged
WHOLE = (1.0, 0.0, 0.0)
CAPTIONS = ((0.0, 0.0, 0.25, 1.0), (0.75, 0.0, 1.0, 1.0))  # the upper and the lower quarter


@dataclass(frozen=True)
class Placements:
    """V ways in which a training image may stand in another: its `box` (V x 3), turned about the middle by `angle` (V,
    radians), without the part that a rectangle `covered` (V x 4: top, left, bottom, right, of the other) hides.
    """

    box: Tensor
    angle: Tensor
    covered: Tensor

    def __len__(self) -> int:
        return len(self.box)

    def sources(self, points: Tensor) -> Tensor:
        """The points of the training image, V x M x 2, that stand at `points` (M x 2) of the other."""
        return self._centre() + self.box[:, :1, None] * ((points - 0.5) @ self._turn())

    def targets(self, points: Tensor) -> Tensor:
        """The points of the other image, V x M x 2, at which `points` of the training image (M x 2) stand."""
        return 0.5 + ((points - self._centre()) / self.box[:, :1, None]) @ self._turn().transpose(1, 2)

    def uncovered(self, points: Tensor) -> Tensor:
        """A mask V x M of those of `points` (M x 2, or V x M x 2 by placement) that are not hidden."""
        y, x = points.unbind(-1)
        top, left, bottom, right = self.covered.T[:, :, None]
        outside: Tensor = (y < top) | (y > bottom) | (x < left) | (x > right)
        return outside

    def _centre(self) -> Tensor:
        return (self.box[:, 1:] + self.box[:, :1] / 2)[:, None]

    def _turn(self) -> Tensor:
        cos, sin = self.angle.cos(), self.angle.sin()
        return torch.stack([cos, sin, -sin, cos], 1).view(-1, 2, 2)


def working_side(height: int, width: int) -> int:
    """Pixels a side at which images of this size are compared."""
    return max(COARSEST, min(FINEST, max(height, width)))


def unchanged() -> Placements:
    """The placement of an image as it is."""
    return untouched(torch.tensor([WHOLE]))


def placements(side: int) -> Placements:
    """Every placement that is looked for; the first is no change."""
    return _together(untouched(boxes(side)), turned(), captioned())


def coarse_placements() -> Placements:
    """A 5 x 5 grid of shifts, sized between a whole image and the smallest crop, so that one lies near each of `boxes`,
    turned or not; then the captions, which lie near none of them.
    """
    size = (1 + KEEP) / 2
    steps = [(1 - size) / 2 + step / 16 for step in (-2, -1, 0, 1, 2)]
    grid = [(size, y, x) for y in steps for x in steps]
    return _together(untouched(torch.tensor([WHOLE, *grid])), captioned())


def untouched(box: Tensor) -> Placements:
    """Placements of boxes V x 3 that are not turned, with nothing covered."""
    return Placements(box, torch.zeros(len(box)), torch.zeros(len(box), 4))


def turned() -> Placements:
    """Placements turned by ANGLES either way: whole, and cut to the largest square that shows nothing from outside."""
    angle = torch.tensor([sign * math.radians(degrees) for degrees in ANGLES for sign in (-1, 1)])
    size = 1 / (angle.cos() + angle.sin().abs())
    inner = torch.stack([size, (1 - size) / 2, (1 - size) / 2], 1)
    box = torch.cat([torch.tensor([WHOLE]).expand_as(inner), inner])
    return Placements(box, angle.repeat(2), torch.zeros(len(box), 4))


def captioned() -> Placements:
    """Placements of a whole image in which CAPTIONS are covered."""
    n = len(CAPTIONS)
    return Placements(torch.tensor([WHOLE] * n), torch.zeros(n), torch.tensor(CAPTIONS))


def _together(*parts: Placements) -> Placements:
    columns = zip(*((part.box, part.angle, part.covered) for part in parts), strict=True)
    return Placements(*(torch.cat(column) for column in columns))


def boxes(side: int) -> Tensor:
    """Shifts by up to SHIFT pixels and crops to KEEP of the side or more, V x 3; the first is no change."""
    shifts = [(side, y, x) for y in range(-SHIFT, SHIFT + 1) for x in range(-SHIFT, SHIFT + 1)]
    shifts.sort(key=lambda box: box[1] ** 2 + box[2] ** 2)
    crops = [
        (size, y, x)
        for size in range(math.floor(KEEP * side + 1e-9), side)
        for y in range(side - size + 1)
        for x in range(side - size + 1)
    ]
    return torch.tensor(shifts + crops, dtype=torch.float32) / side


def pixels(rows: Tensor, side: int) -> Tensor:
    """The centres of the pixels in `rows` and in the columns of the same numbers, row by row, M x 2."""
    return (torch.cartesian_prod(rows, rows) + 0.5) / side


def bilinear(points: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """The four pixels, counted row by row, between which each point lies, and their weights; both (..., 4). Edges
    repeat.
    """
    at = (points * side - 0.5).clamp(0, side - 1)
    first = at.floor().clamp(max=side - 2)
    (y, x), (down, right) = first.long().unbind(-1), (at - first).unbind(-1)
    index = torch.stack([(y + i) * side + x + j for i in (0, 1) for j in (0, 1)], -1)
    weight = torch.stack([v * h for v in (1 - down, down) for h in (1 - right, right)], -1)
    return index, weight


def average(pixels: int, fewer: int) -> Tensor:
    """The map from a row of `pixels` to its averages over `fewer` equal stretches, fewer x pixels."""
    ends = torch.arange(fewer + 1) * (pixels / fewer)
    here = torch.arange(pixels)
    overlap = torch.minimum(ends[1:, None], here + 1) - torch.maximum(ends[:-1, None], here)
    return overlap.clamp(min=0) * (fewer / pixels)
