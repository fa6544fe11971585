"""Clips of sound from latents, shown and measured as log-mel pictures."""

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from elegan.core import grid, rng
from elegan.core.errors import UserError, nearest
from elegan.core.pixels import to_bytes
from elegan.core.spectra import log_mel
from elegan.data import InMemory
from elegan.data.cache import default_root
from elegan.data.shape import LARGEST
from elegan.data.sides import Direction
from elegan.data.sound.sounds import SoundFeed, Sounds, open_sounds
from elegan.games.abilities import MakesSound
from elegan.games.game import Game, Shape, SoundShape
from elegan.games.inference import heard
from elegan.metrics import Extractor, Features, Result, extract, measure, needed, open_extractor
from elegan.metrics.catalogue import check_needs
from elegan.metrics.watched import Gauge
from elegan.recipes.recipe import Recipe
from elegan.run import Run
from elegan.workflows.workflow import Asked, Exported, Reference, View, Workflow, latent_inputs, with_remark

MOST = 2000  # generated sounds that are measured
ROWS = 6  # of a sheet


class SoundWorkflow(Workflow):
    """The tasks that make sounds."""

    items = "sounds"
    commands = MappingProxyType(
        {
            "elegan sample {run}": "sounds as WAV, and a page to listen to them",
            "elegan evaluate {run}": "how near they are to the real ones, measured with care",
        }
    )

    def open(self, recipe: Recipe, source: str | InMemory, most: int = LARGEST) -> Sounds:
        return open_sounds(source, recipe.data.rate, recipe.data.seconds)

    def feed(self, data: Sounds, recipe: Recipe, seed: int, device: torch.device) -> Callable[[int, range], Any]:
        return SoundFeed(data, recipe.batch, seed, device)

    def shape(self, data: Sounds) -> Shape:
        return SoundShape(data.samples.shape[1], len(data.classes), data.rate)

    def facts(self, data: Sounds) -> dict[str, Any]:
        return {"class_counts": data.class_counts}

    def labels(self, data: Sounds) -> np.ndarray | None:
        return None if data.labels is None else data.labels[data.trained]

    def size(self, shape: Shape) -> tuple[str, str]:
        assert isinstance(shape, SoundShape)
        return f"{shape.samples / shape.rate:g}", f"seconds at {shape.rate:,} Hz"

    def view(self, data: Sounds, game: Game, recipe: Recipe, run: Run, device: torch.device) -> View:
        return SoundsView(data, game.ability(MakesSound), recipe, device)

    def evaluate(self, run: Run, asked: Asked) -> list[Result]:
        """Measures sounds from latents against those of the data by their log-mel pictures, in the features of a classifier that
        learns the training part and is tested on what is held out; without classes in those learnt from the pictures alone."""
        shape, makes = run.shape, run.ability(MakesSound)
        assert isinstance(shape, SoundShape)
        data = open_sounds(asked.data or run.source, shape.rate, shape.samples / shape.rate)
        conditional = bool(makes.classes) and data.labels is not None
        metrics = asked.metrics or ("fd", "kd", "prdc", *(("named",) if conditional else ()))
        network = extractor_of(data, asked.extractor, str(run.device))
        there = {"classes": data.labels is not None, "labels": conditional, "pictures": True, "probabilities": True}
        check_needs(metrics, {name for name, known in there.items() if known}, network.name)
        places = {"train": data.trained, "test": data.held, "all": np.arange(len(data.samples))}[asked.split]
        seeds = range(asked.seed, asked.seed + min(asked.num, MOST))
        labels = run.drawn_labels(len(seeds), asked.seed)
        made = pictures_of(heard(makes, makes.sound, run.nets, seeds, labels, run.device), shape.rate)
        wanted = None if labels is None or not conditional else _by_name(labels, run.classes, data.classes)

        def features(name: str, pictures: np.ndarray, own: Any) -> Features:
            return extract(network, pictures, name, own, keep="pictures" in needed(metrics))

        def real(name: str, some: np.ndarray) -> Features:
            return features(
                name, pictures_of(data.waves(some), data.rate), None if data.labels is None else data.labels[some]
            )

        test = real("held-out", data.held) if asked.split == "train" and len(data.held) else None
        record = {"data": data.name, "fingerprint": data.fingerprint, "split": asked.split} | run.record
        record |= {"sounds from seed": asked.seed}
        results = measure(
            network, real("real", places), features("generated", made, wanted), metrics, asked.seed, record, test, data.classes
        )  # fmt: skip
        return with_remark(results, "" if asked.data else run.changed(data.fingerprint))

    def make_one(self, game: Game, nets: nn.ModuleDict, shape: Shape, device: torch.device) -> None:
        makes = game.ability(MakesSound)
        labels = torch.zeros(1, dtype=torch.int64) if shape.classes else None
        heard(makes, makes.sound, nets, [0], labels, device)

    def how_chosen(self, run: Run) -> str:
        columns = "one column a class" if run.ability(MakesSound).classes else "chosen by nothing but their seeds"
        return f"Log-mel pictures of sounds, low frequencies below: {columns}."

    def exported(self, game: Game, nets: nn.ModuleDict, shape: Shape, way: Direction | None) -> Exported | None:
        makes = game.ability(MakesSound)
        inputs, about = latent_inputs(makes.latent, makes.classes)
        told: dict[str, Any] = {"range": [-1, 1], "rate": makes.rate}
        if makes.made == "pictures":
            told |= {"axes": ["mel", "frame"], "decibels": [-80, 0]}
        return Exported(Maker(makes, nets), tuple(about), inputs, 0, about, makes=(makes.made, told))


