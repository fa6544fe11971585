"""The DCGAN pair (Radford et al. 2016), for any resolution from 4 pixels, and an encoder like its discriminator."""

from itertools import pairwise

from torch import Tensor, nn

from elegan.core.ranges import Width
from elegan.core.sizes import Resolution, size_of
from elegan.nets.activations import Activation, activation
from elegan.nets.latents import LatentInput, Prior
from elegan.nets.layers import ImageInput, Score, check_condition, crop, in_order, normal_weights, pyramid
from elegan.nets.norms import ConditionalNorm, norm, spectral
from elegan.nets.upsampling import Doubling, doubling, painting

WIDEST = 8


class DCGANGenerator(nn.Module):
    def __init__(
        self,
        resolution: Resolution,
        channels: int,
        embedded: int,
        by_norm: int,
        latent: int,
        prior: Prior,
        width: int,
        norm: str,
        act: Activation,
        upsample: Doubling,
    ):
        super().__init__()
        self.latent, self.classes, self.resolution = latent, embedded or by_norm, resolution
        self.start, doublings = pyramid(resolution)
        widths = [width * min(2**level, WIDEST) for level in reversed(range(doublings))]
        self.input = LatentInput(latent, embedded, prior)
        self.project = nn.Linear(self.input.features, widths[0] * self.start.area, bias=False)
        self.norms = nn.ModuleList(ConditionalNorm(norm, w, by_norm) for w in widths)
        self.ups = nn.ModuleList(doubling(upsample, a, b, 4, bias=False) for a, b in pairwise(widths))
        self.ups.append(painting(upsample, widths[-1], channels, 4))
        self.act = activation(act)
        normal_weights(self)

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        h = self.project(self.input(z, label)).unflatten(1, (-1, *self.start))
        for normalise, up in zip(self.norms, self.ups, strict=True):
            h = up(self.act(normalise(h, label)))
        return crop(h, self.resolution).tanh()


class DCGANDiscriminator(nn.Module):
    def __init__(
        self,
        resolution: Resolution,
        channels: int,
        planes: int,
        projected: int,
        width: int,
        norm_name: str,
        act: Activation,
    ):
        super().__init__()
        self.input = ImageInput(resolution, channels, planes)
        self.layers, features = _halvings(resolution, self.input.channels, width, norm_name, act)
        self.score = Score(features, projected)
        normal_weights(self)

    def layers_in_order(self) -> list[list[nn.Module]]:
        return in_order(self.layers)

    def features(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        maps: Tensor = self.layers(self.input(x, label))
        return maps.flatten(1)

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        score: Tensor = self.score(self.features(x, label), label)
        return score


class DCGANEncoder(nn.Module):
    def __init__(
        self, resolution: Resolution, channels: int, outputs: int, width: int, norm_name: str, act: Activation
    ):
        super().__init__()
        self.layers, features = _halvings(resolution, channels, width, norm_name, act)
        self.code = nn.Linear(features, outputs)
        normal_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        code: Tensor = self.code(self.layers(x).flatten(1))
        return code


def _halvings(
    resolution: Resolution, channels: int, width: int, norm_name: str, act: Activation
) -> tuple[nn.Sequential, int]:
    """(strided convolutions down to a few pixels, the number of features that they leave)."""
    _, halvings = pyramid(resolution)
    widths = [width * min(2**level, WIDEST) for level in range(halvings)]
    layers: list[nn.Module] = []
    for inside, outside in zip([channels, *widths], widths, strict=False):
        layers += [nn.Conv2d(inside, outside, 4, 2, 1)]
        layers += [norm(norm_name, outside)] if len(layers) > 1 else []
        layers += [activation(act, inplace=True)]
    return nn.Sequential(*layers), widths[-1] * (size_of(resolution) >> halvings).area


def dcgan_generator(
    resolution: Resolution,
    channels: int,
    classes: int,
    *,
    latent: Width = 100,
    prior: Prior = "normal",
    width: Width = 64,
    norm: str = "batch",
    condition: str = "none",
    activation: Activation = "relu",
    upsample: Doubling = "transposed",
) -> nn.Module:
    """Doublings from a few pixels up; the last hidden layer has `width` channels, earlier ones up to 8 times as many.

    `prior`: the latent's distribution. `condition`: none, embedding (beside the latent) or norm (scale and shift by class). `upsample`: convolutions that are
    transposed, as in the paper, or follow a resize (nearest, bilinear), which leaves no grid.
    """
    check_condition(condition, ("none", "embedding", "norm"), classes)
    embedded, by_norm = (classes if condition == kind else 0 for kind in ("embedding", "norm"))
    return DCGANGenerator(resolution, channels, embedded, by_norm, latent, prior, width, norm, activation, upsample)


def dcgan_discriminator(
    resolution: Resolution,
    channels: int,
    classes: int,
    *,
    width: Width = 64,
    norm: str = "batch",
    spectral_norm: bool = False,
    condition: str = "none",
    activation: Activation = "leaky_relu",
) -> nn.Module:
    """Strided convolutions down to a few pixels, then linear. `condition`: none, embedding (one more plane) or projection."""
    check_condition(condition, ("none", "embedding", "projection"), classes)
    planes, projected = (classes if condition == kind else 0 for kind in ("embedding", "projection"))
    D = DCGANDiscriminator(resolution, channels, planes, projected, width, norm, activation)
    return spectral(D) if spectral_norm else D


def dcgan_encoder(
    resolution: Resolution,
    channels: int,
    outputs: int,
    *,
    width: Width = 64,
    norm: str = "batch",
    activation: Activation = "leaky_relu",
) -> nn.Module:
    """An encoder of images to N x outputs by strided convolutions, then linear."""
    return DCGANEncoder(resolution, channels, outputs, width, norm, activation)
