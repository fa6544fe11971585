"""Pictures of the data, and what an autoencoder makes of them."""

from types import MappingProxyType

import numpy as np
import torch
from torch import nn

from elegan.core import grid, rng
from elegan.core.sizes import size_of
from elegan.data import Dataset
from elegan.games.abilities import Reconstructs, Scores
from elegan.games.game import Game, Shape
from elegan.games.inference import reconstructed
from elegan.recipes.recipe import Recipe, Watch
from elegan.run import Run
from elegan.workflows.images import Images
from elegan.workflows.workflow import ROWS, View


class Reconstruction(Images):
    """The tasks that make the pictures of their data again, and score how unlike them another is."""

    commands = MappingProxyType({"elegan anomaly {run} PICTURE...": "how unlike its data each picture is"})

    def view(self, data: Dataset, game: Game, recipe: Recipe, run: Run, device: torch.device) -> View:
        return Reconstructions(data, game, recipe.watch, device)

    def make_one(self, game: Game, nets: nn.ModuleDict, shape: Shape, device: torch.device) -> None:
        x = torch.zeros(1, shape.channels, *size_of(shape.resolution), device=device)
        game.ability(Scores).score(nets, x)

    def how_chosen(self, run: Run) -> str:
        return "Pictures of the data, each beside what becomes of it."


class Reconstructions(View):
    """Images of the data, each beside what an autoencoder makes of it."""

    def __init__(self, data: Dataset, game: Game, watch: Watch, device: torch.device):
        self.reconstructs, self.device, self.metric = game.ability(Reconstructs), device, watch.metric
        indices = np.sort(np.random.default_rng(rng.mix("gauge")).permutation(len(data.images))[: watch.images])
        self.images = data.images[indices]
        self.labels = None if data.labels is None else data.labels[indices]

    def measure(self, nets: nn.ModuleDict) -> dict[str, float]:
        """The mean absolute difference on the scale 0-255, whichever metric is watched of generated images."""
        if self.metric == "none":
            return {}
        images, again = self.beside(nets, len(self.images))
        return {"L1": float(np.abs(again.astype(np.int16) - images).mean())}

    def sheet(self, nets: nn.ModuleDict) -> np.ndarray:
        images = np.stack(self.beside(nets, 4 * ROWS), 1)
        return grid.grid(images.reshape(-1, *images.shape[2:]), 8)

    def beside(self, nets: nn.ModuleDict, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The first images, and what becomes of them."""
        images, labels = self.images[:count], None if self.labels is None else self.labels[:count]
        return images, reconstructed(self.reconstructs, nets, images, labels, self.device)
