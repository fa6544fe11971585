"""BigGAN's generator (Brock et al. 2019, appendix B); its discriminator is `resnet_discriminator` with attention."""

from functools import partial

import torch
from torch import Tensor, nn

from elegan.core.ranges import Pixels, Width
from elegan.core.sizes import Resolution
from elegan.nets.activations import Activation
from elegan.nets.latents import Prior, as_drawn
from elegan.nets.layers import check_condition, pyramid
from elegan.nets.norms import AdaptiveNorm, norm, spectral
from elegan.nets.resnet import ResNetGenerator


class BigGANGenerator(ResNetGenerator):
    """A generator whose latent is cut into a piece for the first layer and one for every block, so that it acts at every
    scale; each block's normalisations depend on its piece and on the class's embedding, which all blocks share.
    """

    def __init__(
        self,
        resolution: Resolution,
        channels: int,
        classes: int,
        latent: int,
        prior: Prior,
        shared: int,
        width: int,
        name: str,
        attention: int,
        act: Activation,
    ):
        _, doublings = pyramid(resolution)
        piece = latent // (doublings + 1)
        first = latent - doublings * piece
        embed = nn.Embedding(classes, shared) if classes else None
        adaptive = partial(AdaptiveNorm, name, features=piece + (shared if classes else 0))
        super().__init__(resolution, channels, first, "normal", 0, width, attention, act, adaptive, partial(norm, name))
        self.prior: Prior = prior
        self.latent, self.classes, self.pieces, self.embed = latent, classes, [first, *[piece] * doublings], embed

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        first, *pieces = as_drawn(z, self.prior).split(self.pieces, 1)
        shared = [] if self.embed is None else [self.embed(label)]
        return self.climb(first, [torch.cat([piece, *shared], 1) for piece in pieces])


def biggan_generator(
    resolution: Resolution,
    channels: int,
    classes: int,
    *,
    latent: Width = 128,
    prior: Prior = "normal",
    width: Width = 64,
    shared: Width = 128,
    norm: str = "batch",
    spectral_norm: bool = True,
    attention: Pixels = 32,
    condition: str = "none",
    activation: Activation = "relu",
) -> nn.Module:
    """Residual blocks that each depend on a piece of the latent. `condition`: none, or norm (by the class's embedding of `shared`).

    `attention` and `prior` as in `resnet_generator`.
    """
    check_condition(condition, ("none", "norm"), classes)
    G = BigGANGenerator(
        resolution,
        channels,
        classes if condition == "norm" else 0,
        latent,
        prior,
        shared,
        width,
        norm,
        attention,
        activation,
    )
    return spectral(G, embeddings=False) if spectral_norm else G
