"""A training as a film: the sheet of samples of every look, one after another."""

import tempfile
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps
from pydantic import Field

from elegan.core import files, memory
from elegan.core.errors import Failure, UserError, nearest
from elegan.core.progress import counted
from elegan.core.ranges import Real, check, whole
from elegan.data.decode import decode
from elegan.data.deep import Unreadable
from elegan.data.sources import read_file
from elegan.run import Run
from elegan.verbs.latent.pages import gif

Fps = Annotated[Real, Field(ge=0.1, le=60)]  # sheets a second
CAPTION, TEXT = 20, 13  # pixels: of the strip above a sheet, and of its letters
# Encoder and its options by the file's ending. One thread, so that every machine gives the same bytes; nor by macroblock tree,
# which in x264 follows what the memory held before (other bytes under other MALLOC_PERTURB_).
VIDEO = {
    ".mp4": ("libx264", {"crf": "18", "preset": "slow", "threads": "1", "x264-params": "mbtree=0"}),
    ".webm": ("libvpx-vp9", {"crf": "24", "b": "0", "deadline": "good", "cpu-used": "2", "threads": "1"}),
}
FORMATS = (*VIDEO, ".gif")


def film(run: Run, out: str | Path | None = None, *, fps: float = 12.0) -> Path:
    """Writes the film of a run's training to the file `out` (RUN/film.mp4 by default), `fps` sheets of samples a second, and
    gives its path. By the file's ending it is H.264 (.mp4) or VP9 (.webm), which need PyAV, or an endless GIF.

    A sheet of another size than the newest is fitted into that. Raises UserError for another ending, fewer than two sheets, a
    damaged one, `fps` outside 0.1..60, and where PyAV is missing; Failure where it has no such encoder or the disk is full.

    >>> import elegan
    >>> elegan.film(elegan.Run.open("runs/digits"), "digits.gif").as_posix()
    'digits.gif'
    """
    target = files.file_for(run.file("film.mp4") if out is None else out)
    if target.suffix not in FORMATS:
        raise UserError(f"{target} ends in none of {', '.join(FORMATS)}{nearest(target.suffix, FORMATS)}")
    check("fps", fps, Fps)
    sheets = _sheets(run)
    size = _read(sheets[-1][1]).size
    page = _page_size(size)
    memory.check_room(len(sheets), page[0] * page[1] * 8, "sheets of one film")
    drawn = counted(sheets, "drawing sheets", len(sheets))
    frames = (_frame(_read(path), size, page, f"step {step:,}") for step, path in drawn)
    files.write(target, gif(frames, fps) if target.suffix == ".gif" else _video(frames, page, fps, target))
    return target


def _sheets(run: Run) -> list[tuple[int, Path]]:
    """The step and the path of each sheet, the oldest first."""
    named = [(whole(path.stem), run.file(f"samples/{path.name}")) for path in run.file("samples").glob("[0-9]*.png")]
    sheets = sorted((step, path) for step, path in named if step is not None)
    if len(sheets) < 2:
        raise UserError(
            f"{run.path} has {len(sheets) or 'no'} sheet{'s' * (not sheets)} of samples, and a film takes two: a longer "
            "training, or --set watch.every, draws more"
        )
    return sheets


def _read(path: Path) -> Image.Image:
    try:
        image, _ = decode(read_file(str(path)))
    except Unreadable as error:
        raise UserError(f"{path} cannot be read: {error}; without that file the film skips it") from None
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")


def _page_size(sheet: tuple[int, int]) -> tuple[int, int]:
    """Width and height with the caption, both even, as video wants them for colours at half the size."""
    width = max(sheet[0], int(ImageFont.load_default(TEXT).getlength("step 1,000,000")) + 8)
    return width + width % 2, sheet[1] + CAPTION + sheet[1] % 2


def _frame(sheet: Image.Image, size: tuple[int, int], page_size: tuple[int, int], caption: str) -> np.ndarray:
    """uint8 H x W x 3: a sheet, fitted into `size`, below its caption."""
    if sheet.size != size:
        sheet = ImageOps.pad(sheet, size, color="white")
    page = Image.new("RGB", page_size, "white")
    page.paste(sheet, ((page.width - sheet.width) // 2, CAPTION))
    font = ImageFont.load_default(TEXT)
    ImageDraw.Draw(page).text((4, CAPTION / 2), caption, "black", font, anchor="lm")
    return np.asarray(page)


def _video(frames: Iterable[np.ndarray], size: tuple[int, int], fps: float, target: Path) -> bytes:
    """The frames, all of one size, encoded as the target's ending says. Raises UserError without PyAV."""
    try:
        import av
    except ImportError:
        raise UserError(
            f"{target.name} needs PyAV: pip install 'elegan[film]'; --out {target.stem}.gif needs nothing"
        ) from None
    encoder, options = VIDEO[target.suffix]
    if encoder not in av.codecs_available:
        raise Failure(f"PyAV on this machine has no encoder {encoder}; --out {target.stem}.gif needs none")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, target.name)
        with av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
            stream: Any = container.add_stream(encoder, rate=Fraction(fps).limit_denominator(1000), options=options)
            stream.width, stream.height = size
            stream.pix_fmt = "yuv420p"
            for pixels in frames:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
            container.mux(stream.encode(None))  # what the encoder still held back
        return path.read_bytes()
