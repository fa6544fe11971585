"""Windows of a series from noise: one generator against one discriminator."""

from dataclasses import replace

from elegan.core.ranges import Repeats
from elegan.games.abilities import Draws
from elegan.games.game import Game, Shape
from elegan.games.generate import contest
from elegan.games.wiring import discriminator, net
from elegan.nets.latents import prior_of
from elegan.recipes.recipe import Recipe


def series(recipe: Recipe, shape: Shape, *, n_critic: Repeats = 1) -> Game:
    """The game of images from noise (`elegan.games.generate.generate`), played by networks for windows N x C x T."""
    G, D = net(recipe, "generator", *shape, carries="latent"), discriminator(recipe, *shape)
    game = contest(recipe, G, D, n_critic=n_critic, clip=0.0, augment="")
    return replace(game, abilities=(Draws(G.latent, lambda nets, z: nets["generator"](z, None), prior_of(G)),))
