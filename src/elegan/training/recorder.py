"""Keeping a run's folder while it trains: what is logged, looked at and saved, and how it goes on."""

import math
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from elegan.core import files, grid
from elegan.core.errors import Failure, UserError
from elegan.core.journal import Journal
from elegan.core.machine import hardware
from elegan.games.abilities import Generates
from elegan.games.game import Shape, Terms
from elegan.recipes import parts
from elegan.recipes.recipe import Recipe
from elegan.run import START, Run, best_of, is_whole
from elegan.training.curves import curves
from elegan.training.ema import recompute_statistics
from elegan.training.engine import Engine
from elegan.training.trainer import Trainer
from elegan.workflows import workflow_of
from elegan.workflows.workflow import Opened, View, Workflow

MEASURED = ("watch.metric", "watch.extractor", "watch.images")  # what the watched numbers depend on


@dataclass(frozen=True)
class Plan:
    """The plan of a training, settled before anything is written. `why` says how the recipe was chosen, `start` whose
    weights it begins with."""

    recipe: Recipe
    data: Opened
    path: Path
    seed: int
    engine: Engine
    why: str = ""
    resumed: bool = False
    start: Path | None = None

    @property
    def workflow(self) -> Workflow:
        return workflow_of(self.recipe)

    @property
    def shape(self) -> Shape:
        return Shape(self.data.resolution, self.data.channels, len(self.data.classes))

    def facts(self) -> dict[str, Any]:
        """The facts of a run that begins, for run.json; no paths, as it may be shown to others."""
        data = self.data
        return {
            "data": {
                **({"source": data.source} if self.is_named else {}),
                "name": data.name,
                "fingerprint": data.fingerprint,
                "count": data.count,
                "classes": list(data.classes),
                **self.workflow.facts(data),
                "notes": list(data.notes),
            },
            "shape": self.shape._asdict(),
            "seed": self.seed,
            "precision": self.engine.precision,
            "from": self.start.resolve().name if self.start else None,
            "sessions": [],
        }

    @property
    def is_named(self) -> bool:
        """Whether the data are a set with a name that means the same everywhere, and no file or folder of this machine."""
        return not os.path.isabs(self.data.source.removeprefix("hf:"))

    def lines(self) -> list[str]:
        """Lines for people: data, recipe, place."""
        data, classes = self.data, f", {len(self.data.classes)} classes" if self.data.classes else ""
        return [
            f"data    {data.name}: {data.size}{classes}",
            *(f"        {note}" for note in (*data.notes, *data.places)),
            f"recipe  {self.recipe.name}{f' ({self.why})' if self.why else ''}",
            *self._accumulation(),
            *([f"from    {self.start}"] if self.start else []),
            f"run     {self.path} ({self.engine.device}, {self.engine.precision})",
        ]

    def _accumulation(self) -> list[str]:
        """Gradients of parts add up to the whole batch's, but for batch norm, whose statistics are those of a part."""
        recipe = self.recipe
        nets = recipe.full()["nets"] if recipe.accumulate > 1 else {}
        normed = [name for name, options in nets.items() if options.get("norm") == "batch"]
        part = f"parts of {recipe.batch // recipe.accumulate} images, for accumulate = {recipe.accumulate}"
        return [f"        batch norm in {' and '.join(normed)} sees {part}"] if normed else []


