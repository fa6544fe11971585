"""Wear of prints: scratches, creases, dust and torn corners.

Each is drawn on a canvas FINE times the picture's size, so that widths below a pixel become faint lines.
With `tell` a plane of hints says how far a pixel is hidden: from 0, untouched, to 1, not visible.
"""

import math
from collections.abc import Callable

import numpy as np
import torch

from elegan.data.damage.scene import Counts, Range, Scene, Shares, streams

FINE = 4  # pixels of a canvas along a pixel of the picture
Random = np.random.Generator


def scratches(
    scene: Scene,
    *,
    count: Counts = (2, 10),
    width: Range = (0.4, 1.6),
    opacity: Shares = (0.3, 0.95),
    tell: bool = False,
) -> Scene:
    """Long thin lines `width` pixels wide, mostly upright, light or dark, which fade and break off along their way."""

    def draw(random: Random, light: np.ndarray, dark: np.ndarray) -> None:
        n = _number(random, count)
        paths, shades = _scratches(random, n, light.shape), _broken(random, random.uniform(*opacity, (n, 1)))
        for path, w, shade in zip(paths, random.uniform(*width, n), shades, strict=True):
            _lines(light if random.random() < 0.75 else dark, path, w, shade)

    return _worn(scene, draw, tell)


def creases(scene: Scene, *, count: Counts = (1, 3), width: Range = (0.6, 2.5), tell: bool = False) -> Scene:
    """Cracks of the picture's layer where the print was folded: jagged, branching, flaked to the white paper below."""

    def draw(random: Random, light: np.ndarray, dark: np.ndarray) -> None:
        for _ in range(_number(random, count)):
            start, stop = _crossing(random, light.shape)
            crack = _ragged(random, start, stop, 0.12)
            w = random.uniform(*width)
            _crack(random, light, crack, w)
            for _ in range(random.integers(0, 4)):
                root = crack[random.integers(len(crack))]
                tip = root + (stop - start)[::-1] * random.uniform(-0.4, 0.4, 2)
                _crack(random, light, _ragged(random, root, tip, 0.2), w / 2)

    return _worn(scene, draw, tell)


def dust(scene: Scene, *, density: Range = (2.0, 20.0), radius: Range = (0.3, 1.3), tell: bool = False) -> Scene:
    """Specks of `radius` pixels and a few curled fibres, light or dark; `density` counts them per 10,000 pixels."""

    def draw(random: Random, light: np.ndarray, dark: np.ndarray) -> None:
        import cv2

        area = light.size / FINE**2
        for _ in range(random.poisson(random.uniform(*density) * area / 1e4)):
            canvas = light if random.random() < 0.7 else dark
            centre = random.uniform(0, 1, 2) * light.shape[::-1]
            if random.random() < 0.1:
                _lines(canvas, _fibre(random, centre), random.uniform(0.4, 0.9), random.uniform(0.5, 1))
                continue
            axes = np.maximum(1, FINE * random.uniform(*radius) * random.uniform(0.5, 1.3, 2)).astype(int).tolist()
            turn, shade = random.uniform(0, 180), random.uniform(100, 255)
            cv2.ellipse(canvas, centre.astype(int).tolist(), axes, turn, 0, 360, shade, -1)

    return _worn(scene, draw, tell)


