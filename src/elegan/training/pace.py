"""The pace of a training on this machine, measured on a copy that is thrown away, and the steps that fit into a time."""

import gc
import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch

from elegan.core import ramp
from elegan.core.errors import UserError
from elegan.core.progress import duration
from elegan.training.assembly import make_trainer
from elegan.training.engine import Engine
from elegan.training.plan import Plan
from elegan.training.recorder import Recorder
from elegan.training.trainer import Trainer

LOOKS, SHARE = 10, 0.2  # looks of a training, fewer where they would take a larger share of its time
TIMED = 2  # times that each turn is played


@dataclass(frozen=True)
class Pace:
    """Seconds of a step, of a look (watch.every), and of what comes before the first step."""

    step: float
    look: float
    start: float

    def seconds(self, steps: int, every: int) -> float:
        """Seconds of a training of so many steps with a look every so many."""
        return self.start + steps * self.step + math.ceil(steps / every) * self.look

    def fitting(self, seconds: float, every: int = 0) -> tuple[int, int]:
        """(steps, steps from look to look) of a training of that time. `every` 0: LOOKS of them, fewer where they take more
        than a SHARE of the time. Below 1 step where not even one fits."""
        left = seconds - self.start
        if every:
            return int(left / (self.step + self.look / every)), every
        looks = max(1, min(LOOKS, int(SHARE * left / self.look)))
        steps = int((left - looks * self.look) / self.step)
        return steps, 0 if looks == LOOKS else math.ceil(max(1, steps) / looks)


def timed(plan: Plan) -> Plan:
    """The plan, whose minutes are now steps: as many as this machine plays in them, the measuring included; several processes
    take the leading one's word. A run that was begun with another length goes on for so long from where it stands. Raises UserError
    where not even one step fits."""
    if plan.minutes is None or plan.pace:
        return plan
    began = time.monotonic()
    pace = _measured_apart(plan)
    gc.collect()  # what was measured makes room for what is trained
    left = 60 * plan.minutes - (time.monotonic() - began)
    fitting = pace.fitting(left, plan.recipe.watch.every)
    steps, every = (int(plan.engine.from_leader(number)) for number in fitting)
    if steps < 1:
        least = math.ceil((60 * plan.minutes - left + pace.seconds(1, 1)) / 60)
        raise UserError(
            f"--minutes {plan.minutes:g}: too short here for a step and a look; the least is --minutes {least}"
        )
    before = plan.begun.steps[-1] if plan.begun else 0
    fixed = replace(plan, recipe=plan.recipe.changed({"steps": before + steps, "watch": {"every": every}}))
    after = f" after {before:,}" if before else ""
    words = f"{plan.minutes:g} min are {steps:,} steps on this machine{after}, with a look of {duration(pace.look)} every {fixed.every:,}"
    return replace(fixed, pace=words)


def _measured_apart(plan: Plan) -> Pace:
    """The pace of a training of its own, whose start includes that it is built."""
    engine = Engine(str(plan.engine.device), plan.engine.precision)  # the scale of fp16 follows what is played
    began = time.perf_counter()
    trainer = make_trainer(plan := replace(plan, engine=engine))
    built = time.perf_counter() - began
    pace = measure(plan, trainer)
    return replace(pace, start=pace.start + built)


def measure(plan: Plan, trainer: Trainer) -> Pace:
    """The pace of a training as `session.play` has it, in a folder that is removed; the trainer's state is spent.

    It ends with a look, which can need more memory than the steps: with small networks the metric, with large ones the
    checkpoint, which holds the whole state once more.
    """
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(replace(plan, path=Path(folder)), trainer)
        start = _seconds(plan, recorder.begin)
        # At the end of progress, when what grows has grown; what is played first also sets up.
        terms = trainer.play(0, t=1.0)
        step = _seconds_a_step(plan, trainer)
        look = _seconds(plan, lambda: (recorder.watch(1, terms, looking=True), recorder.look(1)))
    return Pace(step, look, start)


def _seconds_a_step(plan: Plan, trainer: Trainer) -> float:
    """The seconds of a step, turn by turn, as some are played at few of the steps."""
    total = 0.0
    with ramp.progress(1.0):
        for position, turn in enumerate(trainer.game.turns):
            move = partial(trainer.move, turn, position)
            total += min(_seconds(plan, move) for _ in range(TIMED)) * turn.repeat / turn.every
        return total + _seconds(plan, lambda: trainer.average.follow(trainer.game.nets, 1))


def _seconds(plan: Plan, work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    if plan.engine.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began
