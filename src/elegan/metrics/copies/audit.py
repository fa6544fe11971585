"""The check of generated images for copies of training images: the real images that it uses, and the record that it keeps."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from elegan.core import files, grid
from elegan.core.errors import Failure, UserError
from elegan.core.sizes import Resolution, resolution_of
from elegan.data import InMemory, open_data, open_held_out
from elegan.metrics.copies import CopyReport, find_copies
from elegan.metrics.features import tiles

ROWS = 100  # suspects on a sheet


def copies(
    generated: str | Path | Iterable[np.ndarray],
    data: str | InMemory,
    shape: tuple[Resolution, int] = (0, 0),
    *,
    fit: str = "crop",
    distinct: bool = False,
    alpha: float = 0.001,
    max_share: float | None = None,
    out: Path | None = None,
    seed: int = 0,
    settings: dict[str, Any] | None = None,
) -> CopyReport:
    """Reports which of `generated` (a folder, a zip, or uint8 batches N x H x W x C) are copies of training images of `data`.

    Both are brought to `shape`, (resolution, channels), where zeros stand for the generated folder's own, and of `data` each is taken once where `distinct`. p-values are
    calibrated on the held-out part of `data` where that is large enough for `alpha`, else on training images left out
    in turn. Writes into `out` copies.json, to which `settings` are added, and sheets suspects-001.png, ... (a row each: the
    suspect, then its nearest training images, the likeliest source first). See `find_copies` for the verdicts and
    `UserError`s. Raises Failure, when all is written, where the share of suspects is above `max_share`.
    """
    if max_share is not None and not 0 <= max_share <= 1:
        raise UserError(f"max_share must lie between 0 and 1; got {max_share}")
    if not 0 < alpha < 1:
        raise UserError(f"alpha must lie between 0 and 1; got {alpha}")
    if out is not None:
        files.folder_for(out)
    shown, names = _generated(generated, shape, fit)
    shape = (resolution_of(shown.shape[1:3]), shown.shape[3])
    real = open_data(data, *shape, fit, distinct=distinct)
    held_out = open_held_out(real.source, shape, fit)
    report = find_copies(real.images, shown, alpha, held_out.images if held_out else None, seed)
    if out is not None:
        record = {"data": real.name, "fingerprint": real.fingerprint} | (settings or {})
        files.write_json(out / "copies.json", record | report.to_record(names, real.names))
        _save_sheets(report, shown, real.images, out)
    if max_share is not None and report.share > max_share:
        where = f": see {out}" if out else ""
        raise Failure(
            f"{report.suspects.sum():,} of {len(shown):,} images ({report.share:.2%}) are suspects "
            f"at alpha = {alpha:g}, more than the {max_share:.2%} allowed{where}"
        )
    return report


def _generated(
    generated: str | Path | Iterable[np.ndarray], shape: tuple[Resolution, int], fit: str
) -> tuple[np.ndarray, Sequence[str] | None]:
    """(uint8 N x H x W x C, the images' names where they are files). Raises UserError where there are none."""
    if isinstance(generated, str | Path):
        shown = open_data(generated, *shape, fit, "all")
        return shown.images, shown.names
    batches = list(generated)
    if not batches:
        raise UserError("there are no generated images")
    return np.concatenate(batches), None


def _save_sheets(report: CopyReport, shown: np.ndarray, training: np.ndarray, out: Path) -> None:
    """Writes sheets of the suspects in rows, the surest first, and removes those of an earlier search."""
    for stale in out.glob("suspects-*.png"):
        stale.unlink()
    for page, rows in enumerate(tiles(len(report.ranking), ROWS), start=1):
        suspects = report.ranking[rows]
        beside = [np.concatenate([shown[i][None], training[report.neighbours[i]]]) for i in suspects]
        sheet = grid.grid(np.concatenate(beside), columns=len(beside[0]), least=64)
        grid.save_png(out / f"suspects-{page:03d}.png", sheet)
