"""The course of a training as its run's folder tells it: the lines of its logs, how it was taken back, why it stopped, and whether
it still improved."""

import math
from collections.abc import Sequence

from pydantic import BaseModel

from elegan.core import files
from elegan.core.facts import read_lines
from elegan.core.ranges import check
from elegan.record.record import RECOVERY, STOPPED, Record

MEMORY = "out of memory"  # in place of an alarm: the batch is then played in smaller parts, and the seed stays
# Where nothing is gained any more, a look still differs from the one before by up to a quarter (rpgan on digits, steps 400 to
# 640: 0.066 to 0.092), the best of several by less. Both are shares of the best value, or of what it gains on what came in:
GAIN = 0.1  # by which the last third of the looks is better where it still improves
LOSS = 0.3  # by which the last look is worse where it went wrong


class Logged(BaseModel, extra="allow"):
    """A line of log.jsonl: beside the place, numbers by name."""

    __pydantic_extra__: dict[str, float]
    step: int
    images: int
    alarm: str | None = None
    text: str | None = None


class Timed(BaseModel):
    """A line of timing.jsonl."""

    seconds: float
    images_per_second: float


class Action(BaseModel):
    """A line of recovery.jsonl. At `step` the alarm `alarm` came; the run goes back to its checkpoint `back_to`, 0 for the
    beginning, and on from there with another seed and `settings`, which are the remedy `remedy`."""

    step: int
    alarm: str
    remedy: str
    settings: list[str]
    back_to: int

    @property
    def of_memory(self) -> bool:
        return self.alarm == MEMORY

    def __str__(self) -> str:
        what = " ".join(f"--set {setting}" for setting in self.settings) or "another seed"
        return f"back to {f'step {self.back_to:,}' if self.back_to else 'the beginning'} with {what} ({self.remedy})"


class Stopped(BaseModel):
    """The content of stopped.json: `why` a training stopped before its end, in words."""

    why: str


def actions(run: Record) -> list[Action]:
    """The actions in a run so far, oldest first. Raises UserError for a line that is none."""
    return [Action(**record) for record in read_lines(run.file(RECOVERY), Action)]


def why_stopped(run: Record) -> str:
    """Why its training stopped before its end; "" where it did not, or could not say so: a kill leaves no time for it. Raises
    UserError for a file that elegan did not write."""
    path = run.file(STOPPED)
    if not path.is_file():
        return ""
    stopped: Stopped = check(str(path), files.read_json(path), Stopped)
    return stopped.why


def improves(looks: Sequence[tuple[int, float]], start: float = 0.0) -> bool:
    """Whether (step, value) of at least three looks still got better of late, by the distance from `start`: the value of what came
    in, or 0 where nothing did."""
    third = math.ceil(len(looks) / 3)
    old, best = (min(value for _, value in some) for some in (looks[:-third], looks))
    return old - best > GAIN * abs(start - old)


def is_worse(looks: Sequence[tuple[int, float]], start: float = 0.0) -> bool:
    """Whether the last look is worse than the best one by more than looks differ; `start` as for `improves`."""
    best = min(value for _, value in looks)
    return looks[-1][1] - best > LOSS * abs(start - best)
