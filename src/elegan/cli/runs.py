"""The verb that lists runs."""

import json
from pathlib import Path
from typing import Annotated

import typer

from elegan.cli.options import AsJson
from elegan.core.screen import say


def runs(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder in which run folders are.")] = Path(
        "runs"
    ),
    as_json: AsJson = False,
) -> None:
    """Lists runs, the newest first: what they are, how far they came, what they reached, and which train now."""
    from rich.console import Console

    from elegan.verbs.runs import printable, table
    from elegan.verbs.runs import runs as list_runs

    listed = list_runs(folder)
    if as_json:
        say(json.dumps([run.as_dict() for run in listed], indent=1))
        return
    console = Console(highlight=False)
    shown = [run for run in listed if run.state not in ("damaged", "no run")]
    if shown:
        with console.capture() as capture:
            console.print(table(shown))
        say(*(line.rstrip() for line in capture.get().splitlines()))
    else:
        say(f"no runs in {printable(str(folder))}")
    for run in listed:
        if run.fault:
            say(printable(f"{run.state}: {run.path} ({run.fault})"))
