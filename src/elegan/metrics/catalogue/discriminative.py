"""The discriminative score of windows of a series."""

from collections.abc import Iterable, Sequence

from elegan.metrics.intervals import Estimate
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets

FEW = 1000


class Discriminative(Metric):
    """|accuracy - 1/2| of a recurrent classifier that learns to tell windows apart (Yoon et al. 2019)."""

    name = "discriminative"
    help = (
        "how often a recurrent classifier tells generated windows of a series from real ones, less a half; 0 is perfect"
    )
    lower = ("discriminative",)
    needs = frozenset({"windows"})
    least = 20

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        from elegan.metrics.series import discriminative, of_trainings

        found = discriminative(sets.real.windows, sets.fake.windows, seed)
        return [of_trainings("discriminative", found, len(sets.real), len(sets.fake))]

    def warnings(self, sets: Sets, estimates: Sequence[Estimate]) -> Iterable[str]:
        n = min(len(sets.real), len(sets.fake))
        if n < FEW:
            yield f"on {n} windows a set the classifier learns little: a discriminative score near 0 says little"
