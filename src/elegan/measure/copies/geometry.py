"""What may have been done to a training image before it stands among the generated ones: mirrored, shifted, cropped.

A copy is taken for `mirror?(resize(image[box]))`. A box is a row (size, top, left) in fractions of the side; a shift is
a box of full size that leaves the image. All boxes are squares on the pixel grid of the image, so a copy made by whole
pixels, as croppers and augmentations make it, is met exactly, while a second photograph of the same scene is not.
"""

import math

import torch
from torch import Tensor

SHIFT = 4  # pixels, each way
KEEP = 0.9  # least side of a crop, as a share of the image's
FINEST = 64  # pixels a side at which larger images are worked
COARSEST = 16  # pixels a side to which smaller ones are enlarged


def working_side(height: int, width: int) -> int:
    """Pixels a side at which images of this size are compared."""
    return max(COARSEST, min(FINEST, max(height, width)))


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


def coarse_boxes() -> Tensor:
    """A 5 x 5 grid of shifts, sized between a whole image and the smallest crop: near each of `boxes` lies one."""
    size = (1 + KEEP) / 2
    steps = [(1 - size) / 2 + step / 16 for step in (-2, -1, 0, 1, 2)]
    return torch.tensor([(1.0, 0.0, 0.0)] + [(size, y, x) for y in steps for x in steps])


def sample(positions: Tensor, pixels: int) -> Tensor:
    """Weights that read a row of `pixels` at fractional positions, linearly; ends repeat. (...) to (..., pixels)."""
    distance = positions.clamp(0, pixels - 1)[..., None] - torch.arange(pixels)
    return (1 - distance.abs()).clamp(min=0)


def cut(size: Tensor, start: Tensor, pixels: int) -> tuple[Tensor, Tensor]:
    """Per box, the map from an image's row to the box's (V x pixels x pixels), and which pixels lie in the image."""
    positions = ((torch.arange(pixels) + 0.5) / pixels * size[:, None] + start[:, None]) * pixels - 0.5
    inside = (positions > -0.51) & (positions < pixels - 0.49)
    return sample(positions, pixels), inside.float()


def restore(size: Tensor, start: Tensor, pixels: int, wanted: Tensor) -> Tensor:
    """Per box, the map from the box's row back to the image's pixels `wanted`, V x wanted x pixels."""
    return sample((((wanted + 0.5) / pixels - start[:, None]) / size[:, None]) * pixels - 0.5, pixels)


def average(pixels: int, fewer: int) -> Tensor:
    """The map from a row of `pixels` to its averages over `fewer` equal stretches, fewer x pixels."""
    ends = torch.arange(fewer + 1) * (pixels / fewer)
    here = torch.arange(pixels)
    overlap = torch.minimum(ends[1:, None], here + 1) - torch.maximum(ends[:-1, None], here)
    return overlap.clamp(min=0) * (fewer / pixels)
