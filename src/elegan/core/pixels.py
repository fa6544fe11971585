"""Pixels between bytes and floats, between grey, colour and alpha: the one home of their arithmetic.

Images are uint8 N x H x W x C as files and arrays have them, or float N x C x H x W as networks take them.
"""

import warnings

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from elegan.core.errors import UserError

Images = np.ndarray | Tensor
LUMA = (0.299, 0.587, 0.114)  # BT.601


def to_tensor(images: np.ndarray, device: torch.device | str = "cpu") -> Tensor:
    """Converts uint8 N x H x W x C to float32 N x C x H x W in [-1, 1], channels last in memory.

    >>> x = to_tensor(np.array([0, 51, 255], np.uint8).reshape(1, 1, 3, 1))
    >>> x.shape, x.flatten()
    (torch.Size([1, 1, 1, 3]), tensor([-1.0000, -0.6000,  1.0000]))
    """
    return to_floats(torch.from_numpy(np.ascontiguousarray(images)).to(device, non_blocking=True))


def to_floats(images: Tensor) -> Tensor:
    """Converts uint8 N x H x W x C to float32 N x C x H x W in [-1, 1]."""
    return images.permute(0, 3, 1, 2).float().div_(127.5).sub_(1)


def to_unit(images: Tensor) -> Tensor:
    """Converts uint8 N x H x W x C to float32 N x C x H x W in [0, 1]."""
    return images.permute(0, 3, 1, 2).float().div_(255)


def to_bytes(x: Tensor) -> np.ndarray:
    """Converts float N x C x H x W in [-1, 1] to uint8 N x H x W x C.

    >>> to_bytes(torch.tensor([-1.0, 0.0, 1.3]).view(1, 1, 1, 3)).ravel().tolist()
    [0, 128, 255]
    """
    x = (x.float() * 127.5 + 127.5).round_().clamp_(0, 255)
    return x.to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()


def photo_to_tensor(pixels: np.ndarray) -> Tensor:
    """Converts float32 H x W x C in [0, 1] to 1 x C x H x W in [-1, 1]."""
    return torch.from_numpy(pixels).permute(2, 0, 1)[None] * 2 - 1


def tensor_to_photo(x: Tensor) -> np.ndarray:
    """Converts float 1 x C x H x W in [-1, 1] to H x W x C in [0, 1], clipped."""
    return (x[0].permute(1, 2, 0) / 2 + 0.5).clamp(0, 1).cpu().numpy()


def as_pictures(images: Images) -> Tensor:
    """The `images` as a uint8 tensor, N x H x W x C. Raises UserError for any other type or shape."""
    with warnings.catch_warnings():  # torch warns of arrays mapped read-only; nothing here writes into a picture
        warnings.simplefilter("ignore", UserWarning)
        x = torch.as_tensor(images)
    if x.dtype != torch.uint8:
        raise UserError(f"images must be uint8 in 0..255; got {str(x.dtype).removeprefix('torch.')}")
    if x.ndim != 4 or not all(x.shape[1:]) or x.shape[3] not in (1, 3, 4):
        raise UserError(f"images must be N x H x W x C with 1, 3 or 4 channels; got the shape {tuple(x.shape)}")
    return x


def resized(x: Tensor, height: int, width: int) -> Tensor:
    """Images N x C x H x W at height x width, by bilinear interpolation with antialiasing; unchanged where the size fits."""
    if x.shape[2:] == (height, width):
        return x
    return F.interpolate(x, (height, width), mode="bilinear", antialias=True, align_corners=False)


def to_colour(images: Tensor) -> Tensor:
    """Images N x H x W x C as RGB, N x H x W x 3: grey is repeated, transparency dropped."""
    return images.expand(*images.shape[:3], 3) if images.shape[3] == 1 else images[..., :3]


def to_rgba(images: Tensor) -> Tensor:
    """Images N x H x W x C as RGBA, N x H x W x 4: grey is repeated, missing transparency is opaque."""
    if images.shape[3] == 4:
        return images
    return torch.cat([to_colour(images), images.new_full((*images.shape[:3], 1), 255)], 3)


def with_channels(pixels: np.ndarray, channels: int) -> np.ndarray:
    """Converts float32 H x W x C to H x W x `channels`, each 1 or 3: grey is repeated, colour becomes its brightness."""
    if pixels.shape[2] == channels:
        return pixels
    return pixels.repeat(3, 2) if channels == 3 else (pixels @ np.array(LUMA, np.float32))[:, :, None]


def luma(x: Tensor) -> Tensor:
    """Brightness N x 1 x H x W of N x C x H x W by the weights of BT.601; one channel is its own.

    Turning a picture grey keeps it, and so do changes of hue in YCbCr.
    """
    if x.shape[1] == 1:
        return x
    red, green, blue = LUMA
    return red * x[:, :1] + green * x[:, 1:2] + blue * x[:, 2:]
