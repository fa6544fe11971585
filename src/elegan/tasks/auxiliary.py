"""Generation where the discriminator's features are also to tell something that was asked for: a class, or a code."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from elegan.codes import Coded, Codes
from elegan.data.feed import Batch
from elegan.errors import UserError
from elegan.play.game import Game, Shape, Terms, Turn
from elegan.recipe import Recipe
from elegan.tasks.build import criterion, features_of, net, required
from elegan.tasks.generate import generate

# (nets, features, label, the latent that the image was made from, None of real ones) -> terms
Read = Callable[[nn.ModuleDict, Tensor, Tensor | None, Tensor | None], Terms]


def auxiliary_classes(recipe: Recipe, shape: Shape, *, n_critic: int = 1, clip: float = 0.0, augment: str = "") -> Game:
    """Both players are to make losses.classification small: of real and generated images nets.classifier names the
    class (Odena et al. 2017). Options as in `generate`.
    """
    if not shape.classes:
        raise UserError("an auxiliary classifier needs labelled data: put the images into one folder a class")
    classify = required(recipe, "classification")
    game = generate(_without(recipe, "classification"), shape, n_critic=n_critic, clip=clip, augment=augment)
    classifier = net(recipe, "classifier", features_of(recipe, game.nets["discriminator"]), shape.classes)

    def read(nets: nn.ModuleDict, features: Tensor, label: Tensor | None, z: Tensor | None) -> Terms:
        return {"class": classify(nets["classifier"](features), label)}

    return _with_reader(game, read, "classifier", classifier, ("discriminator",))


def auxiliary_codes(
    recipe: Recipe,
    shape: Shape,
    *,
    categories: tuple[int, ...] = (10,),
    continuous: int = 2,
    n_critic: int = 1,
    clip: float = 0.0,
    augment: str = "",
) -> Game:
    """Generated images are to show the codes in their latents, which nets.recognition reads (Chen et al. 2016).

    A code for each K in `categories`, of K values, and `continuous` ones; losses.categorical and losses.continuous
    hold minus the information. Other options as in `generate`.
    """
    plain = _without(recipe, "categorical", "continuous")
    game = generate(plain, shape, n_critic=n_critic, clip=clip, augment=augment)
    codes = _codes(game.latent, categories, continuous)
    game.nets["generator"] = Coded(game.nets["generator"], codes)
    named, measured = criterion(recipe, "categorical"), criterion(recipe, "continuous")
    outputs = sum(categories) + 2 * continuous
    recognition = net(recipe, "recognition", features_of(recipe, game.nets["discriminator"]), outputs)

    def read(nets: nn.ModuleDict, features: Tensor, label: Tensor | None, z: Tensor | None) -> Terms:
        if z is None:  # nobody knows the codes of real images
            return {}
        *logits, normal = nets["recognition"](features).split([*categories, 2 * continuous], 1)
        chosen, values = codes.read(z)
        terms: Terms = {}
        if named and categories:
            terms["categorical"] = torch.stack([named(a, b) for a, b in zip(logits, chosen, strict=True)]).sum()
        if measured and continuous:
            terms["continuous"] = measured(normal, values)
        return terms

    game = _with_reader(game, read, "recognition", recognition, ("discriminator", "generator"))
    return replace(game, codes=codes)


def _without(recipe: Recipe, *losses: str) -> Recipe:
    return recipe.model_copy(update={"losses": {k: v for k, v in recipe.losses.items() if k not in losses}})


def _codes(latent: int, categories: tuple[int, ...], continuous: int) -> Codes:
    if any(k < 2 for k in categories) or continuous < 0 or not (categories or continuous):
        raise UserError(f"task.categories = {list(categories)} and task.continuous = {continuous} are no codes to read")
    codes = Codes(latent, categories, continuous)
    if codes.noise < 1:
        raise UserError(
            f"nets.generator.latent = {latent} leaves no noise beside {latent - codes.noise} columns of codes"
        )
    return codes


def _with_reader(game: Game, read: Read, name: str, reader: nn.Module, players: tuple[str, ...]) -> Game:
    """The game with one more network, that these players own, and its terms in every turn."""
    game.nets[name] = reader
    owned = {p: (*nets, name) if p in players else nets for p, nets in game.players.items()}
    return replace(game, players=owned, turns=tuple(_reading(turn, read) for turn in game.turns))


def _reading(turn: Turn, read: Read) -> Turn:
    def loss(nets: nn.ModuleDict, batch: Batch) -> Terms:
        pair = _Pair(nets, batch.real, read)
        own = {**nets, "generator": pair.generator, "discriminator": pair.discriminator}
        return turn.loss(own, batch) | pair.terms  # type: ignore[arg-type]

    return replace(turn, loss=loss)


class _Pair:
    """The two networks as a turn calls them. Of real images and those just made the features are read on their way to
    the score, so that nothing is computed twice; of what a penalty looks at they are not.
    """

    def __init__(self, nets: nn.ModuleDict, real: Tensor, read: Read):
        self.nets, self.real, self.read = nets, real, read
        self.made: Tensor | None = None
        self.z: Tensor | None = None
        self.terms: Terms = {}

    def generator(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        self.made, self.z = self.nets["generator"](z, label), z
        return self.made

    def discriminator(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        D: Any = self.nets["discriminator"]
        if x is not self.real and x is not self.made:
            return D(x, label)
        of, z = ("real", None) if x is self.real else ("fake", self.z)
        features = D.features(x, label)
        terms = self.read(self.nets, features, label, z)
        self.terms |= {f"{name}_{of}": term for name, term in terms.items()}
        return D.score(features, label)
