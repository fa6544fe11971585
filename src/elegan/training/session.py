"""Training: where recipe, data, game, run and engine meet."""

import math
import shlex
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

from elegan.core import memory, paths, ramp, rng
from elegan.core.errors import Failure, Interrupted, UserError, in_a_line
from elegan.core.files import folder_for
from elegan.data.sides import kind_of
from elegan.games.game import Game
from elegan.recipes import find_recipe, parts
from elegan.recipes.choose import SIDES, choose
from elegan.recipes.recipe import Recipe
from elegan.run import PackedRun, Run, build_game
from elegan.training.engine import Engine
from elegan.training.naming import run_name
from elegan.training.progress import Bar
from elegan.training.recorder import Keeper, Plan
from elegan.training.trainer import Trainer
from elegan.workflows import workflow_of
from elegan.workflows.images import open_images
from elegan.workflows.workflow import Opened


def train(
    data: str | Path | None = None,
    recipe: Recipe | str | Path | None = None,
    *,
    steps: int | None = None,
    images: int | None = None,
    settings: Sequence[str] = (),
    out: str | Path = "runs",
    name: str | None = None,
    seed: int = 0,
    device: str = "auto",
    precision: str = "auto",
    resume: str | Path | None = None,
    start: str | Path | None = None,
    trust: Iterable[str] = (),
    quiet: bool = False,
) -> Run:
    """Trains a generator and gives its run; the same call again goes on where the last one stopped.

    `data`: folder, zip or named set; `recipe`: a name, TOML file or `Recipe`, chosen from the data by default; `settings`:
    "key=value" each; `steps` or `images` is the length; `out`: where run folders are made, `name` the run's (by data and
    recipe by default); `seed`: of weights, order and latents; `device`: auto, cpu, cuda, cuda:1 or mps; `precision`: auto,
    fp32, bf16 or fp16; `resume`: a run folder to go on with by its own settings; `start`: a run or packed model whose
    weights the networks of the same names and shapes begin with; `trust`: modules whose functions a recipe file, `resume`
    and `start` may name, as `settings` may without it; `quiet`: without the bar of progress.
    Raises UserError for what the caller can mend, Failure where training failed, Interrupted after Ctrl-C.

    >>> import elegan
    >>> run = elegan.train("digits", "dcgan", steps=1, settings=["batch=8", "nets.generator.width=8"], name="short", quiet=True)
    >>> run.path.as_posix(), run.step
    ('runs/short', 1)
    """
    plan = plan_for(
        data,
        recipe,
        steps=steps,
        images=images,
        settings=settings,
        out=out,
        name=name,
        seed=seed,
        device=device,
        precision=precision,
        resume=resume,
        start=start,
        trust=trust,
    )
    with _in_memory(plan):
        trainer = make_trainer(plan)
        with _locked(plan):
            return play(plan, trainer, quiet)


def plan_for(
    data: str | Path | None = None,
    recipe: Recipe | str | Path | None = None,
    *,
    steps: int | None = None,
    images: int | None = None,
    settings: Sequence[str] = (),
    out: str | Path = "runs",
    name: str | None = None,
    seed: int = 0,
    device: str = "auto",
    precision: str = "auto",
    resume: str | Path | None = None,
    start: str | Path | None = None,
    trust: Iterable[str] = (),
) -> Plan:
    """Settles what `train` will do; writes nothing but the cache of decoded images."""
    data = None if data is None else str(data)
    if resume is not None:
        run = Run.open(resume, trust=trust)
        if isinstance(run, PackedRun):
            begin = run.training_on.format(run=run.path)
            raise UserError(f"{run.path} is packed, without what a training goes on from; begin with its weights: {begin}")
        if recipe:
            raise UserError(f"--resume goes on with {run.path}'s own recipe {run.recipe.name!r}; leave out --recipe")
        if seed not in (0, run.info["seed"]):
            raise UserError(f"--resume goes on with {run.path}'s own seed {run.info['seed']}; leave out --seed {seed}")
        if name or start:
            raise UserError(f"--resume goes on with {run.path} itself; leave out {'--name' if name else '--from'}")
        chosen = _with_length(run.recipe.override(settings), steps, images)
        engine = Engine(device, run.info["precision"] if precision == "auto" else precision)
        dataset: Opened = workflow_of(chosen).open(chosen, data or run.source)
        return Plan(_with_data(chosen, data), dataset, run.path, run.info["seed"], engine, resumed=True)
    if not data:
        raise UserError("name the data to train on: a folder, a zip or a set such as digits")
    folder, engine = folder_for(out), Engine(device, precision)
    if recipe:
        named = recipe if isinstance(recipe, Recipe) else find_recipe(str(recipe))
        chosen, why = named.trusting(trust).override(settings), ""
        dataset = workflow_of(chosen).open(chosen, data)
    elif (kind := kind_of(data)) in SIDES:
        chosen, why = find_recipe(SIDES[kind].recipe).override(settings), SIDES[kind].why
        dataset = workflow_of(chosen).open(chosen, data)
    else:
        of_data = [setting for setting in settings if setting.startswith("data.")]
        dataset = seen = open_images(find_recipe("dcgan").override(of_data), data)
        accelerated = engine.device.type != "cpu"
        choice = choose(len(seen.images), seen.resolution, seen.labels, len(seen.classes), accelerated)
        chosen, why = find_recipe(choice.recipe).override([*choice.settings, *settings]), choice.why
    chosen = _with_data(_with_length(chosen.trusting(trust), steps, images), data)
    name = run_name(folder, dataset.name, chosen, settings, seed) if name is None else name
    path = folder / paths.check_name("name", name)
    return Plan(chosen, dataset, path, seed, engine, why, start=Path(start) if start else None)


