"""The StyleGAN2 pair (Karras et al. 2020): skip generator, residual discriminator, for any resolution from 8 pixels."""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from elegan.core import rng
from elegan.core.errors import UserError
from elegan.core.ranges import Depth, Repeats, Share, Width
from elegan.core.sizes import Resolution, size_of
from elegan.core.statistics import RunningMean
from elegan.nets.blurpool import BlurPool, upsample
from elegan.nets.equalized import EqualizedConv2d, EqualizedLinear
from elegan.nets.layers import check_condition, crop, pixel_norm, pyramid
from elegan.nets.modulated import MinibatchStdDev, StyledConv, ToRGB, activate, full_precision

WIDEST, CHANNELS = 8, 512  # the most at any size: times the width, and channels
MAPPING_RATE = 0.01  # of the optimiser's learning rate (Karras et al. 2019, appendix C)


def _widths(width: int, halvings: int) -> list[int]:
    """Widths from the full size down."""
    return [min(width * min(2**level, WIDEST), max(width, CHANNELS)) for level in range(halvings + 1)]


class Mapping(nn.Module):
    """Maps latents z, N x latent, (and labels N) to w, N x latent."""

    def __init__(self, latent: int, classes: int, depth: int):
        super().__init__()
        self.embed = nn.Embedding(classes, latent) if classes else None
        inside = latent * (2 if classes else 1)
        widths = pairwise([inside, *[latent] * depth])
        self.layers = nn.ModuleList(EqualizedLinear(a, b, rate=MAPPING_RATE) for a, b in widths)

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        with full_precision(z):
            w = pixel_norm(z.float())
            if self.embed is not None:
                w = torch.cat([w, pixel_norm(self.embed(label))], 1)
            for layer in self.layers:
                w = activate(layer(w))
        return w


class Synthesis(nn.Module):
    """Maps w, N x latent or N x levels x latent, to images: each level adds its own picture to the enlarged one below it."""

    def __init__(self, resolution: Resolution, channels: int, latent: int, width: int, noisy: bool):
        super().__init__()
        self.resolution = resolution
        start, doublings = pyramid(resolution)
        self.levels = (
            2 * doublings + 2
        )  # of all convolutions and the last picture; other pictures share the next convolution's
        widths = _widths(width, doublings)[::-1]
        sizes = [start << level for level in range(1, doublings + 1)]
        self.constant = nn.Parameter(torch.randn(1, widths[0], *start))
        self.layers = nn.ModuleList([StyledConv(widths[0], widths[0], start, latent, noisy)])
        for (inside, outside), size in zip(pairwise(widths), sizes, strict=True):
            self.layers.append(StyledConv(inside, outside, size, latent, noisy, up=True))
            self.layers.append(StyledConv(outside, outside, size, latent, noisy))
        self.paints = nn.ModuleList(ToRGB(width, channels, latent) for width in widths)

    def forward(self, w: Tensor) -> Tensor:
        n = w.shape[0]
        styles = w.unbind(1) if w.ndim == 3 else [w] * self.levels
        # All noise is drawn before anything else, which leaves one graph to compile.
        noises = [layer.draw(n) for layer in self.layers]  # type: ignore[operator]  # each is a StyledConv
        x = self.layers[0](self.constant.expand(n, -1, -1, -1), styles[0], noises[0])
        image = self.paints[0](x, styles[1])
        for level, paint in enumerate(self.paints[1:], start=1):
            for at in (2 * level - 1, 2 * level):
                x = self.layers[at](x, styles[at], noises[at])
            image = upsample(image) + paint(x, styles[2 * level + 1])
        return crop(image, self.resolution)


