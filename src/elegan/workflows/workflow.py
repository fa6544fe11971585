"""A kind of task as one object: its data, its batches, what is shown, measured and exported of a run."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from elegan.core.rng import latents
from elegan.core.sizes import Resolution, size_of
from elegan.data import InMemory
from elegan.data.shape import LARGEST
from elegan.data.sides import Direction
from elegan.games.game import Game, Shape
from elegan.metrics import Result
from elegan.recipes.recipe import Recipe
from elegan.run import Run
from elegan.workflows.signs import Probe

ROWS = 8  # pictures a direction on a sheet of translations


class Opened(Protocol):
    """Data ready for training. `size` says for people how much there is of what; `resolution` and `channels` are their
    shape, `fingerprint` is equal wherever they are the same; `source`, `notes`, `places`, `classes`: see
    `elegan.data.Dataset`."""

    @property
    def name(self) -> str: ...
    @property
    def source(self) -> str | InMemory: ...
    @property
    def resolution(self) -> Resolution: ...
    @property
    def channels(self) -> int: ...
    @property
    def classes(self) -> tuple[str, ...]: ...
    @property
    def count(self) -> int: ...
    @property
    def size(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    @property
    def places(self) -> tuple[str, ...]: ...


class Reference(NamedTuple):
    """The value of known pictures in the watched metric; `words` say which pictures these are."""

    words: str
    value: float


class View(ABC):
    """The view of a run while it trains.

    `ideal` is what pictures as good as real ones get in the watched metric, `untreated` what those get that come in and are
    to be made better; None where there are none such.
    """

    ideal: Reference | None = None
    untreated: Reference | None = None
    rises: bool = False  # whether more is better of what is watched

    @abstractmethod
    def measure(self, nets: nn.ModuleDict) -> dict[str, float]:
        """Named numbers, the first the watched metric (lower is better unless it `rises`); none where none is watched."""

    @abstractmethod
    def sheet(self, nets: nn.ModuleDict) -> np.ndarray:
        """A picture of what the networks make, uint8 H x W x C."""


class Exported(NamedTuple):
    """A network, what its inputs are called, and `inputs(n)`, n rows to try it with.

    `makes`: what comes out, by name, with JSON on it; None: images of the run's channels;
    `multiple`: number of pixels that the sides of its input must be a multiple of; 0 where the input is a latent; `about`: JSON
    on each input by name; `scale`: how many times as large as its input a picture is that comes out.
    """

    net: nn.Module
    names: tuple[str, ...]
    inputs: Callable[[int], tuple[Tensor, ...]]
    multiple: int
    about: dict[str, dict[str, Any]]
    scale: int = 1
    makes: tuple[str, dict[str, Any]] | None = None


def latent_inputs(
    latent: int, classes: int = 0
) -> tuple[Callable[[int], tuple[Tensor, ...]], dict[str, dict[str, Any]]]:
    """`inputs` and `about` of an export (`Exported`) that takes latents and, where it knows classes, labels."""

    def inputs(n: int) -> tuple[Tensor, ...]:
        z = latents(range(n), latent)
        return (z, torch.arange(n) % classes) if classes else (z,)

    about: dict[str, dict[str, Any]] = {"z": {"latent": latent, "distribution": "standard normal"}}
    if classes:
        about["label"] = {"range": [0, classes - 1], "meaning": "places in classes"}
    return inputs, about


class Asked(NamedTuple):
    """What a measurement of a run is to be, see `elegan.evaluate`; `data` None: against its own data, `metrics` None: the usual."""

    data: str | InMemory | None
    metrics: Sequence[str] | None
    num: int
    extractor: str
    split: str
    seed: int


class Workflow(ABC):
    """A kind of task. A task function may name that of its runs (`elegan.games.game.works_as`); otherwise it follows from the
    recipe's kind of data. `data` is what `open` gave. `items`: what data consist of and are made, in the plural. `commands`: what is worth doing with a trained run, each with what it
    gives in a few words; {run} stands for its folder, and all of them take --checkpoint."""

    items: str = "pictures"
    commands: Mapping[str, str] = MappingProxyType({})

    @abstractmethod
    def open(self, recipe: Recipe, source: str | InMemory, most: int = LARGEST) -> Any:
        """Opens the data (`Opened`) of a folder, zip or name, or of pictures in memory; `most`: the largest side in pixels where
        their size is chosen. Raises UserError where they cannot be opened or used so."""

    @abstractmethod
    def feed(self, data: Any, recipe: Recipe, seed: int, device: torch.device) -> Callable[[int, range], Any]:
        """Gives `feed(position, rows)`: those rows of the position-th batch, for the losses of the game's turns."""

    @abstractmethod
    def view(self, data: Any, game: Game, recipe: Recipe, run: Run, device: torch.device) -> View:
        """Gives what is shown and measured while a run trains. Raises UserError for a metric that it does not have."""

    @abstractmethod
    def evaluate(self, run: Run, asked: Asked) -> list[Result]:
        """Measures a run against its own data or others."""

    def likeness(self, run: Run, asked: Asked) -> np.ndarray | None:
        """A picture of how like the data is what a run makes, uint8 H x W x 3, for its evaluation; None where numbers tell."""
        return None

    def told(self, run: Run) -> list[str]:
        """What a run makes, in words, for its report; none where pictures show it."""
        return []

    def probe(self, data: Any, game: Game, recipe: Recipe, device: torch.device) -> Probe | None:
        """The probe by which the guard reads the networks while they train; None where only losses and gradients are watched."""
        return None

    @abstractmethod
    def make_one(self, game: Game, nets: nn.ModuleDict, shape: Shape, device: torch.device) -> None:
        """Makes a single example of the smallest kind with these networks, so that its cost can be counted."""

    @abstractmethod
    def how_chosen(self, run: Run) -> str:
        """A sentence on what the sheet of a run shows."""

    def shape(self, data: Any) -> Shape:
        """The shape of such data."""
        return Shape(data.resolution, data.channels, len(data.classes))

    def facts(self, data: Any) -> dict[str, Any]:
        """Facts of such data for run.json, beyond those of all data."""
        return {}

    def labels(self, data: Any) -> np.ndarray | None:
        """int64 N, the class of each item of the data; None without classes."""
        return None

    def size(self, shape: Shape) -> tuple[str, str]:
        """The size of what is trained on as a figure and its unit, for people."""
        (height, width), channels = size_of(shape.resolution), shape.channels
        return f"{width} × {height}", {1: "pixels, grey", 3: "pixels, colour"}.get(channels, "RGBA")

    def direction(self, run: Run, wanted: str | None) -> Direction | None:
        """The direction to export. Raises UserError for one that the run does not have."""
        return None if wanted is None else run.direction(wanted)

    def exported(self, game: Game, nets: nn.ModuleDict, shape: Shape, way: Direction | None) -> Exported | None:
        """The network of a game to export; None where none makes what programs without torch ask for."""
        return None


def with_remark(results: list[Result], remark: str) -> list[Result]:
    """These results, each with the remark among its warnings; as they are where it is empty."""
    return [replace(r, warnings=(*r.warnings, remark)) for r in results] if remark else results
