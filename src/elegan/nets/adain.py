"""The first StyleGAN's generator (Karras et al. 2019): styles by adaptive instance norm on a growing pyramid; its discriminator is
`progressive_discriminator`.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from elegan.core.ranges import AboveZero, Depth, Share, Width
from elegan.core.sizes import Resolution, Size
from elegan.nets.blurpool import upsample
from elegan.nets.equalized import EqualizedConv2d, EqualizedLinear
from elegan.nets.layers import crop, pyramid, width_at
from elegan.nets.modulated import activate
from elegan.nets.noise import Noise
from elegan.nets.norms import InstanceNorm
from elegan.nets.progressive import LEAST, Growing
from elegan.nets.stylegan import Mapping, StyleGenerator


class AdaIN(nn.Module):
    """Features N x C x H x W of zero mean and unit deviation in each channel of each image, then scaled and shifted by a style
    that is linear in w, N x latent (Karras et al. 2019, equation 1); the norm's own weights are the style's bias."""

    def __init__(self, channels: int, latent: int):
        super().__init__()
        self.norm, self.style = InstanceNorm(channels), EqualizedLinear(latent, 2 * channels)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        scale, shift = self.style(w).to(x.dtype)[..., None, None].chunk(2, 1)
        y: Tensor = self.norm(x) * (1 + scale) + shift
        return y


class Styled(nn.Module):
    """What comes of a convolution (none at the constant), with noise and bias, LeakyReLU and a style (figure 1b)."""

    def __init__(self, inside: int, width: int, size: Size, latent: int, noisy: bool):
        super().__init__()
        self.conv = EqualizedConv2d(inside, width, 3, bias=False) if inside else nn.Identity()
        self.noise = Noise(size, width) if noisy else None
        self.bias = nn.Parameter(torch.zeros(width, 1, 1))
        self.adain = AdaIN(width, latent)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        h = self.conv(x)
        if self.noise is not None:
            h = self.noise(h, self.noise.draw(len(x)))
        y: Tensor = self.adain(activate(h + self.bias.to(h.dtype)), w)
        return y


class AdaptiveSynthesis(Growing):
    """Maps w, N x latent or N x `places` x latent, to images; two styles a size, from a learnt picture of a few pixels up."""

    def __init__(self, resolution: Resolution, channels: int, latent: int, width: int, until: float, noisy: bool):
        start, doublings = pyramid(resolution)
        super().__init__(doublings, until)
        self.resolution, self.places = resolution, 2 * (doublings + 1)
        sizes = [start << level for level in range(doublings + 1)]
        widths = [width_at(size.short, width, LEAST) for size in sizes]
        # Ones, as in the paper, have no deviation to divide by: the norm's gradient would begin as rounding (docs/log.md).
        self.constant = nn.Parameter(torch.randn(1, widths[0], *start))
        enters = [0, *widths]
        self.enter, self.more = nn.ModuleList(), nn.ModuleList()
        for inside, outside, size in zip(enters, widths, sizes, strict=False):
            self.enter.append(Styled(inside, outside, size, latent, noisy))
            self.more.append(Styled(outside, outside, size, latent, noisy))
        self.paint = nn.ModuleList(EqualizedConv2d(b, channels, 1) for b in widths)

    def forward(self, w: Tensor) -> Tensor:
        top, share = self.grown()
        styles = w.unbind(1) if w.ndim == 3 else [w] * self.places
        h = below = self.constant.expand(len(w), -1, -1, -1)
        for level in range(top + 1):
            below, x = h, upsample(h) if level else h
            h = self.more[level](self.enter[level](x, styles[2 * level]), styles[2 * level + 1])
        image: Tensor = self.paint[top](h)
        if share < 1:
            image = torch.lerp(interpolate(self.paint[top - 1](below), scale_factor=2), image, share)
        return crop(interpolate(image, scale_factor=2 ** (self.levels - top)), self.resolution)


def stylegan_generator(
    resolution: Resolution,
    channels: int,
    classes: int,
    *,
    latent: Width = 128,
    width: Width = 128,
    depth: Depth = 8,
    mixing: Share = 0.9,
    noise: bool = True,
    until: AboveZero = 0.6,
) -> nn.Module:
    """A learnt constant, and two convolutions with noise and a style each at every size; fully grown at progress `until`, the same
    as the discriminator's. `depth` layers of mapping; `mixing`: the share of images with two styles. The paper's `width` and
    `latent` are 512.
    """
    mapping = Mapping(latent, 0, depth)
    synthesis = AdaptiveSynthesis(resolution, channels, latent, width, until, noise)
    return StyleGenerator(mapping, synthesis, synthesis.places, 0, latent, mixing)
