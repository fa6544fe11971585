"""Images from noise: one generator against one discriminator, with or without classes."""

from functools import partial

import torch
from torch import Tensor, nn

from elegan import chance
from elegan.data.augment import Augmented
from elegan.data.feed import Batch
from elegan.losses import Adversarial
from elegan.play.game import Game, Shape, Terms, Turn
from elegan.recipe import Recipe
from elegan.tasks.build import build, net, weighted


def generate(recipe: Recipe, shape: Shape, *, n_critic: int = 1, clip: float = 0.0, augment: str = "") -> Game:
    """The game of every recipe from `gan` to `sngan`.

    `n_critic` discriminator moves come before each generator move; `clip` bounds its weights after each (WGAN);
    `augment` is a DiffAugment policy such as "color,translation,cutout". Penalties with `every` above 1 are turns of
    their own, as lazy regularisation.
    """
    G, D = net(recipe, "generator", *shape), net(recipe, "discriminator", *shape)
    nets = nn.ModuleDict({"generator": G, "discriminator": Augmented(D, augment)})
    loss: Adversarial = build("losses", recipe.losses["adversarial"], "losses.adversarial")
    penalties = {name: weighted(recipe, name, 3) for name in recipe.losses if name != "adversarial"}
    eager = [name for name, (_, every) in penalties.items() if every == 1]
    lazy = [name for name, (_, every) in penalties.items() if every > 1]

    def fakes(nets: nn.ModuleDict, batch: Batch) -> Tensor:
        z = chance.normal(len(batch.real), G.latent, device=batch.real.device)
        return nets["generator"](z, batch.label)

    def discriminate(nets: nn.ModuleDict, batch: Batch) -> Terms:
        with torch.no_grad():
            fake = fakes(nets, batch)
        real_score, fake_score = (nets["discriminator"](x, batch.label) for x in (batch.real, fake))
        scores = {"real": real_score.detach().mean(), "fake": fake_score.detach().mean()}
        return {"adversarial": loss.discriminator(real_score, fake_score)} | penalise(nets, batch, fake, eager) | scores

    def penalise(nets: nn.ModuleDict, batch: Batch, fake: Tensor, names: list[str]) -> Terms:
        D = partial(nets["discriminator"], label=batch.label)
        return {name: penalties[name][0](D, batch.real, fake) for name in names}

    def regularise(nets: nn.ModuleDict, batch: Batch, name: str) -> Terms:
        with torch.no_grad():
            fake = fakes(nets, batch)
        return penalise(nets, batch, fake, [name])

    def fool(nets: nn.ModuleDict, batch: Batch) -> Terms:
        fake_score = nets["discriminator"](fakes(nets, batch), batch.label)
        real_score = nets["discriminator"](batch.real, batch.label) if loss.paired else fake_score
        return {"adversarial": loss.generator(real_score, fake_score)}

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
