"""How far a picture is from the one that it should be, and how well a patch is found again: expressions, to minimise."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


def l1(x: Tensor, y: Tensor) -> Tensor:
    """Mean absolute difference."""
    return (x - y).abs().mean()


def l2(x: Tensor, y: Tensor) -> Tensor:
    """Mean squared difference."""
    return (x - y).square().mean()


def charbonnier(x: Tensor, y: Tensor, *, epsilon: float = 1e-3) -> Tensor:
    """sqrt(d^2 + epsilon^2), L1 with a round tip (Charbonnier et al. 1994; Lai et al. 2017)."""
    return ((x - y).square() + epsilon**2).sqrt().mean()


def patch_nce(query: Tensor, key: Tensor, *, temperature: float = 0.07) -> Tensor:
    """Each of P query vectors is to pick the key of its own place among the P of its picture (Park et al. 2020, eq. 3).

    Both are N x P x d and of unit length; keys are taken as given, without a gradient.
    """
    similarity = query @ key.detach().transpose(1, 2) / temperature
    own = torch.arange(query.shape[1], device=query.device).expand(len(query), -1)
    return cross_entropy(similarity.float().flatten(0, 1), own.flatten())
