"""Each metric of two sets of features with its 95 % interval."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy.special import stdtrit
from torch import Tensor

from elegan.measure.frechet import fd_infinity, frechet_with_error
from elegan.measure.kernel import kernel_with_error
from elegan.measure.neighbours import prdc_per_image
from elegan.measure.score import split_scores
from elegan.measure.sliced import sliced_with_error

Z = 1.959963984540054  # the normal distribution's 97.5 % point


@dataclass(frozen=True)
class Features:
    """What an extractor made of a set of images: features N x d, class probabilities N x K or None."""

    values: Tensor
    probabilities: Tensor | None

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: Tensor) -> "Features":
        return Features(self.values[rows], None if self.probabilities is None else self.probabilities[rows])


@dataclass(frozen=True)
class Estimate:
    """One number with the ends of its 95 % interval."""

    metric: str
    value: float
    low: float
    high: float
    interval: str  # how the ends were obtained


def _normal(metric: str, value: float, error: float, how: str) -> Estimate:
    return Estimate(metric, value, value - Z * error, value + Z * error, how)


def _fd(real: Features, fake: Features, seed: int) -> list[Estimate]:
    return [_normal("FD", *frechet_with_error(real.values, fake.values), "delta method")]


def _fd_infinity(real: Features, fake: Features, seed: int) -> list[Estimate]:
    least = min(1000, len(fake) // 4)
    return [_normal("FD-infinity", *fd_infinity(real.values, fake.values, least=least, seed=seed), "line fit")]


def _kd(real: Features, fake: Features, seed: int) -> list[Estimate]:
    size = min(1000, len(real), len(fake))
    value = kernel_with_error(real.values, fake.values, subset_size=size, seed=seed)
    return [_normal("KD", *value, f"U-statistic, 100 subsets of {size}")]


def _sw(real: Features, fake: Features, seed: int) -> list[Estimate]:
    return [_normal("SW", *sliced_with_error(real.values, fake.values, seed=seed), "delta method")]


def _is(real: Features, fake: Features, seed: int) -> list[Estimate]:
    assert fake.probabilities is not None
    scores = split_scores(fake.probabilities, min(10, len(fake)), seed)
    n, value = len(scores), float(scores.mean())
    error = float(scores.std(ddof=1)) / math.sqrt(n) * float(stdtrit(n - 1, 0.975))
    return [Estimate("IS", value, value - error, value + error, f"Student t, {n} splits")]


def _prdc(real: Features, fake: Features, seed: int) -> list[Estimate]:
    terms = prdc_per_image(real.values, fake.values)
    density = terms.pop("density")
    shares = [_share(name, per_image) for name, per_image in terms.items()]
    error = float(density.std() / math.sqrt(len(density)))
    return [*shares, _normal("density", float(density.mean()), error, "normal, neighbourhoods held fixed")]


def _share(metric: str, hits: Tensor) -> Estimate:
    """Wilson's interval of a share."""
    n, p = len(hits), float(hits.mean())
    centre, half = (p + Z * Z / (2 * n)), Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    low, high = ((centre + sign * half) / (1 + Z * Z / n) for sign in (-1, 1))
    return Estimate(metric, p, low, high, "Wilson, neighbourhoods held fixed")


METRICS: dict[str, Callable[[Features, Features, int], list[Estimate]]] = {
    "fd": _fd,
    "kd": _kd,
    "is": _is,
    "prdc": _prdc,
    "sw": _sw,
    "fd-infinity": _fd_infinity,
}
# Least images a set: of the metric itself, then of each half of the real set for a floor.
LEAST = {"fd": 2, "kd": 2, "is": 2, "prdc": 6, "sw": 2, "fd-infinity": 8}
