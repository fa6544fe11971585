"""Latents as a generator takes them: of the distribution that it wants, with the label's embedding beside them.

A seed, a training step and a place between two latents are always standard normal; a generator with another prior maps them
to it before anything else, so that whatever draws, walks, truncates or inverts latents agrees.
"""

import math
from typing import Literal

import torch
from torch import Tensor, nn

from elegan.core import ranges
from elegan.core.errors import UserError
from elegan.nets.layers import pixel_norm

Prior = Literal["normal", "uniform", "sphere", "binary"]
TAILLESS: tuple[Prior, ...] = ("sphere", "binary")  # all latents are as far out


def as_drawn(z: Tensor, prior: Prior) -> Tensor:
    """Standard normal latents, N x d, as draws of the prior: uniform in (-1, 1) by their quantiles, on the sphere of radius
    sqrt(d) by their direction, or -1 and 1 by their sign, which passes gradients on as they come (Bengio et al. 2013).

    >>> as_drawn(torch.tensor([[3.0, -4.0]]), "binary")
    tensor([[ 1., -1.]])
    """
    if prior == "uniform":
        return torch.erf(z / math.sqrt(2))
    if prior == "sphere":
        return pixel_norm(z)
    if prior == "binary":
        return torch.where(z < 0, -1.0, 1.0).to(z.dtype) + (z - z.detach())
    return z


def prior_of(generator: nn.Module) -> Prior:
    """The prior of a generator's latents, which one of its modules carries; normal where none does."""
    priors: list[Prior] = [m.prior for m in generator.modules() if hasattr(m, "prior")]  # type: ignore[misc]  # a Prior
    return priors[0] if priors else "normal"


def check_truncation(prior: Prior, truncation: float | None) -> None:
    """Raises UserError for a truncation that is not above 0, and for any where the prior has no tails to cut."""
    if truncation is None:
        return
    ranges.check("truncation", truncation, ranges.Positive)
    if prior in TAILLESS:
        raise UserError(f"truncation = {truncation}: latents with nets.generator.prior = {prior!r} are all as far out, "
                        "so there is nothing to cut")  # fmt: skip


class LatentInput(nn.Module):
    """Puts the label's embedding of `width` beside latents N x latent of the prior, if there are classes to embed."""

    def __init__(self, latent: int, classes: int, prior: Prior, width: int = 50):
        super().__init__()
        self.prior = prior
        self.embed = nn.Embedding(classes, width) if classes else None
        self.features = latent + (width if classes else 0)

    def forward(self, z: Tensor, label: Tensor | None) -> Tensor:
        z = as_drawn(z, self.prior)
        return z if self.embed is None else torch.cat([z, self.embed(label)], 1)
