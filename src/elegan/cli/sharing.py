"""The verbs that make of a run what others can use: pack, export, bundle."""

from pathlib import Path
from typing import Annotated

from elegan.cli.options import Checkpoint, Direction, RunPath, Trust
from elegan.cli.panels import how, what, where
from elegan.core.errors import UserError, shown
from elegan.core.screen import answer

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
