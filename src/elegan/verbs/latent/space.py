"""A run's latents as points and points as pictures: w where a mapping network makes it of z, otherwise z itself."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from elegan.core import ranges
from elegan.core.errors import UserError
from elegan.core.pixels import to_bytes
from elegan.core.rng import latents
from elegan.games.inference import BATCH
from elegan.run import Run


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """From a (t = 0) to b (t = 1) along the arc between them, ... x d each (Shoemake 1985).

    So latents on the way are as long as normal ones are; the straight line's middle is not (White 2016). Along one
    line, where there is no arc or no single one, it is the straight one.

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
    """`name` is "w" where the run's generator has a mapping network, else "z"; `size` a point's columns; `levels` how
    many places of the generator can each be given a w of their own. `label` is of every picture.

    Raises UserError for a run that does not generate, and for a class that it does not know. Of a run with classes
    all pictures are of the first one unless `label` names another.
    """

    def __init__(self, run: Run, label: str | int | None = None):
        if not run.game.generate:
            raise UserError(f"{run.path} makes nothing from a latent: {run.use}")
        self.run, self.size, self.device = run, run.game.latent, run.device
        self.G = cast(Any, dict(run.nets.items()).get("generator"))
        self.mapped = hasattr(self.G, "mapping")
        self.name = "w" if self.mapped else "z"
        self.levels: int = self.G.levels if self.mapped else 1
        self.label = None if label is None else run.label_of(label)

    def labels(self, n: int) -> Tensor | None:
        return torch.full((n,), self.label or 0, device=self.device) if self.run.conditional else None

    def z(self, seeds: Sequence[int], truncation: float | None = None) -> Tensor:
        """Latents N x size as `Run.generate` draws them. Raises UserError for a truncation that is not above 0."""
        if truncation is not None:
            ranges.check("truncation", truncation, ranges.Positive)
        return latents(seeds, self.size, None if self.mapped else truncation).to(self.device)

    @torch.no_grad()
    def place(self, z: Tensor, truncation: float | None = None, labels: Tensor | None = None) -> Tensor:
        """The points of these latents."""
        if not self.mapped:
            return z
        labels = self.labels(len(z)) if labels is None else labels
        w = self.G.mapping(z, labels)
        return w if truncation is None else self.G.truncate(w, labels, truncation)

    def points(self, seeds: Sequence[int], truncation: float | None = None) -> Tensor:
        return self.place(self.z(seeds, truncation), truncation)

    def scaled(self, points: Tensor, psi: float) -> Tensor:
        """Points at `psi` times their distance from the mean: of w that of its mean (truncation), of z from 0."""
        return self.G.truncate(points, self.labels(len(points)), psi) if self.mapped else psi * points

    def between(self, a: Tensor, b: Tensor, t: float) -> Tensor:
        """Points on the way: straight in w, which has no shape to keep to, along the arc in z."""
        return a + t * (b - a) if self.mapped else slerp(a, b, t)

    def images(self, points: Tensor, labels: Tensor | None = None) -> Tensor:
        """N x C x H x W about [-1, 1], differentiable, of points N x size, or N x levels x size where there are
        levels.
        """
        assert self.run.game.generate
        if self.mapped:
            return self.G.synthesis(points)
        return self.run.game.generate(self.run.nets, points, self.labels(len(points)) if labels is None else labels)

    @torch.no_grad()
    def paint(self, points: Tensor) -> np.ndarray:
        """uint8 N x H x W x C."""
        return np.concatenate([to_bytes(self.images(part)) for part in points.split(BATCH)])
