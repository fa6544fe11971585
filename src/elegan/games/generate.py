"""Images from noise: one generator against one discriminator, with or without classes."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn

from elegan.core import ramp, rng
from elegan.core.ranges import AboveZeroAlong, Count, Few, NonNegative, Repeats, Share, ShareAlong
from elegan.data.feed import Batch
from elegan.games.abilities import Generates, Judges
from elegan.games.critic import BatchCritic
from elegan.games.game import Game, Shape, Terms, Turn
from elegan.games.wiring import adversarial, discriminator, first_layers, is_of_generator, net, weighted
from elegan.losses.adversarial import Adversarial
from elegan.nets.augment.ada import Adaptive
from elegan.nets.augment.diffaugment import Augmented
from elegan.recipes.recipe import Recipe

# From (nets, features, label, the latent of generated images) to terms on them.
Read = Callable[[nn.ModuleDict, Tensor, Tensor | None, Tensor | None], Terms]
# By name (the penalty times its weight, the number of steps from one to the next on which it is played).
Penalties = dict[str, tuple[Callable[..., Tensor], int]]


def generate(
    recipe: Recipe,
    shape: Shape,
    *,
    n_critic: Repeats = 1,
    clip: NonNegative = 0.0,
    augment: str = "",
    ada: str = "",
    ada_target: Share = 0.6,
    ada_images: Count = 500_000,
    ada_p: ShareAlong | None = None,
    top_k: AboveZeroAlong = 1.0,
    freeze: Few = 0,
) -> Game:
    """The game of every recipe with one generator and one discriminator.

    `n_critic` discriminator moves come before each generator move; `clip` bounds its weights after each (WGAN);
    `augment` is a DiffAugment policy such as "color,translation,cutout"; `ada` one of ADA such as "blit,geometry,color",
    see `elegan.nets.augment.ada.Adaptive`; the generator learns from the `top_k` share of its images (see `best`). The first
    `freeze` layers of the discriminator stay as the run brings them that is begun with (FreezeD: Mo et al. 2020). Penalties
    with `every` above 1 are turns of their own, as lazy regularisation.
    """
    G, D = net(recipe, "generator", *shape, carries="latent"), discriminator(recipe, *shape)
    adaptive = Adaptive(ada, ada_target, ada_images, ada_p) if ada else None
    game = contest(recipe, G, D, n_critic=n_critic, clip=clip, augment=augment, adaptive=adaptive, top_k=top_k)
    return replace(game, fixed=first_layers(recipe, D, freeze)) if freeze else game


def contest(
    recipe: Recipe,
    G: Any,  # a module with `latent`
    D: nn.Module,
    *,
    n_critic: int,
    clip: float,
    augment: str,
    adaptive: Adaptive | None = None,
    top_k: ramp.Number = 1.0,
    read: Read | None = None,
    criteria: tuple[str, ...] = (),
) -> Game:
    """The game between these two. `read` adds terms on what else the discriminator's features tell, by `criteria`, the losses
    of the recipe that are no penalties.
    """
    nets = nn.ModuleDict({"generator": G, "discriminator": Augmented(D, augment, adaptive)})
    loss = adversarial(recipe)
    own, opponents = _penalties(recipe, nets, ("adversarial", *criteria))
    moves = Moves(G.latent, loss, own, opponents, adaptive, top_k, read)
    after = partial(clip_weights, bound=clip) if clip else None

    def turns(
        player: str,
        move: Callable[[nn.ModuleDict, Batch], Terms],
        penalties: Penalties,
        penalise: Callable[..., Terms],
        repeat: int = 1,
        after: Callable[[nn.ModuleDict], None] | None = None,
    ) -> list[Turn]:
        """The player's own turn, and one for each penalty that skips steps."""
        eager = any(every == 1 for _, every in penalties.values())
        return [Turn(player, move, repeat, second_order=eager, after=after)] + [
            Turn(player, partial(penalise, name=name), every=every, second_order=True, after=after)
            for name, (_, every) in penalties.items()
            if every > 1
        ]

    return Game(
        nets=nets,
        players={"discriminator": ("discriminator",), "generator": ("generator",)},
        turns=(
            *turns("discriminator", moves.discriminate, opponents, moves.penalise, repeat=n_critic, after=after),
            *turns("generator", moves.fool, own, moves.penalise_generator),
        ),
        averaged=("generator",),
        abilities=(
            Generates.by_generator(G),
            Judges(lambda nets, x, label: cast(Augmented, nets["discriminator"]).discriminator(x, label)),
        ),
    )


