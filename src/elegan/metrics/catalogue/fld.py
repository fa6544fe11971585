"""The feature likelihood divergence."""

from elegan.metrics.intervals import Estimate, normal
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets


class FeatureLikelihoodDivergence(Metric):
    """Unlikelihood of held-out images under the generated ones, where copies of training images count for nothing
    (Jiralerspong et al. 2023)."""

    name = "fld"
    help = "feature likelihood divergence: how unlikely held-out images are under generated ones"
    lower = ("FLD",)
    needs = frozenset({"held-out"})
    least = 12  # likelihood.LEAST, which waits for torch

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        from elegan.metrics.likelihood import MOST, PARTS, likelihood_with_error

        assert sets.held_out is not None
        value = likelihood_with_error(sets.real.values, sets.held_out.values, sets.fake.values, seed=seed)
        n_real, n_fake, n = (min(len(x), MOST) for x in (sets.real, sets.fake, sets.held_out))
        how = f"normal, over {n} held-out images and between {PARTS} parts of both other sets"
        return [normal("FLD", *value, how, n_real, n_fake)]
