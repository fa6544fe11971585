"""Estimates: a number with the ends of its 95 % interval."""

import math
from dataclasses import dataclass
from typing import NamedTuple

Z = 1.959963984540054  # the normal distribution's 97.5 % point


@dataclass(frozen=True)
class Estimate:
    """One number, the ends of its 95 % interval, and the numbers of images that it comes from."""

    metric: str
    value: float
    low: float
    high: float
    interval: str  # how the ends were obtained
    n_real: int
    n_fake: int


class Spread(NamedTuple):
    """A number and its standard error."""

    value: float
    error: float


def normal(metric: str, value: float, error: float, how: str, n_real: int, n_fake: int) -> Estimate:
    """The interval of a number with a standard error, as if it were normally distributed."""
    value, error = _plain(value), _plain(error)
    return Estimate(metric, value, value - Z * error, value + Z * error, how, n_real, n_fake)


def share(metric: str, p: float, n: float, how: str, n_real: int, n_fake: int) -> Estimate:
    """Wilson's interval of the share `p` of `n` images."""
    p, n = _plain(p), _plain(n)
    centre, half = (p + Z * Z / (2 * n)), Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    low, high = ((centre + sign * half) / (1 + Z * Z / n) for sign in (-1, 1))
    return Estimate(metric, p, low, high, f"Wilson, {how}", n_real, n_fake)


def _plain(number: float) -> float:
    """A number of numpy or torch as one of Python's, which records hold; a whole one stays whole."""
    return number.item() if hasattr(number, "item") else number
