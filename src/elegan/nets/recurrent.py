"""Recurrent networks over the steps of a series, as TimeGAN is made of."""

from typing import Literal

from torch import Tensor, nn

from elegan.core.ranges import Depth, Width

LAST = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "none": nn.Identity}


class Recurrent(nn.Module):
    """Gated recurrent units, then a layer on each step: N x T x inside to N x T x outside."""

    def __init__(self, inside: int, outside: int, width: int, layers: int, last: str):
        super().__init__()
        self.inside = inside
        self.layers = nn.GRU(inside, width, layers, batch_first=True)
        self.last = nn.Sequential(nn.Linear(width, outside), LAST[last]())

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.layers(x)
        made: Tensor = self.last(states)
        return made


def recurrent(
    inside: int,
    outside: int,
    *,
    width: Width = 24,
    layers: Depth = 3,
    last: Literal["sigmoid", "tanh", "none"] = "sigmoid",
) -> nn.Module:
    """Gated recurrent units over the steps of a series, then a layer on each step (Yoon et al. 2019, appendix)."""
    return Recurrent(inside, outside, width, layers, last)
