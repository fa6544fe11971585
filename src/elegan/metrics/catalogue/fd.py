"""The Frechet distance."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from elegan.metrics.intervals import Estimate, normal
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets

if TYPE_CHECKING:
    from torch import Tensor


class FrechetDistance(Metric):
    """Distance between the Gaussians of the two sets (Heusel et al. 2017)."""

    name, aliases = "fd", ("fid",)
    help = "Frechet distance of Gaussians, which is called FID on Inception's weights"
    lower = ("FD",)
    published = ("FD", "FID")

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        from elegan.metrics.frechet import frechet_with_error

        value = frechet_with_error(sets.real.values, sets.fake.values)
        return [normal("FD", *value, "delta method", len(sets.real), len(sets.fake))]

    def warnings(self, sets: Sets, estimates: Sequence[Estimate]) -> Iterable[str]:
        return few_for_covariance(sets, estimates)

    def watched(self, real: "Tensor") -> "Callable[[Tensor], float]":
        from elegan.metrics.frechet import Moments, frechet_distance

        moments = Moments().update(real)
        return lambda features: frechet_distance(moments, Moments().update(features))

    def watched_floor(self, real: "Tensor", count: int) -> float | None:
        """Scales the distance of halves. Between sets of one distribution it is bias alone, which goes as 1 / n + 1 / m (Chong
        and Forsyth 2020): of 100 to 2000 photographs it came within a third of what others really get."""
        import numpy as np
        import torch

        from elegan.core import rng
        from elegan.metrics.frechet import Moments, frechet_distance

        n = len(real) // 2
        if n < self.least:
            return None
        halves = real[torch.from_numpy(np.random.default_rng(rng.mix("floor")).permutation(len(real)))]
        distance = frechet_distance(Moments().update(halves[:n]), Moments().update(halves[n : 2 * n]))
        return distance * (1 / len(real) + 1 / count) / (2 / n)


def few_for_covariance(sets: Sets, estimates: Sequence[Estimate], where: str = "") -> Iterable[str]:
    """Warnings where the images are few for their features; `where` says of what the smallest number is."""
    n, d = min(min(e.n_real, e.n_fake) for e in estimates), sets.real.values.shape[1]
    if n <= d:
        yield f"more features ({d}) than images ({n}{where}): the covariance is rank-deficient and FD measures mostly N"
    elif n < 5 * d:
        yield f"{n} images{where} are few for {d} features: below {5 * d} the bias of FD, of order 1 / N, is large"
