"""Photographs on the disk through a restorer, one by one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from elegan.core.errors import Failure, UserError, nearest
from elegan.core.files import file_for, folder_for
from elegan.data.deep import Unreadable
from elegan.data.photo import QUALITY, read_photo, write_photo
from elegan.verbs.inputs import Named, Outcome, pictures_in, with_targets
from elegan.verbs.restore.page import write_page
from elegan.verbs.restore.restorers import Chain, Restorer, open_chain
from elegan.verbs.restore.sounds import are_sounds, open_enhancer, restore_sounds, sound_targets, write_sound_page

FORMATS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP", "tiff": "TIFF", "avif": "AVIF", "heic": "HEIF"}
OTHER_ENDINGS = {"jpeg": "jpg", "tif": "tiff", "heif": "heic"}


def restore(
    inputs: Named,
    task: str = "upscale",
    *,
    scale: float = 2.0,
    sigma: float | None = None,
    mask: str | Path | None = None,
    detail: float | None = None,
    model: str | Path | None = None,
    tile: int | None = None,
    out: str | Path | None = None,
    format: str | None = None,
    quality: int | None = None,
    page: str | Path | None = None,
    device: str = "cpu",
    trust: Iterable[str] = (),
) -> list[Outcome]:
    """Writes every photograph, or every sound, among the files, folders and globs `inputs`, restored, beside it or to `out`, and gives what
    became of each: see `Outcome`, and its `fault` where one could not be restored.

    `task`: upscale, denoise, inpaint, scratches, oldphoto or colorize, or several with commas between; see `open_restorer`
    for its options, `targets` for `out` and `format`, `restore_files` for `quality`, and all of them for the errors. `page`:
    an HTML file to write, with each photograph before and after.

    Sounds (.wav, .flac, .ogg) have the tasks denoise and bandwidth, and need as `model` a run of the recipes enhance and widen.

    >>> import elegan
    >>> (outcome,) = elegan.restore("pictures/pagoda.png", scale=2, out="larger")  # with the network that comes along
    >>> outcome.target.as_posix(), outcome.fault
    ('larger/pagoda.png', '')
    """
    if are_sounds(inputs):
        run = open_enhancer(task, None if model is None else str(model), device, list(trust))
        outcomes = list(restore_sounds(run, sound_targets(task, inputs, Path(out) if out else None)))
        if page:
            write_sound_page(file_for(Path(page)), outcomes)
        return outcomes
    restorer = open_chain(
        task,
        scale=scale,
        sigma=sigma,
        mask=None if mask is None else str(mask),
        detail=detail,
        model=None if model is None else str(model),
        tile=tile,
        device=device,
        trust=trust,
    )
    places = targets(restorer, inputs, Path(out) if out else None, format)
    if page:
        file_for(page)
    outcomes = list(restore_files(restorer, places, format, quality))
    if page:
        write_page(Path(page), outcomes)
    return outcomes


def targets(
    restorer: Restorer | Chain, inputs: Named, out: Path | None = None, format: str | None = None
) -> list[tuple[Path, Path]]:
    """Every picture among the files, folders and globs `inputs`, and where it goes: beside it with a suffix, to the folder
    `out`, or, of a single photograph, to the file `out` where that ends as a picture does.

    The format is its own, TIFF if it is camera raw, or `format`. Raises UserError for inputs that name nothing, an unknown
    format, and a place that cannot be.
    """
    if format is not None and format not in FORMATS:
        raise UserError(f"unknown format {format!r}{nearest(format, FORMATS)}")
    pictures = pictures_in(inputs)
    if out and _format_of(out) and not out.is_dir():
        if len(pictures) > 1:
            raise UserError(f"{out} is one file, for {len(pictures)} photographs; --out names a folder")
        if format not in (None, _format_of(out)):
            raise UserError(f"{out} does not end as --format {format} does")
        return with_targets([(pictures[0].source, file_for(out))])
    if out:
        folder_for(out)
    pairs = []
    for picture in pictures:
        source, ending = picture.source, f".{format}" if format else picture.ending
        if out:
            pairs.append((source, out / picture.inside.with_suffix(ending)))
        elif not source.stem.endswith(f"-{restorer.suffix}"):  # what an earlier call made of a folder
            pairs.append((source, source.with_name(f"{source.stem}-{restorer.suffix}{ending}")))
    return with_targets(pairs)


def _format_of(path: Path) -> str | None:
    """The format, by its name here, that a file's ending says; None for other endings."""
    ending = path.suffix.lower().removeprefix(".")
    ending = OTHER_ENDINGS.get(ending, ending)
    return ending if ending in FORMATS else None


def restore_files(
    restorer: Restorer | Chain,
    places: Sequence[tuple[Path, Path]],
    format: str | None = None,
    quality: int | None = None,
) -> Iterator[Outcome]:
    """Restores each photograph to its place (see `targets`); what stands there is never written over.

    `quality`: 1 to 100, of those formats that lose something. Gives an outcome as each is done; one that cannot be restored
    does not keep the rest from being done. Raises UserError for a quality out of range or of a `format` that has none.
    """
    check_quality(quality, format)
    return (_restored(restorer, source, target, format, quality) for source, target in places)


def check_quality(quality: int | None, format: str | None) -> None:
    """Raises UserError for a quality that is not in 1..100, or of a format that loses nothing."""
    if quality is not None and not 1 <= quality <= 100:
        raise UserError(f"quality = {quality} is not in 1..100")
    if quality is not None and format and FORMATS[format] not in QUALITY:
        raise UserError(f"{format} loses nothing and has no --quality")


def _restored(
    restorer: Restorer | Chain, source: Path, target: Path, format: str | None, quality: int | None
) -> Outcome:
    if target.exists():
        return Outcome(source, target, skipped=True)
    try:
        photo = restorer(read_photo(source), source.name)
        other = format or (_format_of(target) if target.suffix.lower() != source.suffix.lower() else None)
        like = photo if other is None else replace(photo, format=FORMATS[other])
        return Outcome(source, target, remark=write_photo(target, photo.pixels, like, quality))
    except (Unreadable, Failure) as error:
        return Outcome(source, target, fault=str(error))
