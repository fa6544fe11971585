"""Layers of StyleGAN2 (Karras et al. 2020): modulated convolutions, colours, the deviation over parts of the batch."""

import math
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, leaky_relu, linear

from elegan.core import rng
from elegan.core.sizes import Resolution, size_of
from elegan.nets.blurpool import BlurPool
from elegan.nets.equalized import EqualizedLinear, EqualizedWeight
from elegan.nets.layers import minibatch_std


def activate(x: Tensor) -> Tensor:
    """LeakyReLU times the square root of two, which keeps the variance."""
    return leaky_relu(x, 0.2).mul_(math.sqrt(2))


def full_precision(x: Tensor) -> AbstractContextManager[object]:
    """A context without autocast, so that values that a whole image depends on are not rounded to eight bits."""
    kind = x.device.type
    return torch.autocast(kind, enabled=False) if torch.is_autocast_enabled(kind) else nullcontext()


class ModulatedConv(EqualizedWeight):
    """A convolution with each image's own weights, w'_ijk = s_i w_ijk, normalised to unit norm (equations 1 to 3).

    The input is scaled by s and the output by the norms, which gives the same with one convolution for all images,
    where weights for each would need as many groups as images. `up` doubles the size.
    """

    def __init__(self, inside: int, outside: int, kernel: int, latent: int, up: bool = False, demodulate: bool = True):
        super().__init__(outside, inside, kernel, kernel)
        self.demodulate = demodulate
        self.style = EqualizedLinear(latent, inside, bias=1.0)
        # Three quarters of a doubled picture are zeros between the pixels, so the filter's gain is four.
        self.blur = BlurPool(outside, padding=1, gain=4.0) if up else None

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """Maps x, N x inside x H x W, and w, N x latent, to N x outside x H x W (or 2H x 2W)."""
        weight = self.scaled()
        with full_precision(w):
            s = self.style(w.float())
            norms = (linear(s.square(), weight.square().sum((2, 3))) + 1e-8).rsqrt()
        x = x * s[:, :, None, None].to(x.dtype)
        if self.blur is not None:
            x = self.blur(conv_transpose2d(x, weight.transpose(0, 1), stride=2))
        else:
            x = conv2d(x, weight, padding=weight.shape[2] // 2)
        return x * norms[:, :, None, None].to(x.dtype) if self.demodulate else x


class StyledConv(nn.Module):
    """A modulated convolution, noise a pixel with one learnt strength (always zero if not `noisy`), bias, LeakyReLU.

    The noise is new for every image in training and the same for all in evaluation, so a latent is always one picture.
    """

    noise: Tensor

    def __init__(self, inside: int, outside: int, size: Resolution, latent: int, noisy: bool, up: bool = False):
        super().__init__()
        self.noisy = noisy
        self.conv = ModulatedConv(inside, outside, 3, latent, up)
        self.bias = nn.Parameter(torch.zeros(outside, 1, 1))
        self.strength = nn.Parameter(torch.zeros(())) if noisy else 0.0
        self.register_buffer("noise", torch.randn(1, 1, *size_of(size)))

    def draw(self, n: int) -> Tensor:
        """The noise of n images, n x 1 x H x W, or 1 x 1 x H x W for all of them in evaluation."""
        if not (self.training and self.noisy):
            return self.noise
        return rng.normal(n, *self.noise.shape[1:], device=self.noise.device)

    def forward(self, x: Tensor, w: Tensor, noise: Tensor) -> Tensor:
        x = self.conv(x, w)
        return activate(x + (noise * self.strength).to(x.dtype) + self.bias.to(x.dtype))


class ToRGB(nn.Module):
    """Maps features to the colours of their pixels, modulated but not of unit norm; in float32, as the picture is a sum."""

    def __init__(self, inside: int, channels: int, latent: int):
        super().__init__()
        self.conv = ModulatedConv(inside, channels, 1, latent, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        colours: Tensor = self.conv(x, w).float()
        return colours + self.bias


class MinibatchStdDev(nn.Module):
    """Adds one more plane, the deviation among `group` images, see `minibatch_std`.

    Groups are neighbours in the batch, so a batch may be split into parts of a multiple of `group` images and stays the
    same; in other parts the groups are smaller.
    """

    def __init__(self, group: int):
        super().__init__()
        self.group = group

    def forward(self, x: Tensor) -> Tensor:
        group = math.gcd(len(x), self.group)
        with full_precision(x):
            differ = minibatch_std(x.float().unflatten(0, (-1, group)))
        plane = differ[:, None].expand(-1, group).reshape(-1, 1, 1, 1).expand(-1, -1, *x.shape[2:])
        return torch.cat([x, plane.to(x.dtype)], 1)
