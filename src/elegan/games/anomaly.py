"""Anomalies: a network learns to make pictures of the data again, and makes others the worse the less they are like them."""

from typing import Any

import torch
from torch import Tensor, nn

from elegan.data.feed import Batch
from elegan.games.abilities import Reconstructs, Scores
from elegan.games.game import Game, Shape, Terms, Turn, works_as
from elegan.games.wiring import adversarial, criterion, discriminator, features_of, net
from elegan.recipes.recipe import Recipe


@works_as("reconstruction")
def anomaly(recipe: Recipe, shape: Shape) -> Game:
    """GANomaly (Akcay et al. 2018): encoder, decoder, and a second encoder that is to find the first one's code again.

    Of the decoder losses.features compares pictures as the discriminator sees them, losses.context their pixels,
    losses.encoder their codes; the mean distance of the codes is the score.
    """
    shape = shape._replace(classes=0)  # a picture to be judged has no label
    decoder, D = net(recipe, "generator", *shape, carries="latent"), discriminator(recipe, *shape)
    features_of(recipe, D)
    encoders = [net(recipe, "encoder", shape.resolution, shape.channels, decoder.latent) for _ in range(2)]
    loss = adversarial(recipe)
    criteria = {name: criterion(recipe, name) for name in ("features", "context", "encoder")}

    def reconstruct(nets: nn.ModuleDict, x: Tensor, label: Tensor | None = None) -> Tensor:
        reconstruction: Tensor = nets["generator"](nets["encoder"](x))
        return reconstruction

    def make(nets: nn.ModuleDict, batch: Batch) -> Terms:
        D: Any = nets["discriminator"]
        x = batch.real
        code = nets["encoder"](x)
        reconstruction = nets["generator"](code)
        compared = {"context": (reconstruction, x), "encoder": (nets["reencoder"](reconstruction), code)}
        if criteria["features"]:
            with torch.no_grad():
                target = D.features(x)
            compared["features"] = D.features(reconstruction), target
        return {name: criterion(*compared[name]) for name, criterion in criteria.items() if criterion}

    def discriminate(nets: nn.ModuleDict, batch: Batch) -> Terms:
        with torch.no_grad():
            fake = reconstruct(nets, batch.real)
        real_score, fake_score = (nets["discriminator"](x) for x in (batch.real, fake))
        scores = {"real": real_score.detach().mean(), "fake": fake_score.detach().mean()}
        return {"adversarial": loss.discriminator(real_score, fake_score)} | scores

    def score(nets: nn.ModuleDict, x: Tensor) -> Tensor:
        code: Tensor = nets["encoder"](x)
        again: Tensor = nets["reencoder"](nets["generator"](code))
        return (code - again).float().abs().mean(1)

    maker = ("encoder", "generator", "reencoder")
    return Game(
        nets=nn.ModuleDict(dict(zip((*maker, "discriminator"), (encoders[0], decoder, encoders[1], D), strict=True))),
        players={"generator": maker, "discriminator": ("discriminator",)},
        turns=(Turn("discriminator", discriminate), Turn("generator", make)),
        averaged=maker,
        abilities=(Scores(score), Reconstructs(reconstruct)),
    )
