"""The Frechet distance within each class."""

import math
from collections.abc import Iterable, Sequence

from elegan.core.errors import UserError
from elegan.metrics.catalogue.fd import few_for_covariance
from elegan.metrics.intervals import Estimate, Z, normal
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets


class ClassFrechetDistance(Metric):
    """The mean distance within classes, intra-FD (Miyato and Koyama 2018), then that of each class with two images a set."""

    name = "class-fd"
    help = "Frechet distance within each class, and their mean, intra-FD"
    lower = ("intra-FD", "FD")
    published = ("FD", "FID")
    needs = frozenset({"classes", "labels"})
    even = True

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        estimates = _within(sets)
        if not estimates:
            raise UserError(f"{self.name!r} finds no class of which both sets have two images")
        return estimates

    def floor(self, sets: Sets, estimates: Sequence[Estimate], seed: int) -> list[Estimate]:
        parts = self.real_parts(sets, estimates, seed)
        return _within(parts) if parts else []

    def warnings(self, sets: Sets, estimates: Sequence[Estimate]) -> Iterable[str]:
        yield from few_for_covariance(sets, estimates, " of the smallest class")
        if lost := sorted(set(sets.classes) - {e.metric.partition(":")[2] for e in estimates}):
            yield f"fewer than two images a set, left out: {', '.join(lost)}"


def _within(sets: Sets) -> list[Estimate]:
    import torch

    from elegan.metrics.classes import per_class_frechet

    real, fake = sets.real.known_labels, sets.fake.known_labels
    distances = per_class_frechet(sets.real.values, real, sets.fake.values, fake, sets.classes)
    counts = zip(*(torch.bincount(x, minlength=len(sets.classes)).tolist() for x in (real, fake)), strict=True)
    each = [
        normal(f"FD:{name}", *value, "delta method", *n)
        for (name, value), n in zip(distances.items(), counts, strict=True)
        if value is not None
    ]
    return [_mean(each), *each] if each else []


def _mean(each: Sequence[Estimate]) -> Estimate:
    mean = sum(e.value for e in each) / len(each)
    error = math.hypot(*((e.high - e.value) / Z for e in each)) / len(each)
    n_real, n_fake = sum(e.n_real for e in each), sum(e.n_fake for e in each)
    return normal("intra-FD", mean, error, f"delta method, {len(each)} classes", n_real, n_fake)
