"""Pictures of any size and format through a trained translator."""

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from elegan.data.decode import SUFFIXES, Unreadable
from elegan.errors import UserError, nearest
from elegan.photos import read_photo, write_photo
from elegan.run import Run


@dataclass(frozen=True)
class Outcome:
    """Of one input: where it went, or the `fault` that kept it from going there; `skipped` where it stood there."""

    source: Path
    target: Path
    fault: str = ""
    skipped: bool = False


def translate_files(
    run: Run,
    inputs: Sequence[str],
    out: Path,
    *,
    direction: str | None = None,
    strength: float = 1.0,
    tile: int | None = None,
    overwrite: bool = False,
) -> Iterator[Outcome]:
    """Writes every picture among the files, folders and globs `inputs` to `out`, under its name and in its format.

    Gives an outcome as each is done; a file that cannot be read does not keep the rest from being done. Raises UserError
    for inputs that name nothing, or two files of one name.
    """
    run.direction(direction)
    for source, target in _targets(inputs, out):
        if target.exists() and not overwrite:
            yield Outcome(source, target, skipped=True)
            continue
        try:
            photo = read_photo(source)
        except Unreadable as error:
            yield Outcome(source, target, fault=str(error))
            continue
        made = run.translate(photo.colours(run.shape.channels), direction, strength, tile)
        write_photo(target, made, photo)
        yield Outcome(source, target)


def pictures_in(inputs: Sequence[str]) -> Iterator[tuple[Path, Path]]:
    """(file, its name inside the folder that was given) of every picture among files, folders and globs.

    Raises UserError for inputs that name nothing.
    """
    none = True
    for given in inputs:
        matched = [Path(p) for p in sorted(glob.glob(os.path.expanduser(given), recursive=True))] or [Path(given)]
        for path in matched:
            if not path.exists():
                beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
                raise UserError(f"no picture {given!r}{nearest(path.name, beside)}")
            inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES) if path.is_dir() else [path]
            for source in inside:
                none = False
                yield source, source.relative_to(path) if path.is_dir() else Path(source.name)
    if none:
        raise UserError(f"no pictures in {', '.join(inputs)} (looked for {' '.join(SUFFIXES)})")


def _targets(inputs: Sequence[str], out: Path) -> list[tuple[Path, Path]]:
    """(file, where to). Folders keep the paths inside them."""
    found: dict[Path, Path] = {}
    for source, name in pictures_in(inputs):
        if found.setdefault(out / name, source) != source:
            raise UserError(f"{found[out / name]} and {source} would both be written to {out / name}")
    if overlap := [target for target, source in found.items() if target.resolve() == source.resolve()]:
        raise UserError(f"{overlap[0]} would be written over itself; give another --out")
    return [(source, target) for target, source in found.items()]
