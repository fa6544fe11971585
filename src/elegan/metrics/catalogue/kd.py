"""The kernel distance."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from elegan.metrics.intervals import Estimate, normal
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets

if TYPE_CHECKING:
    from torch import Tensor


class KernelDistance(Metric):
    """Unbiased squared maximum mean discrepancy with a cubic kernel (Binkowski et al. 2018)."""

    name, aliases = "kd", ("kid",)
    help = "unbiased MMD² with a cubic kernel, which is called KID on Inception's weights"
    lower = ("KD",)
    published = ("KD", "KID")

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        from elegan.metrics.kernel import kernel_with_error

        size = min(1000, len(sets.real), len(sets.fake))
        value = kernel_with_error(sets.real.values, sets.fake.values, subset_size=size, seed=seed)
        return [normal("KD", *value, f"U-statistic, 100 subsets of {size}", len(sets.real), len(sets.fake))]

    def warnings(self, sets: Sets, estimates: Sequence[Estimate]) -> Iterable[str]:
        n = min(len(sets.real), len(sets.fake))
        if n < 1000:
            yield f"KD on subsets of {n}, not 1000: compare it with no other size"

    def watched(self, real: "Tensor") -> "Callable[[Tensor], float]":
        from elegan.metrics.kernel import kernel_distance

        return lambda features: kernel_distance(real, features, subsets=10)[0]

    def watched_floor(self, real: "Tensor", count: int) -> float | None:
        """Zero: between sets of one distribution nothing but chance is left, as it is unbiased."""
        return 0.0
