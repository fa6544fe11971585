"""Each metric of two sets of images with its 95 % interval, and what it needs to be taken at all."""

import math
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import stdtrit
from torch import Tensor

from elegan.core.errors import UserError, nearest
from elegan.metrics.classes import classification_accuracy_score, modes_with_errors, per_class_frechet
from elegan.metrics.deletions import prdc_with_errors
from elegan.metrics.frechet import fd_infinity, frechet_with_error
from elegan.metrics.kernel import kernel_with_error
from elegan.metrics.likelihood import LEAST, MOST, PARTS, likelihood_with_error
from elegan.metrics.score import split_scores
from elegan.metrics.sets import Features, Sets
from elegan.metrics.sliced import sliced_with_error
from elegan.metrics.two_sample import classifier_two_sample

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


def _normal(metric: str, value: float, error: float, how: str, n_real: int, n_fake: int) -> Estimate:
    return Estimate(metric, value, value - Z * error, value + Z * error, how, n_real, n_fake)


def _share(metric: str, p: float, n: float, how: str, n_real: int, n_fake: int) -> Estimate:
    """Wilson's interval of the share `p` of `n` images."""
    centre, half = (p + Z * Z / (2 * n)), Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    low, high = ((centre + sign * half) / (1 + Z * Z / n) for sign in (-1, 1))
    return Estimate(metric, p, low, high, f"Wilson, {how}", n_real, n_fake)


def _fd(s: Sets, seed: int) -> list[Estimate]:
    value = frechet_with_error(s.real.values, s.fake.values)
    return [_normal("FD", *value, "delta method", len(s.real), len(s.fake))]


