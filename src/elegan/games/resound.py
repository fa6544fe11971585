"""Sounds from other sounds: of their log-mel pictures alone, of noisy ones, of ones that lack their high frequencies."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from elegan.core.ranges import AboveZero, Real
from elegan.core.spectra import log_mel
from elegan.games.abilities import Ability, Enhances, Vocodes, Widens
from elegan.games.game import Game, Shape, Terms, Turn, works_as
from elegan.games.patch_losses import over_scales
from elegan.games.sound import heard_of
from elegan.games.wiring import adversarial, criterion, discriminator, net
from elegan.recipes.recipe import Recipe

Remade = Callable[[nn.ModuleDict, Tensor], Tensor]


class Spoilt(NamedTuple):
    """Sounds as they are given and as they should be, N x T in [-1, 1] each."""

    x: Tensor
    y: Tensor


@works_as("vocode")
def vocode(recipe: Recipe, shape: Shape) -> Game:
    """A vocoder against critics of periods and spectra (HiFi-GAN: Kong et al. 2020): sounds again from their log-mel pictures."""
    rate = heard_of(recipe, shape).rate
    vocodes = Vocodes(rate, lambda nets, picture: nets["generator"](picture))
    return _resounding(recipe, rate, vocodes, lambda nets, x: vocodes.vocode(nets, log_mel(x, rate)))


@works_as("enhance")
def enhance(recipe: Recipe, shape: Shape, *, noise: str = "babble,white", least: Real = 0.0, most: Real = 15.0) -> Game:
    """The same game with sounds in `noise`, one of these kinds each, at `least` to `most` decibels of signal to noise."""
    rate = heard_of(recipe, shape).rate
    enhances = Enhances(rate, lambda nets, x: nets["generator"](x))
    return _resounding(recipe, rate, enhances, enhances.enhance)


@works_as("widen")
def widen(recipe: Recipe, shape: Shape, *, least: AboveZero = 0.4, most: AboveZero = 0.6) -> Game:
    """The same game with sounds that lack what is above `least` to `most` of their highest frequency."""
    rate = heard_of(recipe, shape).rate
    widens = Widens(rate, lambda nets, x: nets["generator"](x))
    return _resounding(recipe, rate, widens, widens.enhance)


def _resounding(recipe: Recipe, rate: int, ability: Ability, make: Remade) -> Game:
    """The game of a generator that is given sounds and makes others. losses.mel compares log-mel pictures, losses.spectral and
    losses.distortion the sounds themselves, losses.matching the features of the discriminator."""
    D = discriminator(recipe, rate)
    nets = nn.ModuleDict({"generator": net(recipe, "generator", rate), "discriminator": D})
    loss = adversarial(recipe)
    mel, matching = criterion(recipe, "mel"), criterion(recipe, "matching")
    of_sounds = {name: own for name in ("spectral", "distortion") if (own := criterion(recipe, name))}

    def remake(nets: nn.ModuleDict, batch: Spoilt) -> Terms:
        made = make(nets, batch.x)
        scores, features = D.heard(made)
        with torch.no_grad():
            real, wanted = D.heard(batch.y)
        terms = {"adversarial": over_scales(loss.generator, real, scores)}
        if matching:
            parts = [matching(a.float(), b.float()) for a, b in zip(features, wanted, strict=True)]
            terms["matching"] = torch.stack(parts).mean()
        if mel:
            terms["mel"] = mel(log_mel(made, rate), log_mel(batch.y, rate))
        return terms | {name: own(made, batch.y) for name, own in of_sounds.items()}

    def discriminate(nets: nn.ModuleDict, batch: Spoilt) -> Terms:
        with torch.no_grad():
            made = make(nets, batch.x)
        real, fake = (nets["discriminator"](x) for x in (batch.y, made))
        means = {
            name: torch.stack([one.detach().mean() for one in maps]).mean()
            for name, maps in {"real": real, "fake": fake}.items()
        }
        return {"adversarial": over_scales(loss.discriminator, real, fake)} | means

    return Game(
        nets=nets,
        players={"discriminator": ("discriminator",), "generator": ("generator",)},
        turns=(Turn("discriminator", discriminate), Turn("generator", remake)),
        averaged=("generator",),
        abilities=(ability,),
    )
