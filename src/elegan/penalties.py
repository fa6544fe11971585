"""Gradient penalties: scalars on a critic `D` (images -> scores), real and fake images of N x C x H x W.

They differentiate a gradient, so they leave autocast: in bfloat16 the second derivative is wrong.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from elegan import chance

Critic = Callable[[Tensor], Tensor]


def _gradient(D: Critic, x: Tensor) -> Tensor:
    """d sum D(x) / dx as N x (C H W), with a graph, in float32."""
    with torch.autocast(x.device.type, enabled=False):
        x = x.detach().float().requires_grad_()
        (gradient,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return gradient.flatten(1)


def _distance_from(target: float, gradient: Tensor, one_sided: bool) -> Tensor:
    excess = gradient.norm(dim=1) - target
    return (excess.relu() if one_sided else excess).square().mean()


def gradient_penalty(D: Critic, real: Tensor, fake: Tensor, *, target: float = 1.0, one_sided: bool = False) -> Tensor:
    """E (|grad D(x^)| - target)^2 on lines between real and fake (Gulrajani et al. 2017, equation 3)."""
    alpha = chance.uniform(len(real), 1, 1, 1, device=real.device)
    return _distance_from(target, _gradient(D, torch.lerp(real.float(), fake.float(), alpha)), one_sided)


def dragan_penalty(
    D: Critic, real: Tensor, fake: Tensor, *, target: float = 1.0, spread: float = 0.5, one_sided: bool = False
) -> Tensor:
    """E (|grad D(x + noise)| - target)^2 around the real data (Kodali et al. 2017, equation 2).

    The noise is uniform with `spread` times the standard deviation of each image; the paper takes that of the batch,
    which would change with the number of processes.
    """
    deviation = real.float().flatten(1).std(dim=1).view(-1, 1, 1, 1)
    noise = chance.uniform(len(real), *real.shape[1:], device=real.device)
    return _distance_from(target, _gradient(D, real + spread * deviation * noise), one_sided)


def r1(D: Critic, real: Tensor, fake: Tensor) -> Tensor:
    """E |grad D(x)|^2 / 2 on real images (Mescheder et al. 2018, equation 9); its weight is gamma."""
    return 0.5 * _gradient(D, real).square().sum(1).mean()


def r2(D: Critic, real: Tensor, fake: Tensor) -> Tensor:
    """E |grad D(G(z))|^2 / 2 on fake images (Mescheder et al. 2018, equation 10); its weight is gamma."""
    return 0.5 * _gradient(D, fake).square().sum(1).mean()
