"""Damage by lossy file formats."""

import io

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from elegan.core.pixels import to_unit
from elegan.data.damage.scene import Qualities, Scene, between


def jpeg(scene: Scene, *, quality: Qualities = (30, 95)) -> Scene:
    """Compression by libjpeg at a `quality` of 1 to 100, with the chroma halved as files usually have it; clipped."""
    qualities = between(quality, scene.x).round().int().flatten().tolist()
    pictures = (scene.x * 255 + 0.5).floor().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy()
    decoded = torch.stack([_through(*pair) for pair in zip(pictures, qualities, strict=True)])
    return scene._replace(x=to_unit(decoded.to(scene.x.device)))


def _through(picture: np.ndarray, quality: int) -> Tensor:
    """The picture, uint8 H x W x C, encoded and decoded."""
    file = io.BytesIO()
    Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture).save(
        file, "JPEG", quality=quality, subsampling="4:2:0"
    )
    return torch.from_numpy(np.array(Image.open(file)).reshape(picture.shape))
