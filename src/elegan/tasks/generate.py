"""Images from noise: one generator against one discriminator, with or without classes."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from elegan import chance
from elegan.data.augment import Augmented
from elegan.data.feed import Batch
from elegan.losses import Adversarial
from elegan.play.game import Game, Shape, Terms, Turn
from elegan.recipe import Recipe
from elegan.tasks.build import build, net, weighted

# (nets, features, label, the latent of generated images) -> terms on them
Read = Callable[[nn.ModuleDict, Tensor, Tensor | None, Tensor | None], Terms]


def generate(recipe: Recipe, shape: Shape, *, n_critic: int = 1, clip: float = 0.0, augment: str = "") -> Game:
    """The game of every recipe from `gan` to `sngan`.

    `n_critic` discriminator moves come before each generator move; `clip` bounds its weights after each (WGAN);
    `augment` is a DiffAugment policy such as "color,translation,cutout". Penalties with `every` above 1 are turns of
    their own, as lazy regularisation.
    """
    G, D = net(recipe, "generator", *shape), net(recipe, "discriminator", *shape)
    return contest(recipe, G, D, n_critic=n_critic, clip=clip, augment=augment)


def contest(
    recipe: Recipe,
    G: Any,  # a module with `latent`
    D: nn.Module,
    *,
    n_critic: int,
    clip: float,
    augment: str,
    read: Read | None = None,
    criteria: tuple[str, ...] = (),
) -> Game:
    """The game between these two. `read` adds terms on what else the discriminator's features tell, by `criteria`, those
    of the recipe's losses that are no penalties.
    """
    nets = nn.ModuleDict({"generator": G, "discriminator": Augmented(D, augment)})
    loss: Adversarial = build("losses", recipe.losses["adversarial"], "losses.adversarial")
    others = ("adversarial", *criteria)
    penalties = {name: weighted(recipe, name, 3) for name in recipe.losses if name not in others}
    eager = [name for name, (_, every) in penalties.items() if every == 1]
    lazy = [name for name, (_, every) in penalties.items() if every > 1]

    def fakes(nets: nn.ModuleDict, batch: Batch) -> tuple[Tensor, Tensor]:
        z = chance.normal(len(batch.real), G.latent, device=batch.real.device)
        return nets["generator"](z, batch.label), z

    def judge(nets: nn.ModuleDict, x: Tensor, label: Tensor | None, z: Tensor | None = None) -> tuple[Tensor, Terms]:
        D: Any = nets["discriminator"]
        if read is None:
            return D(x, label), {}
        features = D.features(x, label)
        return D.score(features, label), read(nets, features, label, z)

    def discriminate(nets: nn.ModuleDict, batch: Batch) -> Terms:
        with torch.no_grad():
            fake, z = fakes(nets, batch)
        real_score, of_real = judge(nets, batch.real, batch.label)
        fake_score, of_fake = judge(nets, fake, batch.label, z)
        scores = {"real": real_score.detach().mean(), "fake": fake_score.detach().mean()}
        readings = {f"{k}_{of}": v for of, terms in (("real", of_real), ("fake", of_fake)) for k, v in terms.items()}
        adversarial = {"adversarial": loss.discriminator(real_score, fake_score)}
        return adversarial | readings | penalise(nets, batch, fake, eager) | scores

    def penalise(nets: nn.ModuleDict, batch: Batch, fake: Tensor, names: list[str]) -> Terms:
        D = partial(nets["discriminator"], label=batch.label)
        return {name: penalties[name][0](D, batch.real, fake) for name in names}

    def regularise(nets: nn.ModuleDict, batch: Batch, name: str) -> Terms:
        with torch.no_grad():
            fake, _ = fakes(nets, batch)
        return penalise(nets, batch, fake, [name])

    def fool(nets: nn.ModuleDict, batch: Batch) -> Terms:
        fake, z = fakes(nets, batch)
        fake_score, readings = judge(nets, fake, batch.label, z)
        real_score = nets["discriminator"](batch.real, batch.label) if loss.paired else fake_score
        return {"adversarial": loss.generator(real_score, fake_score)} | readings

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
        ),
        averaged=("generator",),
        latent=G.latent,
        generate=lambda nets, z, label: nets["generator"](z, label),
    )


@torch.no_grad()
def clip_weights(nets: nn.ModuleDict, bound: float) -> None:
    """Every weight of the critic into [-bound, bound] (Arjovsky et al. 2017, algorithm 1)."""
    for p in nets["discriminator"].parameters():
        p.clamp_(-bound, bound)
