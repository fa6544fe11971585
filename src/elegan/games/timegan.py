"""Windows of a series made step by step in a space that a pair of networks has learnt first (TimeGAN: Yoon et al. 2019)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from elegan.core import rng
from elegan.core.errors import UserError
from elegan.core.ranges import NonNegative, NonNegativeCount, Repeats, Share, Width
from elegan.core.sizes import square_side
from elegan.data.feed import Batch
from elegan.games.abilities import Draws
from elegan.games.game import Game, Shape, Terms, Turn
from elegan.games.wiring import adversarial, net, required
from elegan.losses.adversarial import Adversarial
from elegan.recipes.recipe import Recipe

Criterion = Callable[..., Tensor]
AHEAD = 0.1  # of the squared error of the supervisor, in what the embedding minimises beside the game (the authors' program)


def timegan(
    recipe: Recipe,
    shape: Shape,
    *,
    hidden: Width = 24,
    noise: Width = 4,
    still: NonNegativeCount = 4,
    embedded: Share = 0.3,
    supervised: Share = 0.5,
    repeat: Repeats = 2,
    enough: NonNegative = 0.15,
) -> Game:
    """Up to progress `embedded` an embedding of `hidden` numbers a step is learnt with its recovery, up to `supervised` a network that
    tells its next step, and then all of these with a generator from noise and a discriminator, the former `repeat` times a step. The noise
    is `noise` numbers a step, and `still` that stay the same over a window, as the paper's z_S does: they make its level. The discriminator rests while its loss is below `enough`.

    Raises UserError where `supervised` is below `embedded`.
    """
    if supervised < embedded:
        raise UserError(
            f"task.supervised = {supervised:g} comes after task.embedded = {embedded:g}: give it as much or more"
        )
    steps = square_side(shape.resolution, "a window of a series has a number of rows")
    sizes = {"embedder": (shape.channels, hidden), "recovery": (hidden, shape.channels), "supervisor": (hidden, hidden),
             "generator": (noise + still, hidden), "discriminator": (hidden, 1)}  # fmt: skip
    nets = nn.ModuleDict({name: net(recipe, name, *inside_and_outside) for name, inside_and_outside in sizes.items()})
    recovered, ahead, moments = (required(recipe, name) for name in ("recovered", "supervised", "moments"))
    spread = Noise(steps, noise, still)
    moves = Moves(adversarial(recipe), recovered, ahead, moments, spread, enough)
    return Game(
        nets=nets,
        players={
            "embedding": ("embedder", "recovery"),
            "supervisor": ("supervisor",),
            "generator": ("generator", "supervisor"),
            "discriminator": ("discriminator",),
        },
        turns=(
            Turn("embedding", moves.embed, during=(0.0, embedded)),
            Turn("supervisor", moves.supervise, during=(embedded, supervised)),
            Turn("generator", moves.fool, repeat, during=(supervised, 1.0)),
            Turn("embedding", moves.embed_for_all, repeat, during=(supervised, 1.0)),
            Turn("discriminator", moves.discriminate, during=(supervised, 1.0)),
        ),
        averaged=("generator", "supervisor", "recovery"),
        abilities=(Draws(spread.latent, lambda nets, z: drawn(nets, spread(z))),),
        optimizers={"supervisor": "generator"},
    )


def drawn(nets: Any, z: Tensor) -> Tensor:
    """Windows N x C x T of noise N x T x K."""
    made: Tensor = nets["recovery"](nets["supervisor"](nets["generator"](z)))
    return made.transpose(1, 2)


class Noise(NamedTuple):
    """The noise of a window from one latent: `still` numbers that are given to all steps, then `noise` to each."""

    steps: int
    noise: int
    still: int

    @property
    def latent(self) -> int:
        return self.still + self.steps * self.noise

    def __call__(self, z: Tensor) -> Tensor:
        """N x latent to N x T x (still + noise)."""
        whole, each = z.split([self.still, self.steps * self.noise], 1)
        return torch.cat([whole[:, None].expand(-1, self.steps, -1), each.unflatten(1, (self.steps, self.noise))], 2)


@dataclass(frozen=True)
class Moves:
    """The terms that each player is to make small; equations of Yoon et al. 2019, weights of the authors' program."""

    loss: Adversarial
    recovered: Criterion
    supervised: Criterion
    moments: Criterion
    noise: Noise
    enough: float

    def embed(self, nets: Any, batch: Batch) -> Terms:
        """Equation 6."""
        x = _steps(batch)
        return {"recovered": self.recovered(nets["recovery"](nets["embedder"](x)), x)}

    def supervise(self, nets: Any, batch: Batch) -> Terms:
        """Equation 8, on embedded windows."""
        return {"supervised": self._ahead(nets, nets["embedder"](_steps(batch)))}

    def embed_for_all(self, nets: Any, batch: Batch) -> Terms:
        h = nets["embedder"](_steps(batch))
        error = (nets["supervisor"](h)[:, :-1] - h[:, 1:]).square().mean()
        return {"recovered": self.recovered(nets["recovery"](h), _steps(batch)), "supervised": AHEAD * error}

    def fool(self, nets: Any, batch: Batch) -> Terms:
        """Equations 7, 8, and the distance of moments that the authors' program adds."""
        x, D = _steps(batch), nets["discriminator"]
        with torch.no_grad():
            h = nets["embedder"](x)
        alone = nets["generator"](self._draw(batch))
        led = nets["supervisor"](alone)
        real = D(h) if self.loss.paired else D(led)
        return {
            "adversarial": self.loss.generator(real, D(led)) + self.loss.generator(real, D(alone)),
            "supervised": self._ahead(nets, h),
            "moments": self.moments(nets["recovery"](led), x),
        }

    def discriminate(self, nets: Any, batch: Batch) -> Terms:
        """Equation 7."""
        D, z = nets["discriminator"], self._draw(batch)
        with torch.no_grad():
            h, alone = nets["embedder"](_steps(batch)), nets["generator"](z)
            led = nets["supervisor"](alone)
        real, fakes = D(h), (D(led), D(alone))
        loss = torch.stack([self.loss.discriminator(real, fake) for fake in fakes]).sum()
        watched = {"real": real.detach().mean(), "fake": fakes[0].detach().mean()}
        return {"adversarial": loss * (loss.detach() >= self.enough)} | watched

    def _ahead(self, nets: Any, h: Tensor) -> Tensor:
        return self.supervised(nets["supervisor"](h)[:, :-1], h[:, 1:])

    def _draw(self, batch: Batch) -> Tensor:
        return self.noise(rng.normal(len(batch.real), self.noise.latent, device=batch.real.device))


def _steps(batch: Batch) -> Tensor:
    """Windows N x T x C."""
    return batch.real.transpose(1, 2)
