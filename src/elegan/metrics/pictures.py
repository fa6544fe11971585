"""Pictures on their way into an extractor: uint8, N x H x W x C, to a float tensor of a stated size."""

import warnings
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from elegan.core.errors import UserError


def as_pictures(images: Any) -> Tensor:
    """`images` (array or tensor) as a uint8 tensor, N x H x W x C. Raises UserError for any other type or shape."""
    with warnings.catch_warnings():  # torch warns of arrays mapped read-only; nothing here writes into a picture
        warnings.simplefilter("ignore", UserWarning)
        x = torch.as_tensor(images)
    if x.dtype != torch.uint8:
        raise UserError(f"images must be uint8 in 0..255; got {str(x.dtype).removeprefix('torch.')}")
    if x.ndim != 4 or not all(x.shape[1:]) or x.shape[3] not in (1, 3, 4):
        raise UserError(f"images must be N x H x W x C with 1, 3 or 4 channels; got the shape {tuple(x.shape)}")
    return x


def to_floats(images: Tensor) -> Tensor:
    """uint8 N x H x W x C to float32 N x C x H x W in [-1, 1]."""
    return images.permute(0, 3, 1, 2).float().div_(127.5).sub_(1)


def resized(x: Tensor, height: int, width: int) -> Tensor:
    """N x C x H x W by bilinear interpolation with antialiasing; unchanged where the size fits already."""
    if x.shape[2:] == (height, width):
        return x
    return F.interpolate(x, (height, width), mode="bilinear", antialias=True, align_corners=False)


def to_colour(images: Tensor) -> Tensor:
    """Grey to RGB by repetition; the transparency of RGBA is dropped. N x H x W x C to N x H x W x 3."""
    return images.expand(*images.shape[:3], 3) if images.shape[3] == 1 else images[..., :3]


def to_rgba(images: Tensor) -> Tensor:
    """Any picture as RGBA: grey repeated, missing transparency opaque. N x H x W x C to N x H x W x 4."""
    if images.shape[3] == 4:
        return images
    return torch.cat([to_colour(images), images.new_full((*images.shape[:3], 1), 255)], 3)
