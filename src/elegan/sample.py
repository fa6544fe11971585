"""Generated images as files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from elegan import pictures
from elegan.data.feed import to_bytes
from elegan.errors import UserError
from elegan.latents import latents
from elegan.run import Run

COLUMNS = 10  # values of a code that are shown


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


@torch.no_grad()
def save_codes(run: Run, seed: int, out: Path) -> list[Path]:
    """A sheet for each continuous code: a row a category, the code from low to high along it, the rest as in this seed.

    Raises UserError for a run without codes.
    """
    codes = run.game.codes
    if not codes or not run.game.generate:
        raise UserError(f"{run.path} has no codes; infogan is a recipe with them")
    z, paths = latents([seed], codes.latent)[0], []
    for code in range(max(codes.continuous, 1)):
        table = codes.sweep(z, code, COLUMNS).to(run.device)
        images = to_bytes(run.game.generate(run.nets, table, None))
        paths.append(out / f"{_stem(run, None, None)}-seed{seed}-code{code + 1}.png")
        pictures.save_png(paths[-1], pictures.grid(images, len(images) // codes.rows))
    return paths


def _stem(run: Run, label: str | None, truncation: float | None) -> str:
    marks = [f"step{run.step}", *([f"class{run.label_of(label)}"] if label is not None else [])]
    return "-".join([*marks, *([f"t{truncation:g}"] if truncation else [])])
