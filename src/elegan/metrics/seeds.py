"""Statistics over several seeds of one training: their mean, how far it is known, and whether another training's is different.

Intervals and p-values are Student's t over seeds (Welch 1947 where two trainings have other seeds; paired where they have the
same), several comparisons of one metric corrected by Holm (1979).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

CERTAIN = 0.05  # a p-value below which a difference is taken for one


@dataclass(frozen=True)
class Difference:
    """The distance of one training's mean above another's, its 95 % interval, and the p-value of no difference.

    `test` is "paired" or "Welch". One seed shows no spread: then `test` is "", the interval infinite and p 1.
    """

    mean: float
    low: float
    high: float
    p: float
    test: str


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean of one value a seed with the ends of its 95 % interval, which are infinite for a single seed."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, -math.inf, math.inf
    wide = float(stdtrit(len(values) - 1, 0.975) * np.std(values, ddof=1)) / math.sqrt(len(values))
    return mean, mean - wide, mean + wide


def difference(a: Mapping[int, float], b: Mapping[int, float]) -> Difference:
    """The difference of two trainings' values by seed: `a` less `b`, paired where both have the same seeds."""
    mean = float(np.mean(list(a.values())) - np.mean(list(b.values())))
    if min(len(a), len(b)) < 2:
        return Difference(mean, -math.inf, math.inf, 1.0, "")
    if a.keys() == b.keys():
        error = float(np.std([a[seed] - b[seed] for seed in a], ddof=1)) / math.sqrt(len(a))
        return _tested(mean, error, len(a) - 1, "paired")
    variances = [float(np.var(list(x.values()), ddof=1)) / len(x) for x in (a, b)]
    total = sum(variances)
    shares = sum(v * v / (len(x) - 1) for v, x in zip(variances, (a, b), strict=True))
    freedom = total * total / shares if shares else len(a) + len(b) - 2
    return _tested(mean, math.sqrt(total), freedom, "Welch")


def _tested(mean: float, error: float, freedom: float, test: str) -> Difference:
    wide = float(stdtrit(freedom, 0.975)) * error
    p = 2 * float(stdtr(freedom, -abs(mean) / error)) if error else float(mean == 0)
    return Difference(mean, mean - wide, mean + wide, p, test)


def holm(p_values: Sequence[float]) -> list[float]:
    """Each p-value as it stands among all of them: together they are then false with 5 % at most where all are below 5 %."""
    order = np.argsort(p_values, kind="stable")
    adjusted, least = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = least
    return adjusted
