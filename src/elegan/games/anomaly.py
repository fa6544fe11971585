"""How unlike its training data a picture is, from a network that has learnt to make only such pictures again."""

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
        return nets["generator"](nets["encoder"](x))

    def make(nets: nn.ModuleDict, batch: Batch) -> Terms:
        D: Any = nets["discriminator"]
        x = batch.real
        code = nets["encoder"](x)
        made = nets["generator"](code)
        compared = {"context": (made, x), "encoder": (nets["reencoder"](made), code)}
        if criteria["features"]:
            with torch.no_grad():
                wanted = D.features(x)
            compared["features"] = D.features(made), wanted
        return {name: criterion(*compared[name]) for name, criterion in criteria.items() if criterion}

    def discriminate(nets: nn.ModuleDict, batch: Batch) -> Terms:
        with torch.no_grad():
            made = reconstruct(nets, batch.real)
        real_score, fake_score = (nets["discriminator"](x) for x in (batch.real, made))
        scores = {"real": real_score.detach().mean(), "fake": fake_score.detach().mean()}
        return {"adversarial": loss.discriminator(real_score, fake_score)} | scores

    def score(nets: nn.ModuleDict, x: Tensor) -> Tensor:
        code = nets["encoder"](x)
        return (code - nets["reencoder"](nets["generator"](code))).float().abs().mean(1)

    made = ("encoder", "generator", "reencoder")
    return Game(
        nets=nn.ModuleDict(dict(zip((*made, "discriminator"), (encoders[0], decoder, encoders[1], D), strict=True))),
        players={"generator": made, "discriminator": ("discriminator",)},
        turns=(Turn("discriminator", discriminate), Turn("generator", make)),
        averaged=made,
        abilities=(Scores(score), Reconstructs(reconstruct)),
    )
