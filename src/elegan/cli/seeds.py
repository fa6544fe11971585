"""One training after another that differ by their seed alone."""

import shlex
import sys
from typing import TYPE_CHECKING, Any

from elegan.core.errors import Interrupted, UserError
from elegan.core.screen import answer, say

if TYPE_CHECKING:  # for checkers alone, so that `elegan --help` does not wait for torch
    from elegan.run import Run


def train_seeds(text: str, options: dict[str, Any], dry_run: bool) -> None:
    """Trains with each of the seeds that `text` lists and compares the runs; what was trained before is gone on with. Minutes are
    those of the first one, whose steps the others play as well.

    Raises UserError for `options` of a single run, Interrupted with the command to go on after Ctrl-C.
    """
    from elegan.training.session import train
    from elegan.verbs.compare import compare
    from elegan.verbs.sample import parse_seeds

    if single := [word for word, given in _single(options, dry_run).items() if given]:
        raise UserError(f"--seeds makes a run of each seed, and {single[0]} is for one: leave it out")
    runs: list[Run] = []
    for seed in dict.fromkeys(parse_seeds(text)):
        try:
            length = {"minutes": None, "steps": runs[0].recipe.steps} if runs and options["minutes"] else {}
            runs.append(train(**options | length | {"seed": seed, "name": _name(options["name"], seed)}))
        except (Interrupted, KeyboardInterrupt) as error:
            done = str(error).partition("; go on")[0] or "stopped"
            command = shlex.join(["elegan", *sys.argv[1:]])
            raise Interrupted(f"{done} of seed {seed}; go on with: {command}") from None
        say(f"{runs[-1].path}/samples.png shows what seed {seed} makes")
    paths = [run.path for run in runs]
    try:
        comparison = compare(runs)
    except UserError as error:
        answer({"runs": paths, "comparison": None, "why": str(error)}, f"not compared: {error}")
        return
    answer({"runs": paths, "comparison": comparison.as_dict()}, str(comparison))


def _single(options: dict[str, Any], dry_run: bool) -> dict[str, Any]:
    return {"--seed": options["seed"], "--resume": options["resume"], "--dry-run": dry_run}


def _name(name: str | None, seed: int) -> str | None:
    """The name of the run of this seed where a name was given; otherwise a run's own name tells its seed."""
    return None if name is None else f"{name}-seed{seed}"
