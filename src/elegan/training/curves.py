"""Curves of a run's log."""

import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any


def panels(records: Iterable[dict[str, Any]]) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """A log as curves over images seen: each player's losses, the scores, the watched metric; by panel and name."""
    by_panel: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for record in records:
        for key, value in record.items():
            if isinstance(value, (int, float)) and key not in ("step", "images", "rate"):
                by_panel[_panel(key)][key.rpartition("/")[2].removeprefix(f"{_panel(key)} ")].append(
                    (record["images"], value)
                )
    return by_panel


def curves(records: Sequence[dict[str, Any]]) -> bytes:
    """The panels of a log with at least one record side by side, as PNG; a line down where the guard raised an alarm."""
    from matplotlib.figure import Figure

    by_panel = panels(records)
    alarms = [record["images"] for record in records if "alarm" in record]
    width, height = 5 * len(by_panel), 3.4  # inches, as are the margins
    # The margins hold the longest tick labels. Matplotlib's own layout would measure all texts four times and draw twice.
    margins = {"left": 0.8 / width, "right": 1 - 0.1 / width, "bottom": 0.5 / height, "top": 1 - 0.3 / height}
    figure = Figure(figsize=(width, height))
    places = figure.subplots(1, len(by_panel), squeeze=False, gridspec_kw=margins | {"wspace": 0.9 / 4.1})[0]
    for axes, (title, lines) in zip(places, by_panel.items(), strict=True):
        for name, points in lines.items():
            axes.plot(*zip(*points, strict=True), label=name, linewidth=1)
        for place in alarms:
            axes.axvline(place, color="crimson", linewidth=0.8, linestyle="--")
        axes.set_title(title, fontsize=10, y=1)
        axes.set_xlabel("images seen")
        axes.ticklabel_format(axis="y", scilimits=(-3, 6))
        axes.legend(fontsize=8)
        axes.grid(alpha=0.3)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()


def _panel(key: str) -> str:
    player, slash, name = key.partition("/")
    if not slash:
        return key.partition(" ")[0]
    return "scores" if name.startswith(("real", "fake")) else f"{player} loss"