class Keeper:
    """Keeps a run's folder: what is logged, looked at and saved, and how it goes on."""

    def __init__(self, plan: Plan, trainer: Trainer):
        self.plan, self.trainer = plan, trainer
        self.run = Run(plan.path, trust=plan.recipe.trust)
        self.journal, self.timing = (Journal(self.run.file(name)) for name in ("log.jsonl", "timing.jsonl"))
        self.schedule = parts.find("schedule", plan.recipe.schedule.name, plan.recipe.trusted())
        self.schedule_options = parts.options(self.schedule, plan.recipe.schedule.options, "schedule")
        self.history: list[list[float]] = []  # [step, watched metric]
        self.remarks: list[str] = []  # for people, on how it goes on
        self.view: View | None = None
        self.board: Any = None
        self.newest: dict[str, float] = {}
        self.clock = (0, time.monotonic())

    def begin(self) -> int:
        """Makes the folder or takes the newest whole state from it; gives the step to go on from."""
        recipe = self.plan.recipe
        watch = recipe.watch
        if recipe.statistics == "recomputed" and not self.trainer.game.find(Generates):
            raise UserError(
                f"statistics = 'recomputed' is for recipes that generate from latents; {recipe.name!r} does not"
            )
        if self.plan.engine.leads:
            self._check_folder()
        self.plan.engine.wait()
        start = self.run.steps[-1] if self.run.steps else 0
        if start:
            self._load(start)
        if self.plan.engine.leads:
            self._open_folder()
            self.view = self._view()
            self.journal.cut(start)
            self.timing.cut(start)
            if watch.tensorboard:
                self.board = _tensorboard(self.run.file("tensorboard"), start)
        self.clock = (start, time.monotonic())
        return start

    def _view(self) -> View:
        plan = self.plan
        return plan.workflow.view(plan.data, self.trainer.game, plan.recipe, self.run, plan.engine.device)

    @property
    def again(self) -> bool:
        """Whether something stands in the folder that is gone on with: a folder in which nothing was saved yet is anybody's."""
        return (self.plan.path / "run.json").exists() and (self.plan.resumed or bool(self.run.steps))

    def _check_folder(self) -> None:
        """Raises UserError where this plan must not go on in the folder, Failure where there is nothing whole to go on from."""
        files.clear_torn(self.plan.path)
        if self.again:
            self._check_same()
            self._set_damaged_aside()
            self._check_edits()

    def _open_folder(self) -> None:
        """Writes recipe.toml and run.json, the latter with one more entry of `sessions`."""
        plan = self.plan
        for name in ("samples", "checkpoints"):
            (plan.path / name).mkdir(exist_ok=True)
        session = {
            "from_step": self.run.steps[-1] if self.run.steps else 0,
            "device": str(plan.engine.device),
            "precision": plan.engine.precision,
            "processes": plan.engine.world,
        } | hardware()
        if not self.again:
            for rest in ("local.json", START):  # of another training that saved nothing
                self.run.file(rest).unlink(missing_ok=True)
        info = self.run.info if self.again else plan.facts()
        info["sessions"].append(session)
        if plan.start and not self.run.steps:
            self._write(START, files.encode_tensors(self.trainer.average.state_dict(), {"from": info["from"]}))
        if not plan.is_named:
            info["data"].pop("source", None)  # older versions wrote it there
            files.write_json(self.run.file("local.json"), {"source": plan.data.source})
        self._write("recipe.toml", plan.recipe.to_toml().encode())
        files.write_json(self.run.file("run.json"), info)

    def _check_same(self) -> None:
        """The same command again goes on, another one must not write into the folder."""
        old, plan = self.run, self.plan
        asked = {"data": plan.data.fingerprint, "seed": plan.seed, "precision": plan.engine.precision}
        found = {"data": old.info["data"]["fingerprint"], "seed": old.info["seed"], "precision": old.info["precision"]}
        if not plan.resumed:
            asked |= _flat(plan.recipe.full())
            found |= _flat(old.recipe.full())
        free = ("steps", "watch.", "accumulate", "compile", "about", "parent")
        changed = [k for k in asked if asked[k] != found.get(k) and not k.startswith(free)]
        if changed:
            key = changed[0]
            raise UserError(
                f"{plan.path} holds another run: {key} is {str(found.get(key))[:40]} there and {str(asked[key])[:40]} now; "
                f"give another --name, or go on with its own settings: --resume {plan.path}"
            )

    def _set_damaged_aside(self) -> None:
        """Renames checkpoints newer than the newest whole one, so that it is the newest. Raises Failure where none is."""
        steps = self.run.steps
        whole = next((step for step in reversed(steps) if is_whole(self.run.checkpoint(step))), None)
        if steps and whole is None:
            raise Failure(
                f"every checkpoint in {self.plan.path / 'checkpoints'} is damaged (steps {', '.join(map(str, steps))}); "
                "delete that folder to begin anew"
            )
        for path in (self.run.checkpoint(step) for step in steps if whole is not None and step > whole):
            aside = path.replace(path.with_name(f"{path.name}.damaged"))
            self.remarks.append(f"{path} is damaged, and now {aside.name}; the one before it is taken")

    def _check_edits(self) -> None:
        """Raises UserError for an edit of the recipe that the newest checkpoint cannot follow."""
        before = self._written_with()
        for key, value in _flat(self.plan.recipe.full()).items():
            if before.get(key, value) != value and _is_settled(key):
                raise UserError(
                    f"{self.plan.path / 'recipe.toml'}: {key} = {value!r} comes too late: it was {before[key]!r} when "
                    f"step {self.run.steps[-1]} was saved, and the checkpoint would hide the change"
                )

    def _written_with(self) -> dict[str, Any]:
        """The options that the newest checkpoint was trained with, by key; none where it does not tell."""
        if not self.run.steps:
            return {}
        _, plain = files.read_tensors(self.run.checkpoint(self.run.steps[-1]), prefix="no tensors")
        return _flat(plain.get("recipe", {}))

    def _load(self, step: int) -> None:
        tensors, plain = files.read_tensors(self.run.checkpoint(step), device=self.plan.engine.device)
        if not any(name.startswith("optimizer/") for name in tensors):
            raise UserError(f"{self.run.checkpoint(step)} was published without its optimisers and cannot go on")
        try:
            self.trainer.load(tensors, plain)
        except (RuntimeError, ValueError) as error:
            raise UserError(
                f"{self.plan.path / 'recipe.toml'} no longer fits its checkpoint: {str(error).splitlines()[-1].strip()}"
            ) from None
        same = {key: value for key, value in _flat(plain.get("recipe", {})).items() if key in MEASURED}
        now = _flat(self.plan.recipe.full())
        if all(now[key] == value for key, value in same.items()):  # else the numbers before do not compare
            self.history = plain["history"]

    @property
    def saved(self) -> str:
        """The state that there is to go on from, for people."""
        if not (self.plan.path / "run.json").exists():
            return f"{self.plan.path} was deleted while it trained"
        return (
            f"the last whole checkpoint is step {self.run.steps[-1]}" if self.run.steps else "no checkpoint was written"
        )

    def clear_rest(self) -> None:
        """Takes away what was written while somebody deleted the run, so that no half of it is left."""
        kept = (self.plan.path / "run.json", self.plan.path / "recipe.toml", *map(self.run.checkpoint, self.run.steps))
        if self.plan.engine.leads and not any(path.exists() for path in kept):
            shutil.rmtree(self.plan.path, ignore_errors=True)

    def rate(self, step: int) -> float:
        """The schedule's factor before this step."""
        values = [value for _, value in self.history]
        factor: float = self.schedule(step / self.plan.recipe.steps, values, **self.schedule_options)
        return factor

    def log(self, step: int, terms: Terms) -> None:
        """Writes a record of this step. Raises Failure where a loss is no longer finite."""
        self.check(step, terms)
        if self.plan.engine.leads:
            self._record(step, self.newest | {"rate": self.rate(step - 1)})
            self._time(step)

    def check(self, step: int, terms: Terms) -> None:
        """Looks at the step's terms, which are not worth saving where one is not finite: then raises Failure."""
        values = self.plan.engine.mean(torch.stack(list(terms.values()))).tolist()
        self.newest = dict(zip(terms, values, strict=True))
        for name, value in self.newest.items():
            if not math.isfinite(value):
                raise Failure(
                    f"{name} is {value} at step {step}: training diverged; a lower optimizers.*.lr or a penalty helps"
                )

    def _record(self, step: int, values: dict[str, float]) -> None:
        self.journal.write({"step": step, "images": step * self.plan.recipe.batch, **values}, make_file=False)
        if self.board:
            for name, value in values.items():
                self.board.add_scalar(name, value, step)

    def _time(self, step: int) -> None:
        before, then = self.clock
        self.clock = (step, time.monotonic())
        if step > before:
            seconds = self.clock[1] - then
            rate = (step - before) * self.plan.recipe.batch / seconds
            record = {"step": step, "seconds": round(seconds, 3), "images_per_second": round(rate, 1)}
            self.timing.write(record, make_file=False)

    def look(self, step: int) -> None:
        """Measures, draws and saves."""
        value = 0.0
        self._settle()
        if self.view:
            with self.plan.engine.autocast():
                values = self.view.measure(self.trainer.average)
                sheet = self.view.sheet(self.trainer.average)
            if values:
                self._record(step, values)
                value = next(iter(values.values()))
            self._draw(step, sheet)
        if self.plan.recipe.watch.metric != "none":
            self.history.append([step, self.plan.engine.from_leader(value)])
        self._write_state(step)

    def _settle(self) -> None:
        """Makes the averaged networks what is measured, shown and saved: with statistics of their own where the recipe says so."""
        if self.plan.engine.leads and self.plan.recipe.statistics == "recomputed":
            labels = self.plan.workflow.labels(self.plan.data)
            recompute_statistics(self.trainer.game.ability(Generates), self.trainer.average, labels)

    def _draw(self, step: int, sheet: np.ndarray) -> None:
        encoded = grid.png(sheet)
        self._write(f"samples/{step:08d}.png", encoded)
        self._write("samples.png", encoded)
        if records := self.journal.records():
            self._write("curves.png", curves(records))
        if self.board:
            self.board.add_image("samples", sheet, step, dataformats="HWC")
            self.board.flush()

    def save(self, step: int) -> None:
        """Saves without a look. Raises Failure on a full disk."""
        self._settle()
        self._write_state(step)

    def _write_state(self, step: int) -> None:
        """Writes the state, then drops what is neither among the newest nor the best."""
        if self.plan.engine.leads:
            tensors, plain = self.trainer.state()
            plain |= {"history": self.history, "recipe": self.plan.recipe.full()}
            files.write_tensors(self.run.checkpoint(step), tensors, plain, make_folder=False)
            kept = {*self.run.steps[-self.plan.recipe.watch.keep :], best_of(self.history)}
            for old in set(self.run.steps) - kept:
                self.run.checkpoint(old).unlink(missing_ok=True)
        self.plan.engine.wait()

    def _write(self, name: str, data: bytes) -> None:
        """Writes a file of the run's folder, which is not made anew where somebody deleted it."""
        files.write(self.run.file(name), data, make_folder=False)


def _is_settled(key: str) -> bool:
    """Whether the checkpoint holds what this option would choose: an optimiser's moments, weights that came from a file."""
    kind, _, option = key.partition(".")[0], *key.rpartition(".")[1:]
    return (kind, option) in {("optimizers", "name"), ("nets", "model"), ("nets", "weights")}


def _flat(values: dict[str, Any], above: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}": value}
    return flat


def _tensorboard(path: Path, start: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise UserError("watch.tensorboard needs TensorBoard: pip install 'elegan[tensorboard]'") from None
    return SummaryWriter(str(path), purge_step=start + 1)
