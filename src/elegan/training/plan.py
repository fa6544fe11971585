"""The plan of a training, settled from its options before anything is written."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from elegan.core import paths, rng
from elegan.core.errors import UserError
from elegan.core.facts import is_run_folder
from elegan.core.files import folder_for
from elegan.core.sizes import size_of
from elegan.data.describe_rows import describe
from elegan.data.in_memory import InMemory, source_of
from elegan.data.rows import is_rows
from elegan.data.sides import kind_of
from elegan.data.sound.find import find_sounds
from elegan.data.sound.sounds import open_sounds
from elegan.data.text.read import is_text
from elegan.data.text.read import read as read_text
from elegan.games.game import Shape
from elegan.recipes import find_recipe
from elegan.recipes.choose import (
    MANY,
    SIDES,
    Choice,
    choose,
    choose_of_rows,
    choose_of_sounds,
    choose_of_text,
    largest_side,
)
from elegan.recipes.fit import Given, fitted, in_words
from elegan.recipes.recipe import Recipe, flat_values, nested
from elegan.recipes.settings import Settings, pairs, spelled
from elegan.record.record import PackedRecord
from elegan.run import Run
from elegan.training.convergence import LOOKS, RULE
from elegan.training.engine import Engine
from elegan.training.naming import run_name
from elegan.training.options import Options, takes
from elegan.workflows import workflow_of
from elegan.workflows.images import open_images
from elegan.workflows.workflow import Opened, Workflow


@dataclass(frozen=True)
class Plan:
    """The plan of a training, settled before anything is written. `why` says how the recipe was chosen, `fit` what of it was
    fitted to the data and the machine, `start` whose weights it begins with; `minutes` become steps, and
    `pace` then says which (`training.pace`)."""

    recipe: Recipe
    data: Opened
    path: Path
    seed: int
    engine: Engine
    why: str = ""
    fit: str = ""
    resumed: bool = False
    start: Path | None = None
    minutes: float | None = None
    until: str | None = None  # converged: ends where it has (training.convergence)
    pace: str = ""
    taken_back: bool = False  # as its journal says (guard.recovery):
    attempt: int = 0  # how often for an alarm, each time with another seed, and
    back_to: int = 0  # the step to which, the last time

    @property
    def workflow(self) -> Workflow:
        return workflow_of(self.recipe)

    @property
    def shape(self) -> Shape:
        return self.workflow.shape(self.data)

    @property
    def every(self) -> int:
        """Steps from look to look."""
        return self.recipe.watch.every or math.ceil(self.recipe.steps / 10)

    def facts(self) -> dict[str, Any]:
        """The facts of a run that begins, for run.json; no paths, as it may be shown to others."""
        data = self.data
        return {
            "data": {
                **({"source": data.source} if self.is_named else {}),
                **({"in_memory": True} if self.in_memory else {}),
                "name": data.name,
                "fingerprint": data.fingerprint,
                "count": data.count,
                "classes": list(data.classes),
                **self.workflow.facts(data),
                "notes": list(data.notes),
            },
            "shape": self.shape.facts(),
            "seed": self.seed,
            "precision": self.engine.precision,
            "from": self.start.resolve().name if self.start else None,
            "sessions": [],
        }

    @property
    def draws(self) -> int:
        """The seed of all that is drawn: the run's, and after it was taken back another one."""
        return rng.mix(self.seed, "attempt", self.attempt) if self.attempt else self.seed

    @property
    def begun(self) -> Run | None:
        """The run in the folder that has a checkpoint to go on from; None where there is none."""
        run = Run(self.path, trust=self.recipe.trust)
        return run if is_run_folder(self.path) and run.steps else None

    @property
    def in_memory(self) -> bool:
        """Whether the data are what a program handed over, which nothing on the disk names."""
        return isinstance(self.data.source, InMemory)

    @property
    def is_named(self) -> bool:
        """Whether the data are a set with a name that means the same everywhere, and no file or folder of this machine."""
        source = self.data.source
        return isinstance(source, str) and not os.path.isabs(source.removeprefix("hf:"))

    def lines(self) -> list[str]:
        """Lines for people: data, recipe, place."""
        data, classes = self.data, f", {len(self.data.classes)} classes" if self.data.classes else ""
        return [
            f"data    {data.name}: {data.size}{classes}",
            *(f"        {note}" for note in (*data.notes, *data.places)),
            f"recipe  {self.recipe.name}{f' ({self.why})' if self.why else ''}",
            *([f"        {self.fit}"] if self.fit else []),
            *self._patience(),
            *self._accumulation(),
            *([f"time    {self.pace}"] if self.pace else []),
            *([f"until   {RULE}, {self.recipe.steps:,} steps at most"] if self.until else []),
            *([f"from    {self.start}"] if self.start else []),
            f"run     {self.path} ({self.engine.device}, {self.engine.precision})",
            f"shows   {self.path / 'samples.png'}, renewed as it learns",
        ]

    def _patience(self) -> list[str]:
        """A warning of pictures that are large for a machine without a GPU; how long they take its first steps tell."""
        size = size_of(self.shape.resolution)
        if self.engine.device.type != "cpu" or size.short <= MANY or self.recipe.data.kind in ("series", "text"):
            return []
        times = size.area / MANY**2
        return [f"        {size} px without a GPU: about {times:.0f} times as long a step as at {MANY} px"]

    def _accumulation(self) -> list[str]:
        """Gradients of parts add up to the whole batch's, but for batch norm, whose statistics are those of a part."""
        recipe = self.recipe
        nets = recipe.full()["nets"] if recipe.accumulate > 1 else {}
        normed = [name for name, options in nets.items() if options.get("norm") == "batch"]
        part = f"parts of {recipe.batch // recipe.accumulate} images, for accumulate = {recipe.accumulate}"
        return [f"        batch norm in {' and '.join(normed)} sees {part}"] if normed else []


