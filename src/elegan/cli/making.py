"""The verbs that make something with a trained run: sample, translate, restore, augment, film, anomaly."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elegan.cli import completion
from elegan.cli.boundary import stopping
from elegan.cli.options import (
    MOST,
    Checkpoint,
    Device,
    Direction,
    Pictures,
    RunPath,
    Tile,
    Trust,
    place,
    there,
)
from elegan.cli.panels import how, what, where
from elegan.core.errors import Failure, UserError, shown
from elegan.core.ranges import whole
from elegan.core.screen import answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from elegan.verbs.inputs import Outcome


def sample(
    run: RunPath,
    num: Annotated[int, what(min=1, max=MOST, help="How many images.")] = 64,
    seeds: Annotated[str | None, what(help="Which images, by seed: 0-63, or 3,7,20-29; in place of --num.")] = None,
    label: Annotated[str | None, what("--class", help="Only this class, by name or number.")] = None,
    truncation: Annotated[
        float | None,
        how(
            help="Less varied, more typical images: latents within |z| < T; for stylegan2, w at T times its distance from the mean."
        ),
    ] = None,
    temperature: Annotated[
        float | None, how(help="Of text: below 1 more usual lines, above 1 more unusual ones; default: 1.")
    ] = None,
    separate: Annotated[bool, where("--separate/--grid", help="One file for each image, or one sheet.")] = False,
    codes: Annotated[
        bool, what("--codes", help="One sheet for each code, which shows what it changes (infogan).")
    ] = False,
    vocoder: Annotated[
        Path | None,
        how(
            metavar="RUN",
            help="Of sounds: a run that makes them of log-mel pictures, in place of Griffin and Lim's way.",
        ),
    ] = None,
    out: Annotated[
        Path | None, where(help="Folder, or of one sheet a file like new.png; default: RUN/generated.")
    ] = None,
    checkpoint: Checkpoint = "newest",
    device: Device = "auto",
    trust: Trust = None,
) -> None:
    """Makes images with a trained run; with one that learnt a series or a table rows, as CSV, with one that learnt a text lines; of sounds
    WAV and a page."""
    from elegan.games.abilities import Writes
    from elegan.run import Run
    from elegan.verbs.sample import parse_seeds, save_codes, save_samples

    opened = Run.open(run, checkpoint, device, trust or ())
    which = parse_seeds(seeds) if seeds is not None else range(num)
    folder = out or opened.file("generated")
    if codes:
        paths = save_codes(opened, which[0], folder)
    else:
        voice = None if vocoder is None else Run.open(vocoder, device=device, trust=trust or ())
        paths = save_samples(opened, which, label, truncation, separate, folder, temperature, voice)
    if opened.game.find(Writes):
        text = paths[0].read_text(encoding="utf-8")
        return answer(
            {"paths": paths, "step": opened.step, "lines": text.splitlines()}, text.rstrip("\n"), str(paths[0])
        )
    answer({"paths": paths, "step": opened.step}, *map(str, paths))


def translate(
    run: RunPath,
    inputs: Pictures,
    direction: Direction = None,
    out: Annotated[
        Path | None, where(help="Folder, or of one picture a file like new.png; default: RUN/translated.")
    ] = None,
    strength: Annotated[float, how(help="From 0 (the input) to 1 (the full result).")] = 1.0,
    tile: Tile = "auto",
    overwrite: Annotated[bool, where("--overwrite", help="Overwrites pictures that the folder already holds.")] = False,
    checkpoint: Checkpoint = "newest",
    device: Device = "auto",
    trust: Trust = None,
) -> None:
    """Translates pictures of any size to the other side; format, profile, alpha and depth are kept."""
    from elegan.run import Run
    from elegan.verbs.translate import targets, translate_files

    opened, side = Run.open(run, checkpoint, device, trust or ()), _tile(tile)
    folder = out or opened.file("translated")
    places = targets(inputs, folder)
    outcomes = translate_files(opened, places, direction=direction, strength=strength, tile=side, overwrite=overwrite)
    _work_through(outcomes, "translated", str(folder), "--overwrite makes them anew", len(places))


def restore(
    inputs: Annotated[list[str], typer.Argument(metavar="PHOTO...", help="Files, folders or quoted globs.")],
    task: Annotated[
        str,
        what(
            help="upscale, denoise, inpaint, scratches, oldphoto or colorize; several in order: scratches,denoise,upscale. Of sounds denoise or bandwidth."
        ),
    ] = "upscale",
    scale: Annotated[float, how(help="How much larger, for upscale: above 1, up to 4.")] = 2.0,
    sigma: Annotated[str, how(help="Standard deviation of the noise, on the 0-255 scale; auto: unknown.")] = "auto",
    mask: Annotated[
        str | None, what(help="For inpaint, white where to fill: a file, a folder, auto-scratches, or transparent.")
    ] = None,
    detail: Annotated[float | None, how(help="From 0 (faithful) to 1 (more detail, which is invented).")] = None,
    model: Annotated[
        str | None,
        how(help="A run, a packed model or another project's .safetensors, in place of the shipped models."),
    ] = None,
    tile: Tile = "auto",
    out: Annotated[
        Path | None, where(help="Folder, or of one photo a file like new.png; default: beside each photo.")
    ] = None,
    format: Annotated[str | None, where(help="png, jpg, webp, tiff, avif or heic; default: that of the photo.")] = None,
    quality: Annotated[
        int | None, how(min=1, max=100, help="Of jpg, webp, avif and heic, from 1 to 100 (best).")
    ] = None,
    page: Annotated[
        Path | None, where(metavar="FILE", help="Also writes an HTML page with each photo before and after.")
    ] = None,
    device: Device = "auto",
    trust: Trust = None,
) -> None:
    """Upscales, denoises, inpaints, repairs or colorizes photographs; format, profile, alpha and depth are kept, nothing is overwritten. Sounds: denoise and bandwidth, with --model."""
    from elegan.core.files import file_for
    from elegan.verbs.restore import check_quality, open_chain, restore_files, sounds, targets
    from elegan.verbs.restore.page import write_page

    if page and page.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"{shown(str(page))} does not end in .html")
    if sounds.are_sounds(inputs):
        enhancer = sounds.open_enhancer(task, model, device, trust or ())
        heard = sounds.sound_targets(task, inputs, out)
        better = sounds.restore_sounds(enhancer, heard)
        played = partial(sounds.write_sound_page, file_for(page)) if page else None
        where = str(out or "the folders they came from")
        return _work_through(better, "restored", where, "they are not written over", len(heard), played, "sounds")
    options: dict[str, Any] = {
        "scale": scale, "sigma": _number("sigma", sigma), "mask": mask, "detail": detail, "model": model,
        "tile": _tile(tile), "device": device, "trust": trust or (),
    }  # fmt: skip
    restorer = open_chain(task, **options)
    places = targets(restorer, inputs, out, format)
    check_quality(quality, format)
    if page:
        file_for(page)
    outcomes = restore_files(restorer, places, format, quality)
    where = str(out or "the folders they came from")
    pages = partial(write_page, page) if page else None
    _work_through(outcomes, "restored", where, "they are not written over", len(places), pages)


def augment(
    data: Annotated[
        str,
        typer.Argument(
            help="A folder or zip with train/ and test/, in each a folder a class.", autocompletion=completion.data
        ),
    ],
    run: Annotated[
        Path,
        what(
            "--with",
            metavar="RUN",
            help="The run that makes images by class.",
            callback=there,
            autocompletion=completion.runs,
        ),
    ],
    per_class: Annotated[
        int | None,
        what(min=1, max=MOST, help="Images that every class has at least afterwards; default: as the largest has."),
    ] = None,
    seeds: Annotated[int, how(min=2, max=1000, help="Trainings of each classifier.")] = 5,
    images: Annotated[
        int, how(min=1, max=MOST, help="Images that a classifier sees in a training, with repeats.")
    ] = 60_000,
    out: Annotated[Path | None, where(help="A new folder for the balanced set; default: RUN/augmented.")] = None,
    checkpoint: Checkpoint = "newest",
    device: Device = "auto",
    trust: Trust = None,
) -> None:
    """Fills rare classes up with generated images, and says whether these help a classifier on held-out real ones."""
    from elegan.run import Run
    from elegan.verbs.augment import augment as fill_up

    opened = Run.open(run, checkpoint, device, trust or ())
    folder = place(out, opened.file("augmented"))
    with stopping("stopped before the classifiers were compared; nothing was written"):
        made = fill_up(opened, data, per_class=per_class, seeds=seeds, images=images, out=folder)
    answer(made.as_dict(), *made.lines())


def film(
    run: RunPath,
    out: Annotated[
        Path | None, where(metavar="FILE", help="The film: .mp4, .webm or .gif; default: RUN/film.mp4.")
    ] = None,
    fps: Annotated[float, how(help="Sheets of samples a second, 0.1 to 60.")] = 12.0,
) -> None:
    """Makes a film of a training from its samples over time."""
    from elegan.run import Run
    from elegan.verbs.film import film as write

    path = write(Run.open(run), out, fps=fps)
    size = path.stat().st_size
    answer({"path": path, "bytes": size}, f"{path} ({size / 1e6:.2f} MB)")


def anomaly(
    run: RunPath,
    inputs: Pictures,
    data: Annotated[str | None, what(help="Normal pictures to compare with; default: the run's data.")] = None,
    alpha: Annotated[float, how(help="False-positive rate: the share of normal pictures flagged.")] = 0.01,
    checkpoint: Checkpoint = "newest",
    device: Device = "auto",
    trust: Trust = None,
) -> None:
    """Scores how much pictures differ from a run's data, and says which are anomalies; for runs of ganomaly."""
    from elegan.run import Run
    from elegan.verbs.anomaly import anomaly as find_anomalies

    anomalies = find_anomalies(Run.open(run, checkpoint, device, trust or ()), inputs, data, alpha=alpha)
    answer(anomalies.as_dict(), str(anomalies))
    if anomalies.faults:
        source, fault = next(iter(anomalies.faults.items()))
        raise Failure(f"{len(anomalies.faults)} could not be read: {source} ({fault})")


