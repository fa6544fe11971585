"""Generation where the discriminator's features are also to tell something that was asked for: a class, or a code."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from elegan.core.errors import UserError
from elegan.core.ranges import NonNegative, Pixels, Repeats, Width
from elegan.games.abilities import ShowsCodes
from elegan.games.game import Game, Shape, Terms
from elegan.games.generate import contest
from elegan.games.wiring import criterion, discriminator, features_of, net, required
from elegan.nets.codes import Coded, Codes
from elegan.nets.latents import prior_of
from elegan.recipes.recipe import Recipe


def auxiliary_classes(
    recipe: Recipe, shape: Shape, *, n_critic: Repeats = 1, clip: NonNegative = 0.0, augment: str = ""
) -> Game:
    """nets.classifier learns the classes of real images, and the generator is to make what it names rightly.

    As Odena et al. 2017, where it learns on generated images as well. Options as in `generate`.
    """
    if not shape.classes:
        raise UserError("an auxiliary classifier needs labelled data: put the images into one folder a class")
    classify = required(recipe, "classification")
    G, D = net(recipe, "generator", *shape, carries="latent"), discriminator(recipe, *shape)
    classifier = net(recipe, "classifier", features_of(recipe, D), shape.classes)

    def read(nets: nn.ModuleDict, features: Tensor, label: Tensor | None, z: Tensor | None) -> Terms:
        return {"class": classify(nets["classifier"](features), label)}

    game = contest(recipe, G, D, n_critic=n_critic, clip=clip, augment=augment, read=read, criteria=("classification",))
    return _with_reader(game, "classifier", classifier, ("discriminator",))


def auxiliary_codes(
    recipe: Recipe,
    shape: Shape,
    *,
    categories: tuple[Width, ...] = (10,),
    continuous: Pixels = 2,
    n_critic: Repeats = 1,
    clip: NonNegative = 0.0,
    augment: str = "",
) -> Game:
    """Generated images are to show the codes in their latents, which nets.recognition reads (Chen et al. 2016).

    A code for each K in `categories`, of K values, and `continuous` ones; losses.categorical and losses.continuous
    hold minus the information. Other options as in `generate`.
    """
    G, D = net(recipe, "generator", *shape, carries="latent"), discriminator(recipe, *shape)
    if (prior := prior_of(G)) != "normal":
        raise UserError(f"nets.generator.prior = {prior!r} would change the codes; {recipe.task.name!r} takes 'normal'")
    codes = _codes(G.latent, categories, continuous)
    named, measured = criterion(recipe, "categorical"), criterion(recipe, "continuous")
    recognition = net(recipe, "recognition", features_of(recipe, D), sum(categories) + 2 * continuous)

    def read(nets: nn.ModuleDict, features: Tensor, label: Tensor | None, z: Tensor | None) -> Terms:
        if z is None:  # nobody knows the codes of real images
            return {}
        *logits, normal = nets["recognition"](features).split([*categories, 2 * continuous], 1)
        labels, values = codes.read(z)
        terms: Terms = {}
        if named and categories:
            terms["categorical"] = torch.stack([named(a, b) for a, b in zip(logits, labels, strict=True)]).sum()
        if measured and continuous:
            terms["continuous"] = measured(normal, values)
        return terms

    game = contest(
        recipe, Coded(G, codes), D, n_critic=n_critic, clip=clip, augment=augment, read=read,
        criteria=("categorical", "continuous"),
    )  # fmt: skip
    game = _with_reader(game, "recognition", recognition, ("discriminator", "generator"))
    return replace(game, abilities=(*game.abilities, ShowsCodes(codes)))


def _codes(latent: int, categories: tuple[int, ...], continuous: int) -> Codes:
    if any(k < 2 for k in categories) or continuous < 0 or not (categories or continuous):
        raise UserError(f"task.categories = {list(categories)} and task.continuous = {continuous} are no codes to read")
    codes = Codes(latent, categories, continuous)
    if codes.noise < 1:
        raise UserError(
            f"nets.generator.latent = {latent} leaves no noise beside {latent - codes.noise} columns of codes"
        )
    return codes


def _with_reader(game: Game, name: str, reader: nn.Module, players: tuple[str, ...]) -> Game:
    """The game with one more network, that these players own."""
    game.nets[name] = reader
    return replace(game, players={p: (*owned, name) if p in players else owned for p, owned in game.players.items()})
