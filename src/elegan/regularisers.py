"""What steadies a discriminator without differentiating a gradient, beside `elegan.penalties`.

Scalars on a critic `D` (images N x C x H x W -> scores), real and fake images.
"""

import torch
from torch import Tensor, nn

from elegan.data.augment import flip, shift
from elegan.penalties import Critic


def consistency(
    D: Critic,
    real: Tensor,
    fake: Tensor,
    *,
    shifts: float = 0.125,
    lambda_real: float = 10.0,
    lambda_fake: float = 10.0,
) -> Tensor:
    """bCR: E |D(x) - D(T(x))|^2 of real and of fake images, each times its lambda (Zhao et al. 2021, algorithm 2).

    T mirrors half of the images and moves each by up to `shifts` of its side.
    """
    pixels = round(shifts * real.shape[-1])
    terms = [
        weight * (D(x) - D(shift(flip(x), pixels))).float().square().mean()
        for weight, x in ((lambda_real, real), (lambda_fake, fake))
    ]
    return terms[0] + terms[1]


class LeCam(nn.Module):
    """See `lecam`. The two anchors are what it remembers."""

    alpha_real: Tensor
    alpha_fake: Tensor

    def __init__(self, decay: float):
        super().__init__()
        self.decay = decay
        self.register_buffer("alpha_real", torch.zeros(()))
        self.register_buffer("alpha_fake", torch.zeros(()))

    def forward(self, D: Critic, real: Tensor, fake: Tensor) -> Tensor:
        real_score, fake_score = D(real).float(), D(fake).float()
        penalty = (real_score - self.alpha_fake).square().mean() + (fake_score - self.alpha_real).square().mean()
        self._follow(real_score.detach().mean(), fake_score.detach().mean())
        return penalty

    @torch.no_grad()
    def _follow(self, real: Tensor, fake: Tensor) -> None:
        self.alpha_real.lerp_(real, 1 - self.decay)
        self.alpha_fake.lerp_(fake, 1 - self.decay)


def lecam(*, decay: float = 0.99) -> nn.Module:
    """E |D(x) - a_F|^2 + E |D(G(z)) - a_R|^2, a_R and a_F moving averages of real and fake scores (Tseng et al. 2021,
    equations 4 and 5), from 0. The paper's weight is 0.3 with a hinge loss. An accumulated batch moves the averages once a part.
    """
    return LeCam(decay)


def drift(D: Critic, real: Tensor, fake: Tensor) -> Tensor:
    """E D(x)^2 of real images, so that a critic's scores stay near zero (Karras et al. 2018, appendix A.1; weight 0.001)."""
    return D(real).float().square().mean()


def reconstruction(D: Critic, real: Tensor, fake: Tensor) -> Tensor:
    """E |G(f) - T(x)|: how well D's features f of real images still hold them (Liu et al. 2021, equation 4).

    For a discriminator with `reconstruct(x)`, which gives pairs of a picture made from features and what it should be. The
    distance is L1, where the authors' uses a network that was trained on other pictures.
    """
    pairs = D.reconstruct(real)  # type: ignore[attr-defined]
    return torch.stack([(made - wanted).abs().float().mean() for made, wanted in pairs]).mean()
