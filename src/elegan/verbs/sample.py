"""Generated images as files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from elegan.core import grid, memory
from elegan.core.errors import Interrupted, UserError, shown
from elegan.core.files import folder_for
from elegan.core.pixels import to_bytes
from elegan.core.ranges import LAST_SEED, whole
from elegan.core.rng import latents
from elegan.run import Run

COLUMNS = 10  # values of a code that are shown
MOST = 10_000_000  # seeds of a call


def parse_seeds(text: str) -> list[int]:
    """ "0-3,7" to [0, 1, 2, 3, 7]. Raises UserError for anything else, and for more than MOST."""
    seeds: list[int] = []
    for part in text.split(","):
        chosen = _seeds(part.strip())
        if chosen is None:
            raise UserError(
                f"seeds {shown(text)}: {shown(part.strip())} is neither a number up to 2^63 - 1 nor a range such as 0-63"
            )
        if len(seeds) + chosen.stop - chosen.start > MOST:
            raise UserError(f"seeds {shown(text)} are more than {MOST:,}, the most of one call")
        seeds += chosen
    return seeds


def _seeds(part: str) -> range | None:
    first, dash, last = part.partition("-")
    ends = whole(first), whole(last if dash else first)
    if ends[0] is None or ends[1] is None or not ends[0] <= ends[1] <= LAST_SEED:
        return None
    return range(ends[0], ends[1] + 1)


def save_samples(
    run: Run, seeds: Sequence[int], label: str | None, truncation: float | None, separate: bool, out: Path
) -> Path:
    """One sheet, or a PNG a seed; gives the sheet's path or the folder's.

    Raises UserError where nothing can be written there or a sheet would not fit memory, Interrupted after Ctrl-C.
    """
    folder_for(out)
    if separate:
        return _save_each(run, seeds, label, truncation, out)
    side, channels, _ = run.shape
    memory.check_room(len(seeds), 3 * side * side * channels, "pictures on one sheet")
    images = np.concatenate(list(run.stream(seeds, label=label, truncation=truncation)))
    columns = run.columns if label is None else 8
    path = out / f"{_stem(run, label, truncation)}-{seeds[0]}-{seeds[-1]}.png"
    grid.save_png(path, grid.grid(images, min(columns, len(images))))
    return path


def _save_each(run: Run, seeds: Sequence[int], label: str | None, truncation: float | None, out: Path) -> Path:
    pages, done = run.stream(seeds, label=label, truncation=truncation), 0
    try:
        for image in (image for page in pages for image in page):
            grid.save_png(out / f"{_stem(run, label, truncation)}-{seeds[done]:06d}.png", image)
            done += 1
    except KeyboardInterrupt:
        raise Interrupted(f"stopped after {done} of {len(seeds)} pictures, which are in {out}") from None
    return out


@torch.no_grad()
def save_codes(run: Run, seed: int, out: Path) -> list[Path]:
    """A sheet for each continuous code: a row a category, the code from low to high along it, the rest as in this seed.

    Raises UserError for a run without codes.
    """
    codes = run.game.codes
    if not codes or not run.game.generate:
        raise UserError(f"{run.path} has no codes; infogan is a recipe with them")
    folder_for(out)
    z, paths = latents([seed], codes.latent)[0], []
    for code in range(max(codes.continuous, 1)):
        table = codes.sweep(z, code, COLUMNS).to(run.device)
        images = to_bytes(run.game.generate(run.nets, table, None))
        paths.append(out / f"{_stem(run, None, None)}-seed{seed}-code{code + 1}.png")
        grid.save_png(paths[-1], grid.grid(images, len(images) // codes.rows))
    return paths


def _stem(run: Run, label: str | None, truncation: float | None) -> str:
    marks = [f"step{run.step}", *([f"class{run.label_of(label)}"] if label is not None else [])]
    return "-".join([*marks, *([f"t{truncation:g}"] if truncation else [])])
