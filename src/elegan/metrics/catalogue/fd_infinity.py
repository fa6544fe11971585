"""The Frechet distance without the bias of a finite number of generated images."""

from collections.abc import Iterable, Sequence

from elegan.metrics.catalogue.fd import few_for_covariance
from elegan.metrics.intervals import Estimate, normal
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets


class FrechetInfinity(Metric):
    """Distance extrapolated over subsets to 1 / N = 0 (Chong and Forsyth 2020)."""

    name = "fd-infinity"
    help = "Frechet distance extrapolated to infinitely many generated images"
    lower = ("FD-infinity",)
    published = ("FD-infinity", "FID-infinity")
    least = 8

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        from elegan.metrics.frechet import fd_infinity

        real, fake = sets.real, sets.fake
        value = fd_infinity(real.values, fake.values, least=min(1000, len(fake) // 4), seed=seed)
        how = f"delta method; the bias of {len(real)} real images stays"
        return [normal("FD-infinity", *value, how, len(real), len(fake))]

    def warnings(self, sets: Sets, estimates: Sequence[Estimate]) -> Iterable[str]:
        return few_for_covariance(sets, estimates)
