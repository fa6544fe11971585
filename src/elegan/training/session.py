"""Training: where recipe, data, game, run and engine meet."""

import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from types import FrameType
from typing import Any

from filelock import FileLock, Timeout

from elegan.core import memory, paths, room
from elegan.core.errors import Failure, Interrupted, UserError, in_a_line
from elegan.core.progress import held
from elegan.run import Run
from elegan.training import commands
from elegan.training.assembly import make_trainer
from elegan.training.convergence import RULE
from elegan.training.guard import recovery
from elegan.training.guard.guard import Diverged
from elegan.training.live import bar_for
from elegan.training.look import Look
from elegan.training.options import Options, takes
from elegan.training.pace import timed
from elegan.training.plan import Plan, plan_for
from elegan.training.previews import Previews
from elegan.training.recorder import Recorder
from elegan.training.summary import standing, summary
from elegan.training.trainer import Trainer
from elegan.training.viewer import show

WORDS = {  # of a signal that asks to stop
    "SIGINT": "Ctrl-C",
    "SIGTERM": "it was asked to end (SIGTERM), as a scheduler or a shutdown does",
    "SIGHUP": "its terminal was closed (SIGHUP)",
}


@takes(Options)
def train(options: Options) -> Run:
    """Trains a generator and gives its run; the same call again goes on where the last one stopped.

    Beside what the options below say of text, `data` may be pictures in memory (see `elegan.data.source_of`), `recipe` a
    `Recipe`, and `settings` a mapping, whose values may be functions and classes of modules. Of several processes only the
    leading one calls `on_step` and `on_look`; whatever these raise ends the training, after its state is saved.
    Raises UserError for what the caller can mend, Failure where training failed, Interrupted after Ctrl-C.

    >>> import elegan
    >>> run = elegan.train("digits", "dcgan", steps=1, settings=["batch=8", "nets.generator.width=8"], name="short", quiet=True)
    >>> run.path.as_posix(), run.step
    ('runs/short', 1)
    """
    plan = plan_for(**vars(options))
    with _in_memory(plan):
        plan = recovery.gone_on(timed(plan))
        trainer = make_trainer(plan)
        with _locked(plan):
            while True:
                try:
                    return play(plan, trainer, options)
                except recovery.Sick as sick:
                    action = sick.action
                del trainer  # which makes room for the next one
                memory.give_back()
                plan, options = recovery.taken_back(plan, action), replace(options, show=False)  # it is open
                trainer = make_trainer(plan)


def play(plan: Plan, trainer: Trainer, options: Options) -> Run:
    """The training loop around the trainer: log, look, save, stop. Raises `recovery.Sick` where it is to be taken back."""
    recipe, engine = plan.recipe, plan.engine
    doctor = recovery.Doctor(plan, options.guard)
    recorder = Recorder(plan, trainer, guarded=options.guard != "off")
    with _fitting(plan):
        start = recorder.begin()
    every = plan.every
    quiet, remarks = options.quiet or not engine.leads, recorder.checkpoints.remarks
    with (
        bar_for(plan, start, quiet, remarks, recorder.run.file("samples.png")) as bar,
        held(),
        _Stop() as stop,
        _on_record(recorder, stop),
        _failing_with(recorder),
        room.waited_for(bar.warn, lambda: bool(stop.asked)),
    ):
        previews, look = Previews(recorder.preview), None
        last = start if recorder.converged(start) else recipe.steps
        if last < recipe.steps:
            bar.say(f"converged before, at step {start:,}: {RULE}")
        if start < last:
            with _fitting(plan):
                previews.begin(start)
        if options.show and engine.leads:
            bar.say(*show(recorder.run.file("samples.png")))
        for done in range(start + 1, last + 1):
            with doctor.smaller(done, bar.say), _fitting(plan) if done == 1 else nullcontext():
                terms = trainer.play(done - 1, recorder.rate(done - 1), (done - 1) / recipe.steps)
            bar.advance(done, recorder.newest)
            looking = done % every == 0 or done == recipe.steps
            logging = looking or done % recipe.watch.log == 0
            stopping = engine.any(bool(stop.asked))
            with doctor:
                if logging:
                    recorder.log(done, terms)
                alarms = recorder.watch(done, terms, looking)
            for alarm in alarms:
                bar.say(doctor.advice(alarm))
            look = recorder.look(done) if looking else None
            if recorder.view and look:
                bar.watched = standing(look, recorder.view)
            if stopping and not looking:
                recorder.check(done, terms)
                recorder.save(done)
                engine.wait()
            if logging and engine.leads:
                _tell(options, recorder, done, look)
            doctor.act(done, alarms)
            if not looking:
                previews.draw_if_due(done)
            if looking and recorder.converged(done):
                bar.say(f"converged at step {done:,}: {RULE}")
                break
            if stopping and done < recipe.steps:
                command = commands.resume(plan.path, recipe)
                raise Interrupted(f"stopped at step {done} of {recipe.steps}; go on with: {command}")
    if recorder.view and look:
        bar.say(*summary(plan, recorder.view, look, recorder.checkpoints.history, recorder.seconds, recorder.alarms))
    return Run.open(plan.path, trust=recipe.trust)


