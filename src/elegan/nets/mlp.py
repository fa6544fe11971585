"""Fully connected networks, of the shape that most implementations of the 2014 GAN use (the paper's: 1200-1200 and maxout)."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from elegan.core.ranges import Width
from elegan.core.sizes import Resolution, size_of
from elegan.nets.activations import Activation, activation
from elegan.nets.latents import LatentInput, Prior
from elegan.nets.layers import ImageInput, Score, check_condition, in_order
from elegan.nets.norms import norm


class _RowNorm(nn.Module):
    """An image normalisation applied to features N x F."""

    def __init__(self, name: str, features: int):
        super().__init__()
        self.norm = norm(name, features)

    def forward(self, h: Tensor) -> Tensor:
        normalised: Tensor = self.norm(h[..., None, None])
        return normalised[..., 0, 0]


def _layers(widths: Sequence[int], name: str, act: Activation) -> nn.Sequential:
    layers: list[nn.Module] = []
    for index, (inside, outside) in enumerate(pairwise(widths)):
        layers.append(nn.Linear(inside, outside))
        if index and name != "none":
            layers.append(_RowNorm(name, outside))
        layers.append(activation(act, inplace=True))
    return nn.Sequential(*layers)


class MLPGenerator(nn.Module):
    def __init__(
        self,
        resolution: Resolution,
        channels: int,
        classes: int,
        latent: int,
        prior: Prior,
        widths: Sequence[int],
        norm: str,
        act: Activation,
    ):
        super().__init__()
        self.latent, self.classes, self.shape = latent, classes, (channels, *size_of(resolution))
        self.input = LatentInput(latent, classes, prior)
        self.layers = _layers([self.input.features, *widths], norm, act)
        self.paint = nn.Linear(widths[-1], channels * size_of(resolution).area)

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        pixels: Tensor = self.paint(self.layers(self.input(z, label)))
        images: Tensor = pixels.tanh().unflatten(1, self.shape)
        return images


class MLPDiscriminator(nn.Module):
    def __init__(
        self,
        resolution: Resolution,
        channels: int,
        planes: int,
        projected: int,
        widths: Sequence[int],
        norm: str,
        act: Activation,
    ):
        super().__init__()
        self.input = ImageInput(resolution, channels, planes)
        self.layers = _layers([self.input.channels * size_of(resolution).area, *widths], norm, act)
        self.score = Score(widths[-1], projected)

    def layers_in_order(self) -> list[list[nn.Module]]:
        return in_order(self.layers)

    def features(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        features: Tensor = self.layers(self.input(x, label).flatten(1))
        return features

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        score: Tensor = self.score(self.features(x, label), label)
        return score


def mlp_generator(
    resolution: Resolution,
    channels: int,
    classes: int,
    *,
    latent: Width = 100,
    prior: Prior = "normal",
    widths: tuple[Width, ...] = (128, 256, 512, 1024),
    norm: str = "batch",
    condition: str = "none",
    activation: Activation = "leaky_relu",
) -> nn.Module:
    """Linear layers, the last with tanh. `condition`: none, or embedding (beside the latent). `prior`: the latent's distribution."""
    check_condition(condition, ("none", "embedding"), classes)
    embedded = classes if condition == "embedding" else 0
    return MLPGenerator(resolution, channels, embedded, latent, prior, widths, norm, activation)


def mlp_discriminator(
    resolution: Resolution,
    channels: int,
    classes: int,
    *,
    widths: tuple[Width, ...] = (512, 256),
    norm: str = "none",
    condition: str = "none",
    activation: Activation = "leaky_relu",
) -> nn.Module:
    """Linear layers. `condition`: none, embedding (one more plane) or projection."""
    check_condition(condition, ("none", "embedding", "projection"), classes)
    planes, projected = (classes if condition == kind else 0 for kind in ("embedding", "projection"))
    return MLPDiscriminator(resolution, channels, planes, projected, widths, norm, activation)
