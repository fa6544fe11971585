"""The record that a training leaves to look at: its log, numbers, pictures and curves, and every look saved."""

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from elegan.core import files, grid
from elegan.core.errors import UserError
from elegan.core.journal import Journal
from elegan.games.game import Terms
from elegan.recipes import parts
from elegan.record.record import falling
from elegan.training.checkpoints import Checkpoints
from elegan.training.convergence import RULE, levelled
from elegan.training.curves import curves
from elegan.training.guard.guard import Alarm, Guard, diverged
from elegan.training.look import Look
from elegan.training.plan import Plan
from elegan.training.trainer import Trainer
from elegan.workflows.workflow import View

FEW = 2  # batches that batch statistics come from between looks: 16 times fewer, and pictures look the same


class Recorder:
    """Logs steps and looks at what is learnt; the leading process alone writes."""

    def __init__(self, plan: Plan, trainer: Trainer, guarded: bool = True):
        self.plan, self.trainer, self.guarded = plan, trainer, guarded
        self.checkpoints = Checkpoints(plan, trainer)
        self.run = self.checkpoints.run
        self.journal, self.timing = (Journal(self.run.file(name)) for name in ("log.jsonl", "timing.jsonl"))
        self.schedule = parts.find("schedule", plan.recipe.schedule.name, plan.recipe.trusted())
        self.schedule_options = parts.options(self.schedule, plan.recipe.schedule.options, "schedule")
        self.view: View | None = None
        self.board: Any = None
        self.guard: Guard | None = None
        self.newest: dict[str, float] = {}
        self.clock = (0, time.monotonic())

    def begin(self) -> int:
        """Opens the folder, and cuts its records where it goes on; gives the step to go on from. Raises what
        `Checkpoints.begin` does."""
        plan = self.plan
        if self.guarded:
            self.guard = self.checkpoints.guard = self._guard()
        start = self.checkpoints.begin()
        if self.guard and not self.guard.series:
            self.guard.begin(self.trainer.average, self.trainer.game.nets)
        if plan.engine.leads:
            self.view = plan.workflow.view(plan.data, self.trainer.game, plan.recipe, self.run, plan.engine.device)
            self.journal.cut(start)
            self.timing.cut(start)
            if plan.recipe.watch.tensorboard:
                self.board = _tensorboard(self.run.file("tensorboard"), start)
        self.clock = (start, time.monotonic())
        return start

    def _guard(self) -> Guard:
        """The leading process alone probes; the others read the same gradients."""
        plan, leads = self.plan, self.plan.engine.leads
        probe = plan.workflow.probe(plan.data, self.trainer.game, plan.recipe, plan.engine.device) if leads else None
        return Guard(probe, plan.recipe.steps, plan.recipe.batch, plan.back_to)

    def watch(self, step: int, terms: Terms, looking: bool) -> list[Alarm]:
        """The alarms that begin with this step, put on record, each with its sheet. Comes before `look`, which saves what the
        guard knows. Raises Diverged, see `Guard.after`."""
        if looking:
            self.checkpoints.settle()
        elif self.guard and self.guard.probes(step):  # of what was probed, an interruption must change nothing
            self.checkpoints.settle(1)
        if not self.guard:
            return []
        trainer = self.trainer
        alarms = self.guard.after(step, terms, trainer.norms, trainer.average, trainer.game.nets, looking)
        for alarm in alarms:
            self.put(alarm)
        if alarms and self.view:
            files.write(self.run.file(f"alarms/{step:08d}.png"), grid.png(self.view.sheet(trainer.average)))
        return alarms

    def put(self, alarm: Alarm) -> None:
        """Puts an alarm on record, in the leading process."""
        if self.plan.engine.leads and self.run.file("log.jsonl").exists():
            self._record(alarm.step, {"alarm": alarm.rule.name, "text": alarm.text})

    @property
    def alarms(self) -> list[str]:
        """The names of the alarms on record, each once, in their order."""
        return list(dict.fromkeys(r["alarm"] for r in self.journal.records() if "alarm" in r))

    def rate(self, step: int) -> float:
        """The schedule's factor before this step."""
        history = [value for _, value in self.checkpoints.history]
        factor: float = self.schedule(step / self.plan.recipe.steps, history, **self.schedule_options)
        return factor

    def log(self, step: int, terms: Terms) -> None:
        """Writes a record of this step. Raises Diverged where a loss is no longer finite."""
        self.check(step, terms)
        if self.plan.engine.leads:
            self._record(step, self.newest | {"rate": self.rate(step - 1)})
            self._time(step)

    def check(self, step: int, terms: Terms) -> None:
        """Looks at the step's terms, which are not worth saving where one is not finite: then raises Diverged."""
        values = self.plan.engine.mean(torch.stack(list(terms.values()))).tolist()
        self.newest = dict(zip(terms, values, strict=True))
        for name, value in self.newest.items():
            if not math.isfinite(value):
                raise diverged(name, value, step)

    def _record(self, step: int, values: Mapping[str, float | str]) -> None:
        self.journal.write({"step": step, "images": step * self.plan.recipe.batch, **values}, make_file=False)
        if self.board:
            for name, value in values.items():
                add = self.board.add_text if isinstance(value, str) else self.board.add_scalar
                add(name, value, step)

    @property
    def seconds(self) -> float:
        """All the time that its steps took, of earlier sessions too."""
        return float(sum(record["seconds"] for record in self.timing.records()))

    def _time(self, step: int) -> None:
        before, then = self.clock
        self.clock = (step, time.monotonic())
        if step > before:
            seconds = self.clock[1] - then
            rate = (step - before) * self.plan.recipe.batch / seconds
            record = {"step": step, "seconds": round(seconds, 3), "images_per_second": round(rate, 1)}
            self.timing.write(record, make_file=False)

    def look(self, step: int) -> Look | None:
        """Measures, draws and saves what `watch` settled; gives what was seen, in the leading process."""
        values: dict[str, float] = {}
        if self.view:
            with self.plan.engine.autocast():
                values = self.view.measure(self.trainer.average)
                sheet = self.view.sheet(self.trainer.average)
            if values:
                self._record(step, values)
            self._draw(step, sheet)
        if self.plan.recipe.watch.metric != "none":
            value = falling(self.plan.recipe.watch.metric, next(iter(values.values()), 0.0))
            watched = self.plan.engine.from_leader(value)
            self.checkpoints.history.append([step, watched])
        self.checkpoints.save(step)
        self.plan.engine.wait()
        return Look(step, values, self.run.file(_sheet(step)), self.trainer.average) if self.view else None

    def converged(self, step: int) -> bool:
        """Whether the training is to end after the look at this step; puts it on record, in the journal and in run.json."""
        if not self.plan.until or not levelled([value for _, value in self.checkpoints.history]):
            return False
        if self.plan.engine.leads and self.run.info.get("converged") != step:
            self._record(step, {"converged": RULE})
            self.run.info["converged"] = step
            files.write_json(self.run.file("run.json"), self.run.info)
        return True

    def preview(self, step: int) -> None:
        """Draws `samples.png` anew, in the leading process; nothing is measured, logged or saved. The sheet of step 0 is kept
        among those of looks."""
        if self.view:
            self.checkpoints.settle(FEW)
            with self.plan.engine.autocast():
                encoded = grid.png(self.view.sheet(self.trainer.average))
            for name in ("samples.png", *([_sheet(0)] if step == 0 else [])):
                self.checkpoints.write(name, encoded)

    def save(self, step: int) -> None:
        """Saves without a look. Raises Failure on a full disk."""
        self.checkpoints.settle()
        self.checkpoints.save(step)

    def _draw(self, step: int, sheet: np.ndarray) -> None:
        encoded, write = grid.png(sheet), self.checkpoints.write
        write(_sheet(step), encoded)
        write("samples.png", encoded)
        if records := self.journal.records():
            write("curves.png", curves(records))
        if self.board:
            self.board.add_image("samples", sheet, step, dataformats="HWC")
            self.board.flush()


def _sheet(step: int) -> str:
    return f"samples/{step:08d}.png"


def _tensorboard(path: Path, start: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise UserError("watch.tensorboard needs TensorBoard: pip install 'elegan[tensorboard]'") from None
    return SummaryWriter(str(path), purge_step=start + 1)
