"""Images from noise: one generator against one discriminator, with or without classes."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from elegan import chance, ramp
from elegan.data.ada import Adaptive
from elegan.data.augment import Augmented
from elegan.data.feed import Batch
from elegan.losses import Adversarial
from elegan.play.game import Game, Shape, Terms, Turn
from elegan.recipe import Recipe
from elegan.tasks.build import build, is_of_generator, net, weighted
from elegan.tasks.critic import BatchCritic

# (nets, features, label, the latent of generated images) -> terms on them
Read = Callable[[nn.ModuleDict, Tensor, Tensor | None, Tensor | None], Terms]


def generate(
    recipe: Recipe,
    shape: Shape,
    *,
    n_critic: int = 1,
    clip: float = 0.0,
    augment: str = "",
    ada: str = "",
    ada_target: float = 0.6,
    ada_images: int = 500_000,
    top_k: ramp.Number = 1.0,
) -> Game:
    """The game of every recipe with one generator and one discriminator.

    `n_critic` discriminator moves come before each generator move; `clip` bounds its weights after each (WGAN);
    `augment` is a DiffAugment policy such as "color,translation,cutout"; `ada` one of ADA such as "blit,geometry,color",
    see `elegan.data.ada.Adaptive`; the generator learns from the `top_k` share of its images (see `best`). Penalties of the
    discriminator with `every` above 1, and all of the generator, are turns of their own, as lazy regularisation.
    """
    G, D = net(recipe, "generator", *shape), net(recipe, "discriminator", *shape)
    adaptive = Adaptive(ada, ada_target, ada_images) if ada else None
    return contest(recipe, G, D, n_critic=n_critic, clip=clip, augment=augment, adaptive=adaptive, top_k=top_k)


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
    """The game between these two. `read` adds terms on what else the discriminator's features tell, by `criteria`, those
    of the recipe's losses that are no penalties.
    """
    nets = nn.ModuleDict({"generator": G, "discriminator": Augmented(D, augment, adaptive)})
    loss: Adversarial = build("losses", recipe.losses["adversarial"], "losses.adversarial")
    others = ("adversarial", *criteria)
    penalties = {name: weighted(recipe, name, 3, nets) for name in recipe.losses if name not in others}
    of_generator = [name for name in penalties if is_of_generator(recipe, name)]
    eager = [name for name, (_, every) in penalties.items() if every == 1 and name not in of_generator]
    lazy = [name for name, (_, every) in penalties.items() if every > 1 and name not in of_generator]

    def draw(batch: Batch) -> Tensor:
        return chance.normal(len(batch.real), G.latent, device=batch.real.device)

    def critic(nets: nn.ModuleDict, batch: Batch) -> BatchCritic:
        return BatchCritic(nets["discriminator"], batch.label)

    def readings(nets: nn.ModuleDict, D: BatchCritic, x: Tensor, z: Tensor | None) -> Terms:
        return read(nets, D.features(x), D.label, z) if read else {}

    def discriminate(nets: nn.ModuleDict, batch: Batch) -> Terms:
        z, D = draw(batch), critic(nets, batch)
        with torch.no_grad():
            fake = nets["generator"](z, batch.label)
        penalised = {name: penalties[name][0](D, batch.real, fake) for name in eager}  # first: see BatchCritic
        told = {f"{name}_real": term for name, term in readings(nets, D, batch.real, None).items()}
        told |= {f"{name}_fake": term for name, term in readings(nets, D, fake, z).items()}
        real_score, fake_score = D(batch.real), D(fake)
        watched = {"real": real_score.detach().mean(), "fake": fake_score.detach().mean()}
        if adaptive:
            watched |= adaptive.judged(real_score)
        return {"adversarial": loss.discriminator(real_score, fake_score)} | told | penalised | watched

    def regularise(nets: nn.ModuleDict, batch: Batch, name: str) -> Terms:
        with torch.no_grad():
            fake = nets["generator"](draw(batch), batch.label)
        return {name: penalties[name][0](critic(nets, batch), batch.real, fake)}

    def fool(nets: nn.ModuleDict, batch: Batch) -> Terms:
        z, D = draw(batch), critic(nets, batch)
        fake = nets["generator"](z, batch.label)
        told = readings(nets, D, fake, z)
        fake_score = D(fake)
        real_score = D(batch.real) if loss.paired else fake_score
        return {"adversarial": loss.generator(*best(real_score, fake_score, ramp.now(top_k)))} | told

    def regularise_generator(nets: nn.ModuleDict, batch: Batch, name: str) -> Terms:
        return {name: penalties[name][0](nets["generator"], draw(batch), batch.label)}

    after = partial(clip_weights, bound=clip) if clip else None
    return Game(
        nets=nets,
        players={"discriminator": ("discriminator",), "generator": ("generator",)},
        turns=(
            Turn("discriminator", discriminate, repeat=n_critic, second_order=bool(eager), after=after),
            *(
                Turn(
                    "discriminator", partial(regularise, name=n), every=penalties[n][1], second_order=True, after=after
                )
                for n in lazy
            ),
            Turn("generator", fool),
            *(
                Turn("generator", partial(regularise_generator, name=n), every=penalties[n][1], second_order=True)
                for n in of_generator
            ),
        ),
        averaged=("generator",),
        latent=G.latent,
        generate=lambda nets, z, label: nets["generator"](z, label),
        truncate=(lambda nets, z, label, T: nets["generator"](z, label, T)) if hasattr(G, "truncate") else None,
    )


def best(real: Tensor, fake: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """The scores of the rows whose fakes score highest, `share` of them rounded up (Sinha et al. 2020, equation 3).

    Of each part of a batch that is played at once. The paper goes from 1 to .5: top_k=[1.0, 0.5].
    """
    k = max(1, math.ceil(share * len(fake)))
    if k >= len(fake):
        return real, fake
    rows = fake.detach().reshape(len(fake), -1).mean(1).topk(k).indices
    return real[rows], fake[rows]


@torch.no_grad()
def clip_weights(nets: nn.ModuleDict, bound: float) -> None:
    """Every weight of the critic into [-bound, bound] (Arjovsky et al. 2017, algorithm 1)."""
    for p in nets["discriminator"].parameters():
        p.clamp_(-bound, bound)
