"""A run's latents as points, and points as pictures: w where a mapping network makes it from z, else z itself."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from elegan.core.pixels import to_bytes
from elegan.core.progress import counted
from elegan.core.rng import latents
from elegan.games.abilities import Generates
from elegan.games.inference import BATCH
from elegan.nets.latents import check_truncation
from elegan.run import Run


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """The point at t on the arc from a (t = 0) to b (t = 1), ... x d each (Shoemake 1985).

    Latents on the arc are as long as normal ones are; those in the middle of the straight line are not (White 2016). Where
    a and b lie on one line through 0 and there is no arc, or not a single one, it is the straight line.

    >>> half_way = slerp(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), 0.5)
    >>> half_way
    tensor([0.7071, 0.7071])
    """
    cosine = torch.cosine_similarity(a.double(), b.double(), dim=-1).clamp(-1, 1)[..., None]
    angle = cosine.acos()
    along = angle.sin() < 1e-4
    sine = angle.sin().masked_fill(along, 1)
    left, right = ((1 - t) * angle).sin() / sine, (t * angle).sin() / sine
    left, right = left.masked_fill(along, 1 - t), right.masked_fill(along, t)
    return (left * a + right * b).to(a.dtype)


class Space:
    """The latent space of a run. `name` is "w" where its generator has a mapping network, else "z"; `size` is the number of
    a point's columns, `levels` the number of places in the generator that can each have a w of their own.

    All pictures of a run with classes are of the class `label`, by default the first. Raises UserError for a run that does
    not generate, and for a class that it does not know.
    """

    def __init__(self, run: Run, label: str | int | None = None):
        self.generates = run.ability(Generates)
        self.run, self.size, self.device = run, self.generates.latent, run.device
        self.G = cast(Any, getattr(run.nets, "generator", None))  # of any family, or None
        self.mapped = hasattr(self.G, "mapping")
        self.name = "w" if self.mapped else "z"
        self.levels: int = self.G.levels if self.mapped else 1
        self.label = None if label is None else run.label_of(label)

    def labels(self, n: int) -> Tensor | None:
        return torch.full((n,), self.label or 0, device=self.device) if self.generates.classes else None

    def z(self, seeds: Sequence[int], truncation: float | None = None) -> Tensor:
        """Latents N x size as `Run.generate` draws them. Raises UserError for a truncation as it does."""
        check_truncation(self.generates.prior, truncation)
        return latents(seeds, self.size, None if self.mapped else truncation).to(self.device)

    @torch.no_grad()
    def place(self, z: Tensor, truncation: float | None = None, labels: Tensor | None = None) -> Tensor:
        """The points N x size of latents z, N x size."""
        if not self.mapped:
            return z
        labels = self.labels(len(z)) if labels is None else labels
        w: Tensor = self.G.mapping(z, labels)
        if truncation is not None:
            w = self.G.truncate(w, labels, truncation)
        return w

    def points(self, seeds: Sequence[int], truncation: float | None = None) -> Tensor:
        return self.place(self.z(seeds, truncation), truncation)

    def scaled(self, points: Tensor, psi: float) -> Tensor:
        """Points at `psi` times their distance from the centre: the mean of w (truncation), or 0 in z."""
        if not self.mapped:
            return psi * points
        truncated: Tensor = self.G.truncate(points, self.labels(len(points)), psi)
        return truncated

    def between(self, a: Tensor, b: Tensor, t: float) -> Tensor:
        """The point at t on the way from a to b: straight in w, which has no norm to keep, along the arc in z."""
        return a + t * (b - a) if self.mapped else slerp(a, b, t)

    def images(self, points: Tensor, labels: Tensor | None = None) -> Tensor:
        """Pictures N x C x H x W about [-1, 1], differentiable, of points N x size, or N x levels x size where there are
        levels.
        """
        if self.mapped:
            pictures: Tensor = self.G.synthesis(points)
            return pictures
        return self.generates.generate(self.run.nets, points, self.labels(len(points)) if labels is None else labels)

    @torch.no_grad()
    def paint(self, points: Tensor) -> np.ndarray:
        """Pictures of points as `images` gives them, uint8 N x H x W x C."""
        pages = counted(points.split(BATCH), "painting pictures", len(points), parts=len)
        return np.concatenate([to_bytes(self.images(part)) for part in pages])
