"""Arguments and options that several verbs of the command line share."""

from pathlib import Path
from typing import Annotated

import typer

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, or a packed file.")]
Pictures = Annotated[list[str], typer.Argument(metavar="PICTURE...", help="Files, folders or quoted globs.")]
Checkpoint = Annotated[str, typer.Option(help="newest, best (by the watched metric), or a step.")]
Trust = Annotated[
    list[str] | None,
    typer.Option(
        "--trust",
        metavar="MODULE",
        help="Trusts this module: files from elsewhere may name what it defines.",
    ),
]
Direction = Annotated[str | None, typer.Option(help="AtoB or BtoA, where the run knows both.")]
Tile = Annotated[str, typer.Option(help="auto, none, or the side of the tiles in pixels.")]
AsJson = Annotated[bool, typer.Option("--json", help="Prints JSON instead of text.")]
Seed = Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Seed of the first latent, and of random subsets.")]
MOST = 10_000_000  # images that one call may make
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")]


def place(out: Path | None, default: Path) -> Path:
    """The folder to write to, `default` unless `out` is given. Raises UserError where nothing can be written there."""
    from elegan.core.files import folder_for

    return folder_for(out or default)
