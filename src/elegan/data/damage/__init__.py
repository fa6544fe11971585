"""Degradations: what befalls a picture before it is to be restored. Each takes a Scene and gives another.

Keyword-only parameters are the options of a recipe; a pair is a range that each picture draws its value from. Draws come
from `elegan.chance`, so a batch gives the same however it is split. Inputs are left as they are.
"""

from elegan.data.damage.holes import holes
from elegan.data.damage.noise import gaussian_noise
from elegan.data.damage.scene import UNKNOWN, Scene
from elegan.data.damage.sizes import downscale, resize_randomly

__all__ = [
    "UNKNOWN",
    "Scene",
    "downscale",
    "gaussian_noise",
    "holes",
    "resize_randomly",
]
