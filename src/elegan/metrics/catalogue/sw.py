"""The sliced Wasserstein distance."""

from elegan.metrics.intervals import Estimate, normal
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets


class SlicedWasserstein(Metric):
    """Squared 2-Wasserstein distance over 1000 directions (Rabin et al. 2011; MIND, Berthet et al. 2026)."""

    name = "sw"
    help = "sliced squared 2-Wasserstein distance over 1000 directions"
    lower = ("SW",)

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        from elegan.metrics.sliced import sliced_with_error

        value = sliced_with_error(sets.real.values, sets.fake.values, seed=seed)
        return [normal("SW", *value, "delta method", len(sets.real), len(sets.fake))]
