"""The difference of the columns of a table, each by itself."""

from elegan.metrics.intervals import Estimate, normal
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets


class Marginals(Metric):
    """See `elegan.metrics.tables.marginals`."""

    name = "marginals"
    help = "how far the columns of a table lie from the real ones, each by itself, from 0 to 1"
    lower = ("marginals",)
    needs = frozenset({"table"})
    least = 20

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        from elegan.metrics.tables import marginals, resampled

        found = resampled(marginals, sets.real, sets.fake, seed)
        return [normal("marginals", *found, "bootstrap of rows", len(sets.real), len(sets.fake))]
