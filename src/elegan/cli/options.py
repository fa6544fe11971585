"""Arguments and options that several verbs of the command line share."""

from pathlib import Path
from typing import Annotated, Any

import typer

from elegan.cli import completion
from elegan.cli.panels import how, what
from elegan.core.errors import UserError
from elegan.core.facts import check_there


def there(ctx: typer.Context, named: Path | list[Path] | None) -> Path | list[Path] | None:
    """The run, or the runs. Raises UserError where there is nothing of the name of one, before torch is waited for."""
    if named is not None and not ctx.resilient_parsing:
        from elegan.record.packed import shipped

        for run in named if isinstance(named, list) else [named]:
            check_there(run, shipped())
    return named


def run_argument(metavar: str = "RUN", help: str = "A run folder, or a packed file.") -> Any:
    """An argument that names a run, which is checked and completed."""
    return typer.Argument(metavar=metavar, help=help, callback=there, autocompletion=completion.runs)


def named_run(text: str) -> tuple[str, Path]:
    """The name and the path of NAME=RUN; of a path alone the name is ""."""
    name, equals, path = text.partition("=")
    return (name, Path(path)) if name and equals and not Path(text).exists() else ("", Path(text))


def named_runs_there(ctx: typer.Context, runs: list[str]) -> list[str]:
    """The runs, with names or without; see `there`."""
    there(ctx, [named_run(text)[1] for text in runs])
    return runs


RunPath = Annotated[Path, run_argument()]
Pictures = Annotated[list[str], typer.Argument(metavar="PICTURE...", help="Files, folders or quoted globs.")]
Checkpoint = Annotated[str, what(help="newest, best (by the watched metric), or a step.")]
Direction = Annotated[str | None, what(help="AtoB or BtoA, where the run knows both.")]
Seed = Annotated[int, how(min=0, max=2**63 - 1, help="Seed of the first latent, and of random subsets.")]
Tile = Annotated[str, how(help="auto, none, or the side of the tiles in pixels.")]
Device = Annotated[
    str,
    how(help="auto (an accelerator where there is one), cpu, cuda, cuda:1 or mps.", autocompletion=completion.devices),
]
Trust = Annotated[
    list[str] | None,
    how("--trust", metavar="MODULE", help="Trusts this module: files from elsewhere may name what it defines."),
]
MOST = 10_000_000  # images that one call may make


def place(out: Path | None, default: Path) -> Path:
    """The folder to write to, `default` unless `out` is given. Raises UserError where nothing can be written there, and for the
    name of a picture."""
    from elegan.core.files import folder_for
    from elegan.verbs.inputs import is_picture

    if out and is_picture(out):
        raise UserError(f"{out} is one picture, and there will be several files; --out names a folder")
    return folder_for(out or default)
