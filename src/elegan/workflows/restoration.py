"""Damaged photographs to photographs."""

from types import MappingProxyType

import numpy as np
import torch
from torch import nn

from elegan.core import grid
from elegan.core.errors import UserError
from elegan.core.pixels import to_bytes
from elegan.core.sizes import square_side
from elegan.data import InMemory
from elegan.data.feed import PhotographFeed
from elegan.data.photographs import Photographs, open_photographs
from elegan.data.resize import resize
from elegan.data.shape import LARGEST
from elegan.data.sides import Direction
from elegan.games.abilities import Restores
from elegan.games.game import Game, Shape
from elegan.games.inference import restored
from elegan.games.restore import spoiled_middles, spoiler
from elegan.metrics import Result
from elegan.metrics.pairs import USUAL, distances, measure_pairs, pair_metrics
from elegan.recipes.recipe import Recipe
from elegan.run import Run
from elegan.workflows.pictures import check_uncut, of_any_size
from elegan.workflows.signs import HELD, Probe, RestorationProbe
from elegan.workflows.workflow import ROWS, Asked, Exported, Reference, View, Workflow, with_remark

# What planes of hints hold, by the damage that tells them.
SAID = {
    "gaussian_noise": "standard deviation of the noise / 255, the same everywhere; -1: not known",
    "holes": "1 where the picture is to be filled, and its colours 0 there; else 0",
}

TURNED = "crops of photographs are square, so that they can be turned"


class Restoration(Workflow):
    """The tasks that undo the damage of photographs."""

    commands = MappingProxyType(
        {
            "elegan evaluate {run}": "how near they come to the photographs, measured with care",
            "elegan pack {run} --out restorer.safetensors": "one small file for elegan restore --model",
        }
    )

    def open(self, recipe: Recipe, source: str | InMemory, most: int = LARGEST) -> Photographs:
        data = check_uncut(recipe.data)
        return open_photographs(source, square_side(data.resolution or 128, TURNED), data.channels, data.split)

    def feed(self, data: Photographs, recipe: Recipe, seed: int, device: torch.device) -> PhotographFeed:
        return PhotographFeed(data, spoiler(recipe, device), recipe.batch, seed, recipe.data.flip)

    def view(self, data: Photographs, game: Game, recipe: Recipe, run: Run, device: torch.device) -> View:
        return Restorations(data, game, recipe, device)

    def evaluate(self, run: Run, asked: Asked) -> list[Result]:
        """Measures the middles of held-out photographs, damaged and restored, against the photographs."""
        metrics = pair_metrics(asked.metrics)
        size = square_side(run.shape.resolution, TURNED)
        opened = open_photographs(asked.data or run.source, size, run.shape.channels, run.recipe.data.split)
        x, y = spoiled_middles(run.recipe, opened.held_out, size, asked.num, run.device, asked.seed, "evaluate")
        record = {"data": opened.name, "fingerprint": opened.fingerprint, "damage from seed": asked.seed} | run.record
        results = measure_pairs(metrics, restored(run.ability(Restores), run.nets, x), to_bytes(y), record)
        return with_remark(results, "" if asked.data else run.changed(opened.fingerprint))

    def probe(self, data: Photographs, game: Game, recipe: Recipe, device: torch.device) -> Probe | None:
        x, y = spoiled_middles(recipe, data.held_out, data.resolution, HELD, device, "guard")
        return RestorationProbe(game.ability(Restores), x, resize(x[:, : data.channels], (y.shape[2], y.shape[3])), y)

    def make_one(self, game: Game, nets: nn.ModuleDict, shape: Shape, device: torch.device) -> None:
        restores = game.ability(Restores)
        side = square_side(shape.resolution, TURNED) // restores.scale
        restores.restore(nets, torch.zeros(1, shape.channels + restores.hints, side, side, device=device))

    def how_chosen(self, run: Run) -> str:
        return "Held-out photographs: each damaged, restored, and as it was."

    def exported(self, game: Game, nets: nn.ModuleDict, shape: Shape, way: Direction | None) -> Exported:
        restores = game.ability(Restores)
        names = restores.told or tuple(f"hint{number}" for number in range(1, restores.hints + 1))
        hints = {name: SAID.get(name, "what the damage tells") for name in names}
        return of_any_size(nets["restorer"], shape.channels, shape.resolution, hints)


class Restorations(View):
    """The middles of held-out photographs: damaged, restored, as they were. Raises UserError for a metric of sets."""

    def __init__(self, data: Photographs, game: Game, recipe: Recipe, device: torch.device):
        if recipe.watch.metric not in (*USUAL, "none"):
            raise UserError(
                f"watch.metric = {recipe.watch.metric!r}: a restorer is watched by {', '.join(USUAL)} or none"
            )
        self.restores, self.device = game.ability(Restores), device
        self.watched = None if recipe.watch.metric == "none" else pair_metrics([recipe.watch.metric])[0]
        images = recipe.watch.images
        self.x, y = spoiled_middles(recipe, data.held_out, data.resolution, images, device, "held out")
        self.originals = to_bytes(y)
        self.damaged = to_bytes(resize(self.x[:, : data.channels], self.originals.shape[1:3]))
        unrestored = distances(self.damaged, self.originals)
        self.beside = {f"{name} damaged": float(values.mean()) for name, values in unrestored.items()}
        if self.watched:
            how = "bicubic enlargement" if self.restores.scale > 1 else "the damaged photographs"
            self.untreated = Reference(how, self.beside[f"{self.watched.label} damaged"])
            self.rises = bool(self.watched.higher)

    def measure(self, nets: nn.ModuleDict) -> dict[str, float]:
        """L1 (0-255), PSNR (dB) and SSIM to the picture as it was, the watched one first; those of the damaged one, enlarged by
        bicubic, beside."""
        if not self.watched:
            return {}
        measured = distances(restored(self.restores, nets, self.x), self.originals)
        numbers = {name: float(values.mean()) for name, values in measured.items()} | self.beside
        return {self.watched.label: numbers[self.watched.label]} | numbers

    def sheet(self, nets: nn.ModuleDict) -> np.ndarray:
        columns = (self.damaged[:ROWS], restored(self.restores, nets, self.x[:ROWS]), self.originals[:ROWS])
        sheet = np.stack(columns, 1)
        return grid.grid(sheet.reshape(-1, *sheet.shape[2:]), 6)
