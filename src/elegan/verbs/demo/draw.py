"""The frames of a lesson drawn: for each training the plane, the best answer, and what was measured so far."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from elegan.verbs.demo.lessons import Part
from elegan.verbs.demo.play import SIDE, Frame
from elegan.verbs.demo.points import Points

# Blue is real and orange generated, everywhere: the colour-blind tell these two apart (Okabe & Ito's palette).
REAL, FAKE, DARK, GREEN = "#0072B2", "#D55E00", "#222222", "#009E73"
SURFACE = LinearSegmentedColormap.from_list("answer", ["#f8c79d", "#fce6d4", "#ffffff", "#dbeaf5", "#abd0ea"], N=13)
EMPTY, ALARM = "#ececec", "#B00020"
COLOURS = (REAL, FAKE, DARK, GREEN, EMPTY, ALARM, "white")
SHOWN = 300  # of the samples, and of the real points
ARROWS = 60
LONGEST = 0.3  # of an arrow, on the plane
WIDTH, HEIGHT, DOTS = 6.9, 5.1, 80  # inches of one training, dots an inch
SQUARE = (-SIDE, SIDE, -SIDE, SIDE)


class Panel:
    """One training's part of the figure, redrawn for each of its frames."""

    def __init__(self, figure: Any, part: Part, points: Points, frames: Sequence[Frame], per_gradient: float):
        self.points, self.frames, self.per_gradient = points, frames, per_gradient
        left, right = figure.add_gridspec(
            1, 2, width_ratios=(4.1, 2), left=0.02, right=0.98, top=0.89, bottom=0.135, wspace=0.16
        )
        figure.text(0.02, 0.94, part.title, fontsize=11, color=DARK, weight="bold")
        self._legend(figure)
        self._plane(figure.add_subplot(left))
        rows = right.subgridspec(4, 1, height_ratios=(2.3, 0.8, 0.8, 0.8), hspace=0.42)
        self._best(figure.add_subplot(rows[0]))
        self.curves = [
            self._curve(figure.add_subplot(rows[1]), {"discriminator": REAL, "generator": FAKE}, "losses (D blue, G orange)"),
            self._curve(figure.add_subplot(rows[2]), self._shares(), self._shares_in_words()),
            self._curve(figure.add_subplot(rows[3]), {"gradient": DARK}, "length of the arrows"),
        ]  # fmt: skip
        self._limits()

    def _legend(self, figure: Any) -> None:
        figure.text(0.02, 0.02, "real points", fontsize=8.5, color=REAL)
        figure.text(0.125, 0.02, "generated samples", fontsize=8.5, color=FAKE)
        figure.text(0.31, 0.02, "background: what the discriminator takes a place for", fontsize=8.5, color=DARK)

    def _plane(self, axes: Axes) -> None:
        _bare(axes)
        real = self.points.draw(SHOWN, "shown").numpy()
        self.answer = axes.imshow(np.zeros((1, 1)), SURFACE, vmin=0, vmax=1, origin="lower", extent=SQUARE)
        axes.scatter(real[:, 0], real[:, 1], s=7, c=REAL, linewidths=0, alpha=0.7)
        self.samples = axes.scatter([], [], s=11, c=FAKE, linewidths=0.3, edgecolors="white")
        self.arrows = axes.quiver(
            *np.zeros((4, ARROWS)),
            angles="xy",
            scale_units="xy",
            scale=1,
            width=0.004,
            minlength=0,
            color=DARK,
            zorder=3,
        )
        box = {"facecolor": "white", "edgecolor": ALARM, "boxstyle": "round,pad=0.3"}
        self.alarm = axes.text(
            0.02,
            0.98,
            "",
            transform=axes.transAxes,
            va="top",
            fontsize=9,
            color=ALARM,
            bbox=box,
            zorder=4,
            visible=False,
        )
        self.said = axes.text(0, -0.025, "", transform=axes.transAxes, va="top", fontsize=9.5, color=DARK)

    def _best(self, axes: Axes) -> None:
        _bare(axes)
        axes.set_facecolor(EMPTY)
        axes.set_title("best answer p/(p+q)", fontsize=8, color=DARK, pad=3)
        if self.points.density:
            self.best = axes.imshow(np.zeros((1, 1)), SURFACE, vmin=0, vmax=1, origin="lower", extent=SQUARE)
        else:
            axes.text(
                0, 0, "left out:\na file's density\nis not known", ha="center", va="center", fontsize=8, color=DARK
            )
            axes.set(xlim=(-1, 1), ylim=(-1, 1))

    def _curve(self, axes: Axes, colours: dict[str, str], title: str) -> tuple[Axes, dict[str, Any]]:
        axes.set_title(title, fontsize=8, color=DARK, pad=2, loc="left")
        axes.tick_params(labelsize=6.5, length=2, pad=1, labelbottom=False)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        axes.set_xlim(0, self.frames[-1].step)
        return axes, {name: axes.plot([], [], color=colour, linewidth=1.3)[0] for name, colour in colours.items()}

    def _shares(self) -> dict[str, str]:
        return {"share covered": GREEN, "good samples": DARK}

    def _shares_in_words(self) -> str:
        return f"{self.points.parts} (green), good samples" if self.points.density else "covered (green), precision"

    def _limits(self) -> None:
        """The curves' heights for the whole animation."""
        (losses, _), (shares, _), (gradient, _) = self.curves
        values = [frame.numbers[name] for frame in self.frames[1:] for name in ("discriminator", "generator")]
        low, high = np.quantile(values, (0.01, 0.99))
        losses.set_ylim(low - 0.1 * (high - low) - 0.01, high + 0.1 * (high - low) + 0.01)
        shares.set_ylim(-0.05, 1.05)
        gradient.set_yscale("log")
        lengths = [max(frame.numbers["gradient"], 1e-12) for frame in self.frames]
        gradient.set_ylim(min(lengths) / 2, max(lengths) * 2)
        gradient.tick_params(labelbottom=True)
        gradient.yaxis.set_minor_formatter(NullFormatter())
        gradient.yaxis.set_major_locator(LogLocator(numticks=4))
        gradient.set_xlabel("step", fontsize=7, labelpad=0)

    def show(self, number: int) -> None:
        """The frame of this number, and the curves up to it."""
        frame = self.frames[number]
        self.answer.set_data(frame.answer.numpy())
        self.samples.set_offsets(frame.samples[:SHOWN].numpy())
        start, along = frame.samples[:ARROWS], frame.drawn_to[:ARROWS] * self.per_gradient
        along = along * (LONGEST / along.norm(dim=1, keepdim=True).clamp(min=1e-12)).clamp(max=1)
        self.arrows.set_offsets(start.numpy())
        self.arrows.set_UVC(*along.numpy().T)
        if frame.best is not None:
            self.best.set_data(np.ma.masked_invalid(frame.best.numpy()))
        self.alarm.set_text("\n".join(["ALARM of the guard", *alarms_in_words(frame)]))
        self.alarm.set_visible(bool(frame.alarms))
        self.said.set_text(f"step {frame.step:,}: {in_words(frame, self.points)}")
        before = self.frames[max(0, number - 1)].alarms
        for axes, lines in self.curves:
            for alarm in frame.alarms[len(before) :]:
                axes.axvline(alarm.step, color=ALARM, linewidth=0.8, linestyle="--")
            for name, line in lines.items():
                told = [seen for seen in self.frames[: number + 1] if name in seen.numbers]
                line.set_data([seen.step for seen in told], [seen.numbers[name] for seen in told])