@takes(Options)
def plan_for(options: Options) -> Plan:
    """Settles what `train` will do with these options; writes nothing but the cache of decoded images.

    Raises UserError for options that do not go together, and for a recipe or data that do not exist or do not fit.
    """
    options.check_lengths()
    source = source_of(options.data, options.labels)
    return _new(options, source) if options.resume is None else _resumed(options, options.resume, source)


def _new(options: Options, source: str | InMemory | None) -> Plan:
    if not source:
        raise UserError("name the data to train on: a folder, a zip or a set such as digits")
    folder, engine = folder_for(options.out), Engine(options.device, options.precision)
    recipe, choice = _recipe_for(options, source, engine)
    recipe = _allowed(recipe.trusting(options.trust), source)
    data = _opened(recipe, source, engine)
    recipe, fit = _fitted(recipe, options, choice, data, engine)
    recipe = _looked_at(_of_length(recipe, options, data), options.until)
    name = options.name
    if name is None:
        name = run_name(folder, data.name, recipe, spelled(_settings(options)), options.seed)
    path = folder / (paths.check_name if is_run_folder(folder / name) else paths.check_portable)("name", name)
    start = Path(options.start) if options.start else None
    plan = Plan(
        recipe,
        data,
        path,
        options.seed,
        engine,
        choice.why,
        fit,
        start=start,
        minutes=options.minutes,
        until=options.until,
    )
    return plan if options.minutes is None else _as_begun(plan)


def _as_begun(plan: Plan) -> Plan:
    """The plan with the steps that these minutes became when its run began, where it did: going on is then exact."""
    begun = plan.begun
    if begun is None or begun.info.get("minutes") != plan.minutes:
        return plan
    steps, every = begun.recipe.steps, begun.recipe.watch.every
    recipe = plan.recipe.changed({"steps": steps, "watch": {"every": every}})
    return replace(plan, recipe=recipe, pace=f"{plan.minutes:g} min were {steps:,} steps when it began")


