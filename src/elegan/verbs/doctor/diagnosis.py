"""A run read like a patient's file: its state, alarms, curve and measurements, and what to try next, the likeliest gain first."""

import math
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Any

from elegan.core import files, room
from elegan.core.facts import read_lines
from elegan.core.memory import in_bytes
from elegan.core.sizes import resolution_of, size_of
from elegan.core.version import __version__
from elegan.recipes import CATALOGUE
from elegan.recipes.fit import FEW, images_seen
from elegan.record.course import Action, Logged, Timed, actions, improves, is_worse, why_stopped
from elegan.record.record import PackedRecord, Record, falling, is_whole
from elegan.training import commands
from elegan.training.guard.remedies import REMEDIES, remedies
from elegan.training.guard.rules import NOT_FINITE, RULES
from elegan.verbs.doctor.finding import Examination, Finding
from elegan.verbs.runs import is_locked

RULE = {rule.name: rule for rule in (*RULES, NOT_FINITE)}
APART = 0.6  # of the one, below which the other of precision and recall is low
SLOW = 5.0  # seconds of a step
SUSPECT = 2  # times alpha: the share of suspects that chance does not explain


@dataclass
class Patient:
    """What is on record of a run."""

    run: Record

    @cached_property
    def packed(self) -> bool:
        return isinstance(self.run, PackedRecord)

    @cached_property
    def log(self) -> list[dict[str, Any]]:
        return [] if self.packed else read_lines(self.run.file("log.jsonl"), Logged)

    @cached_property
    def timing(self) -> list[dict[str, Any]]:
        return [] if self.packed else read_lines(self.run.file("timing.jsonl"), Timed)

    @cached_property
    def actions(self) -> list[Action]:
        return [] if self.packed else actions(self.run)

    @cached_property
    def reached(self) -> int:
        return max(self.run.steps, default=0)

    @cached_property
    def damaged(self) -> list[int]:
        return [] if self.packed else [step for step in self.run.steps if not is_whole(self.run.checkpoint(step))]

    @cached_property
    def looks(self) -> list[tuple[int, float]]:
        """(step, watched value) of every look, by the newest whole checkpoint."""
        whole = [step for step in self.run.steps if step not in self.damaged]
        if self.packed or not whole:
            return []
        history = files.read_plain(self.run.checkpoint(whole[-1])).get("history", [])
        return [(int(step), float(value)) for step, value in history if math.isfinite(value)]

    @cached_property
    def alarms(self) -> dict[str, dict[str, Any]]:
        """The newest record of each alarm, the newest first."""
        return {r["alarm"]: r for r in reversed(self.log) if r.get("alarm") in RULE}

    @cached_property
    def values(self) -> dict[str, float]:
        """The newest measured value by its metric."""
        return {record["metric"]: record["value"] for record in self.run.evaluations}

    @cached_property
    def training(self) -> bool:
        return not self.packed and is_locked(self.run.path)

    @property
    def place(self) -> str:
        return f"{shlex.quote(str(self.run.path))}{self.run.recipe.trust_options}"

    @cached_property
    def enough(self) -> int:
        """The steps in which its recipe learns from so many pictures, as one that is fitted to them does; 0 where none is known."""
        recipe, count = self.run.recipe, self.run.info["data"]["count"]
        known = CATALOGUE.get(recipe.name)
        return math.ceil(images_seen(count) / recipe.batch) if count and known and known.fits is not None else 0

    def resume(self, *more: str) -> str:
        """The command that goes on with it; "" where it cannot go on."""
        return "" if self.packed else commands.resume(self.run.path, self.run.recipe, *more)

    def longer(self) -> str:
        return self.resume(f"--steps {2 * max(self.run.recipe.steps, 1)}")

    def anew(self, name: str, *more: str) -> str:
        """The command that begins a run beside it with something changed; "" where its data are not known here."""
        return "" if self.packed else commands.anew(self.run, name, *more)

    def changed(self, remedy: str, settings: list[str]) -> str:
        """The command that begins anew with a remedy."""
        return "" if self.packed else commands.remedied(self.run, remedy, settings)

    def evaluate(self) -> str:
        return f"elegan evaluate {self.place}"


def diagnosis(run: Record) -> Examination:
    """What went wrong with a run, and what to try next.

    Raises UserError where what it left is not a run's.
    """
    patient = Patient(run)
    parts = (_state, _damage, _alarms, _machine, _data, _course, _measures, _version)
    found = [finding for part in parts for finding in part(patient)]
    return Examination(tuple(sorted(found, key=lambda finding: not finding.problem)), _facts(patient))


def _facts(p: Patient) -> dict[str, Any]:
    facts: dict[str, Any] = {"recipe": p.run.recipe.name, "step": f"{p.reached:,} of {p.run.recipe.steps:,}"}
    if p.looks:
        metric, (step, best) = p.run.recipe.watch.metric, min(p.looks, key=lambda look: look[1])
        newest, best = (falling(metric, value) for value in (p.looks[-1][1], best))
        facts[metric] = {"newest": newest, "best": best, "at step": f"{step:,}"}
    if p.values:
        facts["measured"] = p.values
    return facts | {"alarms": list(p.alarms), "taken back": [str(action) for action in p.actions]}


