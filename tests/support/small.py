"""Every recipe small enough for two cores, and trainers of a few of them on made-up pictures."""

import numpy as np
import torch

from elegan.data.feed import Feed
from elegan.games.game import Shape
from elegan.recipes import CATALOGUE, find_recipe
from elegan.run import build_game
from elegan.training.engine import Engine
from elegan.training.optimizers import sgd
from elegan.training.trainer import Trainer

# Small enough for two cores; the rest of the recipe is as it stands.
SMALL = {
    "mlp_generator": ["nets.generator.widths=[16,16]"],
    "mlp_discriminator": ["nets.discriminator.widths=[16,16]"],
    **{f"{f}_{n}": [f"nets.{n}.width=16"] for f in ("dcgan", "resnet") for n in ("generator", "discriminator")},
}
SMALL |= {
    "biggan_generator": ["nets.generator.width=16"],
    **{
        f"{f}_{n}": [f"nets.{n}.width=8"]
        for f in ("fastgan", "progressive", "r3gan")
        for n in ("generator", "discriminator")
    },
    "unet": ["nets.generator.width=4", "nets.generator.depth=3"],
    "resnet_translator": ["nets.generator.width=4", "nets.generator.blocks=2"],
    "patch_discriminator": ["nets.discriminator.width=4", "nets.discriminator.layers=2", "data.resolution=32"],
    "stylegan2_generator": ["nets.generator.width=4", "nets.generator.latent=8"],
    "stylegan2_discriminator": ["nets.discriminator.width=4"],
    "patch_heads": ["nets.heads.width=8"],
    "residual_restorer": ["nets.restorer.width=8", "nets.restorer.blocks=2", "data.resolution=32"],
    "rrdb_restorer": [
        "nets.restorer.width=4",
        "nets.restorer.blocks=1",
        "nets.restorer.growth=4",
        "data.resolution=32",
    ],
    "stylegan_generator": ["nets.generator.width=8", "nets.generator.latent=8", "nets.generator.depth=2"],
    "hourglass_restorer": ["nets.restorer.width=4", "nets.restorer.dilations=[1,2]", "data.resolution=32"],
    "restorer_features": [],
    "dcgan_encoder": ["nets.encoder.width=16"],
    "laplacian_refiner": ["nets.refiner.width=8"],
    "head": [],
    **{f"series_{n}": [f"nets.{n}.width=8"] for n in ("generator", "discriminator")},
    "recurrent": [f"nets.{n}.layers=1" for n in ("embedder", "recovery", "supervisor", "generator", "discriminator")],
    "text_generator": ["nets.generator.width=16"],
    "text_discriminator": ["nets.discriminator.width=8"],
    **{f"wavegan_{n}": [f"nets.{n}.width=4"] for n in ("generator", "discriminator")},
    "spectral_vocoder": ["nets.generator.width=8", "nets.generator.depth=2", "nets.generator.rounds=2"],
    "spectral_enhancer": ["nets.generator.width=8", "nets.generator.depth=2"],
    "sound_discriminator": ["nets.discriminator.width=2", "nets.discriminator.spectral_width=2"],
    "table_generator": ["nets.generator.width=8", "nets.generator.latent=4"],
    "table_discriminator": ["nets.discriminator.width=8", "nets.discriminator.pack=2"],
}
DETECTORS = [name for name, recipe in CATALOGUE.items() if recipe.task.name == "anomaly"]
KINDS = {name: recipe.data.kind for name, recipe in CATALOGUE.items()}
GENERATORS = [name for name, kind in KINDS.items() if kind == "images" and name not in DETECTORS]
TRANSLATORS = [name for name, kind in KINDS.items() if kind in ("pairs", "sides")]
RESTORERS = [name for name, kind in KINDS.items() if kind == "photographs"]
TABLES = [name for name, kind in KINDS.items() if kind == "table"]
SOUNDS = [name for name, kind in KINDS.items() if kind == "sound"]
TEXTS = [name for name, kind in KINDS.items() if kind == "text"]
SERIES = [name for name, kind in KINDS.items() if kind == "series"]
WATCH = ["batch=8", "watch.log=1", "watch.every=2", "watch.images=64", "watch.keep=9"]


def small(name: str) -> list[str]:
    return WATCH + [s for part in CATALOGUE[name].nets.values() for s in SMALL[part.name]]


def data_for(name: str, sides, photographs, rows, sounds, poem) -> str:
    own = {"images": "digits", "photographs": photographs, "series": rows, "table": rows, "sound": sounds, "text": poem}
    return str(own.get(KINDS[name], sides))


SHAPE = Shape(8, 1, 3)
IMAGES = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 1), dtype=np.uint8)
LABELS = np.arange(20) % 3


def trainer_of(recipe: str, *settings: str, batch: int = 8, accumulate: int = 1, lr: float = 1e-2) -> Trainer:
    torch.manual_seed(0)
    small = ["nets.generator.width=8", "nets.discriminator.width=8", "nets.generator.latent=6"]
    game = build_game(find_recipe(recipe).override([*small, *settings]), SHAPE)
    optimizers = {player: sgd(game.owned(player), lr=lr) for player in game.players}
    feed = Feed(IMAGES, LABELS, batch, seed=0)
    return Trainer(game, optimizers, feed, Engine("cpu", "fp32"), batch=batch, accumulate=accumulate)
