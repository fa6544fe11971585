"""Whether generated rows of a table lie nearer to what was learnt than to what was held out."""

from collections.abc import Iterable, Sequence

from elegan.metrics.intervals import Estimate, normal
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets


class Closest(Metric):
    """The distance to the closest record, to training and to held-out rows; see `elegan.metrics.tables.nearer_to_training`, and
    `elegan.metrics.copies.set_tests.c_t` (Meehan et al. 2020)."""

    name = "closest"
    help = "the share of generated rows of a table that are nearer to a row learnt than to one held out, .5 without copies; and C_T"
    neither = ("closest", "C_T")
    needs = frozenset({"table", "held-out"})
    least = 20
    reference = "half: nothing known by heart"

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        from elegan.metrics.copies.set_tests import c_t
        from elegan.metrics.tables import nearer_to_training

        assert sets.held_out is not None
        n_real, n_fake = len(sets.real), len(sets.fake)
        found = nearer_to_training(sets.real, sets.held_out, sets.fake, seed)
        estimates = [normal("closest", *found, "draws of rows, and of those held out", n_real, n_fake)]
        score = c_t(sets.held_out.values, sets.fake.values, sets.real.values, None, seed)
        return estimates if score is None else [*estimates, normal("C_T", score, 1.0, "its own units", n_real, n_fake)]

    def floor(self, sets: Sets, estimates: Sequence[Estimate], seed: int) -> list[Estimate]:
        return [Estimate("closest", 0.5, 0.5, 0.5, "by definition", len(sets.real), len(sets.fake))]

    def warnings(self, sets: Sets, estimates: Sequence[Estimate]) -> Iterable[str]:
        for found in estimates:
            if (found.metric == "closest" and found.low > 0.5) or (found.metric == "C_T" and found.value < -3):
                yield "generated rows lie nearer to those learnt than held-out ones would: what was learnt shows through"
                return
