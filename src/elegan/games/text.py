"""Items of text: by maximum likelihood, and then against a discriminator."""

from dataclasses import replace
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from elegan.core import rng
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


def text(
    recipe: Recipe,
    shape: Shape,
    *,
    n_critic: Repeats = 1,
    warmup: Share = 0.7,
    gradient: Literal["gumbel", "policy"] = "gumbel",
) -> Game:
    """The likelihood of `likelihood` up to progress `warmup`, and then the game of images from noise
    (`elegan.games.generate.generate`) on items N x V x T of single ones, V places in T steps. The generator's `gradient` passes
    what it wrote by the Gumbel softmax, or is that of a policy whose reward is the score (see `reinforced`)."""
    G: Any = _writer(recipe, shape)
    D = discriminator(recipe, *shape)
    game = contest(recipe, G, D, n_critic=n_critic, clip=0.0, augment="")
    after = tuple(
        replace(turn, loss=partial(_of_single_ones, turn.loss, shape.channels), during=(warmup, 1.0))
        for turn in game.turns
    )
    if gradient == "policy":
        after = tuple(replace(turn, loss=reinforced) if turn.player == "generator" else turn for turn in after)
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


def reinforced(nets: nn.ModuleDict, batch: Batch) -> Terms:
    """REINFORCE (Williams 1992): the likelihood of whole items that the generator wrote, each times its score in standard deviations
    from the mean of the batch."""
    G: Any = nets["generator"]
    with torch.no_grad():
        places = G.write(rng.normal(len(batch.real), G.latent, device=batch.real.device))
        score = nets["discriminator"](_single_ones(places, G.places), None)
        reward = (score - score.mean()) / score.std().clamp(min=1e-6)
    return {"policy": (reward[:, None] * G.nats(places)).sum(1).mean(), "fake": score.mean()}


def _of_single_ones(loss: Any, places: int, nets: nn.ModuleDict, batch: Batch) -> Terms:
    terms: Terms = loss(nets, Batch(_single_ones(batch.real, places), None))
    return terms


def _single_ones(items: Tensor, places: int) -> Tensor:
    """Items N x T as N x V x T."""
    return one_hot(items, places).transpose(1, 2).float()


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
