"""Exponential moving averages of networks, which are shown, measured and shipped."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from elegan.core import ramp, rng
from elegan.games.abilities import Generates

BATCHES, BATCH = 32, 64  # generated images that batch statistics are recomputed from


class Averages(nn.ModuleDict):
    """Frozen copies of some networks, in evaluation mode; `decay` 0 makes them plain copies.

    The decay, which may be a ramp, is at most (1 + step) / (10 + step), so that a short run does not show its first weights.
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


@torch.no_grad()
def recompute_statistics(
    generates: Generates, average: Averages, labels: np.ndarray | None, batches: int = BATCHES
) -> None:
    """Gives every batch norm on the way from latents to images the mean statistics of `batches` that the averaged networks
    themselves generate, under fixed seeds and with classes drawn from `labels` (int64 N, None without classes).

    They are a function of the weights alone, so that a resumed run has the same. Batch statistics of these very weights
    are what training showed the discriminator; those followed from move to move lag behind (docs/log.md).
    """
    device = next(average.parameters()).device
    with _measuring(average):
        for number in range(batches):
            stream = rng.generator("statistics", number)
            z = torch.randn(BATCH, generates.latent, generator=stream)
            label = None if labels is None else labels[torch.randint(len(labels), (BATCH,), generator=stream).numpy()]
            generates.generate(average, z.to(device), None if label is None else torch.from_numpy(label).to(device))


@contextmanager
def _measuring(nets: nn.ModuleDict) -> Iterator[None]:
    """A context in which batch norms take the mean over all batches that they see; other layers stay as they are."""
    norms = [layer for layer in nets.modules() if isinstance(layer, _BatchNorm)]
    before = [(layer.momentum, layer.__class__) for layer in norms]
    for layer in norms:
        layer.momentum = None  # a plain mean, whose first term replaces what was there
        if layer.num_batches_tracked is not None:
            layer.num_batches_tracked.zero_()
        # Only the leading process is here, so nothing may wait for the others.
        layer.__class__ = nn.BatchNorm2d if isinstance(layer, nn.BatchNorm2d) else layer.__class__
        layer.train()
    try:
        yield
    finally:
        for layer, (momentum, kind) in zip(norms, before, strict=True):
            layer.momentum, layer.__class__ = momentum, kind
            layer.eval()


def _followed(net: nn.Module) -> dict[str, Tensor]:
    """The tensors that an average follows slowly, by name: weights and the statistics of batch norm."""
    weights = {name: weight.detach() for name, weight in net.named_parameters()}
    return weights | {
        f"{path}.{name}" if path else name: getattr(layer, name)
        for path, layer in net.named_modules()
        if isinstance(layer, _BatchNorm)
        for name in ("running_mean", "running_var")
    }
