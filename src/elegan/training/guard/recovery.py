"""Actions against an alarm, or against too little memory: back to the last healthy checkpoint, and one thing changed.

Every action is a line of the run's `recovery.jsonl`. The same run played by that journal (`guard=RUN/recovery.jsonl`) does the
same at the same steps, and writes the same bytes.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from elegan.core import files, memory
from elegan.core.errors import Failure, UserError, nearest
from elegan.core.facts import read_lines
from elegan.core.journal import Journal
from elegan.record.course import MEMORY, Action, actions
from elegan.record.record import RECOVERY
from elegan.run import Run
from elegan.training import commands
from elegan.training.guard.guard import Alarm, Diverged
from elegan.training.guard.remedies import remedies
from elegan.training.plan import Plan, with_recipe

MOST = 3  # times that a run is taken back for an alarm
LEAST = 2  # images of a part: statistics of one are none
MODES = ("warn", "recover", "off")


class Sick(Exception):
    """A training that is to be taken back."""

    def __init__(self, action: Action):
        super().__init__(action.alarm)
        self.action = action


class Doctor:
    """Says what helps against alarms and, where `mode` is "recover", does it; a journal's path does what that says.

    A context in which numbers that are not finite count as an alarm. Raises UserError for another mode.
    """

    def __init__(self, plan: Plan, mode: str):
        self.plan, self.recovers = plan, mode == "recover"
        self.done = actions(Run(plan.path)) if plan.taken_back else []
        self.before = [action for action in self.done if not action.of_memory]
        self.script: list[Action] | None = None
        if mode not in MODES:
            if not mode.endswith(".jsonl") or not Path(mode).is_file():
                raise UserError(
                    f"guard = {mode!r} is none of {', '.join(MODES)} or a recovery.jsonl{nearest(mode, MODES)}"
                )
            self.script = _read(Path(mode))
        if mode not in ("warn", "off") and plan.engine.world > 1:
            raise UserError(f"guard = {mode!r} takes back what one process trains; with several use guard=warn")

    def advice(self, alarm: Alarm) -> str:
        """An alarm in words, with the command that helps."""
        what = self._command(alarm)
        return f"ALARM    step {alarm.step:,}, since {alarm.since:,}: {alarm.rule.name}: {alarm.text}" + (
            f"\n         try: {what}" if what else ""
        )

    def _command(self, alarm: Alarm) -> str:
        """The command that goes on with the likeliest settings; where only another seed may help, one that begins anew."""
        path, recipe = self.plan.path, self.plan.recipe
        helps = remedies(alarm.rule, recipe)
        if settings := next(filter(None, helps.values()), None):
            return commands.resume(path, recipe, *commands.options(settings))
        return next((commands.remedied(Run(path, trust=recipe.trust), remedy, []) for remedy in helps), "")

    def __enter__(self) -> "Doctor":
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Diverged) and (self.recovers or self.script):
            self.act(error.alarm.step, [error.alarm])

    def act(self, step: int, alarms: Sequence[Alarm]) -> None:
        """Raises Sick with what is to be done after this step, Failure where nothing is left to try."""
        if self.script is not None:
            for action in self.script[len(self.done) :][:1]:
                if action.step == step:
                    raise Sick(action)
        elif self.recovers and alarms:
            raise Sick(self._next(alarms[0]))  # the first of `RULES` explains the others

    @contextmanager
    def smaller(self, step: int, say: Callable[[str], None]) -> Iterator[None]:
        """Raises Sick, and says so, where the memory did not suffice for this step and the batch can be played in parts of half
        the size."""
        try:
            yield
            return
        except (MemoryError, RuntimeError, OSError) as error:
            batch, halves = self.plan.recipe.batch, 2 * self.plan.recipe.accumulate
            rows, rest = divmod(batch, halves)
            if not memory.is_short(error) or rest or rows < LEAST or self.plan.engine.world > 1:
                raise
            newest = max(Run(self.plan.path).steps, default=0)
            action = Action(
                step=step,
                alarm=MEMORY,
                remedy=f"parts of {rows} images, whose gradients add up to those of all {batch}",
                settings=[f"accumulate={halves}"],
                back_to=newest,
            )
        say(f"MEMORY   step {step:,}: {batch // halves * 2} images at once do not fit: {action}")
        raise Sick(action)  # outside, so that nothing of the step that failed is held

    def _next(self, alarm: Alarm) -> Action:
        """The first remedy that was not yet tried, from the last checkpoint before the alarm's first sign."""
        tried = {action.remedy for action in self.before}
        left = remedies(alarm.rule, self.plan.recipe, tried)
        if len(self.before) >= MOST or not left:
            done = "; ".join(f"{action.alarm} at step {action.step:,}: {action}" for action in self.before)
            raise Failure(f"{alarm.text}, since step {alarm.since:,}; gave up{f' after {done}' if done else ''}")
        remedy, settings = next(iter(left.items()))
        anew = any(setting.startswith("nets.") for setting in settings)
        healthy = [step for step in Run(self.plan.path).steps if step < alarm.since and not anew]
        return Action(
            step=alarm.step, alarm=alarm.rule.name, remedy=remedy, settings=settings, back_to=max(healthy, default=0)
        )


def _read(path: Path) -> list[Action]:
    return [Action(**record) for record in read_lines(path, Action)]


def gone_on(plan: Plan) -> Plan:
    """The plan with what was changed when its run was taken back, where it goes on with one that was."""
    done = actions(Run(plan.path)) if plan.begun else []
    if not done:
        return plan
    recipe = plan.recipe if plan.resumed else plan.recipe.override([s for action in done for s in action.settings])
    sick = [action for action in done if not action.of_memory]
    again = with_recipe(plan, recipe)
    return replace(again, taken_back=True, attempt=len(sick), back_to=sick[-1].back_to if sick else 0)


def taken_back(plan: Plan, action: Action) -> Plan:
    """Takes the run back: drops the checkpoints after the healthy one, and gives the plan to go on with."""
    run = Run(plan.path)
    for step in run.steps:
        if step > action.back_to:
            run.checkpoint(step).unlink(missing_ok=True)
    Journal(run.file(RECOVERY)).write(action.model_dump())
    recipe = plan.recipe.override(action.settings)
    files.write(run.file("recipe.toml"), recipe.to_toml().encode(), make_folder=False)
    again = replace(with_recipe(plan, recipe), taken_back=True, resumed=True)
    return again if action.of_memory else replace(again, attempt=plan.attempt + 1, back_to=action.back_to)
