"""Augmentation of the data, before the discriminator sees them as real.

All functions take and give N x C x H x W in [-1, 1]; draws come from `elegan.core.rng`, one row an image.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, pad

from elegan.core import rng


def flip(x: Tensor) -> Tensor:
    """Half of the images mirrored left to right."""
    return torch.where(rng.uniform(len(x), 1, 1, 1, device=x.device) < 0.5, x.flip(3), x)


def shift(x: Tensor, pixels: int, mode: str = "replicate") -> Tensor:
    """Each image moved by up to so many pixels either way, edges repeated (or zeros with mode "constant")."""
    if not pixels:
        return x
    n, c, h, w = x.shape
    padded = pad(x, (pixels,) * 4, mode=mode)
    corner = (rng.uniform(n, 2, device=x.device) * (2 * pixels + 1)).long()
    rows = corner[:, 0, None, None] + torch.arange(h, device=x.device)[None, :, None]
    columns = corner[:, 1, None, None] + torch.arange(w, device=x.device)[None, None, :]
    places = (rows * padded.shape[3] + columns).reshape(
        n, 1, h * w
    )  # one number a pixel: a quarter of the time of three
    shifted: Tensor = padded.flatten(2).gather(2, places.expand(n, c, h * w)).unflatten(2, (h, w))
    return shifted


def rotate(x: Tensor, degrees: float) -> Tensor:
    """Each image turned by up to so many degrees either way, edges repeated."""
    angle = (2 * rng.uniform(len(x), device=x.device) - 1) * math.radians(degrees)
    zero, tall = torch.zeros_like(angle), x.shape[2] / x.shape[3]  # places count in halves of either side
    across, down = [angle.cos(), -angle.sin() * tall, zero], [angle.sin() / tall, angle.cos(), zero]
    turn = torch.stack([torch.stack(across, 1), torch.stack(down, 1)], 1)
    grid = affine_grid(turn, list(x.shape), align_corners=False)
    return grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)
