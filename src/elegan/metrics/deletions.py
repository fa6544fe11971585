"""Standard errors of precision, recall, density and coverage, by the jackknife that deletes many images at a time.

All four depend on both sets. Precision and density are, with the real set held, plain means over the generated images,
whose error is known; what other real images would have changed is the spread over random subsets of the real ones,
times kept / deleted (Shao and Wu 1989). In recall the sets change places. Coverage is no plain mean of either set, so
halves of both are taken together.

Deleting single images would count an interaction of c images c times, which makes the variance 1.4 to 4 times too
large; the bootstrap's repeats would be neighbours at distance 0. How much is deleted balances that count against the
smaller subset's own variance; the simulations in docs/metrics.md decided it.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from elegan.core.errors import UserError
from elegan.metrics.precision_recall import Nearest, Terms, checked, nearest, tiled

DRAWS = 20  # of subsets
KEPT, KEPT_FOR_DENSITY = 0.7, 0.85
# LISTED k + 1 neighbours are in view; the last stands in where fewer than k are left: for 1 image in 600, in halves 1 in 26.
LISTED = 3
# Generated images in view of a real one; halves lose all of them for one real image in a thousand, and the last stands in.
CLOSEST = 10


def prdc_with_errors(
    real: Any, fake: Any, k_precision: int = 3, k_density: int = 5, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """`prdc` and the standard error of each number over fresh draws of both sets. `seed` draws the subsets.

    Raises UserError where a set has no more than 2 k + 1 images: its halves could not be measured.
    """
    k = max(k_precision, k_density)
    real, fake = checked(real, fake, min(k_precision, k_density), k)
    if min(len(real), len(fake)) < 2 * (k + 1):
        raise UserError(f"k = {k} needs {2 * (k + 1)} images a set for its error; got {len(real)} real and {len(fake)}")
    rng, centre = np.random.default_rng(seed), real.double().mean(0)
    own = nearest(real, centre, min(LISTED * k + 1, len(real) - 1))
    fake_own = nearest(fake, centre, min(LISTED * k_precision + 1, len(fake) - 1))
    across = Nearest(len(real), min(CLOSEST, len(fake)), real.device)
    terms = Terms(own, fake_own, k_precision, k_density)
    kept, kept_fakes, kept_for_density = (
        _subsets(n, k, share, rng) for n, share in ((len(real), KEPT), (len(fake), KEPT), (len(real), KEPT_FOR_DENSITY))
    )
    inside = Balls(own, kept, k_precision, len(fake), np.logical_or)
    recalled = Balls(fake_own, kept_fakes, k_precision, len(real), np.logical_or)
    count = Balls(own, kept_for_density, k_density, len(fake), np.add)
    for r, f, d2 in tiled(real, fake, centre):
        terms.add(r, f, d2)
        across.add(r, f, d2)
        ranks = ranks_within(own, r, d2)
        inside.add(r, f, ranks)
        count.add(r, f, ranks)
        recalled.add(f, r, ranks_within(fake_own, f, d2.T.contiguous()))
    means = {name: (float(x.mean()), float(x.var()) / len(x)) for name, x in terms.per_image().items()}
    variances = {
        "precision": means["precision"][1] + _spread(inside.held, kept),
        "recall": means["recall"][1] + _spread(recalled.held, kept_fakes),
        "density": means["density"][1] + _spread(count.held / k_density, kept_for_density),
        "coverage": _coverage_variance(own, across, len(fake), k_density, rng),
    }
    return {name: (value, variances[name] ** 0.5) for name, (value, _) in means.items()}


def _subsets(n: int, k: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """DRAWS random subsets of `n` images as rows of booleans, each with more than `k` images."""
    return rng.random((DRAWS, n)).argsort(1).argsort(1) < max(k + 1, round(share * n))


def ranks_within(own: Nearest, rows: slice, d2: Tensor) -> np.ndarray:
    """Number of the row's listed neighbours that are no farther than each column, uint8 rows x columns."""
    return torch.searchsorted(own.d2[rows], d2, right=True, out_int32=True).to(torch.uint8).cpu().numpy()


def _kth(kept: np.ndarray, columns: np.ndarray, k: int) -> np.ndarray:
    """Position of the k-th kept neighbour in each image's list; the last where the list holds fewer."""
    reached = kept[columns].cumsum(1, dtype=np.uint8) >= k
    positions: np.ndarray = np.where(reached[:, -1], reached.argmax(1), columns.shape[1] - 1)
    return positions


class Balls:
    """The images of another set in the balls of each subset of a set: `held` tells, subsets x images, whether (logical_or)
    or how often (add)."""

    def __init__(self, own: Nearest, kept: np.ndarray, k: int, n: int, sum_: np.ufunc) -> None:
        columns = own.columns.cpu().numpy()
        # Inside the ball to the neighbour at position p are the columns of a rank up to p; a deleted image has no ball.
        self.limits = np.stack([np.where(there, _kth(there, columns, k) + 1, 0) for there in kept]).astype(np.uint8)
        self.sum, self.held = sum_, np.zeros((len(kept), n), bool if sum_ is np.logical_or else np.int32)

    def add(self, rows: slice, columns: slice, ranks: np.ndarray) -> None:
        for held, limits in zip(self.held[:, columns], self.limits[:, rows, None], strict=True):
            self.sum(held, self.sum.reduce(ranks < limits, 0, dtype=held.dtype), out=held)


def _spread(held: np.ndarray, kept: np.ndarray) -> float:
    """Variance from the set that images were deleted from; the other set's share in the spread of the means is taken off."""
    (draws, n), left = kept.shape, int(kept[0].sum())
    noise = (held - held.mean(0)).var(1, ddof=1).mean() / held.shape[1] * draws / (draws - 1)
    variance: float = max(float(held.mean(1).var(ddof=1) - noise), 0.0) * left / (n - left)
    return variance


def _coverage_variance(own: Nearest, across: Nearest, fakes: int, k: int, rng: np.random.Generator) -> float:
    """Mean of two variances from halves of both sets: between a half and its rest, and between all halves.

    The first counts an interaction of images once, at half the size, where it is too small; the second up to twice.
    """
    own_d2, own_columns, d2, columns = (x.cpu().numpy() for x in (own.d2, own.columns, across.d2, across.columns))
    rows, pairs = np.arange(len(d2)), []
    for _ in range(DRAWS):
        half, half_fakes = (rng.permutation(n) < n // 2 for n in (len(d2), fakes))
        for kept, kept_fakes in ((half, half_fakes), (~half, ~half_fakes)):
            covered = d2[rows, _kth(kept_fakes, columns, 1)] < own_d2[rows, _kth(kept, own_columns, k)]
            pairs.append(covered[kept].mean())
    values = np.array(pairs).reshape(DRAWS, 2)
    return float((np.square(values[:, 0] - values[:, 1]).mean() / 4 + values.var(ddof=1)) / 2)
