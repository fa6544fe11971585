"""How often the extractor's classifier names the class that was asked for."""

from collections.abc import Sequence

from elegan.metrics.intervals import Estimate, share
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Features, Sets


class Named(Metric):
    """The share of generated items that a classifier of the real ones takes for the class asked for, with Wilson's interval
    (1927); its floor is the share of real ones, held out of training where there are such."""

    name = "named"
    help = "share of what is made that the classifier takes for the class asked for"
    higher = ("named",)
    needs = frozenset({"probabilities", "classes", "labels"})
    reference = "real ones, held out where some are"

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        return [_share(sets.fake, len(sets.real))]

    def floor(self, sets: Sets, estimates: Sequence[Estimate], seed: int) -> list[Estimate]:
        there = sets.held_out if sets.held_out is not None and sets.held_out.labels is not None else sets.real
        return [_share(there, len(sets.real))]


def _share(some: Features, real: int) -> Estimate:
    assert some.probabilities is not None
    right = float((some.probabilities.argmax(1) == some.known_labels).double().mean())
    return share("named", right, len(some), "of independent items", real, len(some))
