"""Generated lines of a text as a file."""

from collections.abc import Sequence
from pathlib import Path

from elegan.core import files
from elegan.run import Run


def save_lines(run: Run, seeds: Sequence[int], temperature: float, stem: str, out: Path) -> Path:
    """Writes items of a text, one a seed, to the folder `out`, or to the file that it is where it ends in .txt: a line each, or with
    blank lines between them where the data have them. Gives its path. Raises UserError for a temperature not above 0."""
    lines = run.lines(seeds=seeds, temperature=temperature)
    marked = stem if temperature == 1 else f"{stem}-T{temperature:g}"
    alone = out.suffix.lower() == ".txt"
    path = files.file_for(out) if alone else files.folder_for(out) / f"{marked}-{seeds[0]}-{seeds[-1]}.txt"
    between = "\n\n" if run.info["data"]["apart"] == "blank" else "\n"
    files.write(path, f"{between.join(lines)}\n".encode())
    return path
