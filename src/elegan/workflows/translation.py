"""Pictures of one side to pictures of the other, of pairs or of unpaired sets."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import torch
from torch import nn

from elegan.core import grid
from elegan.core.errors import UserError
from elegan.core.sizes import resolution_of, size_of
from elegan.data import InMemory
from elegan.data.feed import SidesFeed, middles
from elegan.data.shape import LARGEST
from elegan.data.sides import Direction, Sides, open_sides
from elegan.games.abilities import Translates
from elegan.games.game import Game, Shape
from elegan.games.inference import translated
from elegan.metrics import Result
from elegan.metrics.evaluate import evaluate_arrays, extractor_for_sides
from elegan.metrics.metric import PairMetric
from elegan.metrics.pairs import USUAL, distances, pair_metrics
from elegan.metrics.watched import Gauge
from elegan.recipes.parts import said
from elegan.recipes.recipe import Recipe
from elegan.run import Run
from elegan.workflows.pictures import check_uncut, of_any_size
from elegan.workflows.signs import Probe, TranslationProbe
from elegan.workflows.workflow import ROWS, Asked, Exported, Reference, View, Workflow, with_remark


class Translation(Workflow):
    """The tasks that translate between two sides of pictures."""

    commands = MappingProxyType(
        {"elegan evaluate {run}": "how near its pictures are to those of the other side, measured with care"}
    )

    def open(self, recipe: Recipe, source: str | InMemory, most: int = LARGEST) -> Sides:
        data = check_uncut(recipe.data)
        return open_sides(source, data.kind == "pairs", resolution_of(data.resolution or 128), data.channels, data.zoom)

    def feed(self, data: Sides, recipe: Recipe, seed: int, device: torch.device) -> SidesFeed:
        return SidesFeed(data, recipe.batch, seed, device, recipe.data.flip)

    def view(self, data: Sides, game: Game, recipe: Recipe, run: Run, device: torch.device) -> View:
        return Translations(data, game, recipe, device)

    def evaluate(self, run: Run, asked: Asked) -> list[Result]:
        """Measures the middles of held-out pictures translated, each direction by itself, against the other side's pictures."""
        own, size, results = run.recipe.data, run.shape.resolution, []
        sides = open_sides(asked.data or run.source, own.kind == "pairs", size, run.shape.channels, own.zoom)
        parts = {"train": sides.train, "test": sides.held_out}
        if asked.split not in parts:
            raise UserError(f"a run that translates is measured against split train or test, not {asked.split!r}")
        translates = run.ability(Translates)
        for way in translates.ways:
            inputs, targets = (middles(part, size)[: asked.num] for part in way.of(sides.held_out))
            outputs = translated(translates, run.nets, way, inputs, run.device)
            record = {
                "data": sides.name,
                "fingerprint": sides.fingerprint,
                "split": asked.split,
                "direction": str(way),
            } | run.record
            _, real_part = way.of(parts[asked.split])
            real = middles(real_part, size)
            network = extractor_for_sides(asked.extractor, sides, real, str(run.device), said(asked.extractor))
            wanted = targets if sides.paired else None
            measured = evaluate_arrays(network, outputs, real, wanted, asked.metrics, asked.seed, record)
            mark = f" {way}" * (len(translates.ways) > 1)
            results += [replace(r, metric=r.metric + mark, label=r.label + mark) for r in measured]
        return with_remark(results, "" if asked.data else run.changed(sides.fingerprint))

    def probe(self, data: Sides, game: Game, recipe: Recipe, device: torch.device) -> Probe | None:
        enough = min(map(len, (*data.held_out, *data.train))) >= 3
        return TranslationProbe(data, game.ability(Translates), device) if enough else None

    def make_one(self, game: Game, nets: nn.ModuleDict, shape: Shape, device: torch.device) -> None:
        x = torch.zeros(1, shape.channels, *size_of(shape.resolution), device=device)
        next(iter(game.ability(Translates).ways.values()))(nets, x)

    def how_chosen(self, run: Run) -> str:
        return "Held-out pictures: each input, what becomes of it, and beside it the way back or what was wanted."

    def direction(self, run: Run, wanted: str | None) -> Direction | None:
        return run.direction(wanted)

    def exported(self, game: Game, nets: nn.ModuleDict, shape: Shape, way: Direction | None) -> Exported:
        return of_any_size(nets[str(way)], shape.channels, shape.resolution)


