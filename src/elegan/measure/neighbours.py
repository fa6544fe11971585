"""Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020): nearest neighbours."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from elegan.errors import UserError
from elegan.measure.features import as_pair, squared_distances, tiles

TILE = 1024  # a few float64 matrices of TILE x TILE are the working memory, whatever the number of images


def prdc(real: Any, fake: Any, k_precision: int = 3, k_density: int = 5) -> dict[str, float]:
    """precision, recall (balls to the `k_precision`-th neighbour), density, coverage (`k_density`-th); features N x d.

    Precision: share of generated images within a real image's ball. Recall: the same with the sets exchanged.
    Density: mean number of real balls around a generated image, over `k_density`; it may pass 1. Coverage: share of
    real balls that hold a generated image. A ball's border does not belong to it. Raises UserError where a set has no
    more than k images.
    """
    return {
        name: float(per_image.mean()) for name, per_image in prdc_per_image(real, fake, k_precision, k_density).items()
    }


def prdc_per_image(real: Any, fake: Any, k_precision: int = 3, k_density: int = 5) -> dict[str, Tensor]:
    """The terms whose means `prdc` returns: one a generated (precision, density) or a real image (recall, coverage)."""
    real, fake = as_pair(real, fake)
    k = max(k_precision, k_density)
    if min(k_precision, k_density) < 1 or min(len(real), len(fake)) <= k:
        raise UserError(f"k = {k} needs more than {k} images a set; got {len(real)} real and {len(fake)} generated")
    centre = real.double().mean(0)  # distances are differences of large products: a common offset costs digits
    ball, ball_density = _radii(real, centre, (k_precision, k_density))
    (fake_ball,) = _radii(fake, centre, (k_precision,))
    inside = torch.zeros(len(fake), dtype=torch.bool, device=real.device)
    recalled = torch.zeros(len(real), dtype=torch.bool, device=real.device)
    count = torch.zeros(len(fake), dtype=torch.float64, device=real.device)
    nearest = torch.full((len(real),), torch.inf, dtype=torch.float64, device=real.device)
    for r, f, d2 in _tiled(real, fake, centre):
        inside[f] |= (d2 < ball[r, None]).any(0)
        recalled[r] |= (d2 < fake_ball[f]).any(1)
        count[f] += (d2 < ball_density[r, None]).sum(0)
        nearest[r] = torch.minimum(nearest[r], d2.amin(1))
    terms = {"precision": inside, "recall": recalled, "density": count / k_density, "coverage": nearest < ball_density}
    return {name: per_image.double() for name, per_image in terms.items()}


def _tiled(a: Tensor, b: Tensor, centre: Tensor) -> Iterator[tuple[slice, slice, Tensor]]:
    for i in tiles(len(a), TILE):
        rows = a[i].double() - centre
        for j in tiles(len(b), TILE):
            yield i, j, squared_distances(rows, b[j].double() - centre)


def _radii(x: Tensor, centre: Tensor, ks: tuple[int, ...]) -> list[Tensor]:
    """Squared distance of each row to its k-th nearest other row, for each k; the row itself is the nearest, at 0."""
    best = torch.full((len(x), max(ks) + 1), torch.inf, dtype=torch.float64, device=x.device)
    for i, _, d2 in _tiled(x, x, centre):
        near = d2.topk(min(best.shape[1], d2.shape[1]), 1, largest=False).values
        best[i] = torch.cat([best[i], near], 1).topk(best.shape[1], 1, largest=False).values
    return [best[:, k] for k in ks]
