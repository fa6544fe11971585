"""Pictures of any size and format through a trained translator."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from elegan.core.errors import UserError
from elegan.core.files import file_for, folder_for
from elegan.core.ranges import Share, check
from elegan.data.deep import Unreadable
from elegan.data.photo import read_photo, write_photo
from elegan.run import Run
from elegan.verbs.inputs import Named, Outcome, is_picture, pictures_in, with_targets


def translate(
    run: Run,
    inputs: Named,
    *,
    direction: str | None = None,
    strength: float = 1.0,
    tile: int | None = None,
    overwrite: bool = False,
    out: str | Path | None = None,
) -> list[Outcome]:
    """Writes every picture among the files, folders and globs `inputs`, translated, to the folder `out` (RUN/translated by
    default), or a single one to the file `out` that ends as it does, and gives what became of each: see `Outcome`, and its `fault` where a file could not be read.

    See `Run.translate`, which takes and gives arrays, for `strength` and `tile`, and `translate_files` for the errors.

    >>> import elegan
    >>> (outcome,) = elegan.translate(elegan.Run.open("runs/dusk"), "pictures/pagoda.png", out="evening")
    >>> outcome.target.as_posix(), outcome.fault
    ('evening/pagoda.png', '')
    """
    folder = Path(out or run.file("translated"))
    places = targets(inputs, folder)
    return list(translate_files(run, places, direction=direction, strength=strength, tile=tile, overwrite=overwrite))


def targets(inputs: Named, out: Path) -> list[tuple[Path, Path]]:
    """(source, target in `out`) of every picture among the files, folders and globs `inputs`: under its name, in its format.
    The target of a single one is `out` itself where that ends as it does.

    Raises UserError for inputs that name nothing, two files of one name, and where nothing can be written there.
    """
    pictures = pictures_in(inputs)
    if is_picture(out):
        if len(pictures) > 1:
            raise UserError(f"{out} is one file, for {len(pictures)} pictures; --out names a folder")
        if out.suffix.lower() != pictures[0].ending.lower():
            raise UserError(f"{out} does not end in {pictures[0].ending}, as the picture does, whose format is kept")
        return with_targets([(pictures[0].source, file_for(out))])
    folder_for(out)
    return with_targets([(one.source, out / one.inside.with_suffix(one.ending)) for one in pictures])


def translate_files(
    run: Run,
    places: Sequence[tuple[Path, Path]],
    *,
    direction: str | None = None,
    strength: float = 1.0,
    tile: int | None = None,
    overwrite: bool = False,
) -> Iterator[Outcome]:
    """Writes the picture of each source to its target: see `targets`.

    Gives an outcome as each is done; a file that cannot be read does not keep the rest from being done. Raises UserError
    for a strength outside 0..1, or a direction that the run does not know.
    """
    run.direction(direction)
    check("strength", strength, Share)
    for source, target in places:
        if target.exists() and not overwrite:
            yield Outcome(source, target, skipped=True)
            continue
        try:
            photo = read_photo(source)
        except Unreadable as error:
            yield Outcome(source, target, fault=str(error))
            continue
        translated = run.translate(photo.colours(run.shape.channels), direction, strength, tile)
        yield Outcome(source, target, remark=write_photo(target, translated, photo))
