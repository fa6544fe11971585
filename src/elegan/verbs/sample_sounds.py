"""Generated sounds as WAV files, and a page to listen to them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from elegan.core import files
from elegan.core.errors import UserError
from elegan.data.sound.read import wav
from elegan.games.abilities import MakesSound
from elegan.run import Run
from elegan.verbs.listen import Clip, clip, write_page

MOST = 500  # sounds on a page


def save_sounds(
    run: Run,
    seeds: Sequence[int],
    label: str | int | None,
    truncation: float | None,
    stem: str,
    out: Path,
    vocoder: Run | None = None,
) -> list[Path]:
    """Writes a WAV a seed to the folder `out`, and a page of the first `MOST` of them. Gives the folder, then the page."""
    if out.suffix.lower() == ".wav" and len(seeds) > 1:
        raise UserError(f"{out} is one file, for {len(seeds)} sounds; --out names a folder, or --num 1 makes one")
    rate = run.ability(MakesSound).rate
    samples = run.sounds(seeds=seeds, label=label, truncation=truncation, vocoder=vocoder)
    if out.suffix.lower() == ".wav":
        files.write(files.file_for(out), wav(samples[0], rate))
        return [out]
    folder = files.folder_for(out)
    for seed, sound in zip(seeds, samples, strict=True):
        files.write(folder / f"{stem}-{seed:06d}.wav", wav(sound, rate))
    page = folder / f"{stem}-{seeds[0]}-{seeds[-1]}.html"
    write_page(page, f"{run.name}, step {run.step:,}", _clips(run, seeds[:MOST], label, samples))
    return [folder, page]


def clips_of(run: Run, count: int = 20) -> list[Clip]:
    """The first sounds of a run, to listen to."""
    return _clips(run, range(count), None, run.sounds(count))


def _clips(run: Run, seeds: Sequence[int], label: str | int | None, samples: np.ndarray) -> list[Clip]:
    labels = run.labels_for(range(len(seeds)), None if label is None else run.label_of(label))
    classes = [f"{run.classes[k]}, " for k in labels] if labels is not None and run.conditional else [""] * len(seeds)
    rate = run.ability(MakesSound).rate
    return [clip(x, rate, f"{of}seed {seed}") for x, of, seed in zip(samples, classes, seeds, strict=False)]
