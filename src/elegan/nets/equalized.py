"""Equalised learning rate (Karras et al. 2018, section 4.1): weights are N(0, 1) and scaled at each use, so that all learn
at the same speed whatever their number.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, linear
from torch.nn.utils.parametrize import register_parametrization


class EqualizedWeight(nn.Module):
    """A layer with a weight of `shape`, outputs x inputs, scaled by 1 / sqrt(inputs).

    `rate` multiplies the learning rate of the layer.
    """

    def __init__(self, *shape: int, rate: float = 1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(*shape) / rate)
        self.scale = rate / math.sqrt(math.prod(shape[1:]))

    def scaled(self) -> Tensor:
        """The weight as the layer uses it."""
        return self.weight * self.scale


class EqualizedLinear(EqualizedWeight):
    """A linear layer, N x inside to N x outside; its bias starts at `bias`."""

    def __init__(self, inside: int, outside: int, bias: float = 0.0, rate: float = 1.0):
        super().__init__(outside, inside, rate=rate)
        self.bias = nn.Parameter(torch.full((outside,), bias / rate))
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.scaled(), self.bias * self.rate)


class EqualizedConv2d(EqualizedWeight):
    """A convolution that keeps the size at stride 1, and at 2 halves the output of a `BlurPool` of padding 2."""

    def __init__(self, inside: int, outside: int, kernel: int, stride: int = 1, bias: bool = True):
        super().__init__(outside, inside, kernel, kernel)
        self.bias = nn.Parameter(torch.zeros(outside)) if bias else None
        self.stride = stride
        self.padding = kernel // 2 if stride == 1 else 0

    def forward(self, x: Tensor) -> Tensor:
        return conv2d(x, self.scaled(), self.bias, self.stride, self.padding)


class _Scaled(nn.Module):
    """Multiplies a weight by a constant."""

    def __init__(self, constant: float):
        super().__init__()
        self.constant = constant

    def forward(self, weight: Tensor) -> Tensor:
        return weight * self.constant


def equalized(module: nn.Module) -> nn.Module:
    """The module with its linear layers and convolutions equalised by He's constant sqrt(2 / inputs), and their biases at zero."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.normal_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
            register_parametrization(layer, "weight", _Scaled(math.sqrt(2 / layer.weight[0].numel())))
    return module
