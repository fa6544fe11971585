"""The difference in autocorrelation of windows of a series."""

from elegan.metrics.intervals import Estimate, normal
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets


class Autocorrelation(Metric):
    """See `elegan.metrics.series.autocorrelation`."""

    name = "autocorrelation"
    help = "mean absolute difference between the autocorrelations within windows of a series"
    lower = ("autocorrelation",)
    needs = frozenset({"windows"})
    least = 20

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        from elegan.metrics.series import autocorrelation, resampled

        found = resampled(autocorrelation, sets.real.windows, sets.fake.windows, seed)
        return [normal("autocorrelation", *found, "bootstrap of windows", len(sets.real), len(sets.fake))]