def _work_through(
    outcomes: "Iterator[Outcome]",
    done: str,
    where: str,
    again: str,
    total: int,
    then: "Callable[[list[Outcome]], object] | None" = None,
    items: str = "pictures",
) -> None:
    """Goes through all pictures, `total` of them, says how each went, and does what is to be done `then`.

    Raises Failure at the end if any failed.
    """
    from elegan.core.progress import counted
    from elegan.verbs.inputs import summary

    worked: list[Outcome] = []
    with stopping(lambda: f"stopped after {len(worked)} of {total} {items} were {done}, in {where}; {again}"):
        worked.extend(counted(outcomes, f"{items} {done}", total, remark=lambda outcome: outcome.line))
        if then:
            then(worked)
    lines, fault = summary(worked, done, where, again, items)
    answer({items: [vars(outcome) for outcome in worked]}, *lines)
    if fault:
        raise Failure(fault)


def _tile(text: str) -> int | None:
    """The side of the tiles in pixels; None for auto, 0 for none."""
    if text in ("auto", "none"):
        return None if text == "auto" else 0
    side = whole(text)
    if side is None or not 16 <= side <= 65536:
        raise UserError(f"tile {shown(text)} is not auto, none or a number of pixels from 16 to 65536")
    return side


def _number(name: str, text: str) -> float | None:
    """The number that `text` says, None for auto."""
    try:
        return None if text == "auto" else float(text)
    except ValueError:
        raise UserError(f"{name} {shown(text)} is not auto or a number") from None
