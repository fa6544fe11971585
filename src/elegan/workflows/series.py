"""Windows of a series from latents: rows of numbers in the order of time."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from elegan.core import rng
from elegan.core.errors import UserError
from elegan.core.rng import latents
from elegan.core.sizes import square_side
from elegan.data import InMemory
from elegan.data.rows import is_rows
from elegan.data.series.columns import from_facts, to_facts
from elegan.data.series.windows import Series, SeriesFeed, open_series
from elegan.data.shape import LARGEST
from elegan.data.sides import Direction
from elegan.games.abilities import Draws
from elegan.games.game import Game, Shape
from elegan.games.inference import drawn
from elegan.metrics import METRICS, Extractor, Features, Metric, Result, measure
from elegan.recipes.recipe import Recipe
from elegan.run import Run
from elegan.workflows.plots import likeness, windows_beside
from elegan.workflows.workflow import Asked, Exported, Reference, View, Workflow, with_remark

USUAL = ("discriminative", "predictive", "correlations", "autocorrelation", "prdc")
MOST = 10_000  # real windows that are measured against
SHOWN = 12  # windows on a sheet


class SeriesWorkflow(Workflow):
    """The tasks that make windows of a series."""

    items = "windows"
    commands = MappingProxyType(
        {
            "elegan sample {run}": "more of it, as CSV in the data's units",
            "elegan evaluate {run}": "how near it is to the real series",
        }
    )

    def open(self, recipe: Recipe, source: str | InMemory, most: int = LARGEST) -> Series:
        if not isinstance(source, str) or not is_rows(source):
            raise UserError(f"{recipe.name!r} learns a file of rows, .csv, .tsv or .parquet; {source!r} is none")
        data = recipe.data
        rows = square_side(data.resolution, "a window of a series has a number of rows")
        return open_series(source, rows, data.stride, data.time)

    def feed(self, data: Series, recipe: Recipe, seed: int, device: torch.device) -> SeriesFeed:
        return SeriesFeed(data, recipe.batch, seed, device)

    def facts(self, data: Series) -> dict[str, Any]:
        return {"columns": to_facts(data.columns), "constant": data.constant}

    def size(self, shape: Shape) -> tuple[str, str]:
        return f"{shape.resolution} × {shape.channels}", "rows a window, columns"

    def view(self, data: Series, game: Game, recipe: Recipe, run: Run, device: torch.device) -> View:
        return WindowsView(data, game.ability(Draws), recipe, device)

    def evaluate(self, run: Run, asked: Asked) -> list[Result]:
        """Measures windows from latents against the windows of a series, both scaled as the training data were."""
        if asked.extractor not in ("auto", "values"):
            raise UserError(
                f"a series is measured by its own values, not by extractor {asked.extractor!r}; leave it out"
            )
        if asked.split == "test":
            raise UserError("a series has no test part: leave out --split")
        real, seeds = self._real(run, asked), range(asked.seed, asked.seed + min(asked.num, MOST))
        made = drawn(run.ability(Draws), run.nets, seeds, run.device)
        record = {"data": real.name, "fingerprint": real.fingerprint, "split": asked.split} | run.record
        record |= {"windows from seed": asked.seed}
        results = measured(real, made, asked.metrics or USUAL, asked.seed, record)
        return with_remark(results, "" if asked.data else run.changed(real.fingerprint))

    def likeness(self, run: Run, asked: Asked) -> np.ndarray:
        real = self._real(run, asked)
        made = drawn(run.ability(Draws), run.nets, range(asked.seed, asked.seed + 1000), run.device)
        return likeness(real.windows(), made, [column.name for column in real.columns], asked.seed)

    def _real(self, run: Run, asked: Asked) -> Series:
        """The series to compare with, its numbers scaled as those of the training data were."""
        return self.open(run.recipe, asked.data or run.source).scaled_as(from_facts(run.info["data"]["columns"]))

    def make_one(self, game: Game, nets: nn.ModuleDict, shape: Shape, device: torch.device) -> None:
        drawn(game.ability(Draws), nets, [0], device)

    def how_chosen(self, run: Run) -> str:
        return "By column, windows of the data on the left and of the generator, chosen by nothing but their seeds, on the right."

    def exported(self, game: Game, nets: nn.ModuleDict, shape: Shape, way: Direction | None) -> Exported:
        draws = game.ability(Draws)

        def inputs(n: int) -> tuple[Tensor, ...]:
            return (latents(range(n), draws.latent),)

        about = {"z": {"latent": draws.latent, "distribution": "standard normal"}}
        makes = ("windows", {"axes": ["column", "step"], "range": [-1, 1]})
        return Exported(Drawer(draws, nets), ("z",), inputs, 0, about, makes=makes)


class Drawer(nn.Module):
    """The generator of a game of series as a module of its own: z to windows N x C x T in [-1, 1]."""

    def __init__(self, draws: Draws, nets: nn.ModuleDict):
        super().__init__()
        self.nets, self.draw = nets, draws.draw

    def forward(self, z: Tensor) -> Tensor:
        return self.draw(self.nets, z)


class WindowsView(View):
    """Windows of the data beside as many from the same latents."""

    def __init__(self, data: Series, draws: Draws, recipe: Recipe, device: torch.device):
        self.draws, self.device, self.count = draws, device, recipe.watch.images
        self.names = [column.name for column in data.columns]
        order = np.random.default_rng(rng.mix("gauge")).permutation(data.count)
        self.shown = data.windows(order[:SHOWN])
        self.distance = None
        if recipe.watch.metric != "none":
            metric = METRICS[recipe.watch.metric]
            if not isinstance(metric, Metric):
                raise UserError(f"watch.metric = {recipe.watch.metric!r} is for restorers; fd, kd or none")
            real = features(data.windows(np.sort(order[: self.count]))).values
            self.distance, self.label = metric.watched(real), f"{next(iter(metric.lines))}[values]"
            floor = metric.watched_floor(real, self.count)
            self.ideal = None if floor is None else Reference("real windows among themselves", floor)

    def measure(self, nets: nn.ModuleDict) -> dict[str, float]:
        if self.distance is None:
            return {}
        return {self.label: self.distance(features(drawn(self.draws, nets, range(self.count), self.device)).values)}

    def sheet(self, nets: nn.ModuleDict) -> np.ndarray:
        return windows_beside(self.shown, drawn(self.draws, nets, range(SHOWN), self.device), self.names)


def features(windows: np.ndarray) -> Features:
    """Windows float32 N x T x C in [-1, 1] as features that are their own values in [0, 1]."""
    values = torch.from_numpy(windows / 2 + 0.5).float()
    return Features(values.flatten(1), window=(windows.shape[1], windows.shape[2]))


def measured(real: Series, made: np.ndarray, metrics: Sequence[str], seed: int, record: dict[str, Any]) -> list[Result]:
    """Metrics of windows `made`, N x T x C in [-1, 1], against those of a series, at most `MOST` of them at random."""
    places = np.sort(np.random.default_rng(rng.mix("windows", seed)).permutation(real.count)[:MOST])
    width = real.resolution * real.channels
    values = Extractor("values", "-", "none", width, lambda x: (x.flatten(1), None))
    return measure(values, features(real.windows(places)), features(made), metrics, seed, record)
