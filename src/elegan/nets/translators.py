"""Networks from picture to picture. They are fully convolutional, so that trained on crops they work at any size.

Each carries what tiles of a large picture need: `multiple`, of which height and width must be multiples, and `reach`,
the number of pixels around a pixel that its value depends on (through convolutions; instance norm sees the whole picture).
"""

import math
from functools import partial

import torch
from torch import Tensor, nn

from elegan.core import rng
from elegan.core.errors import UserError
from elegan.core.ranges import Depth, Few, Width
from elegan.core.sizes import Resolution, size_of
from elegan.nets.activations import Activation, activation
from elegan.nets.blurpool import BlurPool
from elegan.nets.layers import normal_weights
from elegan.nets.norms import norm
from elegan.nets.upsampling import Doubling, doubling, painting


class Residual(nn.Module):
    def __init__(self, channels: int, norm_name: str, act: Activation):
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), norm(norm_name, channels), activation(act, inplace=True),
            nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), norm(norm_name, channels),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.layers(x)
        return x + change


class ResNetTranslator(nn.Module):
    """Two halvings, residual blocks, two doublings (Johnson et al. 2016; Zhu et al. 2017, section 7.2)."""

    multiple = 4

    def __init__(
        self,
        channels: int,
        width: int,
        blocks: int,
        norm_name: str,
        antialias: bool,
        residual: bool,
        act: Activation,
        upsample: Doubling,
    ):
        super().__init__()
        self.residual, w = residual, width
        self.reach = 8 * blocks + (20 if upsample == "transposed" and not antialias else 32)
        rectify = partial(activation, act, inplace=True)
        self.stem = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(channels, w, 7), norm(norm_name, w), rectify())
        self.halve1, self.halve2 = (self._half(n * w, norm_name, antialias, rectify()) for n in (1, 2))
        self.blocks = nn.ModuleList(Residual(4 * w, norm_name, act) for _ in range(blocks))
        up = [layer for n in (4, 2) for layer in self._double(n * w, norm_name, upsample, rectify())]
        colours = nn.Conv2d(w, channels, 7)
        self.tail = nn.Sequential(*up, nn.ReflectionPad2d(3), colours)
        self.feature_channels = (channels, 2 * w, 4 * w, 4 * w, 4 * w)
        normal_weights(self)
        if residual:
            nn.init.zeros_(colours.weight)

    @staticmethod
    def _half(w: int, norm_name: str, antialias: bool, act: nn.Module) -> nn.Sequential:
        blur = BlurPool(2 * w, padding=1, stride=2, mirrored=True)
        down = [nn.Conv2d(w, 2 * w, 3, 1, 1), blur] if antialias else [nn.Conv2d(w, 2 * w, 3, 2, 1)]
        return nn.Sequential(*down, norm(norm_name, 2 * w), act)

    @staticmethod
    def _double(w: int, norm_name: str, upsample: Doubling, act: nn.Module) -> list[nn.Module]:
        up = doubling(upsample, w, w // 2, 3)
        flat = list(up) if isinstance(up, nn.Sequential) else [up]
        return [*flat, norm(norm_name, w // 2), act]

    def features(self, x: Tensor) -> list[Tensor]:
        """Features at five depths, of `feature_channels`: pixels, both halvings, the first and the middle block."""
        maps = [x, h := self.halve1(self.stem(x)), h := self.halve2(h)]
        for block in self.blocks[: len(self.blocks) // 2 + 1]:
            h = block(h)
            maps = [*maps[:4], h]
        return maps if len(maps) == 5 else [*maps, h]

    def forward(self, x: Tensor) -> Tensor:
        h = self.halve2(self.halve1(self.stem(x)))
        for block in self.blocks:
            h = block(h)
        y: Tensor = self.tail(h)
        return (x + y).clamp(-1, 1) if self.residual else y.tanh()


def resnet_translator(
    resolution: Resolution,
    channels: int,
    classes: int,
    *,
    width: Width = 32,
    blocks: Depth = 6,
    norm: str = "instance",
    antialias: bool = False,
    residual: bool = False,
    activation: Activation = "relu",
    upsample: Doubling = "transposed",
) -> nn.Module:
    """CycleGAN's generator: 6 blocks of width 32 suit a laptop at 128 px, 9 of width 64 a GPU at 256 px and more.

    `antialias` blurs before halving, in place of strided convolutions. `upsample`: convolutions that are transposed, as in the
    paper, or follow a resize (nearest, bilinear), which leaves no grid; with `antialias` transposed ones give way to bilinear.
    `residual` paints a change to the input, none at first, in place of a new picture. Raises UserError for fewer than 2 blocks.
    """
    if blocks < 2:
        raise UserError(f"nets.generator.blocks = {blocks} must be 2 or more")
    doubled = "bilinear" if antialias and upsample == "transposed" else upsample
    return ResNetTranslator(channels, width, blocks, norm, antialias, residual, activation, doubled)


class Dropout(nn.Module):
    """Sets half of the values to zero while training, drawn so that a batch may be split."""

    def forward(self, x: Tensor) -> Tensor:
        return x * 2 * (rng.uniform(*x.shape, device=x.device) < 0.5) if self.training else x


class UNet(nn.Module):
    """A U-Net: halvings down to a few pixels and doublings back up, each joined to its mirror image (Isola et al. 2017, section 6.1)."""

    def __init__(
        self,
        channels: int,
        width: int,
        depth: int,
        norm_name: str,
        dropout: bool,
        act: Activation,
        down_act: Activation,
        upsample: Doubling,
    ):
        super().__init__()
        widths = [width * min(2**level, 8) for level in range(depth)]
        self.multiple, self.reach = 2**depth, 3 * 2**depth
        self.act, self.down_act = activation(act), activation(down_act)
        self.downs, self.down_norms = nn.ModuleList(), nn.ModuleList()
        self.ups, self.up_norms, self.dropouts = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for level in range(depth):
            inside, outside = widths[level - 1] if level else channels, widths[level]
            # The outermost sees pixels, and the innermost may have one value a channel, which a norm would set to zero.
            plain = level in (0, depth - 1)
            self.downs.append(nn.Conv2d(inside, outside, 4, 2, 1))
            self.down_norms.append(norm("none" if plain else norm_name, outside))
        for level in reversed(range(depth)):
            inside = widths[level] * (1 if level == depth - 1 else 2)
            outside = widths[level - 1] if level else channels
            self.ups.append(
                doubling(upsample, inside, outside, 4) if level else painting(upsample, inside, channels, 4)
            )
            self.up_norms.append(norm(norm_name if level else "none", outside))
            self.dropouts.append(Dropout() if dropout and level > 0 and level >= depth - 3 else nn.Identity())
        normal_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        skips: list[Tensor] = []
        for level, (down, normalise) in enumerate(zip(self.downs, self.down_norms, strict=True)):
            x = normalise(down(self.down_act(x) if level else x))
            skips.append(x)
        x = skips.pop()
        for up, normalise, drop in zip(self.ups, self.up_norms, self.dropouts, strict=True):
            x = drop(normalise(up(self.act(x))))
            x = torch.cat([x, skips.pop()], 1) if skips else x
        return x.tanh()


def unet(
    resolution: Resolution,
    channels: int,
    classes: int,
    *,
    width: Width = 64,
    depth: Few = 0,
    norm: str = "batch",
    dropout: bool = True,
    activation: Activation = "relu",
    down_activation: Activation = "leaky_relu",
    upsample: Doubling = "transposed",
) -> nn.Module:
    """pix2pix's generator. `depth` halvings; 0: down to two pixels of the crop it is trained on, at most 7.

    `down_activation` stands before halvings, `activation` before doublings. `upsample`: convolutions that are transposed, as in
    the paper, or follow a resize (nearest, bilinear), which leaves no grid. Raises UserError for a resolution that they do not divide.
    """
    depth = depth or min(7, max(2, int(math.log2(size_of(resolution).short)) - 1))
    if any(side % 2**depth for side in size_of(resolution)):
        raise UserError(
            f"nets.generator.depth = {depth} needs a resolution that is a multiple of {2**depth}; it is {resolution}"
        )
    return UNet(channels, width, depth, norm, dropout, activation, down_activation, upsample)