class StyleGenerator(nn.Module):
    """A generator whose `mapping(z, label)` gives w and `synthesis(w)` images, with one w for all `levels` or one for each.

    `w_mean` is the mean w that truncation moves to, for each class where there are classes; `path_length` is the mean
    that `penalties.path_length` holds lengths to.
    """

    def __init__(self, mapping: nn.Module, synthesis: nn.Module, levels: int, classes: int, latent: int, mixing: float):
        super().__init__()
        self.latent, self.mixing, self.classes, self.levels = latent, mixing, classes, levels
        self.mapping, self.synthesis = mapping, synthesis
        self.w_mean = RunningMean(latent, max(classes, 1), decay=0.998)
        self.path_length = RunningMean(decay=0.99)

    def forward(self, z: Tensor, label: Tensor | None = None, truncation: float | None = None) -> Tensor:
        """Images, in evaluation clipped to [-1, 1]; see `truncate`."""
        if self.training:
            images: Tensor = self.synthesis(self.styles(z, label))
            return images
        w = self.mapping(z, label)
        images = self.synthesis(w if truncation is None else self.truncate(w, label, truncation))
        return images.clamp(-1, 1)

    def truncate(self, w: Tensor, label: Tensor | None, psi: float) -> Tensor:
        """w moved towards its mean: `psi` 1 leaves it, near 0 all pictures are the mean one (Karras et al. 2019, appendix B)."""
        mean = self.w_mean.mean[label] if self.classes else self.w_mean.mean
        return mean + psi * (w - mean)

    def styles(self, z: Tensor, label: Tensor | None) -> Tensor:
        """The w of training, N x levels x latent: with probability `mixing` the levels from a random one on follow another
        latent (Karras et al. 2019, section 3.1).
        """
        n, device = len(z), z.device
        w = self.mapping(z, label)
        self.w_mean.see(w, label if self.classes else None)
        other = self.mapping(rng.normal(n, self.latent, device=device), label)
        mixes, place = rng.uniform(n, 2, device=device).unbind(1)
        place = 1 + (place * (self.levels - 1)).long()
        own = torch.arange(self.levels, device=device) < torch.where(mixes < self.mixing, place, self.levels)[:, None]
        return torch.where(own[..., None], w[:, None], other[:, None])


class _Halve(nn.Module):
    """A residual block to half the size; its sum has the variance of its terms."""

    def __init__(self, inside: int, outside: int):
        super().__init__()
        self.conv = EqualizedConv2d(inside, inside, 3)
        self.down = nn.Sequential(BlurPool(inside, padding=2), EqualizedConv2d(inside, outside, 3, stride=2))
        self.skip = nn.Sequential(
            BlurPool(inside, padding=1, stride=2), EqualizedConv2d(inside, outside, 1, bias=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        skip: Tensor = self.skip(x)
        return (activate(self.down(activate(self.conv(x)))) + skip) * math.sqrt(0.5)


class StyleGAN2Discriminator(nn.Module):
    def __init__(self, resolution: Resolution, channels: int, classes: int, width: int, group: int):
        super().__init__()
        _, halvings = pyramid(resolution)
        widths = _widths(width, halvings)
        features = widths[-1]
        self.look = EqualizedConv2d(channels, width, 1)
        self.blocks = nn.Sequential(*(_Halve(inside, outside) for inside, outside in pairwise(widths)))
        self.spread = MinibatchStdDev(group)
        self.conv = EqualizedConv2d(features + 1, features, 3)
        self.gather = EqualizedLinear(features * (size_of(resolution) >> halvings).area, features)
        self.score = EqualizedLinear(features, 1)
        self.embed = nn.Embedding(classes, features) if classes else None

    def layers_in_order(self) -> list[list[nn.Module]]:
        return [[layer] for layer in (self.look, *self.blocks)]

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        h = self.blocks(activate(self.look(x)))
        h = activate(self.gather(activate(self.conv(self.spread(h))).flatten(1)))
        score: Tensor = self.score(h).squeeze(1)
        if self.embed is None:
            return score
        embedding: Tensor = self.embed(label)
        return score + (embedding * h).sum(1) / math.sqrt(h.shape[1])


def stylegan2_generator(
    resolution: Resolution,
    channels: int,
    classes: int,
    *,
    latent: Width = 512,
    width: Width = 32,
    depth: Depth = 2,
    mixing: Share = 0.9,
    noise: bool = True,
    condition: str = "none",
) -> nn.Module:
    """A generator with `width` channels at the full size, twice as many at each half of it, up to 8 times and 512.

    The paper's widths are 16384 / size, at most 512: 64 at 256 px, 128 at 128, 256 at 64, 512 at 32.

    `depth` layers of mapping: 2 for small images, 8 from 256 px (Karras et al. 2020b). `condition`: none, or embedding
    (beside the latent). Without `noise` the latent alone decides the picture, for pictures so small that noise alone could
    paint them. Raises UserError for a `depth` below 1.
    """
    check_condition(condition, ("none", "embedding"), classes)
    if depth < 1:
        raise UserError(f"nets.generator.depth = {depth} must be 1 or more")
    embedded = classes if condition == "embedding" else 0
    mapping = Mapping(latent, embedded, depth)
    synthesis = Synthesis(resolution, channels, latent, width, noise)
    return StyleGenerator(mapping, synthesis, synthesis.levels, embedded, latent, mixing)


def stylegan2_discriminator(
    resolution: Resolution,
    channels: int,
    classes: int,
    *,
    width: Width = 32,
    group: Repeats = 4,
    condition: str = "none",
) -> nn.Module:
    """The generator's widths in reverse; `group` images are compared with each other. `condition`: none or projection."""
    check_condition(condition, ("none", "projection"), classes)
    return StyleGAN2Discriminator(resolution, channels, classes if condition == "projection" else 0, width, group)
