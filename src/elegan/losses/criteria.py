"""Distances between a picture and the one that it should be, and losses of patches, classes and codes to recover.

All give a scalar to minimise.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from elegan.core.ranges import Positive
from elegan.core.spectra import si_sdr, spectral_distance


def l1(x: Tensor, y: Tensor) -> Tensor:
    """Mean absolute difference.

    >>> l1(torch.zeros(2, 2), torch.tensor([[1.0, -1.0], [0.0, 0.0]]))
    tensor(0.5000)
    """
    return (x - y).abs().mean()


def l2(x: Tensor, y: Tensor) -> Tensor:
    """Mean squared difference."""
    return (x - y).square().mean()


def root_mean_square(x: Tensor, y: Tensor) -> Tensor:
    """Root of the mean squared difference, whose gradient does not fade with it (Yoon et al. 2019, the authors' program).

    >>> root_mean_square(torch.zeros(2, 2), torch.tensor([[2.0, -2.0], [2.0, 2.0]]))
    tensor(2.)
    """
    return (x - y).square().mean().clamp(min=1e-12).sqrt()


def moments(x: Tensor, y: Tensor) -> Tensor:
    """Mean absolute difference of the means, and of the standard deviations, over the batch (Yoon et al. 2019, the authors' program).

    >>> moments(torch.tensor([[1.0], [3.0]]), torch.tensor([[2.0], [4.0]]))
    tensor(1.)
    """
    deviations = ((part.var(0, correction=0) + 1e-6).sqrt() for part in (x, y))
    means = (part.mean(0) for part in (x, y))
    return sum(((a - b).abs().mean() for a, b in (tuple(means), tuple(deviations))), torch.zeros(()))


def charbonnier(x: Tensor, y: Tensor, *, epsilon: Positive = 1e-3) -> Tensor:
    """Mean of sqrt(d^2 + epsilon^2) over differences d, L1 with a round tip (Charbonnier et al. 1994; Lai et al. 2017)."""
    return ((x - y).square() + epsilon**2).sqrt().mean()


def patch_nce(query: Tensor, key: Tensor, *, temperature: Positive = 0.07) -> Tensor:
    """Cross-entropy of picking, for each of P queries, its own place's key among the P of its picture (Park et al. 2020, eq. 3).

    Both are N x P x d and of unit length; no gradient goes through the keys.
    """
    similarity = query @ key.detach().transpose(1, 2) / temperature
    own = torch.arange(query.shape[1], device=query.device).expand(len(query), -1)
    return functional.cross_entropy(similarity.float().flatten(0, 1), own.flatten())


def squared_error(x: Tensor, y: Tensor) -> Tensor:
    """-log N(x; y, I) without its constant: half the squared distance, summed over each row (Larsen et al. 2016)."""
    return 0.5 * (x - y).float().square().flatten(1).sum(1).mean()


def kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, variance) || N(0, I)) in nats, both N x d (Kingma & Welling 2014, appendix B).

    >>> kl(torch.tensor([[3.0, 0.0]]), torch.zeros(1, 2))  # a normal of variance 1, moved by 3
    tensor(4.5000)
    """
    mean, log_variance = mean.float(), log_variance.float()
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum(1).mean()


def cross_entropy(logits: Tensor, label: Tensor) -> Tensor:
    """-E log P(label): N x K logits of the classifier, labels N (Odena et al. 2017, equation 3).

    >>> f"{cross_entropy(torch.zeros(3, 10), torch.tensor([1, 4, 7])):.4f}"  # log 10
    '2.3026'
    """
    return functional.cross_entropy(logits.float(), label)


def categorical_information(logits: Tensor, code: Tensor) -> Tensor:
    """Minus the lower bound E log Q(c | x) + H(c) on the information, in nats, that x holds of one of K equally likely
    categories (Chen et al. 2016, equation 4). N x K logits of Q, categories N.
    """
    return functional.cross_entropy(logits.float(), code) - math.log(logits.shape[1])


def continuous_information(reading: Tensor, code: Tensor) -> Tensor:
    """Minus the same bound for C codes uniform in (-1, 1): Q is normal, `reading` N x 2C its means and log deviations.

    Deviations below e^-3 count as e^-3: a code that was read without error would be worth infinitely much.
    """
    mean, log_deviation = reading.float().chunk(2, 1)
    log_deviation = log_deviation.clamp(min=-3)
    error = (code - mean) / log_deviation.exp()
    surprise = 0.5 * error.square() + log_deviation + 0.5 * math.log(2 * math.pi)
    return (surprise - math.log(2)).sum(1).mean()


def spectral(x: Tensor, y: Tensor) -> Tensor:
    """The mean multi-resolution distance of the spectra of sounds N x T (Yamamoto et al. 2020); see `elegan.core.spectra`."""
    return spectral_distance(x, y).mean()


def distortion(x: Tensor, y: Tensor) -> Tensor:
    """Minus the scale-invariant ratio of signal to distortion of sounds N x T, in decibels, on average (Le Roux et al. 2019)."""
    return -si_sdr(x, y).mean()
