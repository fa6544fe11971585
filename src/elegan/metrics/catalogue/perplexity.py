"""The likelihood of lines that were not learnt."""

from collections.abc import Sequence

from elegan.metrics.intervals import Estimate, normal
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets


class Perplexity(Metric):
    """exp of the mean -log p of a character of held-out lines, their ends among them; see `elegan.metrics.text.perplexity`."""

    name = "perplexity"
    help = "how many characters the run wavers between, on average, in lines of text that it did not learn"
    lower = ("perplexity",)
    needs = frozenset({"likelihood"})
    floorless = True  # the data's own is known to nobody

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        from elegan.metrics.text import perplexity

        assert sets.held_out is not None
        assert sets.held_out.nats is not None
        nats = sets.held_out.nats
        return [normal("perplexity", *perplexity(nats), "delta method over held-out lines", len(nats), 0)]

    def floor(self, sets: Sets, estimates: Sequence[Estimate], seed: int) -> list[Estimate]:
        return []
