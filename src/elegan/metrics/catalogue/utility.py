"""What a learner gets from generated rows of a table."""

from collections.abc import Sequence
from dataclasses import replace

from elegan.metrics.intervals import Estimate, normal
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Features, Sets


class Utility(Metric):
    """Train on synthetic, test on real (Esteban et al. 2017, section 5.2); see `elegan.metrics.tables.utility`."""

    name = "utility"
    help = "how well random forests that learnt on generated rows tell the target column of held-out real ones"
    higher = ("utility",)
    needs = frozenset({"table", "held-out"})
    least = 20
    reference = "the same learner on the real rows"

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        return _estimates(sets.fake, sets, seed)

    def floor(self, sets: Sets, estimates: Sequence[Estimate], seed: int) -> list[Estimate]:
        return _estimates(sets.real, sets, seed)


def _estimates(train: Features, sets: Sets, seed: int) -> list[Estimate]:
    from elegan.metrics.tables import utility

    assert sets.held_out is not None
    found = utility(train, sets.held_out, seed)
    estimate = normal("utility", *found, "forests and bootstrap of held-out rows", len(sets.held_out), len(train))
    return [replace(estimate, high=min(1.0, estimate.high))]
