"""The classification accuracy score."""

from collections.abc import Sequence
from dataclasses import replace

from elegan.metrics.intervals import Estimate, share
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets


class ClassificationAccuracyScore(Metric):
    """Accuracy on real images of a classifier that was taught on generated ones (Ravuri and Vinyals 2019)."""

    name = "cas"
    help = "classification accuracy score: a classifier is taught on generated images and tested on held-out real ones"
    higher = ("CAS",)
    needs = frozenset({"classes", "labels", "held-out", "pictures"})
    reference = "what real images score themselves"

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        from elegan.metrics.classes import classification_accuracy_score

        assert sets.held_out is not None
        fake, test = sets.fake, sets.held_out
        score = classification_accuracy_score(
            fake.pictures, fake.known_labels, test.pictures, test.known_labels, seed=seed
        )
        n = len(test)
        return [share("CAS", score, n, f"{n} held-out images, training held fixed", n, len(fake))]

    def floor(self, sets: Sets, estimates: Sequence[Estimate], seed: int) -> list[Estimate]:
        return self.estimate(replace(sets, fake=sets.real), seed)
