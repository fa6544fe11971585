"""The closing words of a training, with the numbers under them: how near it came, which way it went, what to do next."""

import math
import shlex
from collections.abc import Sequence

from elegan.core.progress import duration
from elegan.record.course import improves, is_worse
from elegan.training.commands import resume
from elegan.training.look import Look
from elegan.training.plan import Plan
from elegan.workflows.workflow import View

AS_NEAR = 1.5  # times the floor, which is known to about a third (metrics/catalogue/fd.py)
History = Sequence[Sequence[float]]  # [step, watched metric] of every look


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def standing(look: Look, view: View) -> str:
    """The watched metric at a look, beside what known pictures get; empty where none is watched."""
    if not look.values:
        return ""
    label, value = next(iter(look.values.items()))
    references = [f"{each.words} {_number(each.value)}" for each in (view.ideal, view.untreated) if each]
    return ", ".join([f"{label} {_number(value)} at step {look.step:,}", *references])


def summary(
    plan: Plan, view: View, look: Look, history: History, seconds: float, alarms: Sequence[str] = ()
) -> list[str]:
    """Lines for people on a training that has ended with this look; `seconds` is all it took, `alarms` what the guard said."""
    looks = [(int(step), value) for step, value in history if math.isfinite(value)]
    if look.values and looks:
        words = _nearness(view, plan.workflow.items, look)
        lines = [*([words] if words else []), f"    {standing(look, view)}", *_way(plan, view, looks)]
    else:
        lines = [f"No metric was watched: the {plan.workflow.items} tell."]
    if alarms:
        command = f"elegan doctor {shlex.quote(str(plan.path))}{plan.recipe.trust_options}"
        lines += [f"The guard raised {', '.join(alarms)}; what to try:", f"    {command}"]
    lines += _commands(plan, " --checkpoint best" if looks and is_worse(looks, _start(view)) else "")
    took = f"It took {duration(seconds)} for {look.step:,} steps"
    return ["", *lines, f"{took}; all of it: {plan.path}, its curves: {plan.path / 'curves.png'}"]


def _nearness(view: View, items: str, look: Look) -> str:
    """How near the real pictures it is; empty where nothing is known to compare with."""
    ideal, untreated, (name, value) = view.ideal, view.untreated, next(iter(look.values.items()))
    if untreated and view.rises:
        if value <= untreated.value:
            return f"What it makes is no nearer to the real pictures than {untreated.words}: it has not learnt it yet."
        return (
            f"What it makes is {value - untreated.value:.3g} {name} nearer to the real pictures than {untreated.words}."
        )
    if untreated and value > 0.99 * untreated.value:
        return f"What it makes is no nearer to the real pictures than {untreated.words}: it has not learnt it yet."
    if untreated and not ideal:
        return f"What it makes is {1 - value / untreated.value:.0%} nearer to the real pictures than {untreated.words}."
    if untreated and ideal and value > ideal.value:
        share = (untreated.value - value) / (untreated.value - ideal.value)
        return f"It goes {share:.0%} of the way from {untreated.words} to real ones."
    if ideal and ideal.value > 0:
        return _times(value / ideal.value, items)
    return ""


def _times(ratio: float, items: str) -> str:
    if ratio <= AS_NEAR:
        return f"Its {items} are about as near to the real ones as those are to each other, as far as this metric sees."
    return f"Its {items} are {_number(ratio)} times as far from the real ones as those are from each other."


def _way(plan: Plan, view: View, looks: list[tuple[int, float]]) -> list[str]:
    """Whether it still improves, has levelled off or went wrong, and what to do then."""
    if len(looks) < 3:
        return ["Too few looks to say whether more steps would help (watch.every)."] if looks else []
    (before, earlier), (last, value) = looks[-2:]
    step, best = min(looks, key=lambda look: look[1])
    start = _start(view)
    shown = [_number(-number if view.rises else number) for number in (value, earlier, best)]
    numbers = f"    {shown[0]} at step {last:,}, {shown[1]} at step {before:,}, the best {shown[2]} at step {step:,}"
    if is_worse(looks, start):
        return [
            f"It was better before, at step {step:,}, which is kept: --checkpoint best.",
            numbers,
        ]
    if improves(looks, start):
        return ["It was still improving; twice as many steps:", numbers, f"    {_further(plan)}"]
    return ["It has hardly improved of late: more pictures or another recipe may help, more steps hardly.", numbers]


def _start(view: View) -> float:
    """The value that changes are measured from: that of what came in, or 0 where nothing did; minus it where more is better."""
    start = view.untreated.value if view.untreated else 0.0
    return -start if view.rises else start


def _commands(plan: Plan, checkpoint: str) -> list[str]:
    """The commands to go on with; none for data in memory, which the commands could not open."""
    if plan.in_memory or not plan.workflow.commands:
        return []
    run = f"{shlex.quote(str(plan.path))}{checkpoint}{plan.recipe.trust_options}"
    commands = {command.format(run=run): words for command, words in plan.workflow.commands.items()}
    width = max(map(len, commands))
    return ["Next:", *(f"    {command:{width}}  {words}" for command, words in commands.items())]


def _further(plan: Plan) -> str:
    path, steps = plan.path, 2 * plan.recipe.steps
    if plan.in_memory:
        return f"elegan.train(data, resume={str(path)!r}, steps={steps})"
    return resume(path, plan.recipe, f"--steps {steps}")
