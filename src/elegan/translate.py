"""Pictures of any size and format through a trained translator."""

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from elegan.data.decode import SUFFIXES, Unreadable
from elegan.errors import UserError, nearest
from elegan.photos import read_photo, write_photo
from elegan.run import Run
from elegan.tiles import in_tiles


@dataclass(frozen=True)
class Outcome:
    """Of one input: where it went, or the `fault` that kept it from going there; `skipped` where it stood there."""

    source: Path
    target: Path
    fault: str = ""
    skipped: bool = False


def direction_of(run: Run, wanted: str | None) -> str:
    """The direction asked for, or the only one. Raises UserError where the run does not translate (that way)."""
    ways = list(run.game.translate)
    if not ways:
        raise UserError(f"{run.path} makes images from nothing: elegan sample {run.path}")
    if wanted is None:
        if len(ways) > 1:
            raise UserError(f"{run.path} translates both ways; give --direction {' or '.join(ways)}")
        return ways[0]
    if wanted not in ways:
        raise UserError(f"{run.path} does not translate {wanted!r}{nearest(wanted, ways)}")
    return wanted


@torch.inference_mode()
def translate(
    run: Run, pixels: np.ndarray, direction: str | None = None, strength: float = 1.0, tile: int | None = None
) -> np.ndarray:
    """float H x W x C in [0, 1], C the run's channels, to the same. `strength` mixes the result (1) with the input (0).

    `tile`: see `elegan.tiles.in_tiles`. Raises UserError for an unknown direction or a strength outside 0..1.
    """
    way = direction_of(run, direction)
    if not 0 <= strength <= 1:
        raise UserError(f"strength = {strength} is not in 0..1")
    x = torch.from_numpy(np.ascontiguousarray(pixels)).to(run.device).permute(2, 0, 1)[None].float() * 2 - 1
    function = run.game.translate[way]
    y = in_tiles(lambda part: function(run.nets, part), x, run.nets[way], tile)
    mixed = y if strength == 1 else x + strength * (y - x)
    return (mixed[0].permute(1, 2, 0) / 2 + 0.5).clamp(0, 1).cpu().numpy()


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
    direction_of(run, direction)
    for source, target in _targets(inputs, out):
        if target.exists() and not overwrite:
            yield Outcome(source, target, skipped=True)
            continue
        try:
            photo = read_photo(source)
        except Unreadable as error:
            yield Outcome(source, target, fault=str(error))
            continue
        made = translate(run, photo.colours(run.shape.channels), direction, strength, tile)
        write_photo(target, made, photo)
        yield Outcome(source, target)


def _targets(inputs: Sequence[str], out: Path) -> list[tuple[Path, Path]]:
    """(file, where to). Folders keep the paths inside them."""
    found: dict[Path, Path] = {}
    for given in inputs:
        matched = [Path(p) for p in sorted(glob.glob(os.path.expanduser(given), recursive=True))] or [Path(given)]
        for path in matched:
            if not path.exists():
                beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
                raise UserError(f"no picture {given!r}{nearest(path.name, beside)}")
            inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES) if path.is_dir() else [path]
            for source in inside:
                target = out / (source.relative_to(path) if path.is_dir() else source.name)
                if found.setdefault(target, source) != source:
                    raise UserError(f"{found[target]} and {source} would both be written to {target}")
    if not found:
        raise UserError(f"no pictures in {', '.join(inputs)} (looked for {' '.join(SUFFIXES)})")
    if overlap := [target for target, source in found.items() if target.resolve() == source.resolve()]:
        raise UserError(f"{overlap[0]} would be written over itself; give another --out")
    return [(source, target) for target, source in found.items()]
