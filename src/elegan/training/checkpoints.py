"""The states of a training in its run's folder: how it is opened and checked, what is saved, what stays, how it goes on."""

import shutil
from contextlib import suppress
from typing import Any

from torch import Tensor

from elegan.core import files
from elegan.core.errors import Failure, UserError
from elegan.core.facts import is_run_folder
from elegan.core.machine import hardware
from elegan.games.abilities import Generates
from elegan.recipes.recipe import flat_values
from elegan.record.record import RECOVERY, START, STOPPED, best_of
from elegan.run import Run
from elegan.training.ema import BATCHES, recompute_statistics
from elegan.training.guard.guard import Guard
from elegan.training.plan import Plan
from elegan.training.trainer import Trainer

MEASURED = ("watch.metric", "watch.extractor", "watch.images")  # what the watched numbers depend on
SHOWN = 4  # differences of another command
State = tuple[dict[str, Tensor], dict[str, Any]]  # tensors by name, plain data


class Checkpoints:
    """The folder of a run that trains, and the states in it. `history` holds [step, watched metric] of every look."""

    def __init__(self, plan: Plan, trainer: Trainer):
        self.plan, self.trainer = plan, trainer
        self.run = Run(plan.path, trust=plan.recipe.trust)
        self.history: list[list[float]] = []
        self.remarks: list[str] = []  # for people, on how it goes on
        self.guard: Guard | None = None  # whose state is saved with the rest

    def begin(self) -> int:
        """Makes the folder or takes the newest whole state from it; gives the step to go on from.

        Raises UserError where this plan must not go on in the folder, Failure where there is nothing whole to go on from.
        """
        recipe, engine = self.plan.recipe, self.plan.engine
        if recipe.statistics == "recomputed" and not self.trainer.game.find(Generates):
            raise UserError(
                f"statistics = 'recomputed' is for recipes that generate from latents; {recipe.name!r} does not"
            )
        state = self._checked() if engine.leads else None
        engine.wait()
        start = self.run.steps[-1] if self.run.steps else 0
        if start:
            self._load(start, state or self._read(start))
        elif self.plan.start:
            self.remarks += [f"        {line}" for taken in self.trainer.taken for line in taken.lines()]
        if engine.leads:
            self._open_folder()
        return start

    @property
    def again(self) -> bool:
        """Whether something stands in the folder that is gone on with: a folder in which nothing was saved yet is anybody's."""
        return is_run_folder(self.plan.path) and (self.plan.resumed or bool(self.run.steps))

    def _checked(self) -> State | None:
        """The newest whole state of a folder that this plan may go on in; None where nothing is gone on with."""
        files.clear_torn(self.plan.path)
        if not self.again:
            return None
        self._check_same()
        if not self.run.steps:
            return None
        state = self._newest_whole()
        self._check_edits(state[1])
        return state

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
        self.run.file(STOPPED).unlink(missing_ok=True)
        if not self.again:
            for rest in ("local.json", START, RECOVERY):  # of another training that saved nothing
                self.run.file(rest).unlink(missing_ok=True)
        info = self.run.info if self.again else plan.facts()
        info["sessions"].append(session)
        if plan.minutes is not None:
            info["minutes"] = plan.minutes
        if plan.until or "until" in info:
            info["until"] = plan.until
        if plan.start and not self.run.steps:
            info["began_with"] = {taken.network: taken.facts() for taken in self.trainer.taken}
            self.write(START, files.encode_tensors(self.trainer.average.state_dict(), {"from": info["from"]}))
        if not (plan.is_named or plan.in_memory):
            info["data"].pop("source", None)  # older versions wrote it there
            files.write_json(self.run.file("local.json"), {"source": plan.data.source})
        self.write("recipe.toml", plan.recipe.to_toml().encode())
        files.write_json(self.run.file("run.json"), info)

    def _check_same(self) -> None:
        """Raises UserError for another command than the folder's: the same one goes on, another must not write there."""
        old, plan = self.run, self.plan
        asked = {"data": plan.data.fingerprint, "seed": plan.seed, "precision": plan.engine.precision}
        written = {
            "data": old.info["data"]["fingerprint"],
            "seed": old.info["seed"],
            "precision": old.info["precision"],
        }
        if not plan.resumed:
            asked |= flat_values(plan.recipe.full())
            written |= flat_values(old.recipe.full())
        free = ("steps", "watch.", "accumulate", "compile", "about", "parent")
        changed = [k for k in asked if asked[k] != written.get(k) and not k.startswith(free)]
        if changed:
            differences = [
                f"{key} is {str(written.get(key))[:40]} there and {str(asked[key])[:40]} now" for key in changed
            ]
            more = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
            raise UserError(
                f"{plan.path} holds another run: {', '.join(differences[:SHOWN])}{more}; "
                f"give another --name, or go on with its own settings: --resume {plan.path}"
            )

    def _newest_whole(self) -> State:
        """The newest whole state, whose checkpoint is the newest afterwards, as damaged ones after it are renamed.

        Raises Failure where none is whole.
        """
        damaged = []
        for step in reversed(self.run.steps):
            try:
                state = self._read(step)
            except UserError:
                damaged.append(self.run.checkpoint(step))
                continue
            for path in reversed(damaged):
                aside = path.replace(path.with_name(f"{path.name}.damaged"))
                self.remarks.append(f"{path} is damaged, and now {aside.name}; the one before it is taken")
            return state
        raise Failure(
            f"every checkpoint in {self.plan.path / 'checkpoints'} is damaged "
            f"(steps {', '.join(map(str, self.run.steps))}); delete that folder to begin anew"
        )

    def _read(self, step: int) -> State:
        return files.read_tensors(self.run.checkpoint(step), device=self.plan.engine.device)

    def _check_edits(self, plain: dict[str, Any]) -> None:
        """Raises UserError for an edit of the recipe that the newest checkpoint, with this plain data, cannot follow."""
        before = flat_values(plain.get("recipe", {}))
        for key, value in flat_values(self.plan.recipe.full()).items():
            if before.get(key, value) != value and _is_settled(key):
                raise UserError(
                    f"{self.plan.path / 'recipe.toml'}: {key} = {value!r} comes too late: it was {before[key]!r} when "
                    f"step {self.run.steps[-1]} was saved, and the checkpoint would hide the change"
                )

    def _load(self, step: int, state: State) -> None:
        tensors, plain = state
        if not any(name.startswith("optimizer/") for name in tensors):
            raise UserError(f"{self.run.checkpoint(step)} was published without its optimisers and cannot go on")
        try:
            self.trainer.load(tensors, plain)
        except (RuntimeError, ValueError) as error:
            raise UserError(
                f"{self.plan.path / 'recipe.toml'} no longer fits its checkpoint: {str(error).splitlines()[-1].strip()}"
            ) from None
        same = {key: value for key, value in flat_values(plain.get("recipe", {})).items() if key in MEASURED}
        now = flat_values(self.plan.recipe.full())
        if all(now[key] == value for key, value in same.items()):  # else the numbers before do not compare
            self.history = plain["history"]
        if self.guard and "guard" in plain:
            self.guard.load(plain["guard"])

    def settle(self, batches: int = BATCHES) -> None:
        """Makes the averaged networks what is measured, shown and saved: with statistics of their own, from so many batches,
        where the recipe says so. Only what was settled is used, so it does not matter how often that happens between."""
        if self.plan.engine.leads and self.plan.recipe.statistics == "recomputed":
            labels = self.plan.workflow.labels(self.plan.data)
            recompute_statistics(self.trainer.game.ability(Generates), self.trainer.average, labels, batches)

    def save(self, step: int) -> None:
        """Writes the state, then drops what is neither among the newest nor the best. Raises Failure on a full disk."""
        if self.plan.engine.leads:
            tensors, plain = self.trainer.state()
            plain |= {"history": self.history, "recipe": self.plan.recipe.full()}
            if self.guard:
                plain["guard"] = self.guard.state()
            files.write_tensors(self.run.checkpoint(step), tensors, plain, make_folder=False)
            kept = {*self.run.steps[-self.plan.recipe.watch.keep :], best_of(self.history)}
            for old in set(self.run.steps) - kept:
                self.run.checkpoint(old).unlink(missing_ok=True)

    def write(self, name: str, data: bytes) -> None:
        """Writes a file of the run's folder, which is not made anew where somebody deleted it."""
        files.write(self.run.file(name), data, make_folder=False)

    def stopped(self, why: str) -> None:
        """Puts on record why the training stops before its end; on a disk that is full there may be no room for it."""
        if self.plan.engine.leads and is_run_folder(self.plan.path):
            with suppress(Failure):
                files.write_json(self.run.file(STOPPED), {"why": why})

    @property
    def saved(self) -> str:
        """The state that there is to go on from, for people."""
        if not is_run_folder(self.plan.path):
            return f"{self.plan.path} was deleted while it trained"
        return (
            f"the last whole checkpoint is step {self.run.steps[-1]}" if self.run.steps else "no checkpoint was written"
        )

    def clear_rest(self) -> None:
        """Takes away what was written while somebody deleted the run, so that no half of it is left."""
        kept = (self.plan.path / "run.json", self.plan.path / "recipe.toml", *map(self.run.checkpoint, self.run.steps))
        if self.plan.engine.leads and not any(path.exists() for path in kept):
            shutil.rmtree(self.plan.path, ignore_errors=True)


def _is_settled(key: str) -> bool:
    """Whether the checkpoint holds what this option would choose: an optimiser's moments, weights that came from a file."""
    kind, _, option = key.partition(".")[0], *key.rpartition(".")[1:]
    return (kind, option) in {("optimizers", "name"), ("nets", "model"), ("nets", "weights")}
