"""Generated images as files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from elegan import pictures
from elegan.errors import UserError
from elegan.run import Run


def parse_seeds(text: str) -> list[int]:
    """ "0-3,7" to [0, 1, 2, 3, 7]. Raises UserError for anything else."""
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdigit() or (dash and not last.isdigit()) or (dash and int(last) < int(first)):
            raise UserError(f"seeds {text!r}: {part.strip()!r} is neither a number nor a range such as 0-63")
        seeds += range(int(first), int(last or first) + 1)
    return seeds


def save_samples(
    run: Run, seeds: Sequence[int], label: str | None, truncation: float | None, separate: bool, out: Path
) -> Path:
    """One sheet, or a PNG a seed; gives the sheet's path or the folder's."""
    if separate:
        for start, images in zip(
            range(0, len(seeds), 64), run.stream(seeds, label=label, truncation=truncation), strict=True
        ):
            for seed, image in zip(seeds[start : start + 64], images, strict=True):
                pictures.save_png(out / f"{_stem(run, label, truncation)}-{seed:06d}.png", image)
        return out
    images = np.concatenate(list(run.stream(seeds, label=label, truncation=truncation)))
    columns = run.columns if label is None else 8
    path = out / f"{_stem(run, label, truncation)}-{seeds[0]}-{seeds[-1]}.png"
    pictures.save_png(path, pictures.grid(images, min(columns, len(images))))
    return path


def _stem(run: Run, label: str | None, truncation: float | None) -> str:
    marks = [f"step{run.step}", *([f"class{run.label_of(label)}"] if label is not None else [])]
    return "-".join([*marks, *([f"t{truncation:g}"] if truncation else [])])