class Maker(nn.Module):
    """The generator of a game of sounds as a module of its own: z (and labels) to log-mel pictures N x MELS x F or samples N x T,
    both in [-1, 1]."""

    def __init__(self, makes: MakesSound, nets: nn.ModuleDict):
        super().__init__()
        self.nets, self.make = nets, makes.picture if makes.made == "pictures" else makes.sound

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        return self.make(self.nets, z, label)


class SoundsView(View):
    """Log-mel pictures of sounds from the same latents."""

    def __init__(self, data: Sounds, makes: MakesSound, recipe: Recipe, device: torch.device):
        self.makes, self.device, self.images = makes, device, recipe.watch.images
        self.columns = makes.classes if 2 <= makes.classes <= 16 else 8
        self.labels = rng.labels(data.class_counts, self.images) if data.class_counts else None
        self.gauge: Gauge | None = None
        if recipe.watch.metric != "none":
            order = np.random.default_rng(rng.mix("gauge")).permutation(data.trained)[: self.images]
            real = pictures_of(data.waves(np.sort(order)), data.rate)
            self.gauge = Gauge(recipe.watch.metric, extractor_of(data, recipe.watch.extractor, "cpu"), real)
            floor = self.gauge.floor(self.images)
            self.ideal = None if floor is None else Reference("real sounds among themselves", floor)

    def measure(self, nets: nn.ModuleDict) -> dict[str, float]:
        if self.gauge is None:
            return {}
        return {self.gauge.label: self.gauge(self._pictures(nets, range(self.images), self.labels))}

    def sheet(self, nets: nn.ModuleDict) -> np.ndarray:
        seeds = range(ROWS * self.columns)
        classes = self.makes.classes
        labels = torch.tensor([seed % classes for seed in seeds]) if classes else None
        return grid.grid(self._pictures(nets, seeds, labels), self.columns)

    def _pictures(self, nets: nn.ModuleDict, seeds: range, labels: Tensor | None) -> np.ndarray:
        return as_pictures(heard(self.makes, self.makes.picture, nets, seeds, labels, self.device))


def as_pictures(mels: Tensor) -> np.ndarray:
    """Log-mel pictures N x MELS x F in [-1, 1] as uint8 N x MELS x F x 1, low frequencies below."""
    return to_bytes(mels.flip(1)[:, None])


def pictures_of(waves: Tensor, rate: int) -> np.ndarray:
    """Sounds N x T as uint8 log-mel pictures N x MELS x F x 1, low frequencies below."""
    return np.concatenate([as_pictures(log_mel(part, rate)) for part in waves.split(256)])


def extractor_of(data: Sounds, name: str, device: str) -> Extractor:
    """The extractor by name for log-mel pictures; "auto": a classifier where there are classes, else `self`."""
    kind = ("classifier" if data.classes else "self") if name == "auto" else name
    cache = default_root().parent / "extractors"
    if kind == "random":
        return open_extractor(kind, device=device)
    pictures = pictures_of(data.waves(data.trained), data.rate)
    if kind != "classifier":
        return open_extractor(f"self:{data.name}" if kind == "self" else kind, pictures, cache=cache, device=device)
    labels = data.labels
    held = None
    if labels is not None and len(data.held):
        held = pictures_of(data.waves(data.held), data.rate), labels[data.held]
    own = None if labels is None else labels[data.trained]
    return open_extractor(f"classifier:{data.name}", pictures, own, data.classes, held, cache, device)


def _by_name(labels: Tensor, own: Sequence[str], others: Sequence[str]) -> np.ndarray:
    """Labels as places in the classes of other data, by their names. Raises UserError for one that is not there."""
    names = [own[label] for label in labels.tolist()]
    if strange := next((name for name in names if name not in others), None):
        raise UserError(f"the real sounds have no class {strange!r}{nearest(strange, others)}")
    return np.array([others.index(name) for name in names])