def _penalties(recipe: Recipe, nets: nn.ModuleDict, others: tuple[str, ...]) -> tuple[Penalties, Penalties]:
    """The penalties (on the generator, on the discriminator)."""
    every: Penalties = {name: weighted(recipe, name, 3, nets) for name in recipe.losses if name not in others}
    of_generator = {name: penalty for name, penalty in every.items() if is_of_generator(recipe, name)}
    return of_generator, {name: penalty for name, penalty in every.items() if name not in of_generator}


@dataclass(frozen=True)
class Moves:
    """The terms that each player is to make small. Penalties of every step stand beside the loss, the others alone."""

    latent: int
    loss: Adversarial
    of_generator: Penalties
    of_discriminator: Penalties
    adaptive: Adaptive | None
    top_k: ramp.Number
    read: Read | None

    def discriminate(self, nets: nn.ModuleDict, batch: Batch) -> Terms:
        z, D = self._draw(batch), BatchCritic(nets["discriminator"], batch.label)
        with torch.no_grad():
            fake = nets["generator"](z, batch.label)
        penalised = _eager(self.of_discriminator, D, batch.real, fake)  # first, for it shares its scores
        # Readers learn on real images where these say what is true, else on generated ones. On both, a classifier and a
        # generator agreed on marks that nobody else saw (docs/log.md).
        told = self._readings(nets, D, batch.real, None) or self._readings(nets, D, fake, z)
        real_score, fake_score = D(batch.real), D(fake)
        watched = {"real": real_score.detach().mean(), "fake": fake_score.detach().mean()}
        if self.adaptive:
            watched |= self.adaptive.judged(real_score)
        return {"adversarial": self.loss.discriminator(real_score, fake_score)} | told | penalised | watched

    def penalise(self, nets: nn.ModuleDict, batch: Batch, name: str) -> Terms:
        with torch.no_grad():
            fake = nets["generator"](self._draw(batch), batch.label)
        penalty, _ = self.of_discriminator[name]
        return {name: penalty(BatchCritic(nets["discriminator"], batch.label), batch.real, fake)}

    def fool(self, nets: nn.ModuleDict, batch: Batch) -> Terms:
        z, D = self._draw(batch), BatchCritic(nets["discriminator"], batch.label)
        fake = nets["generator"](z, batch.label)
        told = self._readings(nets, D, fake, z)
        fake_score = D(fake)
        real_score = D(batch.real) if self.loss.paired else fake_score
        value = self.loss.generator(*best(real_score, fake_score, ramp.now(self.top_k)))
        return {"adversarial": value} | told | _eager(self.of_generator, nets["generator"], z, batch.label)

    def penalise_generator(self, nets: nn.ModuleDict, batch: Batch, name: str) -> Terms:
        penalty, _ = self.of_generator[name]
        return {name: penalty(nets["generator"], self._draw(batch), batch.label)}

    def _draw(self, batch: Batch) -> Tensor:
        return rng.normal(len(batch.real), self.latent, device=batch.real.device)

    def _readings(self, nets: nn.ModuleDict, D: BatchCritic, x: Tensor, z: Tensor | None) -> Terms:
        return self.read(nets, D.features(x), D.label, z) if self.read else {}


def _eager(penalties: Penalties, *arguments: Any) -> Terms:
    return {name: penalty(*arguments) for name, (penalty, every) in penalties.items() if every == 1}


def best(real: Tensor, fake: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """The scores of the rows whose fakes score highest, `share` of them rounded up (Sinha et al. 2020, equation 3).

    The share is that of each part of a batch which is played at once. The paper goes from 1 to .5: top_k=[1.0, 0.5].
    """
    k = max(1, math.ceil(share * len(fake)))
    if k >= len(fake):
        return real, fake
    rows = fake.detach().reshape(len(fake), -1).mean(1).topk(k).indices
    return real[rows], fake[rows]


@torch.no_grad()
def clip_weights(nets: nn.ModuleDict, bound: float) -> None:
    """Clips every weight that the critic learns to [-bound, bound] (Arjovsky et al. 2017, algorithm 1)."""
    for p in nets["discriminator"].parameters():
        if p.requires_grad:
            p.clamp_(-bound, bound)
