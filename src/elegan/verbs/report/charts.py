"""Curves as SVG that stands inside a page and takes its colours: classes `axis`, and `line0` ... `line5` by series."""

from collections.abc import Mapping, Sequence
from html import escape

from matplotlib.ticker import EngFormatter, MaxNLocator

WIDTH, HEIGHT = 420, 220
LEFT, RIGHT, TOP, BOTTOM = 48, 10, 10, 26  # margins
MOST = 500  # points a line
COLOURS = 6

Points = Sequence[tuple[float, float]]


def chart(title: str, lines: Mapping[str, Points]) -> str:
    """A figure with its legend; points are (x, y), both finite, and thinned where they are many."""
    thinned = {name: _thinned(points) for name, points in lines.items()}
    xs, ys = zip(*(point for points in thinned.values() for point in points), strict=True)
    x_ticks, y_ticks = MaxNLocator(5).tick_values(min(xs), max(xs)), MaxNLocator(5).tick_values(min(ys), max(ys))
    left, right = min(xs), max(xs) if max(xs) > min(xs) else min(xs) + 1
    low, high = y_ticks[0], y_ticks[-1]

    def place(x: float, y: float) -> tuple[float, float]:
        across, up = (x - left) / (right - left), (y - low) / (high - low)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    parts = [_level(place(left, y)[1], f"{y:.4g}") for y in y_ticks]
    parts += [_foot(place(x, low)[0], EngFormatter(sep="")(x)) for x in x_ticks if left <= x <= right]
    for index, points in enumerate(thinned.values()):
        path = " ".join("{:.1f},{:.1f}".format(*place(*point)) for point in points)
        parts.append(f'<polyline class="line{index % COLOURS}" points="{path}"/>')
    names = "".join(f'<span class="key{i % COLOURS}">{escape(name)}</span>' for i, name in enumerate(thinned))
    return (
        f'<figure class="chart"><figcaption><b>{escape(title)}</b> {names if len(thinned) > 1 else ""}</figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg></figure>'
    )


def _thinned(points: Points) -> Points:
    """Every k-th point counted back from the last, so that at most MOST are left."""
    return points[:: -max(1, -(-len(points) // MOST))][::-1]


def _level(y: float, text: str) -> str:
    line = f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return f'{line}<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'


def _foot(x: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{text}</text>'
