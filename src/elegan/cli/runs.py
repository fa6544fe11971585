"""The verbs that look at what is there: runs, doctor."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from elegan.cli.options import Trust, run_argument
from elegan.core.screen import answer

if TYPE_CHECKING:
    from elegan.verbs.runs import Listed


def runs(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder in which run folders are.")] = Path(
        "runs"
    ),
) -> None:
    """Lists runs, the newest first: what they are, how far they came, what they reached, and which train now."""
    from elegan.verbs.runs import runs as list_runs

    listed = list_runs(folder)
    answer([run.as_dict() for run in listed], *_lines(listed, folder))


def doctor(
    run: Annotated[
        Path | None,
        run_argument("[RUN]", "A run folder, or a packed file; without one the installation is looked at."),
    ] = None,
    trust: Trust = None,
) -> None:
    """Says what is wrong, and what to try next as commands: of a run, or of the installation and the machine."""
    from elegan.record.record import Record
    from elegan.verbs.doctor.doctor import doctor as examine

    found = examine(None if run is None else Record.open(run, trust=trust or ()))
    answer(found.as_dict(), *found.lines())


def _lines(listed: "list[Listed]", folder: Path) -> list[str]:
    """A table of the runs, and a line for each folder that is none."""
    from rich.console import Console

    from elegan.verbs.runs import printable, table

    console, lines = Console(highlight=False), [f"no runs in {printable(str(folder))}"]
    if shown := [run for run in listed if run.state not in ("damaged", "no run")]:
        with console.capture() as capture:
            console.print(table(shown))
        lines = [line.rstrip() for line in capture.get().splitlines()]
    return lines + [printable(f"{run.state}: {run.path} ({run.fault})") for run in listed if run.fault]
