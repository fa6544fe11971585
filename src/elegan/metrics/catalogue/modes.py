"""Lost modes: the classes hit, and how far their shares are from the real ones."""

import math
from collections.abc import Iterable, Sequence

from elegan.metrics.catalogue.inception_score import few_for_classes
from elegan.metrics.intervals import Estimate, normal
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets


class Modes(Metric):
    """Classes that the extractor takes the images for (Srivastava et al. 2017, Lin et al. 2018)."""

    name = "modes"
    help = "classes that are hit, and reverse-KL, the divergence of their shares from the real ones"
    lower = ("reverse-KL",)
    higher = ("modes",)
    needs = frozenset({"probabilities"})

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        from elegan.metrics.classes import modes_with_errors

        assert sets.real.probabilities is not None
        assert sets.fake.probabilities is not None
        count, n = sets.fake.probabilities.shape[1], (len(sets.real), len(sets.fake))
        real, fake = (p.argmax(1) for p in (sets.real.probabilities, sets.fake.probabilities))
        hit, divergence = modes_with_errors(fake, count, real)
        return [
            normal("modes", *hit, f"bound by the classes hit once, of {count}", *n),
            normal("reverse-KL", *divergence, "delta method", *n),
        ]

    def warnings(self, sets: Sets, estimates: Sequence[Estimate]) -> Iterable[str]:
        yield from (f"{few}: reverse KL is biased high" for few in few_for_classes(sets))
        if math.inf in (e.value for e in estimates):
            yield "reverse KL is infinite: a class is generated that no real image is taken for"
