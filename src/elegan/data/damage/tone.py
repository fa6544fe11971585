"""Loss of tones and colours."""

import torch

from elegan.core import rng
from elegan.core.pixels import luma
from elegan.data.damage.scene import Scene, Shares, between
from elegan.data.resize import resize

SEPIA = (1.0, 0.89, 0.70)  # red, green and blue of white in a brown-toned print


def fading(scene: Scene, *, strength: Shares = (0.2, 0.7), uneven: Shares = (0.0, 0.4)) -> Scene:
    """Reduces contrast by `strength`: every value moves that far towards one grey, blacks rise and whites sink.

    The strength varies over the picture by `uneven` of itself.
    """
    x = scene.x
    n, _, h, w = x.shape
    field = resize(2 * rng.uniform(n, 1, 4, 4, device=x.device) - 1, (h, w), "bilinear")
    lost = between(strength, x) * (1 + between(uneven, x) * field)
    tone = between((0.4, 0.7), x)
    return scene._replace(x=x + lost.clamp(0, 1) * (tone - x))


def sepia(scene: Scene, *, strength: Shares = (0.3, 1.0)) -> Scene:
    """Replaces colours by brown tones of the same lightness, by `strength`; pictures of one channel stay as they are."""
    x, s = scene.x, between(strength, scene.x)
    if x.shape[1] == 1:
        return scene
    tint = torch.tensor(SEPIA, device=x.device)[:, None, None]
    return scene._replace(x=x + s * (luma(x) * tint - x))


def greyscale(scene: Scene) -> Scene:
    """Removes colour: the channels stay as many and become equal."""
    return scene._replace(x=luma(scene.x).expand_as(scene.x).clone())


def vignette(scene: Scene, *, strength: Shares = (0.1, 0.6)) -> Scene:
    """Darkens away from the centre, by `strength` in the corners."""
    h, w = scene.x.shape[2:]
    down, across = (torch.linspace(-1, 1, side, device=scene.x.device) ** 2 / 2 for side in (h, w))
    return scene._replace(x=scene.x * (1 - between(strength, scene.x) * (down[:, None] + across)))
