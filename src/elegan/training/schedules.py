"""Learning-rate schedules: the factor on each player's rate, from progress t in [0, 1) and the metric's history.

They are pure functions of both, so that there is nothing to save. `history` holds the watched metric at each
evaluation so far, oldest first, lower is better.
"""

import math
from collections.abc import Sequence

from elegan.core.ranges import AboveZero, BelowOne, Count, NonNegative, NonNegativeCount, Share


def constant(t: float, history: Sequence[float]) -> float:
    """The factor 1 at all times."""
    return 1.0


def linear(t: float, history: Sequence[float], *, start: BelowOne = 0.0, end: NonNegative = 0.0) -> float:
    """The factor 1 until progress `start`, then a straight line to `end`.

    >>> [linear(t, [], start=0.5) for t in (0.0, 0.5, 0.75)]
    [1.0, 1.0, 0.5]
    """
    return 1.0 if t < start else end + (1 - end) * (1 - t) / (1 - start)


def cosine(t: float, history: Sequence[float], *, end: NonNegative = 0.0, until: AboveZero = 1.0) -> float:
    """Half a cosine from 1 to `end`, reached at progress `until` (Loshchilov & Hutter 2017, equation 5).

    >>> [round(cosine(t, [], until=0.5), 2) for t in (0.0, 0.25, 0.5, 0.9)]
    [1.0, 0.5, 0.0, 0.0]
    """
    return end + (1 - end) * 0.5 * (1 + math.cos(math.pi * min(t / until, 1.0)))


def step(t: float, history: Sequence[float], *, drops: NonNegativeCount = 3, factor: NonNegative = 0.5) -> float:
    """Multiplies the rate by `factor` at each of `drops` evenly spaced points.

    >>> [step(t, [], drops=1, factor=0.1) for t in (0.0, 0.49, 0.5)]
    [1.0, 1.0, 0.1]
    """
    return factor ** int(t * (drops + 1))


def exponential(t: float, history: Sequence[float], *, end: NonNegative = 0.01) -> float:
    """Equal ratios from 1 to `end`."""
    rate: float = end**t
    return rate


def plateau(
    t: float,
    history: Sequence[float],
    *,
    factor: NonNegative = 0.5,
    patience: Count = 3,
    threshold: Share = 0.01,
    smooth: BelowOne = 0.0,
) -> float:
    """Multiplies the rate by `factor` each time `patience` evaluations in a row gain less than `threshold` of the best before.

    They are compared as a moving average, in which the one before weighs `smooth`.

    >>> plateau(0.5, [9.0, 8.0, 8.1, 8.2, 8.0], patience=3)
    0.5
    """
    rate, best, waited = 1.0, math.inf, 0
    mean = history[0] if history else 0.0
    for value in history:
        mean = value = smooth * mean + (1 - smooth) * value
        if best == math.inf or value < best - threshold * abs(best):
            best, waited = value, 0
        else:
            waited += 1
        if waited == patience:
            rate, waited = rate * factor, 0
    return rate
