"""Image augmentation on batches: of the data before it is called real, and differentiable, inside the discriminator.

All functions take and give N x C x H x W in [-1, 1]; draws come from `elegan.core.rng`, one row an image.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import affine_grid, grid_sample, pad

from elegan.core import rng
from elegan.core.errors import UserError, nearest


def brightness(x: Tensor) -> Tensor:
    return x + (_uniform(x) - 0.5)


def saturation(x: Tensor) -> Tensor:
    mean = x.mean(1, keepdim=True)
    return mean + (x - mean) * (2 * _uniform(x))


def contrast(x: Tensor) -> Tensor:
    mean = x.mean((1, 2, 3), keepdim=True)
    return mean + (x - mean) * (0.5 + _uniform(x))


def translation(x: Tensor, ratio: float = 0.125) -> Tensor:
    """Shifts by up to `ratio` of the size, zeros coming in."""
    return shift(x, round(x.shape[-1] * ratio), "constant")


def cutout(x: Tensor, ratio: float = 0.5) -> Tensor:
    """A square of `ratio` of the size is set to zero; its centre may lie at the border."""
    n, _, h, w = x.shape
    side = round(h * ratio)
    centre = (rng.uniform(n, 2, device=x.device) * h).long()
    rows = torch.arange(h, device=x.device) - centre[:, :1] + side // 2
    columns = torch.arange(w, device=x.device) - centre[:, 1:] + side // 2
    hole = ((rows >= 0) & (rows < side))[:, None, :, None] & ((columns >= 0) & (columns < side))[:, None, None, :]
    return x * ~hole


POLICIES = {"color": (brightness, saturation, contrast), "translation": (translation,), "cutout": (cutout,)}


class Augmented(nn.Module):
    """A discriminator that sees every image through DiffAugment (Zhao et al. 2020, section 3), then through `adaptive`.

    Wrapped around the network, so that no path to it can forget the augmentation. `policy` names some of color,
    translation and cutout, separated by commas; "" changes nothing. Raises UserError for an unknown name.
    """

    def __init__(self, discriminator: nn.Module, policy: str = "", adaptive: nn.Module | None = None):
        super().__init__()
        self.discriminator: Any = discriminator
        self.adaptive = adaptive
        names = [name.strip() for name in policy.split(",") if name.strip()]
        for name in names:
            if name not in POLICIES:
                raise UserError(f"unknown augmentation {name!r} in task.augment{nearest(name, POLICIES)}")
        self.steps = [step for name in names for step in POLICIES[name]]

    def augment(self, x: Tensor) -> Tensor:
        for step in self.steps:
            x = step(x)
        return x if self.adaptive is None else self.adaptive(x)

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        return self.discriminator(self.augment(x), label)

    def reconstruct(self, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Of the augmented images; see `elegan.losses.regularizers.reconstruction`."""
        if not hasattr(self.discriminator, "reconstruct"):
            raise UserError("losses.reconstruction needs a discriminator that reconstructs: fastgan_discriminator")
        return self.discriminator.reconstruct(self.augment(x))

    def features(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        """N x F of the augmented images, what the discriminator's `score` is computed from."""
        return self.discriminator.features(self.augment(x), label)

    def score(self, features: Tensor, label: Tensor | None = None) -> Tensor:
        return self.discriminator.score(features, label)


def flip(x: Tensor) -> Tensor:
    """Half of the images mirrored left to right."""
    return torch.where(_uniform(x) < 0.5, x.flip(3), x)


def shift(x: Tensor, pixels: int, mode: str = "replicate") -> Tensor:
    """Each image moved by up to so many pixels either way, edges repeated (or zeros with mode "constant")."""
    if not pixels:
        return x
    n, _, h, w = x.shape
    padded = pad(x, (pixels,) * 4, mode=mode).permute(0, 2, 3, 1)
    corner = (rng.uniform(n, 2, device=x.device) * (2 * pixels + 1)).long()
    rows = corner[:, 0, None, None] + torch.arange(h, device=x.device)[None, :, None]
    columns = corner[:, 1, None, None] + torch.arange(w, device=x.device)[None, None, :]
    images = torch.arange(n, device=x.device)[:, None, None]
    return padded[images, rows, columns].permute(0, 3, 1, 2)


def rotate(x: Tensor, degrees: float) -> Tensor:
    """Each image turned by up to so many degrees either way, edges repeated."""
    angle = (2 * rng.uniform(len(x), device=x.device) - 1) * math.radians(degrees)
    zero = torch.zeros_like(angle)
    turn = torch.stack(
        [torch.stack([angle.cos(), -angle.sin(), zero], 1), torch.stack([angle.sin(), angle.cos(), zero], 1)], 1
    )
    grid = affine_grid(turn, list(x.shape), align_corners=False)
    return grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _uniform(x: Tensor) -> Tensor:
    return rng.uniform(len(x), 1, 1, 1, device=x.device)
