"""Curves as places in a small frame, for the page to draw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from matplotlib.ticker import EngFormatter, MaxNLocator

WIDTH, HEIGHT = 420, 220
LEFT, RIGHT, TOP, BOTTOM = 48, 10, 10, 26  # margins
MOST = 500  # points a line
COLOURS = 6

Points = Sequence[tuple[float, float]]


class Line(NamedTuple):
    """A curve: "x,y x,y ..." inside the frame."""

    name: str
    points: str


@dataclass(frozen=True)
class Chart:
    """Curves and the ticks beside them: `levels` are (y, text), `feet` (x, text), `marks` places x that stand out."""

    title: str
    lines: list[Line]
    levels: list[tuple[float, str]]
    feet: list[tuple[float, str]]
    marks: list[float]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    colours: int = COLOURS


def chart(title: str, lines: Mapping[str, Points], marks: Sequence[float] = ()) -> Chart:
    """The curves by name, with a line down at each of the `marks` on the axis of x; points are (x, y), both finite, and thinned where they are many."""
    thinned = {name: _thinned(points) for name, points in lines.items()}
    xs, ys = zip(*(point for points in thinned.values() for point in points), strict=True)
    x_ticks, y_ticks = MaxNLocator(5).tick_values(min(xs), max(xs)), MaxNLocator(5).tick_values(min(ys), max(ys))
    left, right = min(xs), max(xs) if max(xs) > min(xs) else min(xs) + 1
    low, high = y_ticks[0], y_ticks[-1]

    def across(x: float) -> float:
        return round(float(LEFT + (x - left) / (right - left) * (WIDTH - LEFT - RIGHT)), 1)

    def down(y: float) -> float:
        return round(float(HEIGHT - BOTTOM - (y - low) / (high - low) * (HEIGHT - TOP - BOTTOM)), 1)

    return Chart(
        title,
        [Line(name, " ".join(f"{across(x)},{down(y)}" for x, y in points)) for name, points in thinned.items()],
        [(down(y), f"{y:.4g}") for y in y_ticks],
        [(across(x), EngFormatter(sep="")(x)) for x in x_ticks if left <= x <= right],
        [across(x) for x in dict.fromkeys(marks) if left <= x <= right],
    )


def _thinned(points: Points) -> Points:
    """Every k-th point counted back from the last, so that at most MOST are left."""
    return points[:: -max(1, -(-len(points) // MOST))][::-1]
