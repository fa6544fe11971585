"""Precision, recall, density and coverage."""

from collections.abc import Iterable, Sequence

from elegan.metrics.intervals import Estimate, normal, share
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Features, Sets


class PrecisionRecall(Metric):
    """Four measures of nearest neighbours (Kynkäänniemi et al. 2019, Naeem et al. 2020), on as many real as generated
    images, because all depend on both numbers."""

    name, aliases = "prdc", ("precision", "recall", "density", "coverage")
    help = "how real the images are, and how much of the data they cover"
    higher = ("precision", "recall", "density", "coverage")
    least = 12

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        from elegan.metrics.deletions import prdc_with_errors

        n, how = min(len(sets.real), len(sets.fake)), "jackknife deleting many images of both sets"
        values = prdc_with_errors(_some(sets.real, n, seed).values, _some(sets.fake, n, seed).values, seed=seed)
        density = normal("density", *values.pop("density"), how, n, n)
        return [*(share(name, p, _effective(p, error, n), how, n, n) for name, (p, error) in values.items()), density]

    def warnings(self, sets: Sets, estimates: Sequence[Estimate]) -> Iterable[str]:
        n = min(len(sets.real), len(sets.fake))
        if n < 1000:
            yield f"below 1000 images precision, recall, density and coverage mean little; here {n}"


def _effective(p: float, error: float, n: int) -> float:
    """Number of independent images whose share `p` would have this standard error; no more than `n`.

    `p` is moved off 0 and 1 by two images, as in Agresti and Coull (1998): there it says nothing of a share's spread.
    """
    p = (n * p + 2) / (n + 4)
    return min(n, p * (1 - p) / error**2) if error else n


def _some(x: Features, n: int, seed: int) -> Features:
    """A random `n` of the images, or all in their order."""
    import numpy as np
    import torch

    return x if n == len(x) else x.take(torch.from_numpy(np.random.default_rng(seed).permutation(len(x))[:n]))
