"""The Inception Score."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from elegan.metrics.intervals import Estimate
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets


class InceptionScore(Metric):
    """Score over the extractor's own classes (Salimans et al. 2016)."""

    name = "is"
    help = "Inception Score, of the classes that the extractor knows"
    higher = ("IS",)
    published = ("IS", "IS")
    needs = frozenset({"probabilities"})
    reference = "what real images score themselves"

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        from scipy.special import stdtrit

        from elegan.metrics.score import split_scores

        real, fake = sets.real, sets.fake
        scores = split_scores(fake.probabilities, min(10, len(fake)), seed)
        n, value = len(scores), float(scores.mean())
        error = float(scores.std(ddof=1)) / math.sqrt(n) * float(stdtrit(n - 1, 0.975))
        return [Estimate("IS", value, value - error, value + error, f"Student t, {n} splits", len(real), len(fake))]

    def floor(self, sets: Sets, estimates: Sequence[Estimate], seed: int) -> list[Estimate]:
        return self.estimate(replace(sets, fake=sets.real), seed)

    def warnings(self, sets: Sets, estimates: Sequence[Estimate]) -> Iterable[str]:
        return (f"{few}: IS is biased low" for few in few_for_classes(sets))


def few_for_classes(sets: Sets) -> Iterable[str]:
    """A warning where there are few generated images for the classes that the extractor knows."""
    assert sets.fake.probabilities is not None
    n, classes = sets.fake.probabilities.shape
    if n < 40 * classes:
        yield f"{n} images are few for {classes} classes"
