"""Holes: parts of a picture that are gone and to be filled in."""

import math
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch

from elegan.data.damage.scene import Number, Scene, Shares, streams
from elegan.data.decode import SUFFIXES, decode
from elegan.data.deep import Unreadable

ATTEMPTS = 40  # at shapes that fit; one that does not fit is followed by smaller ones


def holes(
    scene: Scene,
    *,
    boxes: Number = 3,
    strokes: Number = 4,
    size: Shares = (0.1, 0.45),
    share: Shares = (0.05, 0.4),
    masks: str = "",
    tell: bool = True,
) -> Scene:
    """Boxes and brush strokes of unknown pixels, which become 0.5; or any one picture of the folder `masks`, white where a
    photograph is unknown, mirrored or not and stretched to the size.

    There are up to as many `boxes` and `strokes`, as long as `size` of the shorter side, and more where they cover less
    than the lower `share` of the picture; one that would cover more than the upper is left out. With `tell` a plane of hints
    is 1 where the picture is unknown and 0 where it is known. Raises ValueError where both numbers are 0, or the folder has
    no picture.
    """
    if not boxes + strokes:
        raise ValueError("holes need boxes or strokes; both are 0")
    shape = tuple(scene.x.shape[2:])
    draw = (
        partial(_any_of, folder=masks)
        if masks
        else partial(_mask, boxes=boxes, strokes=strokes, size=size, share=share)
    )
    drawn = [draw(random, shape) for random in streams(scene.x)]
    unknown = torch.from_numpy(np.stack(drawn))[:, None].to(scene.x.device)
    holed = scene._replace(x=torch.where(unknown.bool(), 0.5, scene.x))
    return holed.told(unknown) if tell else holed


def _mask(
    random: np.random.Generator,
    shape: tuple[int, ...],
    boxes: int,
    strokes: int,
    size: tuple[float, float],
    share: tuple[float, float],
) -> np.ndarray:
    kinds = [_box] * boxes + [_stroke] * strokes
    planned = [kinds[index] for index in random.permutation(len(kinds))[: random.integers(1, len(kinds) + 1)]]
    mask, smaller = np.zeros(shape, np.uint8), 1.0
    for _ in range(ATTEMPTS):
        if not planned and mask.mean() >= share[0]:
            break
        draw = planned.pop() if planned else kinds[random.integers(len(kinds))]
        grown = draw(random, mask.copy(), min(shape) * smaller * random.uniform(*size))
        if grown.mean() <= share[1]:
            mask = grown
        else:
            smaller *= 0.8
    return mask


def _any_of(random: np.random.Generator, shape: tuple[int, ...], folder: str) -> np.ndarray:
    import cv2

    known = _masks(folder)
    mask = known[random.integers(len(known))]
    turned = mask[:: random.choice((-1, 1)), :: random.choice((-1, 1))]
    return cv2.resize(np.ascontiguousarray(turned), shape[::-1], interpolation=cv2.INTER_NEAREST)


@cache
def _masks(folder: str) -> list[np.ndarray]:
    """The masks of a folder, uint8 H x W each, 0 or 1."""
    files = sorted(path for path in Path(folder).expanduser().rglob("*") if path.suffix.lower() in SUFFIXES)
    if not files:
        raise ValueError(f"no masks in {folder!r}")
    try:
        return [(np.asarray(decode(path.read_bytes())[0].convert("L")) > 127).astype(np.uint8) for path in files]
    except Unreadable as error:
        raise ValueError(f"a mask in {folder!r} cannot be read: {error}") from None


def _box(random: np.random.Generator, mask: np.ndarray, side: float) -> np.ndarray:
    aspect = math.exp(random.uniform(-0.6, 0.6))
    height, width = (
        max(1, min(round(s), full)) for s, full in zip((side * aspect, side / aspect), mask.shape, strict=True)
    )
    top, left = (random.integers(0, full - s + 1) for full, s in zip(mask.shape, (height, width), strict=True))
    mask[top : top + height, left : left + width] = 1
    return mask


def _stroke(random: np.random.Generator, mask: np.ndarray, length: float) -> np.ndarray:
    """Draws a hand's free movement: its angle wanders, its thickness swells and thins (after Yu et al. 2019, algorithm 1)."""
    import cv2

    steps = 16
    angle = (
        random.uniform(0, 2 * np.pi)
        + np.cumsum(random.normal(0, 0.35, steps))
        + random.normal(0, 0.1) * np.arange(steps)
    )
    moves = np.stack([np.cos(angle), np.sin(angle)], 1) * (2.5 * length / steps)
    start = random.uniform(0, 1, 2) * mask.shape[::-1]
    points = start + np.cumsum(moves, 0) - moves.sum(0) / 2
    swell = 1 + 0.5 * np.sin(random.uniform(0, 2 * np.pi) + random.uniform(0.2, 0.6) * np.arange(steps))
    thickness = np.maximum(1, swell * random.uniform(0.02, 0.07) * min(mask.shape)).round().astype(int)
    for a, b, t in zip(points[:-1].round().astype(int), points[1:].round().astype(int), thickness[1:], strict=True):
        cv2.line(mask, a.tolist(), b.tolist(), 1, int(t))  # OpenCV ends its thick lines round
    return mask
