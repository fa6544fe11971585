"""How often the 95 % intervals hold the mean of what they estimate, over fresh draws of both sets.

pytest -n 0 -m slow -rP tests/metrics/test_coverage.py
"""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from elegan.metrics.catalogue import METRICS
from elegan.metrics.sets import Features, Sets

D, MODES = 64, 8
SPREAD = torch.linspace(1, 0.1, D)  # features of images have few wide directions and many narrow ones
CENTRES = 1.5 * SPREAD * torch.randn(MODES, D, generator=torch.Generator().manual_seed(99))
SITUATIONS = {
    "equal": {},
    "shifted": {"shift": 0.15},
    "narrowed": {"scale": 0.7},
    "a lost mode": {"modes": MODES - 2},
}


def mixture(
    n: int, g: torch.Generator, even: bool, shift: float = 0.0, scale: float = 1.0, modes: int = MODES
) -> Features:
    """Images of a Gaussian mixture with their classes, random or `even`, and what a classifier says, mostly right."""
    labels = torch.arange(n) % modes if even else torch.randint(0, modes, (n,), generator=g)
    values = CENTRES[labels] + SPREAD * scale * torch.randn(n, D, generator=g) + shift
    logits = 4 * torch.eye(MODES)[labels] + torch.randn(n, MODES, generator=g)
    return Features(values, logits.softmax(1), labels)


def draws(sizes: tuple[int, int], situation: str, count: int, even: bool) -> Iterator[Sets]:
    """Fresh pairs of sets, with as many images held out as there are real ones."""
    g = torch.Generator().manual_seed(0)
    for _ in range(count):
        real, held_out = mixture(sizes[0], g, even), mixture(sizes[0], g, even)
        yield Sets(real, mixture(sizes[1], g, even, **SITUATIONS[situation]), held_out, tuple(map(str, range(MODES))))


def coverage(metric: str, sizes: tuple[int, int], situation: str, count: int) -> dict[str, float]:
    """Share of the draws whose interval holds the mean over all draws, by what the metric prints.

    Distances within classes are of as many images of each class in every draw, because the interval is for these.
    """
    sets = draws(sizes, situation, count, even=metric == "class-fd")
    found = [METRICS[metric].estimate(s, i) for i, s in enumerate(sets)]
    held = {}
    for column in zip(*found, strict=True):
        values, low, high = np.array([(e.value, e.low, e.high) for e in column]).T
        held[column[0].metric] = float(np.mean((low <= values.mean()) & (values.mean() <= high)))
        print(
            f"| {column[0].metric} | {situation} | {sizes[0]} / {sizes[1]} | {values.mean():.4g} | "
            f"{values.std():.3g} | {(high - low).mean() / 3.92:.3g} | {held[column[0].metric]:.1%} |"
        )
    return held


@pytest.mark.parametrize(("metric", "sizes"), [("prdc", (400, 400)), ("fd-infinity", (300, 900)), ("fld", (120, 150))])
def test_intervals_cover(metric, sizes):
    """Few draws of small sets; held fixed, neighbourhoods, subsets and mixtures gave 84, 62 and 80 %."""
    assert min(coverage(metric, sizes, "equal", 100).values()) >= 0.9


# Precision and coverage of a narrowed set are 1, or one image less, in all draws: shares so near 1 take few values.
NEAR_ONE = {("precision", "narrowed"), ("coverage", "narrowed")}


@pytest.mark.slow
@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("sizes", [(1000, 1000), (2000, 1000), (500, 2000)])
@pytest.mark.parametrize("metric", ["fd", "fd-infinity", "prdc", "class-fd", "is", "modes"])
def test_intervals_cover_as_often_as_they_say(metric, sizes, situation):
    """Within two standard errors of 200 draws of 92 to 98 %."""
    for name, share in coverage(metric, sizes, situation, 200).items():
        if name != "modes":  # a bound, and no class is lost in any draw
            most = 1 if "FD:" in name or "-FD" in name else 0.995  # within few images a class the delta method is wide
            assert (name, situation) in NEAR_ONE or 0.89 <= share <= most, name


@pytest.mark.slow
@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize(
    ("metric", "sizes"), [("kd", (300, 600)), ("sw", (500, 2000)), ("fld", (500, 500)), ("fld", (500, 1000))]
)
def test_intervals_of_dear_metrics_cover_as_often_as_they_say(metric, sizes, situation):
    """Within two standard errors of 100 draws of 92 to 98 %."""
    assert min(coverage(metric, sizes, situation, 100).values()) >= 0.87
