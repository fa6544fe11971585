"""How far work has come, on standard error: a bar with the time left, or a line now and then where no terminal watches."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, TextIO, TypeVar, cast

from elegan.core.screen import Level, Screen, detail, manner

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

T = TypeVar("T")
EVERY = 10.0  # seconds from one line to the next
_held = 0  # by works that are open, or by a training; only the outermost is shown
_bars: "list[Progress]" = []  # that are on the screen
Listener = Callable[[str, int, int | None], None]  # what is done, parts that are done, of how many
# Of the work of one thread, so that another's is told to somebody else.
_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@cache
def console() -> "Console":
    """Standard error, made on demand: importing rich takes a while, and many a verb has nothing to show."""
    from rich.console import Console

    return Console(file=cast(TextIO, Screen()), highlight=False)  # all that is missing of a file, Screen passes on


@contextmanager
def held() -> Iterator[bool]:
    """Keeps what is done inside from showing its own progress. Gives whether the place was free."""
    global _held
    _held += 1
    try:
        yield _held == 1
    finally:
        _held -= 1


@contextmanager
def heard(by: Listener) -> Iterator[None]:
    """A context in which `by` is called as works of this thread begin and advance, inner ones too. What it raises ends the work."""
    before = _listener.set(by)
    try:
        yield
    finally:
        _listener.reset(before)


def clear() -> None:
    """Takes what stands on the screen away, before an error is said: the work that failed may not have been left yet."""
    while _bars:
        _bars.pop().stop()


class Work:
    """Work of `total` parts (None: nobody knows) as it is told to people; see `work`."""

    def __init__(self, what: str, total: int | None, shown: bool):
        self.what, self.total, self.done, self.shown = what, total, 0, shown
        self.began = self.told = time.monotonic()
        self.first: tuple[float, int] | None = (
            None  # when the first part was done, which also sets up, and how much that was
        )
        self.bar = _bar(total) if shown and console().is_terminal else None
        self.task = self.bar.add_task(what, total=total) if self.bar else None
        self._tell()

    def _tell(self) -> None:
        if listener := _listener.get():
            listener(self.what, self.done, self.total)

    def advance(self, parts: int = 1) -> None:
        """Counts parts that were done."""
        self.done += parts
        self._tell()
        now = time.monotonic()
        self.first = self.first or (now, self.done)
        if self.bar and self.task is not None:
            self.bar.advance(self.task, parts)
        elif self.shown and now - self.told > EVERY:
            self.told = now
            self.note(f"{self.what}: {self._so_far(now)}")

    def note(self, line: str) -> None:
        """Says a line about a part."""
        if self.shown:
            console().print(line, markup=False, soft_wrap=True)

    def _so_far(self, now: float) -> str:
        if self.total is None:
            return f"{self.done:,} done"
        then, done = self.first or (now, self.done)
        left = (now - then) / (self.done - done) * (self.total - self.done) if self.done > done else None
        return f"{self.done:,} of {self.total:,}{'' if left is None else f', {duration(left)} left'}"


def duration(seconds: float) -> str:
    """Seconds in the unit that suits them: "90 s", "12 min", "2.5 h"."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


@contextmanager
def work(what: str, total: int | None = None) -> Iterator[Work]:
    """A piece of work, shown while it goes on: as a bar on a terminal, elsewhere as a line every ten seconds.

    Nothing is shown where nobody asked for it (see `elegan.core.screen.Level`), nor of work within other work. With
    `--verbose` a line tells at the end how long it took.
    """
    with held() as free:
        task = Work(what, total, free and manner.level > Level.QUIET)
        if task.bar:
            _bars.append(task.bar)
            task.bar.start()
        try:
            yield task
        finally:
            clear()
        if task.shown:
            detail(f"{what}: {task.done:,} in {time.monotonic() - task.began:.1f} s")


def counted(
    items: Iterable[T],
    what: str,
    total: int | None = None,
    *,
    parts: Callable[[T], int] = lambda item: 1,
    remark: Callable[[T], str] = lambda item: "",
) -> Iterator[T]:
    """Yields the items as they come, each counted as so many `parts` once the next is asked for; `remark` is a line about
    one, or ""."""
    with work(what, total) as task:
        for item in items:
            if line := remark(item):
                task.note(line)
            yield item
            task.advance(parts(item))


def _bar(total: int | None) -> "Progress":
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    known = (
        [BarColumn(bar_width=24), MofNCompleteColumn()] if total is not None else [TextColumn("{task.completed} done")]
    )
    left = [TextColumn("left"), TimeRemainingColumn()] if total is not None else []
    return Progress(TextColumn("{task.description}"), *known, TimeElapsedColumn(), *left, console=console())
