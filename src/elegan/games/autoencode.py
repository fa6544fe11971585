"""An autoencoder whose decoder is a generator, and which compares pictures as its discriminator sees them."""

from typing import Any, overload

import torch
from torch import Tensor, nn

from elegan.core import rng
from elegan.core.ranges import NonNegative
from elegan.data.feed import Batch
from elegan.games.abilities import Generates, Reconstructs
from elegan.games.game import Game, Shape, Terms, Turn
from elegan.games.wiring import adversarial, discriminator, features_of, net, required
from elegan.recipes.recipe import Recipe


def autoencode(recipe: Recipe, shape: Shape, *, gamma: NonNegative = 0.01) -> Game:
    """VAE/GAN (Larsen et al. 2016, algorithm 1): three players, each with the losses that the paper gives it.

    losses.prior holds the code's distribution to N(0, I), losses.likelihood the reconstruction to the picture in the
    discriminator's features; `gamma` weighs the latter against the adversarial loss in the decoder's move.
    """
    G, D = net(recipe, "generator", *shape, carries="latent"), discriminator(recipe, *shape)
    features_of(recipe, D)
    encoder = net(recipe, "encoder", shape.resolution, shape.channels, 2 * G.latent)
    loss = adversarial(recipe)
    prior, likelihood = required(recipe, "prior"), required(recipe, "likelihood")

    def encode(nets: nn.ModuleDict, batch: Batch) -> Terms:
        mean, log_variance, z = _encoded(nets, batch.real)
        D: Any = nets["discriminator"]
        seen = D.features(nets["generator"](z, batch.label), batch.label)
        with torch.no_grad():
            target = D.features(batch.real, batch.label)
        return {"prior": prior(mean, log_variance), "likelihood": likelihood(target, seen)}

    def decode(nets: nn.ModuleDict, batch: Batch) -> Terms:
        D: Any = nets["discriminator"]
        label = _twice(batch.label)
        with torch.no_grad():
            _, _, z = _encoded(nets, batch.real)
            target = D.features(batch.real, batch.label)
        seen = D.features(_fakes(nets, z, batch.label), label)
        real_score = _twice(D.score(target, batch.label))
        return {
            "adversarial": loss.generator(real_score, D.score(seen, label)),
            "likelihood": gamma * likelihood(target, seen[: len(target)]),
        }

    def discriminate(nets: nn.ModuleDict, batch: Batch) -> Terms:
        D, label = nets["discriminator"], _twice(batch.label)
        with torch.no_grad():
            _, _, z = _encoded(nets, batch.real)
            fake = _fakes(nets, z, batch.label)
        real_score, fake_score = D(batch.real, batch.label), D(fake, label)
        scores = {"real": real_score.detach().mean(), "fake": fake_score.detach().mean()}
        return {"adversarial": loss.discriminator(_twice(real_score), fake_score)} | scores

    def reconstruct(nets: nn.ModuleDict, x: Tensor, label: Tensor | None) -> Tensor:
        mean, _ = nets["encoder"](x).chunk(2, 1)
        reconstruction: Tensor = nets["generator"](mean, label)
        return reconstruction

    return Game(
        nets=nn.ModuleDict({"encoder": encoder, "generator": G, "discriminator": D}),
        players={name: (name,) for name in ("encoder", "generator", "discriminator")},
        turns=(Turn("encoder", encode), Turn("generator", decode), Turn("discriminator", discriminate)),
        averaged=("encoder", "generator"),
        abilities=(Generates.by_generator(G), Reconstructs(reconstruct)),
    )


def _encoded(nets: nn.ModuleDict, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(mean, log variance, a draw from that normal distribution), N x latent each."""
    mean, log_variance = nets["encoder"](x).float().chunk(2, 1)
    return mean, log_variance, mean + (0.5 * log_variance).exp() * rng.normal(*mean.shape, device=x.device)


def _fakes(nets: nn.ModuleDict, z: Tensor, label: Tensor | None) -> Tensor:
    """Reconstructions of the codes z, then as many images from noise: both are to look real."""
    noise = rng.normal(*z.shape, device=z.device)
    fakes: Tensor = nets["generator"](torch.cat([z, noise]), _twice(label))
    return fakes


@overload
def _twice(x: Tensor) -> Tensor: ...
@overload
def _twice(x: None) -> None: ...
def _twice(x: Tensor | None) -> Tensor | None:
    return None if x is None else torch.cat([x, x])
