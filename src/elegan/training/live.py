"""Progress in a notebook: how far it is, in one place that renews itself, and the newest samples below."""

import html
import importlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from elegan.core.html import picture
from elegan.core.progress import duration
from elegan.training.plan import Plan
from elegan.training.progress import Bar

EVERY = 1.0  # seconds between renewals


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return hasattr(shell, "kernel")


class Live(Bar):
    """What `Bar` shows, as HTML, and the sheet of samples whenever there is a newer one."""

    def __init__(self, plan: Plan, start: int, remarks: Sequence[str], sheet: Path):
        super().__init__(plan, start, False, remarks)
        shown: Any = importlib.import_module("IPython.display")  # the notebook's own, which elegan does not ask for
        self.html, self.sheet = shown.HTML, sheet
        self.lines: list[str] = []
        self.state, self.drawn = "", 0
        self.words = shown.display(shown.HTML(""), display_id=True)
        self.picture = shown.display(shown.HTML(""), display_id=True)
        self.shown = 0.0

    def advance(self, done: int, losses: dict[str, float]) -> None:
        now, steps = time.monotonic(), self.plan.recipe.steps
        if now - self.shown < EVERY and done < steps:
            return
        rate = (done - self.start) / max(now - self.since, 1e-9)
        values = " ".join(
            f"{name.partition('/')[0]} {value:.3f}" for name, value in losses.items() if "/adversarial" in name
        )
        told = (
            f"step {done:,} of {steps:,}", f"{rate * self.plan.recipe.batch:,.0f} images/s",
            f"{duration((steps - done) / rate)} left" if done < steps else f"{duration(now - self.since)} in all",
            values, self.watched,
        )  # fmt: skip
        bar = f'<progress value="{done}" max="{steps}" style="width: 24em"></progress>'
        self.state = f"{bar}<br>{html.escape(', '.join(filter(None, told)))}"
        self._renew()

    def say(self, *lines: str) -> None:
        # A notebook goes to others, to whom it says nothing of where things lie on this disk.
        places = [place for place in self.plan.data.places if place]
        self.lines += [line for line in lines if not any(place in line for place in places)]
        self._renew()

    def warn(self, line: str) -> None:
        self.say(line)

    def _renew(self) -> None:
        self.shown = time.monotonic()
        said = "".join(f"<pre style='margin: 0'>{html.escape(line)}</pre>" for line in self.lines)
        self.words.update(self.html(said + self.state))
        if self.sheet.exists() and (changed := self.sheet.stat().st_mtime_ns) != self.drawn:
            self.drawn = changed
            self.picture.update(self.html(picture(self.sheet.read_bytes(), "samples")))

    def __exit__(self, *exception: object) -> None:
        self._renew()
        super().__exit__(*exception)


def bar_for(plan: Plan, start: int, quiet: bool, remarks: Sequence[str], sheet: Path) -> Bar:
    """The progress to be shown here."""
    return Live(plan, start, remarks, sheet) if in_notebook() and not quiet else Bar(plan, start, quiet, remarks)
