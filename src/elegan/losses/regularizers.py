"""Losses that steady a network without differentiating a gradient, beside `elegan.losses.penalties`.

Scalars on a critic `D` (images N x C x H x W -> scores), real and fake images; or on a generator `G`, latents and labels.
"""

from typing import Protocol

import torch
from torch import Tensor, nn

from elegan.core.errors import UserError
from elegan.core.ranges import BelowOne, NonNegative, Share
from elegan.core.statistics import RunningMean
from elegan.data.transforms import flip, shift
from elegan.losses.penalties import Critic, Generator


class Asking(Generator, Protocol):
    """A generator that is asked for a kind of a column."""

    def log_probability(self, z: Tensor, label: Tensor) -> Tensor:
        """log p of that kind in what it makes, N."""
        ...


class Reconstructing(Protocol):
    """A discriminator that reconstructs."""

    def reconstruct(self, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Pairs of a picture decoded from the features of x and what it should be, N x C x H x W each."""
        ...


def consistency(
    D: Critic,
    real: Tensor,
    fake: Tensor,
    *,
    shifts: Share = 0.125,
    lambda_real: NonNegative = 10.0,
    lambda_fake: NonNegative = 10.0,
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
    """The loss of `lecam`, with the two anchors that it remembers."""

    def __init__(self, decay: float):
        super().__init__()
        self.anchors = RunningMean(1, 2, decay)

    def forward(self, D: Critic, real: Tensor, fake: Tensor) -> Tensor:
        scores = [D(x).float() for x in (real, fake)]
        for group, score in enumerate(scores):
            rows = score.detach().flatten(1).mean(1, keepdim=True) if score.dim() > 1 else score.detach()[:, None]
            self.anchors.see(rows, torch.full((len(rows),), group, device=rows.device))
        a_real, a_fake = self.anchors.mean.flatten().clone()
        loss: Tensor = (scores[0] - a_fake).square().mean() + (scores[1] - a_real).square().mean()
        return loss


def lecam(*, decay: BelowOne = 0.99) -> nn.Module:
    """E |D(x) - a_F|^2 + E |D(G(z)) - a_R|^2 with a_R and a_F moving averages of the real and fake scores of earlier moves, 0 at
    first (Tseng et al. 2021, equations 4 and 5). The paper's weight is 0.3 with a hinge loss.
    """
    return LeCam(decay)


def drift(D: Critic, real: Tensor, fake: Tensor) -> Tensor:
    """E D(x)^2 of real images, so that a critic's scores stay near zero (Karras et al. 2018, appendix A.1; weight 0.001)."""
    return D(real).float().square().mean()


def reconstruction(D: Reconstructing, real: Tensor, fake: Tensor) -> Tensor:
    """E |G(f) - T(x)|: how well D's features f of real images still hold them (Liu et al. 2021, equation 4).

    The distance is L1, where the authors use a network that was trained on other pictures.
    """
    pairs = D.reconstruct(real)
    return torch.stack([(decoded - picture).abs().float().mean() for decoded, picture in pairs]).mean()


def orthogonal(G: Generator, z: Tensor, label: Tensor | None) -> Tensor:
    """The overlap |W W^T (1 - I)|^2 of the filters of each weight W of the generator, embeddings left out, before spectral
    normalisation (Brock et al. 2019, equation 3; weight 0.0001).
    """
    embeddings = {p for module in G.modules() if isinstance(module, nn.Embedding) for p in module.parameters()}
    weights = [p.flatten(1) for p in G.parameters() if p.dim() in (2, 4) and p not in embeddings]
    return torch.stack([(W @ W.T).fill_diagonal_(0.0).square().sum() for W in weights]).sum()


def asked(G: Asking, z: Tensor, label: Tensor | None) -> Tensor:
    """E -log p(the kind that was asked for) in generated rows of a table (Xu et al. 2019, section 4.3); 0 where none is.

    Raises UserError for a generator without `log_probability`.
    """
    if not hasattr(G, "log_probability"):
        raise UserError("losses.asked needs a generator of rows with kinds, such as table_generator")
    return z.new_zeros(()) if label is None else -G.log_probability(z, label).mean()
