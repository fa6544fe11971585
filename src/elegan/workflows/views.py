"""What a run shows while it trains: pictures on a sheet and numbers, by what its game makes."""

from typing import Protocol

import numpy as np
import torch
from torch import nn

from elegan.core import grid, rng
from elegan.core.errors import UserError
from elegan.core.pixels import to_bytes
from elegan.core.rng import labels
from elegan.data import Dataset
from elegan.data.feed import middles
from elegan.data.photographs import Photographs
from elegan.data.resize import resize
from elegan.data.sides import Sides
from elegan.games.game import Game
from elegan.games.inference import paint, reconstructed, restored, translated
from elegan.games.restore import spoiled_middles
from elegan.metrics.evaluate import extractor_for, extractor_for_sides
from elegan.metrics.pairs import distances
from elegan.metrics.watched import Gauge
from elegan.recipes.recipe import Recipe, Watch
from elegan.run import Run

BATCH = 64
ROWS = 8  # pictures a direction on a sheet of translations


class View(Protocol):
    """`measure` gives named numbers, the first the watched metric (lower is better), none where none is watched."""

    def measure(self, nets: nn.ModuleDict) -> dict[str, float]: ...

    def sheet(self, nets: nn.ModuleDict) -> np.ndarray: ...


class Samples:
    """Images from the same latents; below them, where the game has an encoder, a row of the data and a row of what
    becomes of it."""

    def __init__(self, data: Dataset, game: Game, recipe: Recipe, run: Run, device: torch.device):
        watch, shape = recipe.watch, (data.resolution, data.channels)
        self.pairs = Reconstructions(data, game, watch, device) if game.reconstruct else None
        self.game, self.run, self.device, self.images = game, run, device, watch.images
        # As often as the data has them, for the watched metric compares with the data.
        self.labels = labels(data.class_counts, watch.images) if data.class_counts else None
        self.gauge: Gauge | None = None
        if watch.metric != "none":
            extractor = extractor_for(watch.extractor, data, shape, "crop", trusted=recipe.trusted())
            chosen = np.random.default_rng(rng.mix("gauge")).permutation(len(data.images))[: watch.images]
            self.gauge = Gauge(watch.metric, extractor, data.images[np.sort(chosen)])

    def measure(self, nets: nn.ModuleDict) -> dict[str, float]:
        return {self.gauge.label: self.gauge(self._paint(nets, range(self.images), self.labels))} if self.gauge else {}

    def sheet(self, nets: nn.ModuleDict) -> np.ndarray:
        seeds = range(8 * self.run.columns)
        images = self._paint(nets, seeds, self.run.labels_for(seeds))
        if self.pairs:
            images = np.concatenate([images, *self.pairs.beside(nets, self.run.columns)])
        return grid.grid(images, self.run.columns)

    def _paint(self, nets: nn.ModuleDict, seeds: range, labels: torch.Tensor | None) -> np.ndarray:
        pages = [slice(i, i + BATCH) for i in range(0, len(seeds), BATCH)]
        own = [None if labels is None else labels[p] for p in pages]
        return np.concatenate(
            [paint(self.game, nets, seeds[p], o, self.device) for p, o in zip(pages, own, strict=True)]
        )