def _tell(options: Options, recorder: Recorder, step: int, look: Look | None) -> None:
    """Calls back whoever asked for it. What that raises goes on from here once the state is saved."""
    try:
        if options.on_step:
            options.on_step(step, dict(recorder.newest))
        if options.on_look and look:
            options.on_look(look)
    except BaseException:
        if not look:
            recorder.save(step)
        raise


@contextmanager
def _failing_with(recorder: Recorder) -> Iterator[None]:
    """A failure, of the disk or of the training, also says what there is to go on from, as does a second Ctrl-C; what is not
    finite any more is put on record."""
    checkpoints = recorder.checkpoints
    try:
        yield
    except Failure as error:
        if isinstance(error, Diverged):
            recorder.put(error.alarm)
        checkpoints.clear_rest()
        raise Failure(f"{error}; {checkpoints.saved}") from error
    except KeyboardInterrupt:
        raise Interrupted(f"stopped at once; {checkpoints.saved}") from None


@contextmanager
def _on_record(recorder: Recorder, stop: "_Stop") -> Iterator[None]:
    """Leaves on record why a training stops before its end."""
    try:
        yield
    except recovery.Sick:
        raise
    except Interrupted:
        recorder.checkpoints.stopped(stop.asked or "another of its processes was asked to stop")
        raise
    except (Failure, UserError) as error:
        recorder.checkpoints.stopped(str(error))
        raise
    except BaseException as error:
        recorder.checkpoints.stopped(in_a_line(error))
        raise


@contextmanager
def _in_memory(plan: Plan) -> Iterator[None]:
    """Raises Failure where memory does not suffice, with what of this recipe would."""
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
    """Raises UserError for parts that do not fit one another, a user's own or one of another kind, as the first step shows."""
    try:
        yield
    except (TypeError, ValueError, AttributeError, IndexError, RuntimeError) as error:
        if memory.is_short(error):
            raise
        names = ", ".join(
            dict.fromkeys(part.name for kind, _, part in plan.recipe.parts() if kind in ("nets", "losses"))
        )
        raise UserError(f"parts of the recipe do not fit one another ({names}): {in_a_line(error)}") from error


class _Stop:
    """Ctrl-C, a polite kill and a closed terminal ask to stop after the step at hand; a second Ctrl-C stops at once. `asked`: by
    what, in words."""

    def __init__(self) -> None:
        self.asked = ""
        self.before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "_Stop":
        if threading.current_thread() is threading.main_thread():
            asking = [signal.SIGINT, signal.SIGTERM]
            closed = getattr(signal, "SIGHUP", None)  # Windows has none
            if closed and signal.getsignal(closed) != signal.SIG_IGN:  # nohup
                asking.append(closed)
            self.before = {s: signal.signal(s, self._ask) for s in asking}
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = WORDS[signal.Signals(number).name]
        signal.signal(signal.SIGINT, self.before.get(signal.SIGINT, signal.SIG_DFL))

    def __exit__(self, *exception: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)


def _locked(plan: Plan) -> AbstractContextManager[object]:
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
