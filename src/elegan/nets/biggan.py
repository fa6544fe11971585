"""BigGAN's generator (Brock et al. 2019, appendix B); its discriminator is `resnet_discriminator` with attention."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from elegan.nets.attention import SelfAttention, level_of
from elegan.nets.norms import AdaptiveNorm, norm, spectral
from elegan.nets.resnet import UpBlock, width_at
from elegan.nets.shape import check_condition, crop, orthogonal_weights, pyramid


class BigGANGenerator(nn.Module):
    """The latent is cut into a piece for the first layer and one for every block, so it speaks at every scale; each
    block's normalisations hear its piece and the class's embedding, which all blocks share.
    """

    def __init__(
        self,
        resolution: int,
        channels: int,
        classes: int,
        latent: int,
        shared: int,
        width: int,
        name: str,
        attention: int,
    ):
        super().__init__()
        self.latent, self.resolution = latent, resolution
        self.start, doublings = pyramid(resolution)
        sizes = [self.start << level for level in range(doublings + 1)]
        widths = [width_at(size, width) for size in sizes]
        piece = latent // (doublings + 1)
        self.pieces = [latent - doublings * piece, *[piece] * doublings]
        self.embed = nn.Embedding(classes, shared) if classes else None
        condition = piece + (shared if classes else 0)
        self.project = nn.Linear(self.pieces[0], widths[0] * self.start**2)
        self.blocks = nn.ModuleList(
            UpBlock(inside, outside, lambda c: AdaptiveNorm(name, c, condition)) for inside, outside in pairwise(widths)
        )
        self.attend = level_of(sizes[1:], attention)
        self.attention = nn.Identity() if self.attend is None else SelfAttention(widths[self.attend + 1])
        self.norm = norm(name, widths[-1])
        self.paint = nn.Conv2d(widths[-1], channels, 3, 1, 1)
        orthogonal_weights(self)

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        first, *pieces = z.split(self.pieces, 1)
        shared = [] if self.embed is None else [self.embed(label)]
        h = self.project(first).unflatten(1, (-1, self.start, self.start))
        for level, (block, piece) in enumerate(zip(self.blocks, pieces, strict=True)):
            h = block(h, torch.cat([piece, *shared], 1))
            h = self.attention(h) if level == self.attend else h
        return crop(self.paint(self.norm(h).relu()), self.resolution).tanh()


def biggan_generator(
    resolution: int,
    channels: int,
    classes: int,
    *,
    latent: int = 128,
    width: int = 64,
    shared: int = 128,
    norm: str = "batch",
    spectral_norm: bool = True,
    attention: int = 32,
    condition: str = "none",
) -> nn.Module:
    """Residual blocks that each hear a piece of the latent. `condition`: none, or norm (by the class's embedding of `shared`).

    `attention` as in `resnet_generator`.
    """
    check_condition(condition, ("none", "norm"), classes)
    G = BigGANGenerator(
        resolution, channels, classes if condition == "norm" else 0, latent, shared, width, norm, attention
    )
    return spectral(G, embeddings=False) if spectral_norm else G
