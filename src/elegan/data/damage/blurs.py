"""Blurs: a kernel for each picture, borders reflected."""

import math

import numpy as np
import torch
from torch import Tensor

from elegan.core import rng
from elegan.core.ranges import Share
from elegan.data.damage.scene import Range, Scene, between


def gaussian_blur(scene: Scene, *, sigma: Range = (0.2, 3.0), anisotropic: Share = 0.0) -> Scene:
    """Gaussian blur of `sigma` pixels; with probability `anisotropic` it has two sigmas at right angles, turned by any angle."""
    x = scene.x
    along, across, angle = (drawn.flatten().tolist() for drawn in (between(sigma, x), between(sigma, x), _angles(x)))
    oval = (rng.uniform(len(x)) < anisotropic).tolist()
    pairs = zip(along, across, angle, oval, strict=True)
    return _filtered(scene, [_gaussian(a, b if two else a, turn) for a, b, turn, two in pairs])


def motion_blur(scene: Scene, *, length: Range = (3.0, 15.0)) -> Scene:
    """Blur of a camera that moved `length` pixels along a straight line in any direction."""
    lengths = between(length, scene.x).flatten().tolist()
    angles = _angles(scene.x).flatten().tolist()
    return _filtered(scene, [_segment(*pair) for pair in zip(lengths, angles, strict=True)])


def defocus_blur(scene: Scene, *, radius: Range = (1.0, 5.0)) -> Scene:
    """Blur of a lens out of focus: every point becomes an even disc of `radius` pixels."""
    return _filtered(scene, [_disc(r) for r in between(radius, scene.x).flatten().tolist()])


def _angles(x: Tensor) -> Tensor:
    return rng.uniform(len(x)) * math.pi


def _axes(reach: float, angle: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates along and across a direction, over a square that reaches `reach` pixels each way."""
    side = np.arange(-math.ceil(reach), math.ceil(reach) + 1.0)
    cos, sin = math.cos(angle), math.sin(angle)
    return cos * side + sin * side[:, None], cos * side[:, None] - sin * side


def _gaussian(along: float, across: float, angle: float) -> np.ndarray:
    # A pixel is as wide as a Gaussian of 0.1: below that nothing is blurred, and the exponent stays finite.
    along, across = max(along, 0.1), max(across, 0.1)
    u, v = _axes(3 * max(along, across), angle)
    return np.exp(-0.5 * ((u / along) ** 2 + (v / across) ** 2))


def _segment(length: float, angle: float) -> np.ndarray:
    u, v = _axes(length / 2, angle)
    kernel: np.ndarray = np.clip((length + 1) / 2 - abs(u), 0, 1) * np.clip(1 - abs(v), 0, 1)
    return kernel


def _disc(radius: float) -> np.ndarray:
    u, v = _axes(radius)
    kernel: np.ndarray = np.clip(radius + 0.5 - np.hypot(u, v), 0, 1)
    return kernel


def _filtered(scene: Scene, kernels: list[np.ndarray]) -> Scene:
    import cv2

    pictures = scene.x.permute(0, 2, 3, 1).contiguous().cpu().numpy()
    blurred = np.empty_like(pictures)
    for picture, kernel, result in zip(pictures, kernels, blurred, strict=True):
        filtered = cv2.filter2D(picture, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT_101)
        result[:] = filtered.reshape(picture.shape)
    return scene._replace(x=torch.from_numpy(blurred).permute(0, 3, 1, 2).contiguous().to(scene.x.device))
