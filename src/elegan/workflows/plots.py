"""Windows of a series, the columns of a table and lines of text as pictures."""

import unicodedata
import warnings
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from elegan.data.tables.columns import Column, Kinds

MOST = 8  # columns of a series that are drawn
MOST_COLUMNS, MOST_KINDS = 24, 8  # of a table


def windows_beside(real: np.ndarray, made: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Real windows on the left, generated ones on the right, float N x T x C in [-1, 1]; a row a column of the series. Gives
    uint8 H x W x 3."""
    rows = min(MOST, len(names))
    figure = _figure(9, 1.6 * rows + 0.4)
    places = figure.subplots(rows, 2, squeeze=False, sharex=True, sharey="row")
    for place, name in enumerate(names[:rows]):
        for axes, windows, title in zip(places[place], (real, made), ("real", "generated"), strict=True):
            axes.plot(windows[:, :, place].T, linewidth=0.9)
            axes.set_ylim(-1.05, 1.05)
            axes.grid(alpha=0.3)
            if place == 0:
                axes.set_title(title, fontsize=10)
        places[place][0].set_ylabel(name[:20], fontsize=8)
    return _pixels(figure)


def windows_alone(windows: np.ndarray, names: Sequence[str], shown: int = 12) -> np.ndarray:
    """The first windows, N x T x C in the data's units, a row a column of the series. Gives uint8 H x W x 3."""
    rows = min(MOST, len(names))
    figure = _figure(6, 1.6 * rows + 0.3)
    places = figure.subplots(rows, 1, squeeze=False, sharex=True)[:, 0]
    for place, (axes, name) in enumerate(zip(places, names, strict=False)):
        axes.plot(windows[:shown, :, place].T, linewidth=0.9)
        axes.set_ylabel(name[:20], fontsize=8)
        axes.grid(alpha=0.3)
    return _pixels(figure)


def likeness(real: np.ndarray, made: np.ndarray, names: Sequence[str], seed: int = 0) -> np.ndarray:
    """Real and generated windows, float N x T x C in [-1, 1], as points in the plane by PCA of the real ones and by t-SNE of
    both, and the density of the values of each column. Gives uint8 H x W x 3."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    count = min(len(real), len(made), 500)
    order = np.random.default_rng(seed)
    a, b = (x[order.permutation(len(x))[:count]].reshape(count, -1) for x in (real, made))
    pca = PCA(2, random_state=0).fit(a)
    both = np.concatenate([a, b])
    tsne = TSNE(2, init="pca", perplexity=min(30, (len(both) - 1) / 3), random_state=0).fit_transform(both)
    shown = min(MOST - 2, len(names))
    columns = max(2, min(4, 2 + shown))
    lines = -(-(2 + shown) // columns)
    figure = _figure(3.4 * columns, 3 * lines)
    places = figure.subplots(lines, columns, squeeze=False).flatten()
    for axes, points, title in zip(places, (pca.transform(both), tsne), ("PCA", "t-SNE"), strict=False):
        for part, name in ((points[:count], "real"), (points[count:], "generated")):
            axes.scatter(*part.T, s=5, alpha=0.5, label=name, linewidths=0)
        axes.set_title(title, fontsize=10)
        axes.legend(fontsize=8)
    edges = np.linspace(-1, 1, 41)
    for place in range(shown):
        axes = places[2 + place]
        for windows, name in ((real, "real"), (made, "generated")):
            axes.hist(windows[:, :, place].ravel(), edges, density=True, histtype="step", label=name)
        axes.set_title(names[place][:20], fontsize=10)
        axes.set_yscale("log")
    for axes in places[2 + shown :]:
        axes.set_visible(False)
    return _pixels(figure)


def columns_beside(real: Sequence[np.ndarray], made: Sequence[np.ndarray], columns: Sequence[Column]) -> np.ndarray:
    """How the entries of each column are distributed in the data and in what was made, as `decoded` gives them. Gives uint8 H x W x 3."""
    shown = min(MOST_COLUMNS, len(columns))
    across = min(4, shown)
    figure = _figure(3 * across, 2.2 * -(-shown // across))
    places = figure.subplots(-(-shown // across), across, squeeze=False).flatten()
    for axes, column, a, b in zip(places, columns, real, made, strict=False):
        if isinstance(column, Kinds):
            counts = [np.bincount(x.astype(int), minlength=len(column.kinds)) / len(x) for x in (a, b)]
            kinds = counts[0].argsort()[::-1][:MOST_KINDS]
            for heights, offset, name in zip(counts, (-0.2, 0.2), ("real", "generated"), strict=True):
                axes.bar(np.arange(len(kinds)) + offset, heights[kinds], 0.4, label=name)
            labels = [column.kinds[kind][:10] or "(missing)" for kind in kinds]
            axes.set_xticks(range(len(kinds)), labels, rotation=30 if len(kinds) > 3 else 0, fontsize=7)
        else:
            edges = np.linspace(column.low, column.high, 31)
            for x, name in ((a, "real"), (b, "generated")):
                axes.hist(x[np.isfinite(x)], edges, density=True, histtype="step", label=name)
        axes.set_title(column.name[:24], fontsize=9)
        axes.set_yticks([])
    for axes in places[shown:]:
        axes.set_visible(False)
    places[0].legend(fontsize=7)
    return _pixels(figure)


FONTS = ("DejaVu Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
         "Droid Sans Fallback", "Noto Sans", "Noto Sans Arabic", "Noto Sans Devanagari", "Unifont")  # fmt: skip


def lines_beside(real: Sequence[str], made: Sequence[str], across: int = 44) -> np.ndarray:
    """Items of text, real ones on the left and generated ones on the right, each cut to a line. Gives uint8 H x W x 3."""
    rows = max(len(real), len(made))
    figure = _figure(10, 0.24 * rows + 0.5, layout=None)
    for left, items, title in ((0.01, real, "real"), (0.51, made, "generated")):
        for row, line in enumerate((title, *items)):
            figure.text(
                left, 1 - (row + 0.6) / (rows + 1), _cut(line, across), fontsize=9, parse_math=False, va="center",
                fontfamily=_fonts(), weight="normal" if row else "bold",
            )  # fmt: skip
    return _pixels(figure)


def _cut(item: str, across: int) -> str:
    """An item as one line of so many columns, of which letters of East Asia take two."""
    line, used = item.replace("\n", " / "), 0
    for place, character in enumerate(line):
        used += 1 + (unicodedata.east_asian_width(character) in "WF")
        if used > across:
            return f"{line[:place]}..."
    return line


@lru_cache
def _fonts() -> list[str]:
    """The fonts of this machine that letters are looked for in, one after another."""
    from matplotlib.font_manager import fontManager

    there = set(fontManager.get_font_names())
    return [font for font in FONTS if font in there]


def curves_of_quality(curves: Mapping[str, Mapping[str, tuple[float, float]]]) -> np.ndarray:
    """Quality against diversity: a curve for each name of (self-BLEU-5, BLEU-5) by temperature, and a cross for real lines. Gives
    uint8 H x W x 3."""
    figure = _figure(5.5, 4.5)
    axes = figure.subplots()
    for name, points in curves.items():
        own = {mark: point for mark, point in points.items() if mark != "real"}
        axes.plot(*zip(*own.values(), strict=True), marker="o", markersize=4, label=name)
        for mark, point in own.items():
            axes.annotate(mark, point, fontsize=7, textcoords="offset points", xytext=(4, -8))
    real = next(iter(curves.values()))["real"]
    axes.scatter(*real, marker="x", color="black", zorder=3, label="real lines")
    axes.set_xlabel("self-BLEU-5 (less: more varied)")
    axes.set_ylabel("BLEU-5 against held-out lines")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return _pixels(figure)


def _figure(width: float, height: float, layout: Literal["constrained"] | None = "constrained") -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=100, layout=layout)


def _pixels(figure: Any) -> np.ndarray:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas: Any = FigureCanvasAgg(figure)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # of a text; drawn as boxes
        canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]
