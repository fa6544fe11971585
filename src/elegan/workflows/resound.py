"""Sounds made of other sounds: vocoders, and what takes noise away or gives back high frequencies."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from elegan.core import grid, rng
from elegan.core.errors import UserError, nearest
from elegan.core.spectra import griffin_lim, hop_of, log_mel
from elegan.data.feed import Order
from elegan.data.sides import Direction
from elegan.data.sound import damage
from elegan.data.sound.sounds import Sounds, lengths_of, open_sounds
from elegan.games.abilities import Enhances, Vocodes
from elegan.games.game import Game, Shape, SoundShape
from elegan.games.resound import Spoilt
from elegan.metrics import Result
from elegan.metrics.sounds import measure_sounds, sound_metrics
from elegan.recipes.recipe import Recipe, filled
from elegan.run import Run
from elegan.workflows.sound import SoundWorkflow, as_pictures
from elegan.workflows.workflow import Asked, Exported, Reference, View, with_remark

SEGMENT = 32  # frames that a vocoder learns at once
TALKERS = 4  # of a babble
MOST = 500  # held-out clips that are measured
BATCH = 64
DECIBELS = 5.0  # of signal to noise, at which is measured
Spoil = Callable[[Tensor], Tensor]  # sounds N x T to what is given, in the draws of the move at hand


class Resounding(SoundWorkflow):
    """The tasks that make sounds of sounds."""

    commands = MappingProxyType({"elegan evaluate {run}": "how near they come to held-out sounds, measured with care"})
    segment = 0  # frames that are learnt at once; 0: a whole clip
    baseline = "untreated"  # what is measured beside

    @abstractmethod
    def spoiler(self, recipe: Recipe, data: Sounds, part: np.ndarray) -> Spoil:
        """What is done to sounds in training; what that takes of others comes from the clips at `part`."""

    @abstractmethod
    def cases(self, recipe: Recipe, data: Sounds, part: np.ndarray) -> Mapping[str, Spoil]:
        """What is done to sounds that are measured, by name."""

    @abstractmethod
    def make(self, game: Game, nets: nn.ModuleDict, x: Tensor, rate: int) -> Tensor:
        """What the networks make of sounds that are given."""

    def plain(self, x: Tensor, rate: int) -> Tensor:
        """What is to be surpassed."""
        return x

    def feed(self, data: Sounds, recipe: Recipe, seed: int, device: torch.device) -> Callable[[int, range], Any]:
        spoil = self.spoiler(recipe, data, data.trained)
        return SpoiltFeed(data, recipe.batch, seed, device, spoil, self.segment * hop_of(data.rate))

    def view(self, data: Sounds, game: Game, recipe: Recipe, run: Run, device: torch.device) -> View:
        return ResoundingView(self, data, game, recipe, device)

    def evaluate(self, run: Run, asked: Asked) -> list[Result]:
        """Measures what is made of held-out clips against these, beside what is to be surpassed."""
        shape, metrics = run.shape, sound_metrics(asked.metrics)
        assert isinstance(shape, SoundShape)
        data = open_sounds(asked.data or run.source, shape.rate, shape.samples / shape.rate)
        part = some_of(data, min(asked.num, MOST))
        record = {"data": data.name, "fingerprint": data.fingerprint, "split": "held out"} | run.record
        results = []
        for case, x, y in self.given(run.recipe, data, part, asked.seed):
            made = {
                "": self.remade(run.game, run.nets, x.to(run.device), data.rate),
                self.baseline: self.plain(x, data.rate),
            }
            for kind, sounds in made.items():
                words = " ".join(word for word in (case, kind) if word)
                results += measure_sounds(metrics, sounds, y, data.rate, words, record)
        return with_remark(results, "" if asked.data else run.changed(data.fingerprint))

    def given(self, recipe: Recipe, data: Sounds, part: np.ndarray, seed: int) -> list[tuple[str, Tensor, Tensor]]:
        """By case: its name, the clips at `part` as they are given, and as they are."""
        found, y = [], data.waves(part)
        for name, spoil in self.cases(recipe, data, part).items():
            with rng.drawing("heard", name, seed, total=len(y), rows=range(len(y))):
                found.append((name, spoil(y), y))
        return found

    @torch.no_grad()
    def remade(self, game: Game, nets: nn.ModuleDict, x: Tensor, rate: int) -> Tensor:
        """What averaged networks make, on the CPU."""
        return torch.cat([self.make(game, nets, some, rate).float().cpu() for some in x.split(BATCH)])

    def make_one(self, game: Game, nets: nn.ModuleDict, shape: Shape, device: torch.device) -> None:
        assert isinstance(shape, SoundShape)
        self.remade(game, nets, torch.zeros(1, shape.samples, device=device), shape.rate)

    def how_chosen(self, run: Run) -> str:
        return f"Held-out sounds as log-mel pictures, low frequencies below: {self.baseline}, made, as they are."

    def exported(self, game: Game, nets: nn.ModuleDict, shape: Shape, way: Direction | None) -> Exported | None:
        return None  # ONNX has no inverse transform of complex spectra


class Vocoding(Resounding):
    """Sounds of their log-mel pictures alone."""

    segment, baseline = SEGMENT, "griffin-lim"

    def spoiler(self, recipe: Recipe, data: Sounds, part: np.ndarray) -> Spoil:
        return lambda y: y

    def cases(self, recipe: Recipe, data: Sounds, part: np.ndarray) -> Mapping[str, Spoil]:
        return {"": lambda y: y}

    def make(self, game: Game, nets: nn.ModuleDict, x: Tensor, rate: int) -> Tensor:
        return game.ability(Vocodes).vocode(nets, log_mel(x, rate))

    def plain(self, x: Tensor, rate: int) -> Tensor:
        return griffin_lim(log_mel(x, rate), rate)


class Enhancing(Resounding):
    """Noisy sounds to clean ones."""

    commands = MappingProxyType(
        {**Resounding.commands, "elegan restore SOUND --task denoise --model {run}": "a sound with less noise"}
    )

    def spoiler(self, recipe: Recipe, data: Sounds, part: np.ndarray) -> Spoil:
        options = filled("task", recipe.task, "task", recipe.trusted())
        kinds = [noise_of(name.strip(), data, part) for name in options["noise"].split(",")]
        least, most = options["least"], options["most"]

        def spoil(y: Tensor) -> Tensor:
            draws = rng.uniform(len(y), 2)
            chosen = (draws[:, 0] * len(kinds)).long()
            noises = torch.stack([kind(y) for kind in kinds])
            return damage.mixed(y, noises[chosen, torch.arange(len(y))], least + draws[:, 1] * (most - least))

        return spoil

    def cases(self, recipe: Recipe, data: Sounds, part: np.ndarray) -> Mapping[str, Spoil]:
        names = [name.strip() for name in filled("task", recipe.task, "task", recipe.trusted())["noise"].split(",")]
        return {name: _at_decibels(noise_of(name, data, part)) for name in names}

    def make(self, game: Game, nets: nn.ModuleDict, x: Tensor, rate: int) -> Tensor:
        return game.ability(Enhances).enhance(nets, x)


class Widening(Enhancing):
    """Sounds without high frequencies to whole ones."""

    commands = MappingProxyType(
        {**Resounding.commands, "elegan restore SOUND --task bandwidth --model {run}": "a sound with high frequencies"}
    )

    def spoiler(self, recipe: Recipe, data: Sounds, part: np.ndarray) -> Spoil:
        options = filled("task", recipe.task, "task", recipe.trusted())
        least, most = options["least"], options["most"]
        return lambda y: damage.low_pass(y, least + rng.uniform(len(y), 1)[:, 0] * (most - least))

    def cases(self, recipe: Recipe, data: Sounds, part: np.ndarray) -> Mapping[str, Spoil]:
        return {"": lambda y: damage.low_pass(y, torch.full((len(y),), 0.5))}


def noise_of(name: str, data: Sounds, part: np.ndarray) -> Spoil:
    """A function of sounds that gives as many of this noise. Raises UserError for an unknown one."""
    lengths = lengths_of(data.samples[part])

    def babble(y: Tensor) -> Tensor:
        draws = rng.uniform(len(y), TALKERS, 2).double().numpy()
        rows = [
            [
                _said(data.samples[part[which]][: lengths[which]], begin, y.shape[1])
                for which, begin in zip(row, begins, strict=True)
            ]
            for row, begins in zip((draws[..., 0] * len(part)).astype(int), draws[..., 1], strict=True)
        ]
        return damage.babble(torch.from_numpy(np.array(rows, np.float32) / 32767))

    kinds: dict[str, Spoil] = {"babble": babble, "white": lambda y: damage.white(len(y), y.shape[1])}
    if name not in kinds:
        raise UserError(f"task.noise: unknown noise {name!r}{nearest(name, kinds)}")
    return kinds[name]


def _at_decibels(noise: Spoil) -> Spoil:
    return lambda y: damage.mixed(y, noise(y), torch.full((len(y),), DECIBELS))


def _said(samples: np.ndarray, begin: float, length: int) -> np.ndarray:
    """A voice again and again, from a place in it on."""
    return np.resize(np.roll(samples, -int(begin * len(samples))), length)


class SpoiltFeed:
    """`feed(position, rows)` gives clips of the position-th batch as they are given and as they should be; of `length` samples
    from where there is sound, 0: whole."""

    def __init__(self, sounds: Sounds, batch: int, seed: int, device: torch.device, spoil: Spoil, length: int):
        self.sounds, self.device, self.spoil = sounds, device, spoil
        self.length = min(length or sounds.samples.shape[1], sounds.samples.shape[1])
        self.room = np.maximum(lengths_of(sounds.samples) - self.length, 0)
        self.order = Order(sounds.count, batch, seed, "epoch")

    def __call__(self, position: int, rows: range) -> Spoilt:
        places = self.sounds.trained[self.order(position, rows)]
        starts = (rng.uniform(len(rows), 1)[:, 0].numpy() * (self.room[places] + 1)).astype(int)
        own = self.sounds.samples[places[:, None], starts[:, None] + np.arange(self.length)]
        y = torch.from_numpy(own.astype(np.float32) / 32767)
        return Spoilt(self.spoil(y).to(self.device), y.to(self.device))


class ResoundingView(View):
    """Held-out sounds: as they are given or plainly treated, as they are made, as they are. Raises UserError for a metric other
    than l1, the distance of log-mel pictures."""

    def __init__(self, workflow: Resounding, data: Sounds, game: Game, recipe: Recipe, device: torch.device):
        if recipe.watch.metric not in ("l1", "none"):
            raise UserError(
                f"watch.metric = {recipe.watch.metric!r}: what makes sounds of sounds is watched by l1 or none"
            )
        self.workflow, self.game, self.device, self.rate = workflow, game, device, data.rate
        self.watched = recipe.watch.metric != "none"
        self.given = workflow.given(recipe, data, some_of(data, recipe.watch.images), 0)
        self.plain = [workflow.plain(x[:9], data.rate) for _, x, _ in self.given]
        if self.watched:
            values = self._measured([workflow.plain(x, data.rate) for _, x, _ in self.given])
            self.beside = {f"{name} {workflow.baseline}": value for name, value in values.items()}
            self.untreated = Reference(workflow.baseline, values["mel-L1"])

    def measure(self, nets: nn.ModuleDict) -> dict[str, float]:
        """The mean of each metric over all cases, and beside it that of what is to be surpassed."""
        if not self.watched:
            return {}
        made = [self.workflow.remade(self.game, nets, x.to(self.device), self.rate) for _, x, _ in self.given]
        return self._measured(made) | self.beside

    def _measured(self, made: Sequence[Tensor]) -> dict[str, float]:
        return {
            metric.label: float(
                torch.cat(
                    [metric.each(one, y, self.rate) for one, (_, _, y) in zip(made, self.given, strict=True)]
                ).mean()
            )
            for metric in sound_metrics(None)
        }

    def sheet(self, nets: nn.ModuleDict) -> np.ndarray:
        rows = []
        for plain, (_, x, y) in zip(self.plain, self.given, strict=True):
            made = self.workflow.remade(self.game, nets, x[:9].to(self.device), self.rate)
            rows.append(torch.stack([log_mel(one, self.rate) for one in (plain, made, y[:9])], 1).flatten(0, 1))
        return grid.grid(as_pictures(torch.cat(rows)), 9)


def some_of(data: Sounds, count: int) -> np.ndarray:
    """The places of held-out clips; of all clips where none is held out."""
    part = data.held if len(data.held) else data.trained
    return np.sort(np.random.default_rng(rng.mix("heard")).permutation(part)[:count])
