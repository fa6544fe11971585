"""Exponential moving averages of networks, which are what is shown, measured and shipped."""

import copy

import torch
from torch import Tensor, nn

from elegan import ramp


class Averages(nn.ModuleDict):
    """Frozen copies of some networks, in evaluation mode; `decay` 0 makes them plain copies.

    The decay, which may be a ramp, grows with the step as in (1 + step) / (10 + step), so that a short run is not shown its first weights.
    Buffers, such as the statistics of batch norm, are copied.
    """

    def __init__(self, nets: nn.ModuleDict, names: tuple[str, ...], decay: ramp.Number):
        super().__init__({name: copy.deepcopy(nets[name]) for name in names})
        self.decay = decay
        self.requires_grad_(False).eval()

    @torch.no_grad()
    def follow(self, nets: nn.ModuleDict, step: int) -> None:
        decay = min(ramp.now(self.decay), (1 + step) / (10 + step))
        for name, average in self.items():
            torch._foreach_lerp_(list(average.parameters()), _data(nets[name].parameters()), 1 - decay)
            for mine, theirs in zip(average.buffers(), nets[name].buffers(), strict=True):
                mine.copy_(theirs)


def _data(tensors) -> list[Tensor]:
    return [tensor.detach() for tensor in tensors]
