"""The difference of the pairs of columns of a table."""

from elegan.metrics.intervals import Estimate, normal
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets


class Associations(Metric):
    """See `elegan.metrics.tables.associations`."""

    name = "associations"
    help = "how far the pairs of columns of a table lie from the real ones, from 0 to 1"
    lower = ("associations",)
    needs = frozenset({"table"})
    least = 20

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        from elegan.metrics.tables import associations, resampled

        found = resampled(associations, sets.real, sets.fake, seed)
        return [normal("associations", *found, "bootstrap of rows", len(sets.real), len(sets.fake))]