def _resumed(options: Options, resume: str | Path, source: str | InMemory | None) -> Plan:
    """The plan to go on with a run by what it is: its recipe, its seed, its place."""
    run = Run.open(resume, trust=options.trust)
    if isinstance(run, PackedRecord):
        begin = run.training_on.format(run=run.path)
        raise UserError(f"{run.path} is packed, without what a training goes on from; begin with its weights: {begin}")
    own = f"--resume goes on with {run.path}"
    if options.recipe:
        raise UserError(f"{own}'s own recipe {run.recipe.name!r}; leave out --recipe")
    if options.seed not in (0, run.info["seed"]):
        raise UserError(f"{own}'s own seed {run.info['seed']}; leave out --seed {options.seed}")
    if options.name or options.start:
        raise UserError(f"{own} itself; leave out {'--name' if options.name else '--from'}")
    if options.minutes is not None:
        raise UserError(f"{own} to the steps that it has; for more of them give --steps, not --minutes")
    if options.as_published:
        raise UserError(f"{own}'s own recipe as it is; leave out --as-published")
    recipe = _allowed(run.recipe.override(_settings(options)), source)
    engine = Engine(options.device, run.info["precision"] if options.precision == "auto" else options.precision)
    data = _opened(recipe, source or run.source, engine)
    if not recipe.data.resolution and data.resolution != run.shape.resolution:  # chosen by other rules or elsewhere
        data = _opened(recipe.changed({"data": {"resolution": run.shape.resolution}}), source or run.source, engine)
    until = options.until or (None if options.lengths else run.info.get("until"))
    recipe = _looked_at(_of_length(recipe, options, data), until)
    return Plan(recipe, data, run.path, run.info["seed"], engine, resumed=True, until=until)


def _settings(options: Options) -> Settings:
    """The settings with what has an option of its own."""
    if options.size is None:
        return options.settings
    if "data.resolution" in _given(options.settings):
        raise UserError("give --size or --set data.resolution, not both")
    size = size_of(options.size)
    if min(size) < 1:
        raise UserError(f"size = {options.size}: input should be a number of pixels above 0, or HxW such as 96x128")
    if isinstance(options.settings, Mapping):
        return {**options.settings, "data.resolution": str(size)}
    return [*spelled(options.settings), f"data.resolution={size}"]


def _given(settings: Settings) -> set[str]:
    """The keys that settings give a value."""
    return {key for name, value in pairs(settings) for key in flat_values(nested(name, value))}


def _recipe_for(options: Options, source: str | InMemory, engine: Engine) -> tuple[Recipe, Choice]:
    """The recipe asked for, or the one that suits the data, with its settings; and how it was chosen."""
    settings, recipe = _settings(options), options.recipe
    if recipe:
        named = recipe if isinstance(recipe, Recipe) else find_recipe(str(recipe))
        return named.trusting(options.trust).override(settings), Choice(named.name, (), "")
    if options.as_published:
        raise UserError("--as-published is for a recipe that is named: give --recipe")
    if is_rows(source):
        named = dict(pairs(settings)).get("data.time", "")
        choice = choose_of_rows(describe(str(source), str(named)).series)
    elif is_text(source):
        found = read_text(str(source), dict(pairs(settings)).get("data.apart", "auto"))
        choice = choose_of_text(found.apart, len(found.items))
    elif find_sounds(source):
        of_data = {key: value for key, value in pairs(settings) if key.startswith("data.")}
        heard = find_recipe("specgan").override(of_data).data
        choice = choose_of_sounds(open_sounds(source, heard.rate, heard.seconds).class_counts)
    elif (kind := kind_of(source)) in SIDES:
        choice = SIDES[kind]
    else:
        of_data = {key: value for key, value in pairs(settings) if key.startswith("data.")}
        seen = open_images(find_recipe("dcgan").override(of_data), source, _most(engine))
        choice = choose(_data_and_machine(seen, engine), seen.labels, len(seen.classes))
    return find_recipe(choice.recipe).override(choice.settings).override(settings), choice


