"""Halving and doubling with the [1, 2, 1] filter (Zhang 2019; Karras et al. 2020), which leaves no aliases to build on."""

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d


class Smooth(nn.Module):
    """N x C x H x W at twice the size (`up`) or half of it, rounded up."""

    kernel: Tensor

    def __init__(self, channels: int, up: bool):
        super().__init__()
        self.channels, self.up = channels, up
        row = torch.tensor([1.0, 2.0, 1.0]) / 4
        kernel = torch.outer(row, row) * (4 if up else 1)
        self.register_buffer("kernel", kernel.repeat(channels, 1, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        kernel = self.kernel.to(x.dtype)
        if self.up:
            return conv_transpose2d(x, kernel, stride=2, padding=1, output_padding=1, groups=self.channels)
        return conv2d(x, kernel, stride=2, padding=1, groups=self.channels)
