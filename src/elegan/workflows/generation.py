"""Images from latents, with an encoder or without."""

from types import MappingProxyType

import numpy as np
import torch
from torch import nn

from elegan.core import grid, rng
from elegan.core.rng import labels, latents
from elegan.data import Dataset, open_held_out
from elegan.data.sides import Direction
from elegan.games.abilities import Generates, Judges, Reconstructs
from elegan.games.game import Game, Shape
from elegan.games.inference import Generator, paint
from elegan.metrics.evaluate import extractor_for
from elegan.metrics.watched import Gauge
from elegan.recipes.recipe import Recipe
from elegan.run import Run
from elegan.workflows.images import Images
from elegan.workflows.reconstruction import Reconstructions
from elegan.workflows.signs import GenerationProbe, Probe
from elegan.workflows.workflow import Exported, Reference, View, latent_inputs

BATCH = 64


class Generation(Images):
    """The tasks that make images from latents."""

    commands = MappingProxyType(
        {
            "elegan sample {run}": "more pictures",
            "elegan evaluate {run}": "how near they are to the real ones, measured with care",
            "elegan copies {run}": "whether some are copies of pictures that it learnt from",
        }
    )

    def view(self, data: Dataset, game: Game, recipe: Recipe, run: Run, device: torch.device) -> View:
        return Samples(data, game, recipe, run, device)

    def probe(self, data: Dataset, game: Game, recipe: Recipe, device: torch.device) -> Probe | None:
        held_out = open_held_out(data.source, (data.resolution, data.channels), recipe.data.fit)
        return GenerationProbe(data, held_out, game.ability(Generates), game.find(Judges), device)

    def make_one(self, game: Game, nets: nn.ModuleDict, shape: Shape, device: torch.device) -> None:
        generates = game.ability(Generates)
        labels = torch.zeros(1, dtype=torch.long, device=device) if shape.classes else None
        generates.generate(nets, latents([0], generates.latent).to(device), labels)

    def how_chosen(self, run: Run) -> str:
        generates = run.ability(Generates)
        one_each = generates.columns == generates.classes
        how = "One column a class." if one_each else "Chosen by nothing but their seeds, 0 and on."
        rest = " The last two rows: pictures of the data, and what becomes of them."
        return how + rest if run.game.find(Reconstructs) else how

    def exported(self, game: Game, nets: nn.ModuleDict, shape: Shape, way: Direction | None) -> Exported:
        generates = game.ability(Generates)
        inputs, about = latent_inputs(generates.latent, generates.classes)
        return Exported(Generator(generates, nets), tuple(about), inputs, 0, about)


class Samples(View):
    """Images from the same latents; below them, where the game has an encoder, a row of the data and a row of what
    becomes of it."""

    def __init__(self, data: Dataset, game: Game, recipe: Recipe, run: Run, device: torch.device):
        watch, shape = recipe.watch, (data.resolution, data.channels)
        self.pairs = Reconstructions(data, game, watch, device) if game.find(Reconstructs) else None
        self.generates, self.run, self.device, self.images = game.ability(Generates), run, device, watch.images
        # As often as the data has them, for the watched metric compares with the data.
        self.labels = labels(data.class_counts, watch.images) if data.class_counts else None
        self.gauge: Gauge | None = None
        if watch.metric != "none":
            extractor = extractor_for(watch.extractor, data, shape, "crop", trusted=recipe.trusted())
            indices = np.random.default_rng(rng.mix("gauge")).permutation(len(data.images))[: watch.images]
            self.gauge = Gauge(watch.metric, extractor, data.images[np.sort(indices)])
            floor = self.gauge.floor(watch.images)
            self.ideal = None if floor is None else Reference("real pictures among themselves", floor)

    def measure(self, nets: nn.ModuleDict) -> dict[str, float]:
        return {self.gauge.label: self.gauge(self._paint(nets, range(self.images), self.labels))} if self.gauge else {}

    def sheet(self, nets: nn.ModuleDict) -> np.ndarray:
        columns = self.generates.columns
        seeds = range(8 * columns)
        images = self._paint(nets, seeds, self.run.labels_for(seeds))
        if self.pairs:
            images = np.concatenate([images, *self.pairs.beside(nets, columns)])
        return grid.grid(images, columns)

    def _paint(self, nets: nn.ModuleDict, seeds: range, labels: torch.Tensor | None) -> np.ndarray:
        pages = [slice(i, i + BATCH) for i in range(0, len(seeds), BATCH)]
        own = [None if labels is None else labels[p] for p in pages]
        return np.concatenate(
            [paint(self.generates, nets, seeds[p], o, self.device) for p, o in zip(pages, own, strict=True)]
        )
