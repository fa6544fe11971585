"""Networks that judge patches: PatchGAN (Isola et al. 2017), at several scales (Wang et al. 2018), and PatchNCE's heads."""

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, normalize

from elegan.core.ranges import Few, Some, Width
from elegan.core.sizes import Resolution
from elegan.nets.activations import Activation, activation
from elegan.nets.layers import normal_weights
from elegan.nets.norms import norm, spectral

WIDEST = 8


class PatchDiscriminator(nn.Module):
    """Maps pictures to a list of score maps, one a scale, each half as large as the one before."""

    def __init__(self, channels: int, width: int, layers: int, norm_name: str, scales: int, act: Activation):
        super().__init__()
        self.scales = nn.ModuleList(_patchgan(channels, width, layers, norm_name, act) for _ in range(scales))
        normal_weights(self)

    def forward(self, x: Tensor, label: Tensor | None = None) -> list[Tensor]:
        return [scale(smaller) for scale, smaller in zip(self.scales, self._sizes(x), strict=True)]

    def features(self, x: Tensor) -> list[Tensor]:
        """The features before each halving and before the score, at every scale (Wang et al. 2018, equation 4)."""
        features = []
        for scale, h in zip(self.scales, self._sizes(x), strict=True):
            first, *layers = scale.children()
            h = first(h)
            for layer in layers:
                if isinstance(layer, nn.Conv2d):
                    features.append(h)
                h = layer(h)
        return features

    def _sizes(self, x: Tensor) -> list[Tensor]:
        sizes = [x]
        for _ in self.scales[1:]:
            sizes.append(avg_pool2d(sizes[-1], 3, 2, 1, count_include_pad=False))
        return sizes


def _patchgan(channels: int, width: int, layers: int, norm_name: str, act: Activation) -> nn.Sequential:
    parts: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1), activation(act, inplace=True)]
    inside = width
    for level in range(1, layers + 1):
        outside = width * min(2**level, WIDEST)
        parts += [
            nn.Conv2d(inside, outside, 4, 2 if level < layers else 1, 1), norm(norm_name, outside), activation(act, inplace=True),
        ]  # fmt: skip
        inside = outside
    return nn.Sequential(*parts, nn.Conv2d(inside, 1, 4, 1, 1))


def patch_discriminator(
    resolution: Resolution,
    channels: int,
    classes: int,
    *,
    width: Width = 64,
    layers: Few = 3,
    norm: str = "instance",
    spectral_norm: bool = False,
    scales: Some = 1,
    activation: Activation = "leaky_relu",
) -> nn.Module:
    """PatchGAN: with 3 `layers` each score sees 70 x 70 pixels; `scales` above 1 adds critics of half the size."""
    D = PatchDiscriminator(channels, width, layers, norm, scales, activation)
    return spectral(D) if spectral_norm else D


class PatchHeads(nn.Module):
    """Maps features of several depths at P places to unit vectors, N x P x width each (Park et al. 2020, section 3.2)."""

    def __init__(self, channels: tuple[int, ...], width: int):
        super().__init__()
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Linear(c, width), nn.ReLU(True), nn.Linear(width, width)) for c in channels
        )
        normal_weights(self)

    def forward(self, features: list[Tensor], places: list[Tensor]) -> list[Tensor]:
        """Takes `features` and the `places`, N x P, of each depth: indices of pixels counted row by row."""
        return [normalize(head(_at(f, p)), dim=2) for head, f, p in zip(self.heads, features, places, strict=True)]


def _at(features: Tensor, places: Tensor) -> Tensor:
    flat = features.flatten(2).transpose(1, 2)
    return torch.gather(flat, 1, places[:, :, None].expand(-1, -1, flat.shape[2]))


def patch_heads(channels: tuple[int, ...], *, width: Width = 256) -> nn.Module:
    """A two-layer perceptron for each of the depths of the generator's encoder, whose `channels` are given."""
    return PatchHeads(channels, width)
