"""Loss of size: pictures made smaller, or smaller or larger and back."""

from typing import Annotated

import torch
from pydantic import Field

from elegan.core.ranges import Some
from elegan.data.damage.scene import Range, Scene, between, streams
from elegan.data.resize import Kernel, resize


def downscale(scene: Scene, *, factor: Some = 4, kernel: Kernel = "bicubic", rounded: bool = True) -> Scene:
    """Divides both sides by `factor`; hints are averaged.

    With `rounded` the result has 8 bits, rounded and clipped after the rows and again after the columns as imresize does
    with 8-bit pictures. Raises ValueError for sides that `factor` does not divide.
    """
    _, _, h, w = scene.x.shape
    if h % factor or w % factor:
        raise ValueError(f"cannot downscale {h} x {w} by {factor}: both sides must be its multiples")
    small = (h // factor, w // factor)
    # Whole numbers keep the products exact, and so the ties of rounding.
    x = scene.x * 255
    for size in ((small[0], w), small):
        x = resize(x, size, kernel)
        x = (x + 0.5).floor().clamp(0, 255) if rounded else x
    return Scene(x / 255, resize(scene.hints, small, "area"))


def resize_randomly(
    scene: Scene,
    *,
    scale: Range = (0.5, 1.5),
    kernels: Annotated[tuple[Kernel, ...], Field(min_length=1)] = ("area", "bilinear", "bicubic"),
) -> Scene:
    """Resizes each picture by a factor drawn for it and back, each time by any of the `kernels` (Real-ESRGAN, Wang et al. 2021)."""
    h, w = scene.x.shape[2:]
    pictures = []
    for picture, factor, random in zip(
        scene.x.split(1), between(scale, scene.x).flatten().tolist(), streams(scene.x), strict=True
    ):
        there, back = (kernels[index] for index in random.integers(len(kernels), size=2))
        size = (max(1, round(h * factor)), max(1, round(w * factor)))
        pictures.append(resize(resize(picture, size, there), (h, w), back))
    return scene._replace(x=torch.cat(pictures))