class Translations(View):
    """Held-out pictures beside what becomes of them: input, output, then back again or, of pairs, the target. Raises UserError
    for a metric of pairs where there are none."""

    def __init__(self, data: Sides, game: Game, recipe: Recipe, device: torch.device):
        watch = recipe.watch
        self.data, self.translates, self.device = data, game.ability(Translates), device
        a, b = (middles(part, data.resolution)[: watch.images] for part in data.held_out)
        self.held_out = a, b
        self.gauges: dict[Direction, Gauge] = {}
        self.references: dict[Direction, dict[str, float]] = {}
        self.pair: PairMetric | None = None
        if watch.metric in USUAL:
            self.pair, (a, b) = pair_metrics([watch.metric])[0], next(iter(self.translates.ways)).of(self.held_out)
            if not data.paired:
                raise UserError(
                    f"watch.metric = {watch.metric!r} compares pictures of pairs, and {data.name} has none; fd, kd or none"
                )
            self.untreated = Reference("untranslated pictures", float(self.pair.each(a, b).mean()))
            self.rises = bool(self.pair.higher)
        elif watch.metric != "none":
            for way in self.translates.ways:
                inputs, targets = way.of(self.held_out)
                _, train = way.of(data.train)
                real = middles(train, data.resolution)[: watch.images]
                extractor = extractor_for_sides(watch.extractor, data, real, trusted=recipe.trusted())
                self.gauges[way] = gauge = Gauge(watch.metric, extractor, real)
                others = {"floor": targets, "untranslated": inputs}
                self.references[way] = {f"{gauge.label} {way} {name}": gauge(images) for name, images in others.items()}
            floor, untranslated = next(iter(self.references.values())).values()  # of what is watched
            self.ideal = Reference("real pictures of that side", floor)
            self.untreated = Reference("untranslated pictures", untranslated)

    def measure(self, nets: nn.ModuleDict) -> dict[str, float]:
        """For each direction the metric of translated held-out pictures, of the target side's own (the floor) and of the
        untranslated ones; of pairs also L1 (0-255), PSNR (dB) and SSIM to the target."""
        numbers: dict[str, float] = {}
        for way in self.translates.ways:
            inputs, targets = way.of(self.held_out)
            outputs = self._translate(nets, way, inputs)
            if self.gauges:
                numbers[f"{self.gauges[way].label} {way}"] = self.gauges[way](outputs)
                numbers |= self.references[way]
            if self.data.paired:
                pairs = {name: float(values.mean()) for name, values in distances(outputs, targets).items()}
                numbers |= ({self.pair.label: pairs[self.pair.label]} if self.pair else {}) | pairs
        return numbers

    def sheet(self, nets: nn.ModuleDict) -> np.ndarray:
        rows = []
        for way in self.translates.ways:
            inputs, targets = (pictures[:ROWS] for pictures in way.of(self.held_out))
            columns = [inputs, self._translate(nets, way, inputs)]
            if way.back in self.translates.ways:
                columns.append(self._translate(nets, way.back, columns[1]))
            if self.data.paired:
                columns.append(targets)
            rows.append(np.stack(columns, 1))
        sheet = np.concatenate([row[: min(map(len, rows))] for row in rows], 1)
        return grid.grid(sheet.reshape(-1, *sheet.shape[2:]), sheet.shape[1] * (2 if len(rows) == 1 else 1))

    def _translate(self, nets: nn.ModuleDict, way: Direction, images: np.ndarray) -> np.ndarray:
        return translated(self.translates, nets, way, images, self.device)
