"""Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020): nearest neighbours."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from elegan.core.errors import UserError
from elegan.metrics.features import as_pair, squared_distances, tiles

TILE = 1024  # a few float64 matrices of TILE x TILE are the working memory, whatever the number of images


def prdc(real: Any, fake: Any, k_precision: int = 3, k_density: int = 5) -> dict[str, float]:
    """precision, recall (balls to the `k_precision`-th neighbour), density, coverage (`k_density`-th); features N x d.

    Precision: share of generated images within a real image's ball. Recall: the same with the sets exchanged.
    Density: mean number of real balls around a generated image, over `k_density`; it may pass 1. Coverage: share of
    real balls that hold a generated image. A ball's border does not belong to it. Raises UserError where a set has no
    more than k images.
    """
    k = max(k_precision, k_density)
    real, fake = checked(real, fake, min(k_precision, k_density), k)
    centre = real.double().mean(0)
    terms = Terms(nearest(real, centre, k), nearest(fake, centre, k_precision), k_precision, k_density)
    for r, f, d2 in tiled(real, fake, centre):
        terms.add(r, f, d2)
    return {name: float(per_image.mean()) for name, per_image in terms.per_image().items()}


def checked(real: Any, fake: Any, least_k: int, most: int) -> tuple[Tensor, Tensor]:
    """Both feature matrices. Raises UserError where k is below 1 or a set has no more than `most` images."""
    real, fake = as_pair(real, fake)
    if least_k < 1 or min(len(real), len(fake)) <= most:
        raise UserError(
            f"k = {most} needs more than {most} images a set; got {len(real)} real and {len(fake)} generated"
        )
    return real, fake


def tiled(a: Tensor, b: Tensor, centre: Tensor) -> Iterator[tuple[slice, slice, Tensor]]:
    """Squared distances of the rows of `a` to those of `b` in tiles, with the rows and the columns of each.

    Distances are differences of large products: a common offset costs digits, so `centre` is taken off first.
    """
    for i in tiles(len(a), TILE):
        rows = a[i].double() - centre
        for j in tiles(len(b), TILE):
            yield i, j, squared_distances(rows, b[j].double() - centre)


class Nearest:
    """The `k` nearest columns of each of `n` rows, from tiles: squared distances `d2` and indices `columns`, n x k."""

    def __init__(self, n: int, k: int, device: torch.device) -> None:
        self.d2 = torch.full((n, k), torch.inf, dtype=torch.float64, device=device)
        self.columns = torch.zeros((n, k), dtype=torch.int64, device=device)

    def add(self, i: slice, j: slice, d2: Tensor) -> None:
        near, column = d2.topk(min(self.d2.shape[1], d2.shape[1]), 1, largest=False)
        both = torch.cat([self.d2[i], near], 1)
        self.d2[i], order = both.topk(self.d2.shape[1], 1, largest=False)
        self.columns[i] = torch.cat([self.columns[i], column + j.start], 1).gather(1, order)

    def radii(self, k: int) -> Tensor:
        """Squared distance of each row to its k-th nearest column."""
        return self.d2[:, k - 1]


def nearest(x: Tensor, centre: Tensor, k: int) -> Nearest:
    """The `k` nearest other rows of each row."""
    neighbours = Nearest(len(x), k, x.device)
    for i, j, d2 in tiled(x, x, centre):
        if i == j:
            d2.fill_diagonal_(torch.inf)
        neighbours.add(i, j, d2)
    return neighbours


class Terms:
    """The terms whose means `prdc` returns, from tiles of distances of real to generated images."""

    def __init__(self, real: Nearest, fake: Nearest, k_precision: int, k_density: int) -> None:
        self.ball, self.ball_density, self.k_density = real.radii(k_precision), real.radii(k_density), k_density
        self.fake_ball = fake.radii(k_precision)
        self.inside = torch.zeros_like(self.fake_ball, dtype=torch.bool)
        self.recalled = torch.zeros_like(self.ball, dtype=torch.bool)
        self.count = torch.zeros_like(self.fake_ball)
        self.closest = torch.full_like(self.ball, torch.inf)

    def add(self, r: slice, f: slice, d2: Tensor) -> None:
        self.inside[f] |= (d2 < self.ball[r, None]).any(0)
        self.recalled[r] |= (d2 < self.fake_ball[f]).any(1)
        self.count[f] += (d2 < self.ball_density[r, None]).sum(0)
        self.closest[r] = torch.minimum(self.closest[r], d2.amin(1))

    def per_image(self) -> dict[str, Tensor]:
        """The terms, one for each generated (precision, density) or real image (recall, coverage), float64."""
        covered, density = self.closest < self.ball_density, self.count / self.k_density
        terms = {"precision": self.inside, "recall": self.recalled, "density": density, "coverage": covered}
        return {name: per_image.double() for name, per_image in terms.items()}
