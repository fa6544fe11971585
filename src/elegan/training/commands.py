"""Commands to paste that train on, or train anew, what a run trains."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from elegan.core.errors import UserError
from elegan.recipes.recipe import Recipe
from elegan.record.record import Record


def resume(path: Path, recipe: Recipe, *more: str) -> str:
    """The command that goes on with the run of this recipe there."""
    return " ".join([f"elegan train --resume {shlex.quote(str(path))}{recipe.trust_options}", *more])


def anew(run: Record, name: str, *more: str) -> str:
    """The command that begins a run beside it with something changed; "" where its data are not known here."""
    try:
        source = run.source
    except UserError:
        return ""
    words = [
        "elegan train", shlex.quote(source), "--recipe", shlex.quote(str(run.recipe_file)), "--as-published",
        "--out", shlex.quote(str(run.path.parent)), "--name", shlex.quote(f"{run.name}-{name}"), *more,
    ]  # fmt: skip
    return " ".join(words) + run.recipe.trust_options


def options(settings: Sequence[str]) -> list[str]:
    """The options of a command that set these."""
    return [f"--set {shlex.quote(setting)}" for setting in settings]


def remedied(run: Record, remedy: str, settings: Sequence[str]) -> str:
    """The command that begins anew with a remedy, which is another seed where it has no settings."""
    return anew(run, remedy.replace(" ", "-"), *(options(settings) or [f"--seed {run.info['seed'] + 1}"]))