def _fd_infinity(s: Sets, seed: int) -> list[Estimate]:
    value = fd_infinity(s.real.values, s.fake.values, least=min(1000, len(s.fake) // 4), seed=seed)
    return [
        _normal(
            "FD-infinity",
            *value,
            f"delta method; the bias of {len(s.real)} real images stays",
            len(s.real),
            len(s.fake),
        )
    ]


def _kd(s: Sets, seed: int) -> list[Estimate]:
    size = min(1000, len(s.real), len(s.fake))
    value = kernel_with_error(s.real.values, s.fake.values, subset_size=size, seed=seed)
    return [_normal("KD", *value, f"U-statistic, 100 subsets of {size}", len(s.real), len(s.fake))]


def _sw(s: Sets, seed: int) -> list[Estimate]:
    value = sliced_with_error(s.real.values, s.fake.values, seed=seed)
    return [_normal("SW", *value, "delta method", len(s.real), len(s.fake))]


def _is(s: Sets, seed: int) -> list[Estimate]:
    scores = split_scores(s.fake.probabilities, min(10, len(s.fake)), seed)
    n, value = len(scores), float(scores.mean())
    error = float(scores.std(ddof=1)) / math.sqrt(n) * float(stdtrit(n - 1, 0.975))
    return [Estimate("IS", value, value - error, value + error, f"Student t, {n} splits", len(s.real), len(s.fake))]


def _prdc(s: Sets, seed: int) -> list[Estimate]:
    """On as many real as generated images, because all four depend on both numbers."""
    n, how = min(len(s.real), len(s.fake)), "jackknife deleting many images of both sets"
    found = prdc_with_errors(_some(s.real, n, seed).values, _some(s.fake, n, seed).values, seed=seed)
    density = _normal("density", *found.pop("density"), how, n, n)
    return [*(_share(name, p, _effective(p, error, n), how, n, n) for name, (p, error) in found.items()), density]


def _effective(p: float, error: float, n: int) -> float:
    """Number of independent images whose share `p` would have this standard error; no more than `n`.

    `p` is moved off 0 and 1 by two images, as in Agresti and Coull (1998): there it says nothing of a share's spread.
    """
    p = (n * p + 2) / (n + 4)
    return min(n, p * (1 - p) / error**2) if error else n


def _some(x: Features, n: int, seed: int) -> Features:
    """A random `n` of the images, or all in their order."""
    return x if n == len(x) else x.take(torch.from_numpy(np.random.default_rng(seed).permutation(len(x))[:n]))


def _class_fd(s: Sets, seed: int) -> list[Estimate]:
    """Of each class that both sets have two images of, after the mean of these: intra-FD (Miyato and Koyama 2018)."""
    real, fake = _labels(s.real), _labels(s.fake)
    found = per_class_frechet(s.real.values, real, s.fake.values, fake, s.classes)
    counts = zip(*(torch.bincount(labels, minlength=len(s.classes)).tolist() for labels in (real, fake)), strict=True)
    each = [
        _normal(f"FD:{name}", *value, "delta method", *n)
        for (name, value), n in zip(found.items(), counts, strict=True)
        if value is not None
    ]
    if not each:
        return []
    mean, error = (
        sum(e.value for e in each) / len(each),
        math.hypot(*((e.high - e.value) / Z for e in each)) / len(each),
    )
    n_real, n_fake = sum(e.n_real for e in each), sum(e.n_fake for e in each)
    return [_normal("intra-FD", mean, error, f"delta method, {len(each)} classes", n_real, n_fake), *each]


def _labels(x: Features) -> Tensor:
    assert x.labels is not None
    return x.labels


def _modes(s: Sets, seed: int) -> list[Estimate]:
    assert s.real.probabilities is not None
    assert s.fake.probabilities is not None
    count, (real, fake) = (
        s.fake.probabilities.shape[1],
        (p.argmax(1) for p in (s.real.probabilities, s.fake.probabilities)),
    )
    (hit, hit_error), (divergence, error) = modes_with_errors(fake, count, real)
    found = _normal("modes", hit, hit_error, f"bound by the classes hit once, of {count}", len(real), len(fake))
    return [found, _normal("reverse-KL", divergence, error, "delta method", len(real), len(fake))]


def _fld(s: Sets, seed: int) -> list[Estimate]:
    assert s.held_out is not None
    value = likelihood_with_error(s.real.values, s.held_out.values, s.fake.values, seed=seed)
    n_real, n_fake, n = (min(len(x), MOST) for x in (s.real, s.fake, s.held_out))
    how = f"normal, over {n} held-out images and between {PARTS} parts of both other sets"
    return [_normal("FLD", *value, how, n_real, n_fake)]


def _cas(s: Sets, seed: int) -> list[Estimate]:
    assert s.held_out is not None
    sets = s.fake.pictures, _labels(s.fake), s.held_out.pictures, _labels(s.held_out)
    score, n = classification_accuracy_score(*sets, seed=seed), len(s.held_out)
    return [_share("CAS", score, n, f"{n} held-out images, training held fixed", n, len(s.fake))]


def _c2st(s: Sets, seed: int) -> list[Estimate]:
    accuracy, n = classifier_two_sample(s.real.pictures, s.fake.pictures, seed=seed)
    how = f"{n} held-out images, training held fixed"
    return [_share("C2ST", accuracy, n, how, len(s.real), len(s.fake))]


@dataclass(frozen=True)
class Metric:
    """How a metric is estimated, from how many images a set at least, and what else it needs: keys of NEEDS."""

    estimate: Callable[[Sets, int], list[Estimate]]
    least: int = 2
    needs: frozenset[str] = frozenset()
    even: bool = False  # compares class with class, so wants as many generated images of each
    scores: bool = False  # says how good a set is by itself; the real set's own score is then the floor
    floor: float | None = None  # of a perfect generator, where it is known and need not be measured


METRICS = {
    "fd": Metric(_fd),
    "kd": Metric(_kd),
    "is": Metric(_is, needs=frozenset({"probabilities"}), scores=True),
    "prdc": Metric(_prdc, 12),
    "sw": Metric(_sw),
    "fd-infinity": Metric(_fd_infinity, 8),
    "class-fd": Metric(_class_fd, needs=frozenset({"classes", "labels"}), even=True),
    "modes": Metric(_modes, needs=frozenset({"probabilities"})),
    "fld": Metric(_fld, LEAST, frozenset({"held-out"})),
    "cas": Metric(_cas, 2, frozenset({"classes", "labels", "held-out", "pictures"}), scores=True),
    "c2st": Metric(_c2st, 20, frozenset({"pictures"}), floor=0.5),
}
NEEDS = {
    "probabilities": "class probabilities, which {extractor!r} has not; use classifier or inception",
    "classes": "real images with classes: a named set that has them, or a sub-folder a class",
    "labels": "generated images of known classes: a run of cgan or projection, or --generated with a sub-folder a class",
    "held-out": "real images held out of training: --split train of data with a test part, such as folders train/ and test/",
    "pictures": "the pictures beside their features",
}


def needed(metrics: Sequence[str] | None) -> set[str]:
    """Which of NEEDS these metrics have together. Raises UserError for a name that is no metric, with the nearest."""
    for metric in metrics or ():
        if metric not in METRICS:
            raise UserError(f"no metric {metric!r}{nearest(metric, METRICS)}")
    return {need for metric in metrics or () for need in METRICS[metric].needs}


def check_needs(metrics: Sequence[str], has: Container[str], extractor: str) -> None:
    """Raises UserError, naming what is missing, unless all that these metrics need is there."""
    for metric in metrics:
        for need, words in NEEDS.items():
            if need in METRICS[metric].needs and need not in has:
                raise UserError(f"{metric!r} needs {words.format(extractor=extractor)}")
