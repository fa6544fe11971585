"""Pictures of any size and format through a trained translator."""

from collections.abc import Iterator
from pathlib import Path

from elegan.core.files import folder_for
from elegan.core.ranges import Share, check
from elegan.data.deep import Unreadable
from elegan.data.photo import read_photo, write_photo
from elegan.run import Run
from elegan.verbs.inputs import Named, Outcome, pictures_in, with_targets


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
    default), and gives what became of each: see `Outcome`, and its `fault` where a file could not be read.

    See `Run.translate`, which takes and gives arrays, for `strength` and `tile`, and `translate_files` for the errors.

    >>> import elegan
    >>> (outcome,) = elegan.translate(elegan.Run.open("runs/dusk"), "pictures/pagoda.png", out="evening")
    >>> outcome.target.as_posix(), outcome.fault
    ('evening/pagoda.png', '')
    """
    folder = Path(out or run.file("translated"))
    outcomes = translate_files(
        run, inputs, folder, direction=direction, strength=strength, tile=tile, overwrite=overwrite
    )
    return list(outcomes)


def translate_files(
    run: Run,
    inputs: Named,
    out: Path,
    *,
    direction: str | None = None,
    strength: float = 1.0,
    tile: int | None = None,
    overwrite: bool = False,
) -> Iterator[Outcome]:
    """Writes every picture among the files, folders and globs `inputs` to `out`, under its name and in its format.

    Gives an outcome as each is done; a file that cannot be read does not keep the rest from being done. Raises UserError
    for inputs that name nothing, two files of one name, a strength outside 0..1, or a folder that cannot be.
    """
    run.direction(direction)
    check("strength", strength, Share)
    folder_for(out)
    for source, target in with_targets(
        [(picture.source, out / picture.inside.with_suffix(picture.ending)) for picture in pictures_in(inputs)]
    ):
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
