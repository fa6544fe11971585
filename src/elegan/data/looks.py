"""Oddities in the looks of a set's pictures: blurred, dark, of one colour, nearly the same as another.

The thresholds leave sets in which nothing is amiss without a word (measured: docs/log.md).
"""

from collections.abc import Iterator, Sequence

import numpy as np

SMALLEST = 16  # pixels a side, below which a picture's looks say little
LOOKED_AT = 20_000  # pictures at most, which bounds time and memory
BLOCK = 256
BLURRED = 0.02  # of the median's sharpness
DARK = 32  # grey level that no more than 1 % of a dark picture exceeds
UNIFORM = 3.0  # standard deviation of the grey levels of a picture that shows nothing
# The most that near-duplicates differ in: of the 64 bits of two hashes, and of grey levels on average.
SAME_BITS, SAME_LEVELS = 6, 3.0
# Pictures with a part of their hash in common: more of them share a look of the set, such as a white ground.
CROWDED = 64
COMMON = 0.01  # share of near-duplicates from which they are told: among many pictures a few are to be expected
SHOWN = 3


def remarks(pictures: np.ndarray, names: Sequence[str]) -> list[str]:
    """A line for each oddity with how many pictures have it and the names of some; `pictures`: uint8 N x H x W or x C."""
    if min(pictures.shape[1:3]) < SMALLEST:
        return []
    count = min(len(pictures), LOOKED_AT)
    measured = [(g.std((1, 2)), _is_dark(g), _sharpness(g), _reduced(g)) for g in _greys(pictures, count)]
    contrast, dark, roughness, thumbs = map(np.concatenate, zip(*measured, strict=True))
    uniform = (contrast < UNIFORM) & ~dark
    plain = dark | uniform
    sharpness = roughness / np.maximum(contrast, 1) ** 2
    blurred = (sharpness < BLURRED * np.median(sharpness)) & ~plain
    same = [pair for pair in near_duplicates(thumbs) if not plain[list(pair)].any()]
    kinds = {"blurred beside the rest": blurred, "very dark": dark, "nearly of one colour": uniform}
    lines = [_told(kind, np.flatnonzero(odd), names) for kind, odd in kinds.items() if odd.any()]
    surplus = {later for _, later in same}
    if len(surplus) > COMMON * count:
        pairs = ", ".join(f"{names[a]} = {names[b]}" for a, b in same[:SHOWN])
        more = ", ..." if len(same) > SHOWN else ""
        lines.append(f"{_images(len(surplus))} nearly the same as another: {pairs}{more}")
    return [f"{line} (of the first {count:,})" if count < len(pictures) else line for line in lines]


def near_duplicates(thumbs: np.ndarray) -> list[tuple[int, int]]:
    """Pairs (earlier, later) of nearly the same picture; `thumbs`: uint8 N x 16 x 16, grey.

    Those that share a quarter of a difference hash (whether the grey level rises, place by place) are compared.
    """
    rows = thumbs.reshape(-1, 8, 2, 16).mean(2)
    cells = np.stack([rows[:, :, 2 * i : 2 * i + 2].mean(2) for i in range(8)], 2)
    bits = np.diff(cells, axis=2, append=cells[:, :, :1]) > 0
    bits = bits.reshape(-1, 4, 16)
    parts = np.packbits(bits, 2).view(np.uint16)[:, :, 0]
    pairs: set[tuple[int, int]] = set()
    for part in parts.T:
        for group in _alike(part):
            earlier, later = (group[side] for side in np.triu_indices(len(group), 1))
            near = (bits[earlier] != bits[later]).sum((1, 2)) <= SAME_BITS
            earlier, later = earlier[near], later[near]
            apart = np.abs(thumbs[earlier].astype(np.int16) - thumbs[later]).mean((1, 2))
            pairs.update(zip(earlier[apart < SAME_LEVELS].tolist(), later[apart < SAME_LEVELS].tolist(), strict=True))
    return sorted(pairs)


def _alike(values: np.ndarray) -> Iterator[np.ndarray]:
    """Indices, in order, of each group of two to CROWDED equal values."""
    order = np.argsort(values, kind="stable")
    ends = np.flatnonzero(np.diff(values[order])) + 1
    return (group for group in np.split(order, ends) if 2 <= len(group) <= CROWDED)


def _greys(pictures: np.ndarray, count: int) -> Iterator[np.ndarray]:
    """The grey levels of the first `count` pictures in blocks, float32 n x H x W; alpha is no colour."""
    for start in range(0, count, BLOCK):
        block = pictures[start : min(start + BLOCK, count)]
        yield block.astype(np.float32) if block.ndim == 3 else block[..., :3].mean(3, dtype=np.float32)


def _is_dark(grey: np.ndarray) -> np.ndarray:
    dark: np.ndarray = (grey > DARK).mean((1, 2)) <= 0.01
    return dark


def _sharpness(grey: np.ndarray) -> np.ndarray:
    """Variance of the Laplacian of each picture."""
    inner = 4 * grey[:, 1:-1, 1:-1]
    laplacian = inner - grey[:, :-2, 1:-1] - grey[:, 2:, 1:-1] - grey[:, 1:-1, :-2] - grey[:, 1:-1, 2:]
    variance: np.ndarray = laplacian.var((1, 2))
    return variance


def _reduced(grey: np.ndarray) -> np.ndarray:
    """Thumbnails, uint8 n x 16 x 16."""
    import cv2

    return np.stack([cv2.resize(one, (16, 16), interpolation=cv2.INTER_AREA) for one in grey]).astype(np.uint8)


def _told(kind: str, indices: np.ndarray, names: Sequence[str]) -> str:
    shown = ", ".join(names[i] for i in indices[:SHOWN])
    return f"{_images(len(indices))} {kind}: {shown}{', ...' if len(indices) > SHOWN else ''}"


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count:,} images"
