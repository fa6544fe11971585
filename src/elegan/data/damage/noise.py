"""Noise, drawn pixel by pixel."""

import numpy as np
import torch

from elegan.core import rng
from elegan.core.pixels import luma
from elegan.core.ranges import Share
from elegan.data.damage.blurs import gaussian_blur
from elegan.data.damage.scene import UNKNOWN, Counts, Range, Scene, Shares, between, streams

FEW = 10  # photons a pixel


def gaussian_noise(scene: Scene, *, sigma: Range = (0, 55), tell: bool = False, hidden: Share = 0.0) -> Scene:
    """White noise of standard deviation `sigma` on the 0-255 scale, not clipped.

    With `tell` a plane of hints holds sigma / 255, or UNKNOWN with probability `hidden`, for blind restoration.
    """
    x = scene.x
    level = between(sigma, x) / 255
    noisy = scene._replace(x=x + level * rng.normal(len(x), *x.shape[1:], device=x.device))
    if not tell:
        return noisy
    kept = rng.uniform(len(x), 1, 1, 1, device=x.device) >= hidden
    return noisy.told(torch.where(kept, level, UNKNOWN))


def poisson_noise(scene: Scene, *, photons: Counts = (20, 500)) -> Scene:
    """Shot noise: counts of photons whose mean is `photons` where the picture is white; not clipped above."""
    x = scene.x
    peak = between(photons, x).clamp(min=1)
    rates = (x.clamp(min=0) * peak).cpu().numpy()
    counts = [_poisson(random, rate) for random, rate in zip(streams(x), rates, strict=True)]
    return scene._replace(x=torch.from_numpy(np.stack(counts)).to(x) / peak)


def _poisson(random: np.random.Generator, rate: np.ndarray) -> np.ndarray:
    """Poisson counts of mean `rate`. From FEW on, where exact draws are slow, Cornish-Fisher quantiles, right to the third moment."""
    z = random.standard_normal(rate.shape, np.float32)
    counts: np.ndarray = np.rint(rate + np.sqrt(rate) * z + (z * z - 1) / 6)
    counts[rate < FEW] = random.poisson(rate[rate < FEW])
    return counts


def speckle(scene: Scene, *, sigma: Range = (0.0, 0.2)) -> Scene:
    """Multiplicative noise: each value changes by a normal share of itself, of standard deviation `sigma`; not clipped."""
    x = scene.x
    return scene._replace(x=x + x * between(sigma, x) * rng.normal(len(x), *x.shape[1:], device=x.device))


def salt_and_pepper(scene: Scene, *, share: Shares = (0.0, 0.1)) -> Scene:
    """Salt and pepper: a `share` of the pixels, all channels together, is black or white, either equally likely."""
    x = scene.x
    half = between(share, x) / 2
    u = rng.uniform(len(x), 1, *x.shape[2:], device=x.device)
    return scene._replace(x=torch.where(u < half, 0.0, torch.where(u >= 1 - half, 1.0, x)))


def grain(scene: Scene, *, sigma: Range = (4.0, 24.0), size: Range = (0.4, 1.2)) -> Scene:
    """Film grain: one grey pattern over all channels, of specks of about `size` pixels.

    Its standard deviation is `sigma` on the 0-255 scale in the middle tones and goes with sqrt(l (1 - l)) of the
    lightness l, as where a number of silver grains are each black or clear. Not clipped.
    """
    x = scene.x
    white = rng.normal(len(x), 1, *x.shape[2:], device=x.device)
    pattern = gaussian_blur(Scene(white, scene.hints), sigma=size).x
    pattern = pattern / pattern.std((1, 2, 3), correction=0, keepdim=True).clamp(min=1e-6)
    light = luma(x).clamp(0, 1)
    return scene._replace(x=x + pattern * between(sigma, x) / 255 * 2 * (light * (1 - light)).sqrt())
