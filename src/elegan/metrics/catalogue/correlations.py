"""The difference in correlations of windows of a series."""

from elegan.metrics.intervals import Estimate, normal
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets


class Correlations(Metric):
    """See `elegan.metrics.series.correlations`."""

    name = "correlations"
    help = "mean absolute difference between the correlations of a series' columns"
    lower = ("correlations",)
    needs = frozenset({"windows"})
    least = 20

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        from elegan.metrics.series import correlations, resampled

        found = resampled(correlations, sets.real.windows, sets.fake.windows, seed)
        return [normal("correlations", *found, "bootstrap of windows", len(sets.real), len(sets.fake))]