def _fitted(recipe: Recipe, options: Options, choice: Choice, data: Opened, engine: Engine) -> tuple[Recipe, str]:
    """The recipe as it suits the data and the machine, where it was named and not handed over; and what that changed."""
    if isinstance(options.recipe, Recipe) or options.as_published:
        return recipe, ""
    kept = _given(options.settings) | _given(choice.settings) | ({"steps"} if options.lengths else set())
    doublings = _doublings(recipe, options.start, kept)
    recipe, kept = recipe.override(doublings), kept | doublings.keys()
    given = _data_and_machine(data, engine)
    fit = fitted(recipe, given, kept)
    changes = in_words(recipe, fit)
    otherwise = "" if options.recipe else f"--recipe {recipe.name} "
    return fit, f"fitted to {given}: {changes} (as published: {otherwise}--as-published)" if changes else ""


def _doublings(recipe: Recipe, start: str | Path | None, kept: set[str]) -> dict[str, str]:
    """The settings that double as the run begun with does, unless they are `kept`: its weights then have a place. None for a
    recipe that is taken as it is."""
    if not start or recipe.fits is None:
        return {}
    theirs = flat_values(Run.open(start, trust=recipe.trust).recipe.full()["nets"])
    mine = flat_values(recipe.full()["nets"])
    ours = (key for key in mine if key.endswith(".upsample") and key in theirs)
    return {f"nets.{key}": theirs[key] for key in ours if f"nets.{key}" not in kept}


def _data_and_machine(data: Opened, engine: Engine) -> Given:
    return Given(data.count, data.resolution, engine.device.type != "cpu")


def _most(engine: Engine) -> int:
    return largest_side(engine.device.type != "cpu", torch.get_num_threads() * engine.world)


def _of_length(recipe: Recipe, options: Options, data: Opened) -> Recipe:
    """The recipe as long as is asked for, but for minutes."""
    images = options.images if options.epochs is None else options.epochs * data.count
    steps = options.steps if images is None else math.ceil(images / recipe.batch)
    return recipe if steps is None else recipe.changed({"steps": steps})


def _looked_at(recipe: Recipe, until: str | None) -> Recipe:
    """The recipe, with looks enough to see when it has converged where that is waited for. Raises UserError where nothing is
    watched by which that could be told."""
    if until and recipe.watch.metric == "none":
        raise UserError("--until converged goes by the watched metric, and watch.metric = 'none'; set watch.metric")
    return (
        recipe.changed({"watch": {"every": math.ceil(recipe.steps / LOOKS)}})
        if until and not recipe.watch.every
        else recipe
    )


def _allowed(recipe: Recipe, source: str | InMemory | None) -> Recipe:
    """The recipe with trust in its data: who names a set of the hub thereby allows that it is fetched."""
    return recipe.trusting([source] if isinstance(source, str) and source.startswith("hf:") else [])


def with_recipe(plan: Plan, recipe: Recipe) -> Plan:
    """The plan with another recipe, for which its data are opened anew where it reads them in another way."""
    if recipe.data == plan.recipe.data:
        return replace(plan, recipe=recipe)
    sized = recipe.changed({"data": {"resolution": plan.shape.resolution}})
    return replace(plan, recipe=recipe, data=_opened(sized, plan.data.source, plan.engine))


def _opened(recipe: Recipe, source: str | InMemory, engine: Engine) -> Opened:
    if recipe.schedule.name == "plateau" and recipe.watch.metric == "none":
        raise UserError(
            "schedule = 'plateau' follows the watched metric, and watch.metric = 'none'; set watch.metric, or schedule=cosine"
        )
    data: Opened = workflow_of(recipe).open(recipe, source, _most(engine))
    return data