def in_words(frame: Frame, points: Points) -> str:
    """The measures at a frame in words: "7 of 8 modes, 81 % good samples"."""
    share, good = (round(100 * frame.numbers[name]) for name in ("share covered", "good samples"))
    if points.density:
        covered = round(frame.numbers["covered"])
        return f"{covered} of {len(points.density.centres)} {points.parts}, {good} % good samples"
    return f"{share} % of the points covered, {good} % precision"


def alarms_in_words(frame: Frame) -> list[str]:
    """Each kind of alarm up to a frame with the step at which it first came: "collapse, step 310"."""
    first: dict[str, int] = {}
    for alarm in frame.alarms:
        first.setdefault(alarm.rule.name, alarm.step)
    return [f"{name}, step {step:,}" for name, step in first.items()]


def _bare(axes: Axes) -> None:
    axes.set(xticks=[], yticks=[], aspect="equal")
    for spine in axes.spines.values():
        spine.set_color("#999999")


def per_gradient(every: Sequence[Sequence[Frame]]) -> float:
    """The length of an arrow on the plane for a gradient of one, the same in all trainings that are shown beside one another."""
    lengths = torch.cat([frame.drawn_to.norm(dim=1) for frames in every for frame in frames])
    return 0.7 * LONGEST / max(float(lengths.quantile(0.8)), 1e-12)


def pictures(parts: Sequence[Part], every: Sequence[Sequence[Frame]], points: Points) -> Iterator[np.ndarray]:
    """The frames, uint8 H x W x 3, of trainings beside one another, `every` one's frames in the order of its part."""
    figure = Figure(figsize=(WIDTH * len(parts), HEIGHT), dpi=DOTS, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    length = per_gradient(every)
    columns = figure.subfigures(1, len(parts), squeeze=False)[0]
    panels = [
        Panel(column, part, points, frames, length) for column, part, frames in zip(columns, parts, every, strict=True)
    ]
    for number in range(len(every[0])):
        for panel in panels:
            panel.show(number)
        canvas.draw()  # type: ignore[no-untyped-call]  # matplotlib's
        yield np.asarray(canvas.buffer_rgba())[..., :3].copy()  # type: ignore[no-untyped-call]  # untyped in matplotlib
