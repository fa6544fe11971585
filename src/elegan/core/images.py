"""Images as an array that notebooks show as pictures."""

import numpy as np

from elegan.core import html
from elegan.core.grid import grid, png

SHOWN, COLUMNS = 64, 8


class Images(np.ndarray):
    """A NumPy array like any other; of uint8 N x H x W x C with 1, 3 or 4 channels a notebook shows the first 64 as a sheet.

    >>> images = np.zeros((3, 8, 8, 1), np.uint8).view(Images)
    >>> images._repr_html_()[:27], (images / 255)._repr_html_()
    ('<img alt="3 images of 8 x 8', None)
    """

    def _repr_html_(self) -> str | None:
        if self.dtype != np.uint8 or self.ndim != 4 or self.shape[3] not in (1, 3, 4) or not self.size:
            return None
        n, height, width, _ = self.shape
        sheet = grid(np.asarray(self[:SHOWN]), min(COLUMNS, n))
        return html.picture(png(sheet), f"{n} images of {width} x {height}") + (
            f"<br>{n:,} images" if n > SHOWN else ""
        )
