"""Noise, pixel by pixel."""

import torch

from elegan import chance
from elegan.data.damage.scene import UNKNOWN, Range, Scene, Share, between


def gaussian_noise(scene: Scene, *, sigma: Range = (0, 55), tell: bool = False, hidden: Share = 0.0) -> Scene:
    """White noise of standard deviation `sigma` on the 0-255 scale, not clipped.

    With `tell` a plane of hints holds sigma / 255, or UNKNOWN with probability `hidden`, for blind restoration.
    """
    x = scene.x
    level = between(sigma, x) / 255
    noisy = scene._replace(x=x + level * chance.normal(len(x), *x.shape[1:], device=x.device))
    if not tell:
        return noisy
    kept = chance.uniform(len(x), 1, 1, 1, device=x.device) >= hidden
    return noisy.told(torch.where(kept, level, UNKNOWN))
