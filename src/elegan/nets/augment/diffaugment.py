"""Differentiable augmentation (Zhao et al. 2020), and the discriminator that sees everything through it.

All functions take and give images N x C x H x W in [-1, 1]; draws come from `elegan.core.rng`, one row an image.
"""

from typing import Any

import torch
from torch import Tensor, nn

from elegan.core import rng
from elegan.core.errors import UserError, nearest
from elegan.data.transforms import shift


def brightness(x: Tensor) -> Tensor:
    return x + (_uniform(x) - 0.5)


def saturation(x: Tensor) -> Tensor:
    mean = x.mean(1, keepdim=True)
    return mean + (x - mean) * (2 * _uniform(x))


def contrast(x: Tensor) -> Tensor:
    mean = x.mean((1, 2, 3), keepdim=True)
    return mean + (x - mean) * (0.5 + _uniform(x))


def translation(x: Tensor, ratio: float = 0.125) -> Tensor:
    """Shifts by up to `ratio` of the side; zeros come in."""
    return shift(x, round(x.shape[-1] * ratio), "constant")


def cutout(x: Tensor, ratio: float = 0.5) -> Tensor:
    """Sets a square of `ratio` of the side to zero; its centre may lie at the border."""
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

    It wraps the network, so that no path to it can forget the augmentation. `policy` names some of color,
    translation and cutout, separated by commas; "" changes nothing. Raises UserError for an unknown name.
    """

    def __init__(self, discriminator: nn.Module, policy: str = "", adaptive: nn.Module | None = None):
        super().__init__()
        self.discriminator: Any = discriminator  # whose methods depend on its family
        self.adaptive = adaptive
        names = [name.strip() for name in policy.split(",") if name.strip()]
        for name in names:
            if name not in POLICIES:
                raise UserError(f"unknown augmentation {name!r} in task.augment{nearest(name, POLICIES)}")
        self.steps = [step for name in names for step in POLICIES[name]]

    @property
    def bare(self) -> Any:
        """The discriminator itself."""
        return self.discriminator

    def augment(self, x: Tensor) -> Tensor:
        for step in self.steps:
            x = step(x)
        if self.adaptive is not None:
            x = self.adaptive(x)
        return x

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        score: Tensor = self.discriminator(self.augment(x), label)
        return score

    def reconstruct(self, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Pairs as `elegan.losses.regularizers.Reconstructing` gives them, of the augmented images."""
        if not hasattr(self.discriminator, "reconstruct"):
            raise UserError(
                "losses.reconstruction needs a discriminator that reconstructs, such as fastgan_discriminator"
            )
        pairs: list[tuple[Tensor, Tensor]] = self.discriminator.reconstruct(self.augment(x))
        return pairs

    def features(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        """Features N x F of the augmented images, which the discriminator's `score` is computed from."""
        features: Tensor = self.discriminator.features(self.augment(x), label)
        return features

    def score(self, features: Tensor, label: Tensor | None = None) -> Tensor:
        score: Tensor = self.discriminator.score(features, label)
        return score


def _uniform(x: Tensor) -> Tensor:
    return rng.uniform(len(x), 1, 1, 1, device=x.device)