def missing_corners(scene: Scene, *, corners: Counts = (1, 2), size: Shares = (0.08, 0.3), tell: bool = False) -> Scene:
    """Corners torn off, as many as `corners`, of about `size` of the shorter side, ragged and with a rim of bare paper, on white
    or black.
    """

    def draw(random: Random, light: np.ndarray, dark: np.ndarray) -> None:
        import cv2

        below = light if random.random() < 0.5 else dark
        far = np.array(light.shape[::-1])
        for number in random.permutation(4)[: min(4, _number(random, corners))]:
            corner = far * (number // 2, number % 2)
            inwards = np.where(corner > 0, -1, 1) * random.uniform(*size, 2) * min(light.shape)
            edge = _ragged(random, corner + inwards * (1, 0), corner + inwards * (0, 1), 0.22)
            torn = np.concatenate([edge, [corner]]).round().astype(np.int32)
            cv2.fillPoly(light, [torn], 0)
            cv2.fillPoly(below, [torn], 255)
            _lines(light, edge, _wander(random, len(edge) - 1) * random.uniform(0.8, 2), 1.0)

    return _worn(scene, draw, tell)


def _number(random: Random, count: Counts) -> int:
    return int(random.integers(count[0], count[1] + 1))


def _worn(scene: Scene, draw: Callable[[Random, np.ndarray, np.ndarray], None], tell: bool) -> Scene:
    """The scene with the wear that `draw` puts on a light and a dark canvas, uint8 opacities; the light one lies on top."""
    h, w = scene.x.shape[2:]
    layers, tones = [], []
    for random in streams(scene.x):
        canvases = np.zeros((2, h * FINE, w * FINE), np.uint8)
        draw(random, *canvases)
        layers.append([_shrunk(canvas) for canvas in canvases])
        tones.append((random.uniform(0.8, 1.0), random.uniform(0.0, 0.15)))
    light, dark = (torch.from_numpy(np.array(layers)).to(scene.x)[:, :, None] / 255).unbind(1)
    paper, black = torch.tensor(tones).to(scene.x)[:, :, None, None, None].unbind(1)
    x = scene.x + dark * (black - scene.x)
    x = x + light * (paper - x)
    worn = scene._replace(x=x)
    return worn.told(1 - (1 - light) * (1 - dark)) if tell else worn


def _shrunk(canvas: np.ndarray) -> np.ndarray:
    import cv2

    h, w = canvas.shape
    for finer in (FINE // 2, 1):  # OpenCV is quickest at halving
        canvas = cv2.resize(canvas, (w * finer // FINE, h * finer // FINE), interpolation=cv2.INTER_AREA)
    return canvas


def _lines(canvas: np.ndarray, points: np.ndarray, width: float | np.ndarray, opacity: float | np.ndarray) -> None:
    """Draws a path whose segments have their own widths (in pixels of the picture) and opacities."""
    import cv2

    at = points.round().astype(int).tolist()
    widths = np.broadcast_to(np.maximum(1, np.rint(np.multiply(width, FINE))), len(at) - 1).astype(int).tolist()
    shades = np.broadcast_to(np.multiply(opacity, 255.0), len(at) - 1).tolist()
    for start, stop, thickness, shade in zip(at[:-1], at[1:], widths, shades, strict=True):
        if shade >= 1:
            cv2.line(canvas, start, stop, shade, thickness)


STEPS = 16  # segments of a scratch


def _scratches(random: Random, n: int, shape: tuple[int, ...]) -> np.ndarray:
    """Points of n nearly straight lines, slightly bent: n x STEPS + 1 x 2."""
    step = random.uniform(0.25, 1.3, n) * shape[0] / STEPS
    upright = random.random(n) < 0.75
    angle = np.where(upright, np.pi / 2 + random.normal(0, 0.12, n), random.uniform(0, np.pi, n))
    bend = random.normal(0, 0.3, (n, 1)) * np.arange(STEPS) / STEPS
    turning = bend + np.cumsum(random.normal(0, 0.04, (n, STEPS)), 1)
    return _walk(random.uniform(0, 1, (n, 2)) * shape[::-1], angle[:, None] + turning, step)


def _fibre(random: Random, middle: np.ndarray) -> np.ndarray:
    angles = random.uniform(0, 2 * np.pi) + random.normal(0, 0.3) * np.arange(8) + np.cumsum(random.normal(0, 0.3, 8))
    points: np.ndarray = _walk(middle[None], angles[None], FINE * random.uniform(0.7, 2.0, 1))[0]
    return points


def _walk(middles: np.ndarray, angles: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Points n x M + 1 x 2 of walks in the directions n x M, half of each before its middle."""
    moves = np.stack([np.cos(angles), np.sin(angles)], 2) * step[:, None, None]
    ends = np.cumsum(moves, 1)
    return np.concatenate([np.zeros_like(ends[:, :1]), ends], 1) + (middles - ends[:, -1] / 2)[:, None]


def _broken(random: Random, opacity: np.ndarray) -> np.ndarray:
    """Opacities n x STEPS along scratches of opacity n x 1, faint here and gone there."""
    phase, speed = random.uniform(0, 2 * np.pi, (2, len(opacity), 1)), random.uniform(0.15, 1.3, (2, len(opacity), 1))
    opacities: np.ndarray = opacity * np.clip(0.7 + np.sin(phase + speed * np.arange(STEPS)).mean(0), 0, 1)
    return opacities


def _wander(random: Random, n: int) -> np.ndarray:
    """Positive factors n around 1 that change little from one to the next."""
    factors: np.ndarray = np.exp(np.convolve(random.normal(0, 0.7, n + 2), np.ones(3) / 3, "valid"))
    return factors


def _crossing(random: Random, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Two points that a crease runs between, on opposite borders or from a border inwards."""
    start, stop = random.uniform(0, 1, (2, 2))
    axis = random.integers(2)
    start[axis], stop[axis] = 0.0, random.choice([1.0, random.uniform(0.3, 1)])
    if random.random() < 0.5:
        start, stop = 1 - start, 1 - stop
    return start * shape[::-1], stop * shape[::-1]


def _ragged(random: Random, start: np.ndarray, stop: np.ndarray, roughness: float) -> np.ndarray:
    """A line between two points by displacing midpoints: each halving moves them by less, down to a detail of about a pixel."""
    points = np.stack([start, stop]).astype(float)
    length = math.dist(start, stop)
    across = np.array([start[1] - stop[1], stop[0] - start[0]]) / max(length, 1e-6)
    levels = min(9, round(math.log2(max(2.0, length / (2 * FINE)))))
    for level in range(levels):
        offsets = random.normal(0, roughness * length / 3 / 1.8**level, (len(points) - 1, 1))
        finer = np.repeat(points, 2, 0)[:-1]
        finer[1::2] = (points[:-1] + points[1:]) / 2 + offsets * across
        points = finer
    return points


def _crack(random: Random, canvas: np.ndarray, path: np.ndarray, width: float) -> None:
    """Draws the crack and the flakes that came off beside it."""
    import cv2

    _lines(canvas, path, width * _wander(random, len(path) - 1), random.uniform(0.6, 1, len(path) - 1))
    for at in path[random.random(len(path)) < 0.12]:
        flake = at + random.normal(0, width * FINE, (5, 2))
        cv2.fillConvexPoly(canvas, cv2.convexHull(flake.astype(np.int32)), 255)
