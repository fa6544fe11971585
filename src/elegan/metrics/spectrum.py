"""The grid that strided layers leave in pictures, as the share of spectral energy at the period of a stride."""

import numpy as np

from elegan.core.pixels import as_pictures

CELLS = 8  # periods a side at the least, so that a harmonic is told from what lies between two of them
PAGE = 256  # pictures transformed at once


def periods(height: int, width: int) -> list[int]:
    """Those of the strides 2, 4 and 8 whose grid can be told in pictures of this size; none below 16 pixels."""
    return [period for period in (2, 4, 8) if min(height, width) >= CELLS * period]


def grid_shares(pictures: np.ndarray, period: int) -> np.ndarray:
    """The share of each picture's energy at `period` pixels and its harmonics, float64 N in 0..1; uint8 N x H x W x C.

    A pattern of p pixels has its power at the frequencies (k/p, l/p). Those of half the period are left out, so that a grid of 2
    pixels is none of 4; and of all energy that counts which is finer than 2 p, so that smooth pictures do not hide a grid. Each
    harmonic is 3 x 3 frequencies wide, as a Hann window makes it. A picture of one colour has the share 0. See Odena et al.
    2016 on how the grid comes about.
    """
    as_pictures(pictures)
    h, w = (size - size % period for size in pictures.shape[1:3])
    top, left = (pictures.shape[1] - h) // 2, (pictures.shape[2] - w) // 2
    pictures = pictures[:, top : top + h, left : left + w]
    window = np.hanning(h + 1)[:h, None] * np.hanning(w + 1)[None, :w]  # periodic: three frequencies wide, exactly
    at, fine = _harmonics(h, w, period)
    shares = []
    for start in range(0, len(pictures), PAGE):
        x = pictures[start : start + PAGE].astype(np.float64)
        x = (x - x.mean((1, 2), keepdims=True)) * window[:, :, None]
        energy = (np.abs(np.fft.fft2(x, axes=(1, 2))) ** 2).sum(3)
        total = energy[:, fine].sum(1)
        shares.append(np.divide(energy[:, at].sum(1), total, out=np.zeros(len(x)), where=total > 0))
    return np.concatenate(shares)


def _harmonics(h: int, w: int, period: int) -> tuple[np.ndarray, np.ndarray]:
    """(the frequencies of the period that are not those of half of it, all those that are finer than twice the period), h x w."""
    fy, fx = np.abs(np.fft.fftfreq(h))[:, None], np.abs(np.fft.fftfreq(w))[None, :]
    fine = np.maximum(fy, fx) > 0.5 / period
    near_y, near_x = (_near(size, size // period) for size in (h, w))
    coarse_y, coarse_x = (_near(size, 2 * size // period) for size in (h, w))
    return near_y[:, None] & near_x[None, :] & ~(coarse_y[:, None] & coarse_x[None, :]) & fine, fine


def _near(size: int, step: int) -> np.ndarray:
    """Whether each of `size` places on a circle is at most one from a multiple of `step`."""
    place = np.arange(size) % step
    near: np.ndarray = np.minimum(place, step - place) <= 1
    return near
