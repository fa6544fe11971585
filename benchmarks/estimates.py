"""Numbers with the ends of their intervals, of several measurements."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import binom, binomtest

from benchmarks.results import Estimate
from elegan.core.errors import UserError
from elegan.metrics.seeds import mean_interval


def median(values: Sequence[float]) -> Estimate:
    """The median and the narrowest pair of order statistics that holds it with 95 %, whatever the distribution.

    Below six values it is the lowest and the highest, and `interval` says how surely they hold it.
    """
    n = len(values)
    cut = int(max(1, binom.ppf(0.025, n, 0.5)))  # how many values lie at or beyond an end
    held = 1 - 2 * binom.cdf(cut - 1, n, 0.5)
    ordered = np.sort(values)
    how = f"order statistics, {held:.0%} of the median"
    return Estimate(float(np.median(ordered)), float(ordered[cut - 1]), float(ordered[n - cut]), n, how)


def mean(values: Sequence[float]) -> Estimate:
    """The mean and its 95 % interval (Student's t). Raises UserError for a single value, which shows no spread."""
    if len(values) < 2:
        raise UserError("a mean of one value has no interval; two are the least")
    middle, low, high = mean_interval(values)
    return Estimate(middle, low, high, len(values), "95 %, Student's t")


def percent(count: int, n: int) -> Estimate:
    """The share `count / n` in per cent, with its 95 % interval (Clopper and Pearson 1934)."""
    low, high = binomtest(count, n).proportion_ci()
    return Estimate(100 * count / n, 100 * float(low), 100 * float(high), n, "95 %, Clopper-Pearson")
