"""Gradient penalties: scalars on a critic `D` (images -> scores), real and fake images of N x C x H x W; or on a generator
`G`, latents N x latent and labels N (or None). It belongs to the generator's move where its first argument is annotated as a
`Generator`, or a protocol that extends it, else to the discriminator's.

They differentiate a gradient, so they leave autocast: in bfloat16 its derivative is wrong.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

import torch
from torch import Tensor, nn

from elegan.core import rng
from elegan.core.errors import UserError
from elegan.core.ranges import NonNegative
from elegan.core.statistics import RunningMean
from elegan.losses.double_backward import TwiceDifferentiable

Critic = Callable[[Tensor], Tensor]


class Generator(Protocol):
    """A generator, as an `nn.Module`."""

    def __call__(self, z: Tensor, label: Tensor | None) -> Tensor: ...

    def modules(self) -> Iterator[nn.Module]: ...

    def parameters(self) -> Iterator[nn.Parameter]: ...


class Styled(Generator, Protocol):
    """A generator of images from w, N x levels x latent, with the running mean of its path lengths."""

    path_length: RunningMean

    def styles(self, z: Tensor, label: Tensor | None) -> Tensor: ...

    def synthesis(self, w: Tensor) -> Tensor: ...


def _gradient(D: Critic, x: Tensor) -> Tensor:
    """d sum D(x) / dx as N x (C H W), with a graph, in float32; of a critic that scores several at once these are one row."""
    with torch.autocast(x.device.type, enabled=False):
        x = x.detach().float().requires_grad_()
        with TwiceDifferentiable():
            scores = D(x.view_as(x))  # FlopCounterMode cannot follow a gradient by a leaf that a module was given
        (gradient,) = torch.autograd.grad(scores.sum(), x, create_graph=True)
    return gradient.reshape(len(scores), -1)


def _distance_from(target: float, gradient: Tensor, one_sided: bool) -> Tensor:
    excess: Tensor = gradient.norm(dim=1) - target
    return (excess.relu() if one_sided else excess).square().mean()


def gradient_penalty(
    D: Critic, real: Tensor, fake: Tensor, *, target: NonNegative = 1.0, one_sided: bool = False
) -> Tensor:
    """E (|grad D(x^)| - target)^2 on lines between real and fake (Gulrajani et al. 2017, equation 3)."""
    alpha = rng.uniform(len(real), *[1] * (real.ndim - 1), device=real.device)
    return _distance_from(target, _gradient(D, torch.lerp(real.float(), fake.float(), alpha)), one_sided)


def dragan_penalty(
    D: Critic,
    real: Tensor,
    fake: Tensor,
    *,
    target: NonNegative = 1.0,
    spread: NonNegative = 0.5,
    one_sided: bool = False,
) -> Tensor:
    """E (|grad D(x + noise)| - target)^2 around the real data (Kodali et al. 2017, equation 2).

    The noise is uniform with `spread` times the standard deviation of each image; the paper takes that of the batch,
    which would change with the number of processes.
    """
    deviation = real.float().flatten(1).std(dim=1).view(-1, 1, 1, 1)
    noise = rng.uniform(len(real), *real.shape[1:], device=real.device)
    return _distance_from(target, _gradient(D, real + spread * deviation * noise), one_sided)


def r1(D: Critic, real: Tensor, fake: Tensor, *, by_size: bool = False) -> Tensor:
    """E |grad D(x)|^2 / 2 on real images (Mescheder et al. 2018, equation 9); its weight is gamma.

    `by_size`: gamma is the weight times the number of pixels H W (of a series, steps), so that one weight serves every resolution.
    """
    return _slope(D, real, by_size)


def r2(D: Critic, real: Tensor, fake: Tensor, *, by_size: bool = False) -> Tensor:
    """E |grad D(G(z))|^2 / 2 on fake images (Mescheder et al. 2018, equation 10); weight and `by_size` as in `r1`."""
    return _slope(D, fake, by_size)


def _slope(D: Critic, x: Tensor, by_size: bool) -> Tensor:
    pixels = x[0, 0].numel() if by_size else 1
    return pixels * 0.5 * _gradient(D, x).square().sum(1).mean()


def path_length(G: Styled, z: Tensor, label: Tensor | None) -> Tensor:
    """E (|J_w^T y| - a)^2 with normal pictures y, a the running mean of these lengths (Karras et al. 2020, equation 4).

    As in the authors' setting y is divided by the side of the picture and the square is the mean over levels of w, so
    weight 2 is appendix B's gamma = ln 2 / (r^2 (ln r - ln 2)) at every resolution r whose levels start at 4 pixels.
    Raises UserError for a generator without `styles` and `synthesis`.
    """
    if not hasattr(G, "styles"):
        raise UserError("losses.path_length needs a generator with a mapping network, such as stylegan2_generator")
    with torch.autocast(z.device.type, enabled=False):
        w = G.styles(z, label)
        with TwiceDifferentiable():
            images = G.synthesis(w)
        y = rng.normal(len(z), *images.shape[1:], device=z.device) / images.shape[-1]
        (gradient,) = torch.autograd.grad((images * y).sum(), w, create_graph=True)
    lengths = gradient.square().sum(2).mean(1).sqrt()
    G.path_length.see(lengths.detach()[:, None])
    return (lengths - G.path_length.mean).square().mean()
