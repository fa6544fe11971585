"""Measures of a lesson while it trains: where the samples lie, what they feel, and the best answer to them."""

import torch
from torch import Tensor, nn

from elegan.losses.adversarial import Adversarial
from elegan.metrics.precision_recall import prdc
from elegan.verbs.demo.points import Mixture, Points, as_pictures

NEAR = 3  # standard deviations from a mode within which a sample counts as good


def covered(samples: Tensor, density: Mixture) -> tuple[int, float]:
    """(centres with a sample within three deviations, the share of such samples), for samples N x 2."""
    distance, centre = torch.cdist(samples.double(), density.centres).min(1)
    good = distance < NEAR * density.deviation
    return len(centre[good].unique()), float(good.double().mean())


def placed(samples: Tensor, points: Points) -> dict[str, float]:
    """Measures of how the samples, N x 2, lie among the points.

    Where the density is known, the number and share of its modes covered, and the share of good samples; else coverage and
    precision among as many of the points.
    """
    if points.density:
        count, good = covered(samples, points.density)
        return {"covered": count, "share covered": count / len(points.density.centres), "good samples": good}
    values = prdc(points.draw(len(samples), "measured"), samples)
    return {"share covered": values["coverage"], "good samples": values["precision"]}


def felt(D: nn.Module, loss: Adversarial, real: Tensor, samples: Tensor) -> Tensor:
    """The pull on each of the samples, N x 2: minus the gradient of its own generator's loss, N x 2.

    `real`: N x 2, for losses that compare with real points.
    """
    x = as_pictures(samples).clone().requires_grad_()
    value = loss.generator(D(as_pictures(real), None), D(x, None))
    (gradient,) = torch.autograd.grad(value * len(samples), x)
    return -gradient[..., 0, 0]


def best_answer(density: Mixture, samples: Tensor, x: Tensor) -> Tensor:
    """p / (p + q) at each row of x: the discriminator that is best against these samples (Goodfellow et al. 2014, equation 2).

    q is the kernel density estimate of the samples, half as wide as a mode. NaN where points of neither kind come: there no
    answer is better than another.
    """
    p, q = density.log_density(x), kernel_density(samples, density).log_density(x)
    nobody = torch.maximum(p, q) < torch.log(torch.tensor(0.01))
    return torch.sigmoid(p - q).masked_fill(nobody, torch.nan)


def kernel_density(samples: Tensor, density: Mixture) -> Mixture:
    """The kernel density of samples N x 2, as wide as needed to be compared with this density."""
    return Mixture(samples.double(), density.deviation / 2)
