"""Noise that a generator adds to its features."""

import torch
from torch import Tensor, nn

from elegan.core import rng
from elegan.core.sizes import Size


class Noise(nn.Module):
    """Noise, a value a pixel and the same for all channels, with one learnt strength, or one for each of `channels`, that starts
    at zero.

    It is new for every image in training and the same for all in evaluation, so a latent is always one picture.
    """

    fixed: Tensor

    def __init__(self, size: Size, channels: int = 0):
        super().__init__()
        self.strength = nn.Parameter(torch.zeros((channels, 1, 1) if channels else ()))
        self.register_buffer("fixed", torch.randn(1, 1, *size))

    def draw(self, n: int) -> Tensor:
        """The noise of n images, n x 1 x H x W, or 1 x 1 x H x W for all of them in evaluation."""
        if not self.training:
            return self.fixed
        return rng.normal(n, *self.fixed.shape[1:], device=self.fixed.device)

    def forward(self, x: Tensor, noise: Tensor) -> Tensor:
        return x + (noise * self.strength).to(x.dtype)
