"""The classifier two-sample test."""

from collections.abc import Iterable, Sequence

from elegan.metrics.intervals import Estimate, share
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets

CHANCE = 0.5


class ClassifierTwoSample(Metric):
    """Accuracy of a classifier that tells generated images from real ones (Lopez-Paz and Oquab 2017)."""

    name = "c2st"
    help = "classifier two-sample test: how often a classifier tells generated images from real ones; 0.5 is perfect"
    neither = ("C2ST",)
    needs = frozenset({"pictures"})
    least = 20
    reference = f"{CHANCE}"

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        from elegan.metrics.two_sample import classifier_two_sample

        accuracy, n = classifier_two_sample(sets.real.pictures, sets.fake.pictures, seed=seed)
        how = f"{n} held-out images, training held fixed"
        return [share("C2ST", accuracy, n, how, len(sets.real), len(sets.fake))]

    def floor(self, sets: Sets, estimates: Sequence[Estimate], seed: int) -> list[Estimate]:
        """Chance, which is known and comes from no images."""
        return [Estimate("C2ST", CHANCE, CHANCE, CHANCE, "known", 0, 0)]

    def warnings(self, sets: Sets, estimates: Sequence[Estimate]) -> Iterable[str]:
        n = min(len(sets.real), len(sets.fake))
        if n < 500:
            yield f"on {n} images a set C2ST's classifier learns little: a value near 0.5 says little"
        if estimates[0].high < CHANCE:
            yield "C2ST below 0.5: generated images repeat real ones, or these are in both sets; elegan copies finds them"
