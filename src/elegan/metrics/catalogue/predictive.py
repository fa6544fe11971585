"""The predictive score of windows of a series."""

from elegan.metrics.intervals import Estimate
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets


class Predictive(Metric):
    """Mean absolute error of a predictor that learns on generated windows and is tested on real ones (Yoon et al. 2019)."""

    name = "predictive"
    help = "error on real windows of a series of a recurrent network that learnt on generated ones to predict the last column"
    lower = ("predictive",)
    needs = frozenset({"windows"})
    least = 20

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        from elegan.metrics.series import of_trainings, predictive

        found = predictive(sets.real.windows, sets.fake.windows, seed)
        return [of_trainings("predictive", found, len(sets.real), len(sets.fake))]
