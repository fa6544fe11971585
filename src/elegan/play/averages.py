"""Exponential moving averages of networks, which are what is shown, measured and shipped."""

import copy

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from elegan import ramp


class Averages(nn.ModuleDict):
    """Frozen copies of some networks, in evaluation mode; `decay` 0 makes them plain copies.

    The decay, which may be a ramp, grows with the step as in (1 + step) / (10 + step), so that a short run is not shown its first weights.
    The statistics of batch norm are averaged with the weights: the newest ones belong to other weights and cost a fifth of
    the Frechet distance (docs/log.md). Other buffers are copied.
    """

    def __init__(self, nets: nn.ModuleDict, names: tuple[str, ...], decay: ramp.Number):
        super().__init__({name: copy.deepcopy(nets[name]) for name in names})
        self.decay = decay
        self.requires_grad_(False).eval()

    @torch.no_grad()
    def follow(self, nets: nn.ModuleDict, step: int) -> None:
        decay = min(ramp.now(self.decay), (1 + step) / (10 + step))
        for name, average in self.items():
            mine, theirs = _followed(average), _followed(nets[name])
            torch._foreach_lerp_(list(mine.values()), list(theirs.values()), 1 - decay)
            for (key, copied), newest in zip(average.named_buffers(), nets[name].buffers(), strict=True):
                if key not in mine:
                    copied.copy_(newest)


def _followed(net: nn.Module) -> dict[str, Tensor]:
    """What an average follows slowly, by name: weights and the statistics of batch norm."""
    weights = {name: weight.detach() for name, weight in net.named_parameters()}
    return weights | {
        f"{path}.{name}" if path else name: getattr(layer, name)
        for path, layer in net.named_modules()
        if isinstance(layer, _BatchNorm)
        for name in ("running_mean", "running_var")
    }
