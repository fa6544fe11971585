"""Rows of a table from latents: numbers and kinds, in no order."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from elegan.core import rng
from elegan.core.errors import UserError
from elegan.core.rng import latents
from elegan.data import InMemory
from elegan.data.rows import is_rows
from elegan.data.shape import LARGEST
from elegan.data.sides import Direction
from elegan.data.tables.columns import Column, Kinds, decoded, from_facts, to_facts
from elegan.data.tables.table import Table, TableFeed, last_of, open_table
from elegan.games.abilities import Tabulates
from elegan.games.game import Game, Shape, TableShape
from elegan.games.inference import tabulated
from elegan.metrics import METRICS, Extractor, Features, Metric, Result, measure
from elegan.metrics.sets import Layout
from elegan.recipes.recipe import Recipe
from elegan.run import Run
from elegan.workflows.plots import columns_beside
from elegan.workflows.workflow import Asked, Exported, Reference, View, Workflow, with_remark

USUAL = ("marginals", "associations", "utility", "closest", "prdc")
MOST = 10_000  # real rows that are measured against
FAR = 0.5**0.5  # of a kind, so that two unlike ones lie 1 apart, as the least and the greatest number do


class TableWorkflow(Workflow):
    """The tasks that make rows of a table."""

    items = "rows"
    commands = MappingProxyType(
        {
            "elegan sample {run} --num 1000": "more rows, as CSV",
            "elegan evaluate {run}": "how like the real rows they are, what they are good for, and whether they copy",
        }
    )

    def open(self, recipe: Recipe, source: str | InMemory, most: int = LARGEST) -> Table:
        if not isinstance(source, str) or not is_rows(source):
            raise UserError(f"{recipe.name!r} learns a file of rows, .csv, .tsv or .parquet; {source!r} is none")
        return open_table(source, recipe.data.held, recipe.data.target)

    def feed(self, data: Table, recipe: Recipe, seed: int, device: torch.device) -> TableFeed:
        return TableFeed(data, device)

    def shape(self, data: Table) -> Shape:
        return TableShape(data.blocks, len(data.classes))

    def facts(self, data: Table) -> dict[str, Any]:
        return {
            "columns": to_facts(data.columns),
            "order": list(data.order),
            "constant": data.constant,
            "class_counts": data.class_counts,
        }

    def size(self, shape: Shape) -> tuple[str, str]:
        return f"{shape.channels}", "numbers that encode a row"

    def view(self, data: Table, game: Game, recipe: Recipe, run: Run, device: torch.device) -> View:
        return RowsView(data, game.ability(Tabulates), recipe, device)

    def evaluate(self, run: Run, asked: Asked) -> list[Result]:
        """Measures rows from latents against the rows that were learnt, or those of a file with the same columns."""
        if asked.extractor not in ("auto", "values"):
            raise UserError(
                f"a table is measured by its own values, not by extractor {asked.extractor!r}; leave it out"
            )
        if asked.split == "test":
            raise UserError("what a table holds out is measured beside the rest: leave out --split")
        real, made = self._both(run, asked)
        record = {"data": real.name, "fingerprint": real.fingerprint, "split": asked.split} | run.record
        record |= {"target": real.columns[real.target].name, "rows from seed": asked.seed}
        results = measured(real, np.stack(made, 1).astype(np.float64), asked.metrics, asked.seed, record)
        return with_remark(results, "" if asked.data else run.changed(real.fingerprint))

    def likeness(self, run: Run, asked: Asked) -> np.ndarray:
        real, made = self._both(run, asked)
        return columns_beside(list(np.asarray(real.entries).T), made, real.columns)

    def _both(self, run: Run, asked: Asked) -> tuple[Table, list[np.ndarray]]:
        """The table to compare with, by the columns that were learnt, and generated rows as entries of each."""
        columns, order = from_facts(run.info["data"]["columns"]), run.info["data"]["order"]
        target = run.recipe.data.target or last_of(columns, order)
        source = asked.data or run.source
        if not isinstance(source, str) or not is_rows(source):
            raise UserError(f"{run.path} learnt a table, and {source!r} is no file of rows")
        real = open_table(source, run.recipe.data.held, target).by_columns(columns)
        seeds = range(asked.seed, asked.seed + min(asked.num, MOST))
        rows = tabulated(run.ability(Tabulates), run.nets, seeds, run.labels_of(seeds), run.device)
        return real, decoded(rows, columns)

    def make_one(self, game: Game, nets: nn.ModuleDict, shape: Shape, device: torch.device) -> None:
        labels = torch.zeros(1, dtype=torch.int64) if shape.classes else None
        tabulated(game.ability(Tabulates), nets, [0], labels, device)

    def how_chosen(self, run: Run) -> str:
        return "By column, how the entries of the data and of rows chosen by nothing but their seeds are distributed."

    def exported(self, game: Game, nets: nn.ModuleDict, shape: Shape, way: Direction | None) -> Exported:
        tabulates = game.ability(Tabulates)
        about: dict[str, dict[str, Any]] = {"z": {"latent": tabulates.latent, "distribution": "standard normal"}}
        if tabulates.classes:
            about["label"] = {"classes": tabulates.classes}

        def inputs(n: int) -> tuple[Tensor, ...]:
            z = latents(range(n), tabulates.latent)
            return (z, torch.arange(n) % tabulates.classes) if tabulates.classes else (z,)

        makes = ("rows", {"axes": ["encoded"], "range": [-1, 1]})
        return Exported(Tabulator(tabulates, nets), tuple(about), inputs, 0, about, makes=makes)


class Tabulator(nn.Module):
    """The generator of a game of tables as a module of its own: z (and labels) to encoded rows N x W."""

    def __init__(self, tabulates: Tabulates, nets: nn.ModuleDict):
        super().__init__()
        self.nets, self.tabulate = nets, tabulates.tabulate

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        return self.tabulate(self.nets, z, label)


class RowsView(View):
    """How the entries of the data and of as many rows from the same latents are distributed, by column."""

    def __init__(self, data: Table, tabulates: Tabulates, recipe: Recipe, device: torch.device):
        self.tabulates, self.device, self.columns = tabulates, device, data.columns
        count = recipe.watch.images
        order = np.random.default_rng(rng.mix("gauge")).permutation(data.count)[:count]
        self.seeds = range(count)
        self.labels = rng.labels_of(self.seeds, data.class_counts) if data.classes else None
        self.entries = np.asarray(data.entries)[np.sort(order)]
        self.scales = scales(data)
        self.distance = None
        if recipe.watch.metric != "none":
            metric = METRICS[recipe.watch.metric]
            if not isinstance(metric, Metric):
                raise UserError(f"watch.metric = {recipe.watch.metric!r} is for restorers; fd, kd or none")
            real = features(self.entries, self.columns, self.scales).values
            self.distance, self.label = metric.watched(real), f"{next(iter(metric.lines))}[values]"
            floor = metric.watched_floor(real, count)
            self.ideal = None if floor is None else Reference("real rows among themselves", floor)

    def measure(self, nets: nn.ModuleDict) -> dict[str, float]:
        if self.distance is None:
            return {}
        made = np.stack(self._made(nets), 1).astype(np.float64)
        return {self.label: self.distance(features(made, self.columns, self.scales).values)}

    def sheet(self, nets: nn.ModuleDict) -> np.ndarray:
        return columns_beside(list(self.entries.T), self._made(nets), self.columns)

    def _made(self, nets: nn.ModuleDict) -> list[np.ndarray]:
        return decoded(tabulated(self.tabulates, nets, self.seeds, self.labels, self.device), self.columns)


Scales = dict[int, tuple[float, float]]


def scales(table: Table) -> Scales:
    """By place of each column of numbers the bounds that are 0 and 1 to metrics."""
    every = np.concatenate([table.entries, table.held])
    return {
        place: (float(np.nanmin(every[:, place])), float(np.nanmax(every[:, place])))
        for place, column in enumerate(table.columns)
        if not isinstance(column, Kinds)
    }


def features(entries: np.ndarray, columns: Sequence[Column], bounds: Scales, target: int = 0) -> Features:
    """Rows float64 N x C as features: a number in [0, 1] (a missing one is .5, and whether it is missing a kind of its own), a kind
    by a single value above 0."""
    parts, widths, place_of_target = list[np.ndarray](), list[int](), 0
    for place, column in enumerate(columns):
        place_of_target = len(widths) if place == target else place_of_target
        values = entries[:, place]
        if isinstance(column, Kinds):
            parts.append(FAR * np.eye(len(column.kinds))[values.astype(int)])
            widths.append(len(column.kinds))
            continue
        low, high = bounds[place]
        absent = ~np.isfinite(values)
        parts.append(np.where(absent, 0.5, (values - low) / (high - low))[:, None])
        widths.append(1)
        if column.missing:
            parts.append(FAR * np.eye(2)[absent.astype(int)])
            widths.append(2)
    x = torch.from_numpy(np.concatenate(parts, 1)).float()
    return Features(x, layout=Layout(tuple(widths), place_of_target))


def measured(
    real: Table, made: np.ndarray, metrics: Sequence[str] | None, seed: int, record: dict[str, Any]
) -> list[Result]:
    """Metrics of rows `made`, float64 N x C, against those of a table, at most `MOST` of them at random."""
    bounds, entries = scales(real), np.asarray(real.entries)
    places = np.sort(np.random.default_rng(rng.mix("rows", seed)).permutation(real.count)[:MOST])
    rows, fake = (features(x, real.columns, bounds, real.target) for x in (entries[places], made))
    held = features(np.asarray(real.held), real.columns, bounds, real.target) if len(real.held) >= 20 else None
    usual = USUAL if held else tuple(name for name in USUAL if "held-out" not in METRICS[name].needs)
    values = Extractor("values", "-", "none", rows.values.shape[1], lambda x: (x.flatten(1), None))
    return measure(values, rows, fake, metrics or usual, seed, record, held_out=held)
