"""Rows of a table from noise: one generator against one discriminator."""

from dataclasses import replace

from elegan.core.errors import UserError
from elegan.core.ranges import Repeats
from elegan.games.abilities import Tabulates
from elegan.games.game import Game, Shape, TableShape
from elegan.games.generate import contest
from elegan.games.wiring import discriminator, net
from elegan.recipes.recipe import Recipe


def table(recipe: Recipe, shape: Shape, *, n_critic: Repeats = 1) -> Game:
    """The game of images from noise (`elegan.games.generate.generate`), played by networks for rows N x W. Where there are columns
    of kinds, each row is made for a kind of one of them, and losses.asked says how much that is kept to.

    Raises UserError for data that are no table.
    """
    if not isinstance(shape, TableShape):
        raise UserError(f'recipe {recipe.name!r} learns the rows of a table: set data.kind = "table"')
    G = net(recipe, "generator", shape.blocks, shape.classes, carries="latent")
    D = discriminator(recipe, shape.blocks, shape.classes)
    game = contest(recipe, G, D, n_critic=n_critic, clip=0.0, augment="")
    tabulates = Tabulates(G.latent, lambda nets, z, label: nets["generator"](z, label), shape.classes)
    return replace(game, abilities=(tabulates,))
