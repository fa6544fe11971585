"""Generated lines that were learnt word for word, or written before."""

from collections.abc import Iterable, Sequence

from elegan.metrics.intervals import Estimate, share
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets


class Novelty(Metric):
    """The share of generated lines that stand among those learnt, and of those that stand more than once among themselves."""

    name = "novelty"
    help = "the shares of lines of text that stand in the data word for word, and that were written more than once"
    neither = ("verbatim", "repeated")
    needs = frozenset({"lines"})
    reference = "lines held out, or halves of the data"

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        known, lines = set(sets.real.known_lines), sets.fake.known_lines
        shares = {
            "verbatim": sum(line in known for line in lines) / len(lines),
            "repeated": 1 - len(set(lines)) / len(lines),
        }
        n_real, n_fake = len(sets.real), len(sets.fake)
        return [share(name, p, n_fake, "lines", n_real, n_fake) for name, p in shares.items()]

    def floor(self, sets: Sets, estimates: Sequence[Estimate], seed: int) -> list[Estimate]:
        """Of lines held out, as many as were generated or all."""
        from dataclasses import replace

        import torch

        if sets.held_out is None:
            return super().floor(sets, estimates, seed)
        order = torch.randperm(len(sets.held_out), generator=torch.Generator().manual_seed(seed))[: len(sets.fake)]
        return self.estimate(replace(sets, fake=sets.held_out.take(order)), seed)

    def warnings(self, sets: Sets, estimates: Sequence[Estimate]) -> Iterable[str]:
        floors = self.floor(sets, estimates, 0)
        if floors and estimates[0].low > floors[0].high:
            yield "more lines stand in the data word for word than of fresh ones would: some are known by heart; fewer steps, a smaller nets.generator.width or a greater drop"
