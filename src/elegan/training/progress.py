"""Progress on the screen: the plan, then a bar with speed and time left, or plain lines where there is no terminal."""

import time
from collections.abc import Sequence

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from elegan.core.progress import console, duration
from elegan.training.plan import Plan

FIRST, MINUTE = 10, 60  # seconds until the first line, and between lines
FORETOLD_FROM, STEPS = 5, 3  # seconds and steps from which the whole time is foretold
FORETOLD_ABOVE = 120  # seconds; what is shorter the bar shows soon enough


class Bar:
    """Shows `remarks`, then steps, images a second, the newest losses and the time left; nothing if `quiet`.

    What was measured last (`watched`) is told in a line a minute; where there is no terminal that line tells of all the rest.
    """

    def __init__(self, plan: Plan, start: int, quiet: bool, remarks: Sequence[str] = ()):
        self.plan, self.start, self.quiet, self.remarks = plan, start, quiet, remarks
        self.since = time.monotonic()
        self.next = self.since + FIRST
        self.watched = self.told = ""
        self.first: tuple[float, int] | None = None  # when its first step was done, and which that was
        self.foretold = bool(plan.pace)
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
        self.say(*self.plan.lines(), *self.remarks)
        if self.start >= self.plan.recipe.steps:
            self.say(f"finished before, at step {self.start:,}; more with --steps")
        elif self.start:
            self.say(f"goes on from step {self.start:,} of {self.plan.recipe.steps:,}")

    def advance(self, done: int, losses: dict[str, float]) -> None:
        now = time.monotonic()
        seconds = now - self.since
        rate = (done - self.start) * self.plan.recipe.batch / seconds if seconds else 0.0
        self._foretell(now, done)
        shown = " ".join(f"{_short(k)} {v:.3f}" for k, v in losses.items() if "/adversarial" in k)
        self.bar.update(self.task, completed=done, speed=f"{rate:,.0f} img/s", losses=shown)
        if console().is_terminal:
            if now > self.next and self.watched != self.told:
                self._tell(now, self.watched)
        elif now > self.next or done == self.plan.recipe.steps:
            left = duration(seconds / (done - self.start) * (self.plan.recipe.steps - done))
            progress = f"step {done:,} of {self.plan.recipe.steps:,}, {rate:,.0f} img/s, {left} left"
            self._tell(now, "; ".join(filter(None, (progress, shown, self.watched))))

    def _foretell(self, now: float, done: int) -> None:
        """Says once how long it takes, from its own first steps; the very first also sets up."""
        if self.first is None:
            self.first = now, done
        began, first = self.first
        if self.foretold or now - began < FORETOLD_FROM or done - first < STEPS:
            return
        self.foretold = True
        seconds = (now - began) / (done - first) * (self.plan.recipe.steps - self.start)
        if seconds > FORETOLD_ABOVE:
            self.say(f"time    {outlook(seconds)}")

    def _tell(self, now: float, line: str) -> None:
        self.next, self.told = now + MINUTE, self.watched
        self.say(line)

    def say(self, *lines: str) -> None:
        """Lines for people, above the bar."""
        if not self.quiet:
            for line in lines:
                console().print(line, markup=False, soft_wrap=True)

    def warn(self, line: str) -> None:
        """A line on what nobody may miss, also where it is to be quiet: else it would seem to hang."""
        console().print(line, markup=False, soft_wrap=True)

    def __exit__(self, *exception: object) -> None:
        self.bar.stop()


def outlook(seconds: float) -> str:
    """How long a training takes, and what would be shorter where that is more than an hour."""
    shorter = "; --minutes 60 fits into an hour" if seconds > 3600 else ""
    return f"about {duration(seconds)} on this machine{shorter}"


def _short(key: str) -> str:
    return key[0].upper()
