"""Sounds from noise: as log-mel pictures by the networks of pictures, or as samples by one-dimensional ones."""

from collections.abc import Callable
from dataclasses import replace

from torch import Tensor, nn

from elegan.core.errors import UserError
from elegan.core.ranges import Count, Repeats
from elegan.core.sizes import Size
from elegan.core.spectra import MELS, griffin_lim, hop_of, log_mel
from elegan.data.feed import Batch
from elegan.games.abilities import MakesSound
from elegan.games.game import Game, Shape, SoundShape, Terms
from elegan.games.generate import contest
from elegan.games.wiring import discriminator, net
from elegan.recipes.recipe import Recipe


def spectrograms(recipe: Recipe, shape: Shape, *, n_critic: Repeats = 1, augment: str = "", rounds: Count = 60) -> Game:
    """The game of images from noise (`elegan.games.generate.generate`) on log-mel pictures of sounds (SpecGAN: Donahue et al.
    2019), which become samples by `rounds` of Griffin and Lim's search for phases. Raises UserError for data that are no sounds."""
    rate, picture = heard_of(recipe, shape).rate, pictured(heard_of(recipe, shape))
    G = net(recipe, "generator", picture, 1, shape.classes, carries="latent")
    game = contest(
        recipe, G, discriminator(recipe, picture, 1, shape.classes), n_critic=n_critic, clip=0.0, augment=augment
    )

    def made(nets: nn.ModuleDict, z: Tensor, label: Tensor | None) -> Tensor:
        pictures: Tensor = nets["generator"](z, label)
        return pictures[:, 0]

    def on_pictures(loss: Callable[[nn.ModuleDict, Batch], Terms]) -> Callable[[nn.ModuleDict, Batch], Terms]:
        return lambda nets, batch: loss(nets, Batch(log_mel(batch.real, rate)[:, None], batch.label))

    makes = MakesSound(
        G.latent,
        rate,
        lambda nets, z, label: griffin_lim(made(nets, z, label), rate, rounds),
        made,
        getattr(G, "classes", 0),
    )
    turns = tuple(replace(turn, loss=on_pictures(turn.loss)) for turn in game.turns)
    return replace(game, turns=turns, abilities=(makes,))


def waves(recipe: Recipe, shape: Shape, *, n_critic: Repeats = 1) -> Game:
    """The game of images from noise (`elegan.games.generate.generate`) on samples N x T (WaveGAN: Donahue et al. 2019). Raises
    UserError for data that are no sounds."""
    rate = heard_of(recipe, shape).rate
    G = net(recipe, "generator", *shape, carries="latent")
    game = contest(recipe, G, discriminator(recipe, *shape), n_critic=n_critic, clip=0.0, augment="")

    def made(nets: nn.ModuleDict, z: Tensor, label: Tensor | None) -> Tensor:
        samples: Tensor = nets["generator"](z, label)
        return samples

    def picture(nets: nn.ModuleDict, z: Tensor, label: Tensor | None) -> Tensor:
        return log_mel(made(nets, z, label), rate)

    makes = MakesSound(G.latent, rate, made, picture, getattr(G, "classes", 0), made="sounds")
    return replace(game, abilities=(makes,))


def heard_of(recipe: Recipe, shape: Shape) -> SoundShape:
    """The shape of sounds. Raises UserError for any other."""
    if not isinstance(shape, SoundShape):
        raise UserError(f'recipe {recipe.name!r} learns sounds: set data.kind = "sound"')
    return shape


def pictured(shape: SoundShape) -> Size:
    """The size of the log-mel picture of such a clip."""
    return Size(MELS, shape.samples // hop_of(shape.rate))
