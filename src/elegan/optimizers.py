"""Optimisers by name over torch's own, with every rate a float (torch refuses `betas=(0, 0.9)`).

A ramp among the options begins here at its start; the trainer moves it on.
"""

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim import Optimizer

from elegan.ramp import Number, now

Parameters = Iterable[Tensor]


def adam(
    parameters: Parameters,
    *,
    lr: float = 2e-4,
    betas: tuple[Number, Number] = (0.5, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> Optimizer:
    """Adam (Kingma & Ba 2015)."""
    return torch.optim.Adam(parameters, lr=lr, betas=now(betas), eps=eps, weight_decay=weight_decay, fused=True)


def adamw(
    parameters: Parameters,
    *,
    lr: float = 2e-4,
    betas: tuple[Number, Number] = (0.5, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.01,
) -> Optimizer:
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019)."""
    return torch.optim.AdamW(parameters, lr=lr, betas=now(betas), eps=eps, weight_decay=weight_decay, fused=True)


def rmsprop(
    parameters: Parameters, *, lr: float = 5e-5, alpha: float = 0.99, eps: float = 1e-8, momentum: float = 0.0
) -> Optimizer:
    """RMSprop (Tieleman & Hinton 2012)."""
    return torch.optim.RMSprop(parameters, lr=lr, alpha=alpha, eps=eps, momentum=momentum)


def sgd(
    parameters: Parameters,
    *,
    lr: float = 0.01,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> Optimizer:
    """Stochastic gradient descent with momentum."""
    return torch.optim.SGD(parameters, lr=lr, momentum=momentum, weight_decay=weight_decay, nesterov=nesterov)