class Reconstructions:
    """Images of the data, each beside what an autoencoder makes of it."""

    def __init__(self, data: Dataset, game: Game, watch: Watch, device: torch.device):
        self.game, self.device, self.metric = game, device, watch.metric
        chosen = np.sort(np.random.default_rng(rng.mix("gauge")).permutation(len(data.images))[: watch.images])
        self.images = data.images[chosen]
        self.labels = None if data.labels is None else data.labels[chosen]

    def measure(self, nets: nn.ModuleDict) -> dict[str, float]:
        """The mean absolute difference on the scale 0-255, whichever metric is watched of generated images."""
        if self.metric == "none":
            return {}
        images, made = self.beside(nets, len(self.images))
        return {"L1": float(np.abs(made.astype(np.int16) - images).mean())}

    def sheet(self, nets: nn.ModuleDict) -> np.ndarray:
        images = np.stack(self.beside(nets, 4 * ROWS), 1)
        return grid.grid(images.reshape(-1, *images.shape[2:]), 8)

    def beside(self, nets: nn.ModuleDict, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The first images, and what becomes of them."""
        images, labels = self.images[:count], None if self.labels is None else self.labels[:count]
        return images, reconstructed(self.game, nets, images, labels, self.device)


class Translations:
    """Held-out pictures beside what becomes of them: input, output, then back again or, of pairs, the target."""

    def __init__(self, data: Sides, game: Game, recipe: Recipe, device: torch.device):
        watch = recipe.watch
        self.data, self.game, self.device = data, game, device
        shown = [middles(part, data.resolution)[: watch.images] for part in data.held_out]
        self.held_out = dict(zip("AB", shown, strict=True))
        self.gauges: dict[str, Gauge] = {}
        self.beside: dict[str, dict[str, float]] = {}  # by direction, what the watched metric is to be read beside
        if watch.metric != "none":
            for way in game.translate:
                real = middles(data.train["AB".index(way[-1])], data.resolution)[: watch.images]
                extractor = extractor_for_sides(watch.extractor, data, real, trusted=recipe.trusted())
                self.gauges[way] = gauge = Gauge(watch.metric, extractor, real)
                others = {"floor": self.held_out[way[-1]], "untranslated": self.held_out[way[0]]}
                self.beside[way] = {f"{gauge.label} {way} {name}": gauge(images) for name, images in others.items()}

    def measure(self, nets: nn.ModuleDict) -> dict[str, float]:
        """For each direction the metric of translated held-out pictures, of the target side's own (the floor) and of the
        untranslated ones; of pairs also L1 (0-255), PSNR (dB) and SSIM to the target."""
        found: dict[str, float] = {}
        for way in self.game.translate:
            made = self._translate(nets, way, self.held_out[way[0]])
            if self.gauges:
                found[f"{self.gauges[way].label} {way}"] = self.gauges[way](made)
                found |= self.beside[way]
            if self.data.paired:
                pairs = distances(made, self.held_out[way[-1]])
                found |= {name: float(values.mean()) for name, values in pairs.items()}
        return found

    def sheet(self, nets: nn.ModuleDict) -> np.ndarray:
        rows = []
        for way in self.game.translate:
            x = self.held_out[way[0]][:ROWS]
            columns = [x, self._translate(nets, way, x)]
            back = f"{way[-1]}to{way[0]}"
            if back in self.game.translate:
                columns.append(self._translate(nets, back, columns[1]))
            if self.data.paired:
                columns.append(self.held_out[way[-1]][:ROWS])
            rows.append(np.stack(columns, 1))
        sheet = np.concatenate([row[: min(map(len, rows))] for row in rows], 1)
        return grid.grid(sheet.reshape(-1, *sheet.shape[2:]), sheet.shape[1] * (2 if len(rows) == 1 else 1))

    def _translate(self, nets: nn.ModuleDict, way: str, images: np.ndarray) -> np.ndarray:
        return translated(self.game, nets, way, images, self.device)


class Restorations:
    """The middles of held-out photographs: damaged, restored, as they were. Raises UserError for a metric other than l1."""

    def __init__(self, data: Photographs, game: Game, recipe: Recipe, device: torch.device):
        if recipe.watch.metric not in ("l1", "none"):
            raise UserError(f"watch.metric = {recipe.watch.metric!r}: a restorer is watched by l1 or none")
        self.game, self.device, self.watched = game, device, recipe.watch.metric != "none"
        images = recipe.watch.images
        self.x, y = spoiled_middles(recipe, data.held_out, data.resolution, images, device, "held out")
        self.wanted = to_bytes(y)
        given = resize(self.x[:, : data.channels], self.wanted.shape[1:3])
        self.given = to_bytes(given)
        self.beside = {f"{name} damaged": float(v.mean()) for name, v in distances(self.given, self.wanted).items()}

    def measure(self, nets: nn.ModuleDict) -> dict[str, float]:
        """L1 (0-255), PSNR (dB) and SSIM to the picture as it was; those of the damaged one, enlarged by bicubic, beside."""
        if not self.watched:
            return {}
        found = distances(restored(self.game, nets, self.x), self.wanted)
        return {name: float(values.mean()) for name, values in found.items()} | self.beside

    def sheet(self, nets: nn.ModuleDict) -> np.ndarray:
        columns = (self.given[:ROWS], restored(self.game, nets, self.x[:ROWS]), self.wanted[:ROWS])
        sheet = np.stack(columns, 1)
        return grid.grid(sheet.reshape(-1, *sheet.shape[2:]), 6)
