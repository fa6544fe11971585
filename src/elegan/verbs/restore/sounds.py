"""Sounds on the disk through a network that enhances them, one by one."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from elegan.core import files
from elegan.core.errors import Failure, UserError, nearest
from elegan.core.spectra import hop_of
from elegan.data.deep import Unreadable
from elegan.data.sound.read import SUFFIXES, brought_to, read, wav
from elegan.data.sources import read_file
from elegan.games.abilities import Enhances
from elegan.run import Run
from elegan.verbs.inputs import Named, Outcome, Suffixes, pictures_in, with_targets
from elegan.verbs.listen import clip, write_page

TASKS = {"denoise": "denoised", "bandwidth": "widened"}  # the ending that each adds to a file's name
SOUNDS = Suffixes(SUFFIXES, "sound")


def are_sounds(inputs: Named) -> bool:
    """Whether what is named is sounds: files that end so, or folders that hold such files and no pictures."""
    try:
        pictures_in(inputs)
    except UserError:
        try:
            return bool(pictures_in(inputs, SOUNDS))
        except UserError:
            return False
    names = [inputs] if isinstance(inputs, str | Path) else inputs
    return all(str(name).lower().endswith(SUFFIXES) for name in names)


def open_enhancer(task: str, model: str | None, device: str, trust: Sequence[str]) -> Run:
    """The run that does this task to sounds. Raises UserError for another task, without a run, and for a run of another kind."""
    if task not in TASKS:
        raise UserError(f"task {task!r} is for photographs; sounds have{nearest(task, TASKS)} denoise and bandwidth")
    if model is None:
        recipe = "enhance" if task == "denoise" else "widen"
        raise UserError(
            f"no model of sounds comes along: elegan train FOLDER --recipe {recipe} learns one from clean sounds, for --model RUN"
        )
    run = Run.open(model, device=device, trust=trust)
    own = run.ability(Enhances).task
    if own != task:
        raise UserError(f"{model} is for --task {own}, and not {task}")
    return run


def sound_targets(task: str, inputs: Named, out: Path | None) -> list[tuple[Path, Path]]:
    """Every sound that is named, and the WAV that it becomes: beside it with a suffix, in the folder `out`, or the file `out`."""
    sounds = pictures_in(inputs, SOUNDS)
    if out and out.suffix.lower() == ".wav" and not out.is_dir():
        if len(sounds) > 1:
            raise UserError(f"{out} is one file, for {len(sounds)} sounds; --out names a folder")
        return with_targets([(sounds[0].source, files.file_for(out))])
    if out:
        files.folder_for(out)
        return with_targets([(one.source, out / one.inside.with_suffix(".wav")) for one in sounds])
    ending = TASKS[task]
    own = [one.source for one in sounds if not one.source.stem.endswith(f"-{ending}")]
    return with_targets([(source, source.with_name(f"{source.stem}-{ending}.wav")) for source in own])


def restore_sounds(run: Run, places: Sequence[tuple[Path, Path]]) -> Iterator[Outcome]:
    """Restores each sound to its place, as a WAV of the run's rate with the loudness of the original; what stands there is never
    written over. One that cannot be restored does not keep the rest from being done."""
    for source, target in places:
        if target.exists():
            yield Outcome(source, target, skipped=True)
            continue
        try:
            samples, rate = better(run, read_file(str(source)))
            files.write(target, wav(samples, rate))
            yield Outcome(source, target)
        except (Unreadable, Failure) as error:
            yield Outcome(source, target, fault=str(error))


@torch.inference_mode()
def better(run: Run, encoded: bytes) -> tuple[np.ndarray, int]:
    """A file of sound through the run: (samples float32 T in [-1, 1], their rate). Raises Unreadable."""
    enhances, heard = run.ability(Enhances), read(encoded)
    samples = brought_to(enhances.rate, heard)
    whole = np.pad(samples, (0, -len(samples) % hop_of(enhances.rate)))
    made = enhances.enhance(run.nets, torch.from_numpy(whole)[None].to(run.device))[0].cpu().numpy()
    loudness = float(np.abs(heard.samples).max()) / max(float(np.abs(samples).max()), 1e-9)
    return np.clip(made[: len(samples)] * loudness, -1, 1), enhances.rate


def write_sound_page(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Writes a page to listen to each sound before and after."""
    clips = []
    for outcome in (one for one in outcomes if not one.fault):
        for when, place in (("before", outcome.source), ("after", outcome.target)):
            heard = read(read_file(str(place)))
            clips.append(clip(heard.samples, heard.rate, f"{outcome.source.name}, {when}"))
    write_page(path, "Before and after", clips)
