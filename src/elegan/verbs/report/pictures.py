"""The pictures on the page: sheets of samples, the training over time, generated images beside their nearest training images."""

import base64
import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from elegan.core import paths
from elegan.core.errors import Failure, UserError, in_a_line
from elegan.core.grid import png
from elegan.core.ranges import whole
from elegan.data import Dataset
from elegan.metrics import extract, open_extractor
from elegan.metrics.features import squared_distances
from elegan.run import Run

STRIPS = 12  # moments of the training shown
SHEET_WIDTH, STRIP_WIDTH = 660, 500  # pixels on the page, about
SHEET_ROWS = 8  # of a grid of samples
NEIGHBOURS, SHOWN = 6, 8
UNREADABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)  # what Pillow raises of a broken picture


class Picture(NamedTuple):
    """A PNG in base 64, what it shows in words, and its width on the page in pixels, 0 where the page decides."""

    data: str
    alt: str
    width: int = 0


def picture(data: bytes, alt: str, width: int = 0) -> Picture:
    """The bytes of a PNG, enlarged by a whole number to about `width` pixels where it is smaller."""
    with Image.open(io.BytesIO(data)) as image:
        size = image.width * max(1, round(width / image.width)) if width else 0
    return Picture(base64.b64encode(data).decode(), alt, size)


def sheet(path: Path, alt: str) -> Picture | str:
    """A picture of the run, or a sentence where it is damaged."""
    try:
        data = path.read_bytes()
        with Image.open(io.BytesIO(data)) as image:
            image.load()
        return picture(data, alt, SHEET_WIDTH)
    except UNREADABLE as error:
        return f"{path.name} cannot be shown: {in_a_line(error)}."


def moments(run: Run) -> list[tuple[str, Picture | str]]:
    """Steps evenly over the training, each with its first row of samples; a sentence in place of what is damaged."""
    inside = (paths.inside(run.folder, path) for path in run.file("samples").glob("[0-9]*.png"))
    sheets = sorted(path for path in inside if whole(path.stem) is not None)
    shown = {round(float(i)) for i in np.linspace(0, len(sheets) - 1, STRIPS)} if sheets else set()
    return [(f"{int(sheets[i].stem):,}", _first_row(sheets[i])) for i in sorted(shown)]


def _first_row(path: Path) -> Picture | str:
    try:
        with Image.open(path) as image:
            row, buffer = image.crop((0, 0, image.width, (image.height - 1) // SHEET_ROWS + 1)), io.BytesIO()
        row.save(buffer, "PNG")
        return picture(buffer.getvalue(), f"samples at step {int(path.stem)}", STRIP_WIDTH)
    except UNREADABLE as error:
        return f"{path.name} cannot be shown: {in_a_line(error)}."


def neighbours(run: Run, name: str) -> list[tuple[Picture, list[Picture]]] | str:
    """Generated images, each with its nearest training images in the space of their pixels; a sentence where there are none.

    `name` stands in it for the run's path, which is nobody else's.
    """
    try:
        images, data = run.generate(SHOWN), _training_data(run)
    except (UserError, Failure) as error:
        return f"Cannot be shown: {str(error).replace(str(run.path), name)}."
    pixel = open_extractor("pixel", data.images)
    fake, real = (extract(pixel, x).values for x in (images, data.images))
    nearest = squared_distances(fake, real).topk(min(NEIGHBOURS, len(real)), largest=False).indices.tolist()
    return [
        (
            picture(png(image), "generated"),
            [picture(png(data.images[row]), f"training image {row}") for row in rows],
        )
        for image, rows in zip(images, nearest, strict=True)
    ]


def _training_data(run: Run) -> Dataset:
    """The images that the run saw. Raises UserError where they cannot be opened any more or are others."""
    try:
        data, remark = run.training_images()
    except (UserError, Failure):  # whose text is for the user, and the page is for others
        raise UserError(f"{run.info['data']['name']} cannot be opened where it was") from None
    if remark:
        raise UserError(remark)
    return data
