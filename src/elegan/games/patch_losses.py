"""A discriminator against a generator of pictures: their losses over scores N, or over lists of score maps of patches."""

import torch
from torch import Tensor, nn

from elegan.games.game import Terms
from elegan.losses.adversarial import Adversarial, Expression

Scores = Tensor | list[Tensor]


def judge(loss: Adversarial, D: nn.Module, real: Tensor, fake: Tensor) -> tuple[Tensor, Terms]:
    """The discriminator's loss, and its mean scores to watch."""
    scores = {"real": D(real), "fake": D(fake)}
    watched = {name: torch.stack([s.detach().mean() for s in _maps(of)]).mean() for name, of in scores.items()}
    return over_scales(loss.discriminator, scores["real"], scores["fake"]), watched


def fool(loss: Adversarial, D: nn.Module, fake: Tensor, real: Tensor | None = None) -> Tensor:
    """The generator's loss; `real` for the losses that compare with it."""
    scores = D(fake)
    return over_scales(loss.generator, scores if real is None else D(real), scores)


def over_scales(expression: Expression, real: Scores, fake: Scores) -> Tensor:
    """The mean of an expression over maps of scores."""
    return torch.stack([expression(r, f) for r, f in zip(_maps(real), _maps(fake), strict=True)]).mean()


def _maps(scores: Scores) -> list[Tensor]:
    return [scores] if isinstance(scores, Tensor) else scores
