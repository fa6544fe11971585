"""Parts that the image networks share: sizes and widths for any resolution, initial weights, norms without weights, the use
of a class label at both ends.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from elegan.core.errors import UserError, nearest
from elegan.core.sizes import Resolution, Size, size_of

WEIGHT_DEVIATION = 0.02  # of initial weights (Radford et al. 2016, section 4)


def pyramid(resolution: Resolution, least: int = 2) -> tuple[Size, int]:
    """(start, doublings) such that start * 2^doublings covers the resolution, with a short side of about 4 pixels at the start.

    8 starts at 2, 32 at 4, 40 at 5, 256x384 at 4x6; 28 starts at 4, is painted at 32 and cropped. (A start of 7 would need one layer
    less, but two layers see too little of a digit: half of the strokes would not join.)
    """
    height, width = size_of(resolution)
    doublings = max(least, round(math.log2(min(height, width) / 4)))
    return Size(math.ceil(height / 2**doublings), math.ceil(width / 2**doublings)), doublings


def crop(x: Tensor, resolution: Resolution) -> Tensor:
    """The centre of N x C x H x W; x itself where it already fits."""
    height, width = size_of(resolution)
    top, left = (x.shape[-2] - height) // 2, (x.shape[-1] - width) // 2
    return x if x.shape[-2:] == (height, width) else x[..., top : top + height, left : left + width]


def fill_up(x: Tensor, multiple: int) -> Tensor:
    """Pictures continued by mirrored rows and columns at their lower right, up to multiples of `multiple` pixels."""
    h, w = x.shape[2:]
    down, right = (-size % multiple for size in (h, w))
    mode = "reflect" if down < h and right < w else "replicate"
    return pad(x, (0, right, 0, down), mode=mode) if down or right else x


def normal_weights(module: nn.Module, deviation: float = WEIGHT_DEVIATION) -> nn.Module:
    """The module with N(0, 0.02) weights, N(1, 0.02) scales and zero biases (Radford et al. 2016, section 4)."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(layer.weight, 0.0, deviation)
        elif isinstance(layer, nn.BatchNorm2d | nn.GroupNorm):
            nn.init.normal_(layer.weight, 1.0, deviation)
        bias = getattr(layer, "bias", None)
        if isinstance(bias, Tensor):
            nn.init.zeros_(bias)
    return module


def orthogonal_weights(module: nn.Module) -> nn.Module:
    """The module with orthogonal weights and zero biases (Saxe et al. 2014)."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.orthogonal_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return module


def width_at(size: int, width: int, least: int) -> int:
    """Channels at `size` pixels: `width` up to 32, half at 64, a quarter at 128, nowhere fewer than `least`."""
    return max(least, width * 32 // max(size, 32))


def pixel_norm(x: Tensor) -> Tensor:
    """Scales the features of every place (or row) to a mean square of one, N x C x ... (Karras et al. 2018, section 4.2)."""
    return x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()


def minibatch_std(groups: Tensor) -> Tensor:
    """The deviation among the n images of each group, on average over features and places: G x n x C x H x W to G.

    Karras et al. 2018, section 3.
    """
    return (groups.var(1, correction=0) + 1e-8).sqrt().mean((1, 2, 3))


def check_condition(condition: str, valid: tuple[str, ...], classes: int) -> None:
    """Raises UserError for an unknown way of conditioning, or one without classes to condition on."""
    if condition not in valid:
        raise UserError(f"unknown condition {condition!r}{nearest(condition, valid)}")
    if condition != "none" and not classes:
        raise UserError(f"condition = {condition!r} needs labelled data: put the images into one folder a class")


def in_order(layers: nn.Sequential) -> list[list[nn.Module]]:
    """Layers that stand one behind the other, each with the norm and the nonlinearity behind it."""
    grouped: list[list[nn.Module]] = []
    for layer in layers:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            grouped.append([])
        grouped[-1].append(layer)
    return grouped


class ImageInput(nn.Module):
    """Adds the label's embedding to images N x C x H x W as one more plane, if there are classes to embed."""

    def __init__(self, resolution: Resolution, channels: int, classes: int):
        super().__init__()
        self.size = size_of(resolution)
        self.embed = nn.Embedding(classes, self.size.area) if classes else None
        self.channels = channels + (1 if classes else 0)

    def forward(self, x: Tensor, label: Tensor | None) -> Tensor:
        if self.embed is None:
            return x
        plane = self.embed(label).view(-1, 1, *self.size)
        return torch.cat([x, plane.to(x.dtype)], 1)


class Score(nn.Module):
    """Scores N of features N x F: linear, plus <embedding of the label, features> (Miyato & Koyama 2018, equation 3).

    The embedding starts as small as other weights do. At torch's deviation of 1 the product with thousands of features
    would drown the rest of the score for hundreds of steps (docs/log.md).
    """

    def __init__(self, features: int, classes: int):
        super().__init__()
        self.features = features
        self.linear = nn.Linear(features, 1)
        self.embed = nn.Embedding(classes, features) if classes else None
        if self.embed is not None:
            nn.init.normal_(self.embed.weight, 0.0, WEIGHT_DEVIATION)

    def forward(self, h: Tensor, label: Tensor | None) -> Tensor:
        score: Tensor = self.linear(h).squeeze(1)
        return score if self.embed is None else score + (self.embed(label) * h).sum(1)