def play(plan: Plan, trainer: Trainer, quiet: bool = False) -> Run:
    """The training loop around the trainer: log, look, save, stop."""
    recipe, engine = plan.recipe, plan.engine
    keeper = Keeper(plan, trainer)
    start = keeper.begin()
    every = recipe.watch.every or math.ceil(recipe.steps / 10)
    with Bar(plan, start, quiet or not engine.leads, keeper.remarks) as bar, _Stop() as stop, _failing_with(keeper):
        for done in range(start + 1, recipe.steps + 1):
            with _fitting(plan) if done == 1 else nullcontext():
                terms = trainer.play(done - 1, keeper.rate(done - 1), (done - 1) / recipe.steps)
            bar.advance(done, keeper.newest)
            looking = done % every == 0 or done == recipe.steps
            stopping = engine.any(stop.asked)
            if looking or done % recipe.watch.log == 0:
                keeper.log(done, terms)
            if looking:
                keeper.look(done)
            elif stopping:
                keeper.check(done, terms)
                keeper.save(done)
            if stopping and done < recipe.steps:
                command = f"elegan train --resume {shlex.quote(str(plan.path))}{recipe.trust_options}"
                raise Interrupted(f"stopped at step {done} of {recipe.steps}; go on with: {command}")
    return Run.open(plan.path, trust=recipe.trust)


@contextmanager
def _failing_with(keeper: Keeper) -> Iterator[None]:
    """A failure, of the disk or of the training, also says what there is to go on from, as does a second Ctrl-C."""
    try:
        yield
    except Failure as error:
        keeper.clear_rest()
        raise Failure(f"{error}; {keeper.saved}") from error
    except KeyboardInterrupt:
        raise Interrupted(f"stopped at once; {keeper.saved}") from None


@contextmanager
def _in_memory(plan: Plan) -> Iterator[None]:
    """Where memory does not suffice: Failure, with what of this recipe would."""
    try:
        yield
    except (MemoryError, RuntimeError, OSError) as error:
        if not memory.is_short(error):
            raise
        recipe = plan.recipe
        halves = recipe.accumulate * 2
        less = (
            f"accumulate={halves} plays the batch in parts of {recipe.batch // halves}, or "
            if recipe.batch % halves == 0
            else ""
        )
        raise Failure(
            f"a batch of {recipe.batch} images of {plan.shape.resolution} px does not fit the memory of {plan.engine.device}: "
            f"{less}a smaller batch, data.resolution or nets.*.width takes less"
        ) from error


@contextmanager
def _fitting(plan: Plan) -> Iterator[None]:
    """In the first step, parts that do not fit one another (a user's own, or one of another kind) are the user's to mend."""
    try:
        yield
    except (TypeError, ValueError, AttributeError, IndexError, RuntimeError) as error:
        if memory.is_short(error):
            raise
        names = ", ".join(
            dict.fromkeys(part.name for kind, _, part in plan.recipe.parts() if kind in ("nets", "losses"))
        )
        raise UserError(f"parts of the recipe do not fit one another ({names}): {in_a_line(error)}") from error


