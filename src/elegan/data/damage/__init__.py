"""Degradations that pictures go through before a network restores them. Each takes a Scene and gives another.

Keyword-only parameters are the options of a recipe; a pair is a range from which each picture's value is drawn. Draws come
from `elegan.core.rng`, so a batch gives the same however it is split. Inputs are left as they are.
"""

from elegan.data.damage.blurs import defocus_blur, gaussian_blur, motion_blur
from elegan.data.damage.codecs import jpeg
from elegan.data.damage.holes import holes
from elegan.data.damage.noise import gaussian_noise, grain, poisson_noise, salt_and_pepper, speckle
from elegan.data.damage.scene import UNKNOWN, Scene
from elegan.data.damage.sizes import downscale, resize_randomly
from elegan.data.damage.tone import fading, greyscale, sepia, vignette
from elegan.data.damage.wear import creases, dust, missing_corners, scratches

__all__ = [
    "UNKNOWN",
    "Scene",
    "creases",
    "defocus_blur",
    "downscale",
    "dust",
    "fading",
    "gaussian_blur",
    "gaussian_noise",
    "grain",
    "greyscale",
    "holes",
    "jpeg",
    "missing_corners",
    "motion_blur",
    "poisson_noise",
    "resize_randomly",
    "salt_and_pepper",
    "scratches",
    "sepia",
    "speckle",
    "vignette",
]
