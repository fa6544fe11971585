"""Items of text: by maximum likelihood, and then against a discriminator."""

from dataclasses import replace
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.nn.functional import one_hot

from elegan.core.errors import UserError
from elegan.core.ranges import Repeats, Share
from elegan.data.feed import Batch
from elegan.games.abilities import Writes
from elegan.games.game import Game, Shape, Terms, Turn
from elegan.games.generate import contest
from elegan.games.wiring import discriminator, net
from elegan.recipes.recipe import Recipe


def likelihood(recipe: Recipe, shape: Shape) -> Game:
    """Teaches a generator of items by the likelihood of those of the data, place after place."""
    G = _writer(recipe, shape)
    turn = Turn("likelihood", likely)
    return Game(nn.ModuleDict({"generator": G}), {"likelihood": ("generator",)}, (turn,), ("generator",), (_writes(G),))


def text(recipe: Recipe, shape: Shape, *, n_critic: Repeats = 1, warmup: Share = 0.7) -> Game:
    """The likelihood of `likelihood` up to progress `warmup`, and then the game of images from noise
    (`elegan.games.generate.generate`) on items N x V x T of single ones, V places in T steps."""
    G: Any = _writer(recipe, shape)
    D = discriminator(recipe, *shape)
    game = contest(recipe, G, D, n_critic=n_critic, clip=0.0, augment="")
    after = tuple(
        replace(turn, loss=partial(_of_single_ones, turn.loss, shape.channels), during=(warmup, 1.0))
        for turn in game.turns
    )
    return replace(
        game,
        players=game.players | {"likelihood": ("generator",)},
        turns=(Turn("likelihood", likely, during=(0.0, warmup)), *after),
        abilities=(_writes(G),),
    )


def likely(nets: nn.ModuleDict, batch: Batch) -> Terms:
    """Mean -log p of a place, up to the end of each item."""
    G: Any = nets["generator"]
    nats: Tensor = G.nats(batch.real)
    return {"nats": nats.sum() / (nats > 0).sum().clamp(min=1)}


def _of_single_ones(loss: Any, places: int, nets: nn.ModuleDict, batch: Batch) -> Terms:
    spelled = one_hot(batch.real, places).transpose(1, 2).float()
    terms: Terms = loss(nets, Batch(spelled, None))
    return terms


def _writer(recipe: Recipe, shape: Shape) -> Any:
    G = net(recipe, "generator", *shape, carries="latent")
    if not (hasattr(G, "nats") and hasattr(G, "write")):
        raise UserError(f"nets.generator = {recipe.nets['generator'].name!r} writes no text; use text_generator")
    return G


def _writes(G: Any) -> Writes:
    def write(nets: Any, z: Tensor, temperature: float) -> Tensor:
        places: Tensor = nets["generator"].write(z, temperature)
        return places

    def nats(nets: Any, places: Tensor) -> Tensor:
        found: Tensor = nets["generator"].nats(places)
        return found

    return Writes(G.latent, write, nats)
