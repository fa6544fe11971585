"""Adversarial losses: each is a pair of expressions on the discriminator's scores, averaged over the batch.

`discriminator(real, fake)` and `generator(real, fake)` take scores before any sigmoid, of shape (N,) or (N, ...), and
give a scalar to minimise. Where `paired` is true the generator's expression looks at the real scores as well.
"""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import relu, softplus

from elegan.core import rng
from elegan.core.ranges import Real, Share

Expression = Callable[[Tensor, Tensor], Tensor]


class Adversarial(NamedTuple):
    """The expressions of both players, as the module says."""

    discriminator: Expression
    generator: Expression
    paired: bool = False


def _likelihood(real: Tensor, fake: Tensor) -> Tensor:
    return softplus(-real).mean() + softplus(fake).mean()


def non_saturating() -> Adversarial:
    """D maximises log D(x) + log(1 - D(G(z))), G maximises log D(G(z)) (Goodfellow et al. 2014, section 3).

    >>> import torch
    >>> loss, nothing_learnt = non_saturating(), torch.zeros(4)
    >>> f"{loss.discriminator(nothing_learnt, nothing_learnt):.4f}"  # 2 log 2
    '1.3863'
    """
    return Adversarial(_likelihood, lambda real, fake: softplus(-fake).mean())


def minimax() -> Adversarial:
    """The saturating form: G minimises log(1 - D(G(z))) (Goodfellow et al. 2014, equation 1)."""
    return Adversarial(_likelihood, lambda real, fake: -softplus(fake).mean())


def least_squares(*, a: Real = 0.0, b: Real = 1.0, c: Real = 1.0) -> Adversarial:
    """D draws fake scores to a and real ones to b, G draws fake scores to c (Mao et al. 2017, equation 2).

    >>> import torch
    >>> loss = least_squares(b=0.9)
    >>> loss.discriminator(torch.tensor([0.9]), torch.tensor([0.0])), loss.generator(torch.tensor([0.9]), torch.tensor([0.0]))
    (tensor(0.), tensor(0.5000))
    """
    return Adversarial(
        lambda real, fake: 0.5 * (real - b).square().mean() + 0.5 * (fake - a).square().mean(),
        lambda real, fake: 0.5 * (fake - c).square().mean(),
    )


def wasserstein() -> Adversarial:
    """The critic's difference of means (Arjovsky et al. 2017, equation 2).

    >>> import torch
    >>> wasserstein().discriminator(torch.tensor([3.0, 5.0]), torch.tensor([1.0, 1.0]))
    tensor(-3.)
    """
    return Adversarial(lambda real, fake: fake.mean() - real.mean(), lambda real, fake: -fake.mean())


def hinge(*, soft: Share = 0.0) -> Adversarial:
    """Margins of one on both sides for D, the plain mean for G (Miyato et al. 2018, equations 16 and 17).

    `soft` draws each margin from [1 - soft, 1].

    >>> import torch
    >>> hinge().discriminator(torch.tensor([1.5, 0.5]), torch.tensor([-2.0, -2.0]))  # one real lies within its margin
    tensor(0.2500)
    """

    def margin(score: Tensor) -> Tensor | float:
        return 1 - soft * rng.uniform(*score.shape, device=score.device) if soft else 1.0

    return Adversarial(
        lambda real, fake: relu(margin(real) - real).mean() + relu(margin(fake) + fake).mean(),
        lambda real, fake: -fake.mean(),
    )


def relativistic() -> Adversarial:
    """A loss that judges each fake against the real image of its row (RpGAN: Jolicoeur-Martineau 2018; Huang et al. 2024, equation 2).

    >>> import torch
    >>> loss = relativistic()
    >>> loss.discriminator(torch.tensor([7.0]), torch.tensor([5.0])) == loss.discriminator(torch.tensor([2.0]), torch.tensor([0.0]))
    tensor(True)
    """
    return Adversarial(
        lambda real, fake: softplus(fake - real).mean(), lambda real, fake: softplus(real - fake).mean(), paired=True
    )


def relativistic_average() -> Adversarial:
    """A loss that judges each score against the mean of the other kind (RaGAN: Jolicoeur-Martineau 2019, section 4.2; as Wang et
    al. 2018 have it, equations 1 and 2). The mean is that of the part of a batch which is played at once.

    >>> import torch
    >>> real, fake = torch.tensor([2.0, 4.0]), torch.tensor([1.0, -1.0])
    >>> loss = relativistic_average()
    >>> loss.discriminator(real, fake) == loss.generator(fake, real)  # each wants what the other has
    tensor(True)
    """

    def apart(upper: Tensor, lower: Tensor) -> Tensor:
        return softplus(lower.mean() - upper).mean() + softplus(lower - upper.mean()).mean()

    return Adversarial(apart, lambda real, fake: apart(fake, real), paired=True)
