"""Sheets of samples between looks: often at first, when much changes, and rarer later."""

import itertools
import time
from collections.abc import Callable, Iterator

SHARE = 0.02  # of the training's time that drawing may take


def moments() -> Iterator[float]:
    """Seconds from the start: 10, 30, then each minute of the first ten, then every five minutes."""
    yield from (10.0, 30.0)
    yield from (60.0 * minute for minute in range(1, 11))
    yield from (60.0 * minute for minute in itertools.count(15, 5))


class Previews:
    """Calls `draw(step)` to begin with and then at its moments. These are put off while the drawings since the beginning,
    with one more like the last, would take above SHARE of the time. `clock` gives seconds."""

    def __init__(self, draw: Callable[[int], None], clock: Callable[[], float] = time.monotonic):
        self.draw, self.clock = draw, clock
        self.moments = moments()
        self.due = next(self.moments)
        self.start, self.spent, self.last = clock(), 0.0, 0.0

    def begin(self, step: int) -> None:
        self.last = self._timed(step)

    def draw_if_due(self, step: int) -> None:
        elapsed = self.clock() - self.start
        if elapsed < self.due or self.spent + self.last > SHARE * elapsed:
            return
        self.last = self._timed(step)
        self.spent += self.last
        while self.due <= elapsed:
            self.due = next(self.moments)

    def _timed(self, step: int) -> float:
        """Draws; gives the seconds that it took."""
        began = self.clock()
        self.draw(step)
        return self.clock() - began
