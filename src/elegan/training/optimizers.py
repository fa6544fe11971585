"""Optimisers by name over torch's own, with every rate a float (torch refuses `betas=(0, 0.9)`).

A ramp among the options has its start's value here; the trainer moves it on.
"""

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim import Optimizer

from elegan.core.errors import UserError
from elegan.core.ramp import now
from elegan.core.ranges import BelowOne, BelowOneAlong, NonNegative, NonNegativeCount

Parameters = Iterable[Tensor]


def adam(
    parameters: Parameters,
    *,
    lr: NonNegative = 2e-4,
    betas: tuple[BelowOneAlong, BelowOneAlong] = (0.5, 0.999),
    eps: NonNegative = 1e-8,
    weight_decay: NonNegative = 0.0,
    lazy: NonNegativeCount = 0,
) -> Optimizer:
    """Adam (Kingma & Ba 2015).

    `lazy` = k for a player with one more turn each k steps: with k + 1 moves in place of k, rate and memory are to be
    the same over these steps, so c = k / (k + 1) gives c lr and beta^c (Karras et al. 2020, appendix B). 0: none.
    Raises UserError for a lazy player with a ramp among its betas.
    """
    if lazy and now(betas) != betas:
        raise UserError("optimizers: lazy needs betas that do not follow progress; give numbers")
    c = lazy / (lazy + 1) if lazy else 1.0
    first, second = (beta**c for beta in now(betas))
    return torch.optim.Adam(
        parameters, lr=c * lr, betas=(first, second), eps=eps, weight_decay=weight_decay, fused=True
    )


def adamw(
    parameters: Parameters,
    *,
    lr: NonNegative = 2e-4,
    betas: tuple[BelowOneAlong, BelowOneAlong] = (0.5, 0.999),
    eps: NonNegative = 1e-8,
    weight_decay: NonNegative = 0.01,
) -> Optimizer:
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019)."""
    return torch.optim.AdamW(parameters, lr=lr, betas=now(betas), eps=eps, weight_decay=weight_decay, fused=True)


def rmsprop(
    parameters: Parameters,
    *,
    lr: NonNegative = 5e-5,
    alpha: BelowOne = 0.99,
    eps: NonNegative = 1e-8,
    momentum: BelowOne = 0.0,
) -> Optimizer:
    """RMSprop (Tieleman & Hinton 2012)."""
    return torch.optim.RMSprop(parameters, lr=lr, alpha=alpha, eps=eps, momentum=momentum)


def sgd(
    parameters: Parameters,
    *,
    lr: NonNegative = 0.01,
    momentum: BelowOne = 0.9,
    weight_decay: NonNegative = 0.0,
    nesterov: bool = False,
) -> Optimizer:
    """Stochastic gradient descent with momentum."""
    return torch.optim.SGD(parameters, lr=lr, momentum=momentum, weight_decay=weight_decay, nesterov=nesterov)
