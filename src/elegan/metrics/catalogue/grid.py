"""The grid of upsampling layers."""

from collections.abc import Iterable, Sequence

import numpy as np

from elegan.core.errors import UserError
from elegan.metrics.intervals import Estimate, Z
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets

SHOWS = 1.2  # times what real pictures have


class Grid(Metric):
    """Spectral energy at the periods of strides, generated pictures' over real ones' (`elegan.metrics.spectrum`)."""

    name = "grid"
    help = "fine grid left by upsampling: spectral energy at periods of 2, 4, 8 pixels over real pictures'"
    neither = ("grid",)
    needs = frozenset({"pictures"})

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        from elegan.metrics.spectrum import periods

        size = sets.real.pictures.shape[1:3]
        if not (known := periods(*size)):
            raise UserError(
                f"pictures of {size[1]}x{size[0]} are too small to tell a grid in them; at least 16x16 are needed"
            )
        return [_ratio(period, sets.real.pictures, sets.fake.pictures) for period in known]

    def warnings(self, sets: Sets, estimates: Sequence[Estimate]) -> Iterable[str]:
        for e in estimates:
            if e.low > SHOWS:
                yield f"{e.metric}: a grid stands out, {e.value:.2f} times what real pictures have at this period"


def _ratio(period: int, real: np.ndarray, fake: np.ndarray) -> Estimate:
    """The mean share of the generated pictures over that of the real ones, with an interval on its logarithm."""
    from elegan.metrics.spectrum import grid_shares

    a, b = grid_shares(real, period), grid_shares(fake, period)
    if not a.mean() or not b.mean():
        which = "real" if not a.mean() else "generated"
        raise UserError(f"the {which} pictures have nothing of {period} pixels or finer: a ratio of it says nothing")
    ratio = float(b.mean() / a.mean())
    error = float(sum(x.var(ddof=1) / len(x) / x.mean() ** 2 for x in (a, b)) ** 0.5)
    low, high = (float(ratio * np.exp(sign * Z * error)) for sign in (-1, 1))
    return Estimate(f"grid:{period} px", ratio, low, high, "delta method on the logarithm", len(a), len(b))
