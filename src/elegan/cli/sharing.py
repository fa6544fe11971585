"""The verbs that make of a run what others can use: pack, export, bundle, push."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from elegan.cli.options import Checkpoint, Direction, RunPath, Trust
from elegan.cli.panels import how, what, where
from elegan.core.errors import UserError, shown
from elegan.core.screen import answer, manner

Licence = Annotated[str, what(help="What others may do with it, such as CC-BY-4.0.")]
Note = Annotated[str, what(help="What else is to be said of it.")]


def pack(
    run: RunPath,
    out: Annotated[Path, where(metavar="FILE", help="The file to write, which ends in .safetensors.")],
    licence: Licence = "",
    note: Note = "",
    half: Annotated[bool, how("--half", help="Weights in half precision: half the size, nearly as exact.")] = False,
    card: Annotated[Path | None, where(metavar="FILE", help="Writes the card too, to a file in .md.")] = None,
    checkpoint: Checkpoint = "newest",
    trust: Trust = None,
) -> None:
    """Writes a run as one file, which every verb opens in place of the run, and prints its card: what it is, learnt from, and worth."""
    from elegan.core import files
    from elegan.run import Run
    from elegan.verbs.pack import pack as write

    if card and card.suffix != ".md":
        raise UserError(f"{shown(str(card))} does not end in .md")
    if card:
        files.file_for(card)
    text = write(Run.open(run, checkpoint, trust=trust or ()), out, licence=licence, note=note, half=half)
    if card:
        files.write(card, text.encode())
    size = out.stat().st_size
    answer({"path": out, "bytes": size, "card": text}, text, f"{out} ({size / 1e6:.2f} MB)")


def export(
    run: RunPath,
    out: Annotated[Path, where(metavar="FILE", help="The file to write, which ends in .onnx.")],
    direction: Direction = None,
    checkpoint: Checkpoint = "newest",
    trust: Trust = None,
) -> None:
    """Writes a run's generator, translator or restorer as ONNX, after checking that it gives what torch gives."""
    from elegan.run import Run
    from elegan.verbs.export import export as write

    worst = write(Run.open(run, checkpoint, trust=trust or ()), out, direction)
    size = out.stat().st_size
    facts = {"path": out, "bytes": size, "largest_difference": worst}
    answer(facts, f"{out} ({size / 1e6:.2f} MB), within {worst:.1e} of torch")


def bundle(
    run: RunPath,
    out: Annotated[Path, where(metavar="FILE", help="The file to write, which ends in .zip.")],
    licence: Licence = "",
    note: Note = "",
    direction: Direction = None,
    checkpoint: Checkpoint = "newest",
    trust: Trust = None,
) -> None:
    """Writes one zip for a friend: the run packed and as ONNX, its card, and a small program that needs no elegan and no torch."""
    from elegan.run import Run
    from elegan.verbs.bundle import bundle as write

    opened = Run.open(run, checkpoint, trust=trust or ())
    names = write(opened, out, licence=licence, note=note, direction=direction)
    size = out.stat().st_size
    answer({"path": out, "bytes": size, "files": names}, *names, f"{out} ({size / 1e6:.2f} MB)")


def push(
    run: RunPath,
    to: Annotated[
        str, typer.Argument(metavar="hub:OWNER/NAME", help="The repository, made where it is not there yet.")
    ],
    data: Annotated[
        str, what(help="Where the pictures come from, who is on them, what may be done with them; asked for.")
    ] = "",
    licence: Annotated[str, what(help="What others may do with the model, such as CC-BY-4.0; asked for.")] = "",
    note: Note = "",
    samples: Annotated[
        bool, what("--samples", help="Also the newest sheet of the training, which may show pictures of the data.")
    ] = False,
    private: Annotated[bool, where("--private", help="Makes a new repository that others do not see.")] = False,
    half: Annotated[bool, how("--half", help="Weights in half precision: half the size, nearly as exact.")] = False,
    out: Annotated[
        Path | None,
        where(metavar="FOLDER", help="Writes there what would be sent, to be looked at, and sends nothing."),
    ] = None,
    checkpoint: Checkpoint = "newest",
    trust: Trust = None,
) -> None:
    """Puts a run on the hub: the packed file, its recipe, ONNX, and a page of what it is; others open it as hub:OWNER/NAME."""
    from elegan.core import hub
    from elegan.run import Run
    from elegan.verbs.push import push as send

    hub.repository(to)
    opened = Run.open(run, checkpoint, trust=trust or ())
    data = data or _asked("Where do the pictures come from, who is on them, and what may be done with them?")
    licence = licence or opened.licence or _asked("What may others do with the model (such as CC-BY-4.0)?")
    address = send(
        opened, to, data=data, licence=licence, note=note, private=private, samples=samples, half=half, out=out
    )
    answer({"address" if out is None else "path": address}, address)


def _asked(question: str) -> str:
    """The answer of whoever sits at the terminal; "" where nobody does."""
    return str(typer.prompt(question, err=True)) if sys.stdin.isatty() and not manner.as_json else ""