def _state(p: Patient) -> Iterator[Finding]:
    if p.packed or p.run.finished:
        return
    if p.training:
        yield Finding(f"It trains at this moment; step {p.reached:,} is saved.", f"elegan runs {p.run.path.parent}")
        return
    why = why_stopped(p.run)
    after = (
        f": {why}."
        if why
        else " and left no reason: it was killed, as too little memory does it, or the machine went down."
    )
    if p.reached:
        words = f"It stopped at step {p.reached:,} of {p.run.recipe.steps:,}{after} It goes on by:"
    else:
        words = f"It stopped before anything was saved{after} It begins again by:"
    yield Finding(words, p.resume(), problem=True)
    if (free := room.free(p.run.path)) < room.LITTLE:
        yield Finding(f"Its disk is nearly full: {in_bytes(free)} are free.", problem=True)


def _damage(p: Patient) -> Iterator[Finding]:
    if p.damaged and not p.training:
        whole = [step for step in p.run.steps if step not in p.damaged]
        what = f"The checkpoint{'s' * (len(p.damaged) > 1)} of step {', '.join(map(str, p.damaged))} cannot be read"
        if whole:
            yield Finding(f"{what}; going on takes step {whole[-1]}.", p.resume(), problem=True)
        else:
            folder = shlex.quote(str(p.run.path / "checkpoints"))
            yield Finding(f"{what}, and none is whole: it can only begin anew.", f"rm -r {folder}", problem=True)


def _alarms(p: Patient) -> Iterator[Finding]:
    """What helps against each, what was tried left out; the same help is said once."""
    tried, said = {action.remedy for action in p.actions}, set[str]()
    for name, record in p.alarms.items():
        words = f"At step {record['step']:,}: {name}: {record['text']}."
        helps = remedies(RULE[name], p.run.recipe, tried)
        left = [(remedy, settings) for remedy, settings in helps.items() if remedy not in said]
        remedy, settings = left[0] if left else ("", [])
        said.add(remedy)
        yield Finding(words, p.changed(remedy, settings) if remedy else "", problem=True)


def _machine(p: Patient) -> Iterator[Finding]:
    rates = [record["images_per_second"] for record in p.timing if record["images_per_second"]]
    side = size_of(resolution_of(p.run.info["shape"]["resolution"]))
    if rates and (seconds := p.run.recipe.batch / median(rates)) > SLOW and side.short >= 32:
        words = f"A step takes {seconds:.0f} s on this machine, of {side} pixels; half as many a side take a quarter of that."
        yield Finding(words, p.anew("half-size", f"--size {side >> 1}"))


def _data(p: Patient) -> Iterator[Finding]:
    count, augment = p.run.info["data"]["count"], REMEDIES["augmentation"](p.run.recipe)
    copies = p.run.file("copies/copies.json")
    found = files.read_json(copies) if copies.is_file() else {}
    share, alpha = found.get("share", 0.0), found.get("alpha", 1.0)
    if share > SUSPECT * alpha:
        words = (
            f"{share:.1%} of its pictures are suspected copies of what it learnt from: more pictures, or augmentation."
        )
        yield Finding(words, p.changed("augmentation", augment) if augment else "", problem=True)
    elif augment and count < FEW and p.run.recipe.data.kind == "images":
        words = f"{count:,} pictures are few; augmentation keeps the discriminator from knowing them by heart."
        yield Finding(words, p.changed("augmentation", augment))


def _course(p: Patient) -> Iterator[Finding]:
    if p.packed or not p.run.finished:
        return
    # Changes of decibels are shares of what was gained since the first look, those of a distance of the distance itself.
    start = p.looks[0][1] if p.looks and falling(p.run.recipe.watch.metric, 1.0) < 0 else 0.0
    if len(p.looks) >= 3 and is_worse(p.looks, start):
        step = min(p.looks, key=lambda look: look[1])[0]
        words = f"It was better before, at step {step:,}, which is kept."
        yield Finding(words, f"elegan report {p.place} --checkpoint best")
    elif len(p.looks) >= 3 and improves(p.looks, start):
        yield Finding("It was still improving: twice as many steps.", p.longer())
    elif p.reached < p.enough:
        words = f"From so many pictures its recipe learns in some {p.enough:,} steps, and it had {p.reached:,}."
        yield Finding(words, p.resume(f"--steps {p.enough}"))
    elif len(p.looks) >= 3:
        words = "It has levelled off: more steps hardly help, more pictures or another recipe may."
        yield Finding(words, "elegan recipes")


def _measures(p: Patient) -> Iterator[Finding]:
    if not p.reached:
        return
    if not p.values:
        yield Finding(
            "It was never measured with care: how near, how good and how varied its pictures are.", p.evaluate()
        )
        return
    good, varied = p.values.get("precision"), p.values.get("recall")
    penalty = REMEDIES["penalty"](p.run.recipe)
    if good and varied is not None and varied < APART * good:
        words = f"Its pictures are better than they are varied (recall {varied:.2f}, precision {good:.2f}): R1 holds on to variety."
        yield Finding(words, p.changed("penalty", penalty) if penalty else "")
    if varied and good is not None and good < APART * varied:
        words = f"Its pictures are more varied than good (precision {good:.2f}, recall {varied:.2f}): it is not done learning."
        yield Finding(words, p.longer())


def _version(p: Patient) -> Iterator[Finding]:
    by = p.run.info["sessions"][-1].get("elegan", "an older version")
    if by != __version__:
        yield Finding(
            f"elegan {by} trained it, and this is {__version__}: it opens, and going on may differ from then."
        )