def make_trainer(plan: Plan) -> Trainer:
    """The plan's game with fresh weights on the device, and the trainer that plays it.

    Raises UserError for a recipe that does not fit the data or lacks a part.
    """
    recipe, engine = plan.recipe, plan.engine
    _check_batch(plan)
    torch.manual_seed(rng.mix(plan.seed, "weights"))
    game = build_game(recipe, plan.shape)
    if plan.start:
        _begin_with(plan.start, game, recipe.trust)
    engine.place(game.nets)
    optimizers, settings = {}, {}
    for player in game.players:
        name = player if player in recipe.optimizers else game.optimizers.get(player, player)
        if name not in recipe.optimizers:
            raise UserError(f"recipe {recipe.name!r} has no optimizers.{player}")
        part = recipe.optimizers[name]
        function = parts.find("optimizers", part.name, recipe.trusted())
        options = parts.options(function, part.options, f"optimizers.{name}")
        optimizers[player] = parts.build(
            "optimizers", part, f"optimizers.{name}", game.owned(player), trusted=recipe.trusted()
        )
        settings[player] = {key: value for key, value in options.items() if ramp.now(value) != value}
    feed = plan.workflow.feed(plan.data, recipe, plan.seed, engine.device)
    if engine.world > 1 and game.one_process:
        raise UserError(game.one_process)
    return Trainer(
        game,
        optimizers,
        feed,
        engine,
        batch=recipe.batch,
        accumulate=recipe.accumulate,
        decay=recipe.ema,
        seed=plan.seed,
        compiled=recipe.compile,
        settings=settings,
    )


def _check_batch(plan: Plan) -> None:
    """Raises UserError for a batch whose images alone, of which training holds several times as many, do not fit memory."""
    side, channels, _ = plan.shape
    memory.check_room(
        plan.recipe.batch // plan.recipe.accumulate // plan.engine.world,
        4 * side * side * channels,
        "batch / accumulate",
    )


def _begin_with(start: Path, game: Game, trust: frozenset[str]) -> None:
    """Raises UserError where nothing of `start` fits the game."""
    found = Run.open(start, trust=trust).nets.state_dict()
    mine = game.nets.state_dict()
    fitting = {name: value for name, value in found.items() if name in mine and mine[name].shape == value.shape}
    if not fitting:
        raise UserError(f"no weights of {start} have the names and shapes of this recipe's networks")
    game.nets.load_state_dict(mine | fitting)


class _Stop:
    """Ctrl-C, a polite kill and a closed terminal ask to stop after the step at hand; a second Ctrl-C stops at once."""

    def __init__(self) -> None:
        self.asked = False
        self.before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "_Stop":
        if threading.current_thread() is threading.main_thread():
            asking = [signal.SIGINT, signal.SIGTERM]
            closed = getattr(signal, "SIGHUP", None)  # Windows has none
            if closed and signal.getsignal(closed) != signal.SIG_IGN:  # nohup
                asking.append(closed)
            self.before = {s: signal.signal(s, self._ask) for s in asking}
        return self

    def _ask(self, number, frame) -> None:
        self.asked = True
        signal.signal(signal.SIGINT, self.before.get(signal.SIGINT, signal.SIG_DFL))

    def __exit__(self, *exception) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)


def _with_length(recipe: Recipe, steps: int | None, images: int | None) -> Recipe:
    if steps is not None and images is not None:
        raise UserError("give --steps or --images, not both")
    if images is not None:
        steps = math.ceil(images / recipe.batch)
    return recipe if steps is None else recipe.changed({"steps": steps})


def _with_data(recipe: Recipe, data: str | None) -> Recipe:
    """Who names a set of the hub thereby allows that it is fetched."""
    return recipe.trusting([data] if data and data.startswith("hf:") else [])


def _locked(plan: Plan) -> AbstractContextManager:
    """Holds the run folder for one training at a time; the lock goes with the process."""
    if not plan.engine.leads:
        return nullcontext()
    try:
        plan.path.mkdir(parents=True, exist_ok=True)
        # Whoever lists the runs (verbs/runs.py) holds it for a moment.
        return FileLock(paths.inside(plan.path, plan.path / ".lock"), timeout=0.2).acquire()
    except Timeout:
        raise UserError(f"another process is training in {plan.path}") from None
    except OSError as error:
        raise UserError(f"{plan.path} cannot be written to: {error.strerror}") from None
