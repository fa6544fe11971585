"""Progress on the screen: the plan, then a bar with speed and time left, or plain lines where there is no terminal."""

import time
from collections.abc import Sequence

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from elegan.core.progress import EVERY, console
from elegan.training.plan import Plan


class Bar:
    """Shows `remarks`, then steps, images a second, the newest losses and the time left; nothing if `quiet`."""

    def __init__(self, plan: Plan, start: int, quiet: bool, remarks: Sequence[str] = ()):
        self.plan, self.start, self.quiet, self.remarks = plan, start, quiet, remarks
        self.since = self.said = time.monotonic()
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[losses]}"),
            console=console(),
            disable=quiet or not console().is_terminal,
        )

    def __enter__(self) -> "Bar":
        if not self.quiet:
            self._introduce()
        self.bar.start()
        self.task = self.bar.add_task(
            self.plan.recipe.name, total=self.plan.recipe.steps, completed=self.start, speed="", losses=""
        )
        return self

    def _introduce(self) -> None:
        for line in (*self.plan.lines(), *self.remarks):
            console().print(line, markup=False, soft_wrap=True)
        if self.start >= self.plan.recipe.steps:
            console().print(f"finished before, at step {self.start:,}; more with --steps")
        elif self.start:
            console().print(f"goes on from step {self.start:,} of {self.plan.recipe.steps:,}")

    def advance(self, done: int, losses: dict[str, float]) -> None:
        now = time.monotonic()
        seconds = now - self.since
        rate = (done - self.start) * self.plan.recipe.batch / seconds if seconds else 0.0
        shown = " ".join(f"{_short(k)} {v:.3f}" for k, v in losses.items() if "/adversarial" in k)
        self.bar.update(self.task, completed=done, speed=f"{rate:,.0f} img/s", losses=shown)
        if not self.quiet and not console().is_terminal and (now - self.said > EVERY or done == self.plan.recipe.steps):
            self.said = now
            left = seconds / (done - self.start) * (self.plan.recipe.steps - done)
            console().print(
                f"step {done:,} of {self.plan.recipe.steps:,}, {rate:,.0f} img/s, {left:.0f} s left, {shown}"
            )

    def say(self, line: str) -> None:
        """A line for people, above the bar."""
        if not self.quiet:
            self.bar.console.print(line, markup=False, soft_wrap=True)

    def __exit__(self, *exception: object) -> None:
        self.bar.stop()


def _short(key: str) -> str:
    return key[0].upper()
