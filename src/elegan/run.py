"""The run with its networks: what every tool opens that makes, measures or ships something of it."""

import copy
import importlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from elegan.core import files, html, hub, ranges, rng
from elegan.core.devices import find_device
from elegan.core.errors import UserError, nearest, shown
from elegan.core.facts import is_run_folder
from elegan.core.images import Images
from elegan.core.pixels import photo_to_tensor, tensor_to_photo, to_tensor
from elegan.core.progress import counted
from elegan.data import Dataset, open_data
from elegan.data.series.columns import from_facts, in_units
from elegan.data.sides import Direction
from elegan.data.tables.columns import Kinds, decoded
from elegan.data.tables.columns import from_facts as from_facts_of_tables
from elegan.data.text.vocabulary import from_facts as vocabulary_of
from elegan.games.abilities import (
    Draws,
    Generates,
    MakesSound,
    Restores,
    Scores,
    Tabulates,
    Translates,
    Vocodes,
    Writes,
)
from elegan.games.game import Can, Game, Shape, shape_of
from elegan.games.inference import BATCH, Generator, drawn, heard, paint, tabulated, written
from elegan.nets import pretrained
from elegan.nets.latents import check_truncation
from elegan.nets.tiling import in_tiles
from elegan.recipes import parts
from elegan.recipes.recipe import Recipe
from elegan.record.record import START, PackedRecord, Record, is_packed


def build_game(recipe: Recipe, shape: Shape) -> Game:
    """The recipe's task applied to the shape of the data."""
    game: Game = parts.build("task", recipe.task, "task", recipe, shape, trusted=recipe.trusted())
    return game


class Run(Record):
    """An opened run folder; a packed file opens as one too. `checkpoint` is "newest", "best" or a step; `trust`: modules of
    other packages that the run may name; see `open`.

    >>> run = Run.open("runs/digits")
    >>> run.recipe.name, run.step, run.shape.resolution
    ('rpgan', 4, 8)
    >>> images = run.generate(seeds=[0, 1, 2])
    >>> images.shape, images.dtype
    ((3, 8, 8, 1), dtype('uint8'))
    """

    def __init__(self, path: Path, checkpoint: str | int = "newest", device: str = "cpu", trust: Iterable[str] = ()):
        super().__init__(path, checkpoint, trust)
        self.device = find_device(device)

    @classmethod
    def open(
        cls, path: str | Path, checkpoint: str | int = "newest", device: str = "cpu", trust: Iterable[str] = ()
    ) -> "Run":
        """Opens a run folder, a packed file, by its name a model that comes with the package, or one on the hub,
        `hub:OWNER/NAME`, which is fetched once. Raises UserError where there is no run or no such device, Failure where the hub
        cannot be reached; what is asked of the run later raises it where the run is damaged or has no such checkpoint
        (nearest names given).

        A run may be somebody else's: what it names of other packages is used only where `trust` lists the module, as in
        trust=["package.module"], and raises UserError otherwise, with all that it needs.
        """
        return (PackedRun if is_packed(path) else Run)(Path(path), checkpoint, device, trust)

    @classmethod
    def from_pretrained(
        cls, name: str | Path, revision: str | None = None, device: str = "cpu", trust: Iterable[str] = ()
    ) -> "Run":
        """Opens a model of the hub, OWNER/NAME, or a run on this disk; see `open` for the rest and the errors.

        `revision`: a branch, a tag or a commit, by default the newest.
        """
        if hub.is_hub(name) or not (is_run_folder(name) or Path(name).suffix == ".safetensors"):
            at = f"@{revision}" if revision else ""
            name = f"{hub.SCHEME}{str(name).removeprefix(hub.SCHEME)}{at}"
        return cls.open(name, device=device, trust=trust)

    def push_to_hub(self, name: str, **said: Any) -> str:
        """Puts the run on the hub as OWNER/NAME; `elegan.push` says what is asked, and the errors. Gives its address."""
        # As people know it from others' models. What a verb does stands above; here is a door to it, as in elegan/__init__.
        push = importlib.import_module("elegan.verbs.push").push
        return str(push(self, f"{hub.SCHEME}{name.removeprefix(hub.SCHEME)}", **said))

    @property
    def shape(self) -> Shape:
        return shape_of(self.info["shape"])

    @cached_property
    def game(self) -> Game:
        """The recipe's game. Raises UserError, naming recipe.toml, where it makes none of the run's shape."""
        try:
            return build_game(self.recipe, self.shape)
        except UserError as error:
            raise UserError(f"{self.recipe_file}: {error}") from error

    @cached_property
    def nets(self) -> nn.ModuleDict:
        """The averaged networks in evaluation mode, float32."""
        _, tensors = self.opened
        nets = nn.ModuleDict({name: self.game.nets[name] for name in self.game.averaged})
        loaded: nn.ModuleDict = _loaded(nets, tensors, self.recipe_file)
        return loaded.eval().requires_grad_(False).to(self.device)

    @cached_property
    def learnt(self) -> nn.ModuleDict:
        """All networks that it brings to a training begun with it: beside `nets` those that have no average, such as a
        discriminator, as they are. A packed file has `nets` alone."""
        nets = dict(self.nets.items())
        for name in self.game.nets.keys() - nets.keys():
            part, _ = self.read(self.step, f"nets/{name}.")
            if part:
                nets[name] = _loaded(self.game.nets[name], part, self.recipe_file)
        return nn.ModuleDict(nets)

    def training_images(self) -> tuple[Dataset, str]:
        """The run's own images, opened again, and what `changed` says of them."""
        data = self._data()
        return data, self.changed(data.fingerprint)

    @property
    def record(self) -> dict[str, Any]:
        """The facts that go on record with all that is measured of the run."""
        return {"run": self.name, "step": self.step, "averaged": True}

    @property
    def conditional(self) -> bool:
        """Whether the class can be asked for."""
        makes = self.game.find(Generates) or self.game.find(Tabulates) or self.game.find(MakesSound)
        return bool(makes and makes.classes)

    def label_of(self, name: str | int) -> int:
        """The label of a class by name or number. Raises UserError for a class that the run does not know."""
        if not self.conditional:
            raise UserError(f"{self.path} was trained without classes; cgan and projection are recipes with them")
        if str(name) in self.classes:
            return self.classes.index(str(name))
        number = ranges.whole(str(name))
        if number is not None and number < len(self.classes):
            return number
        raise UserError(f"unknown class {shown(str(name))}{nearest(str(name), self.classes)}")

    @property
    def use(self) -> str:
        """The command for what the run is good for."""
        return self.game.use.format(run=self.path, trust=self.recipe.trust_options)

    def ability(self, kind: type[Can]) -> Can:
        """The run's ability of this kind, such as `elegan.games.abilities.Generates`, whose functions take `nets`. Raises
        UserError, with the command for what the run is good for, where that is something else."""
        ability = self.game.find(kind)
        if ability is None:
            raise UserError(f"{self.path} {kind.lacking}: {self.use}")
        return ability

    @property
    def restorer(self) -> nn.Module:
        """The network that restores. Raises UserError for a run that does something else."""
        self.ability(Restores)
        return self.nets["restorer"]

    @cached_property
    def start(self) -> nn.Module | None:
        """The restorer that this run began `--from`, None where it began from nothing."""
        path = self.file(START)
        if not path.exists():
            return None
        restores = self.ability(Restores)
        net = pretrained.build(self.recipe, self.shape.channels, restores.hints, restores.scale)
        tensors, _ = files.read_tensors(path, prefix="restorer.")
        return pretrained.load(net, tensors, path).to(self.device)

    @cached_property
    def class_counts(self) -> list[int]:
        """Training images of each class; empty without classes."""
        known = self.info["data"].get("class_counts")  # older runs have none
        return self._data().class_counts if known is None else known

    def _data(self) -> Dataset:
        asked = self.recipe.data
        return open_data(self.source, *self.shape[:2], asked.fit, distinct=asked.distinct)

    def _repr_html_(self) -> str:
        """The run as a notebook shows it: what it is, what was measured, the newest sheet of its training."""
        data, sheet = self.info["data"], self.file("samples.png")
        steps = f"step {self.step:,} of {self.trained_by.steps:,}" if self.steps else "nothing saved yet"
        count = f"{data['count']:,} pictures of " if data["count"] else ""
        told = html.lines(
            self.name, f"{self.trained_by.name}, {steps}", f"{count}{data['name']}, {self.shape.resolution} px"
        )
        rows = [[r["label"], f"{r['value']:.4g}", f"{r['low']:.4g} .. {r['high']:.4g}"] for r in self.evaluations]
        measured = html.table(["measured", "value", "95 % interval"], rows) if rows else ""
        return told + measured + (f"<br>{html.picture(sheet.read_bytes(), 'samples')}" if sheet.exists() else "")

    @property
    def columns(self) -> int:
        """Columns of a grid of samples; see `Generates`. Raises UserError for a run that makes none."""
        return self.ability(Generates).columns

    def generate(
        self,
        num: int = 64,
        *,
        seeds: Sequence[int] | None = None,
        label: str | int | None = None,
        truncation: float | None = None,
    ) -> Images:
        """Images, uint8 N x H x W x C, one a seed (0 to num - 1 by default); classes in turn unless `label` names one. An array,
        which notebooks show as pictures."""
        chosen = range(num) if seeds is None else seeds
        return np.concatenate(list(self.stream(chosen, label=label, truncation=truncation))).view(Images)

    def windows(
        self, num: int = 64, *, seeds: Sequence[int] | None = None, truncation: float | None = None
    ) -> np.ndarray:
        """Windows of a series in the units of the data, float64 N x T x C, one a seed (0 to num - 1 by default). Raises UserError
        for a run that learnt no series."""
        draws = self.ability(Draws)
        check_truncation(draws.prior, truncation)
        made = drawn(draws, self.nets, range(num) if seeds is None else seeds, self.device, truncation)
        return in_units(made, from_facts(self.info["data"]["columns"]))

    def lines(self, num: int = 64, *, seeds: Sequence[int] | None = None, temperature: float = 1.0) -> list[str]:
        """Lines of text, one a seed (0 to num - 1 by default), of probabilities to the power of 1 / temperature: below 1 more usual
        lines, above 1 more unusual ones. Raises UserError for a run that learnt no text."""
        writes = self.ability(Writes)
        ranges.check("temperature", temperature, ranges.Positive)
        chosen = range(num) if seeds is None else seeds
        vocabulary = vocabulary_of(self.info["data"]["vocabulary"])
        places = written(writes, self.nets, chosen, self.device, temperature)
        return [vocabulary.decode(row) for row in places.tolist()]

    def table(
        self, num: int = 64, *, seeds: Sequence[int] | None = None, label: str | int | None = None
    ) -> dict[str, np.ndarray]:
        """Rows of a table by column, in the order of its file and one a seed (0 to num - 1 by default): numbers in the data's units,
        float64 (NaN where one is missing), or kinds, text. `label` asks for rows of one kind, as in "colour=red"; without it kinds
        are as frequent as in the data. Raises UserError for a run that learnt no table."""
        tabulates, chosen = self.ability(Tabulates), range(num) if seeds is None else seeds
        labels = self.labels_of(chosen)
        if label is not None:
            labels = torch.full((len(chosen),), self.label_of(label))
        known = self.info["data"]
        columns = from_facts_of_tables(known["columns"])
        entries = decoded(tabulated(tabulates, self.nets, chosen, labels, self.device), columns)
        made = {
            column.name: np.array(column.kinds, object)[x] if isinstance(column, Kinds) else x
            for column, x in zip(columns, entries, strict=True)
        }
        made |= {name: np.full(len(chosen), entry, object) for name, entry in known["constant"].items()}
        return {name: made[name] for name in known["order"]}

    def sounds(
        self,
        num: int = 64,
        *,
        seeds: Sequence[int] | None = None,
        label: str | int | None = None,
        truncation: float | None = None,
        vocoder: "Run | None" = None,
    ) -> np.ndarray:
        """Clips of sound, float32 N x T in [-1, 1], one a seed (0 to num - 1 by default); classes in turn unless `label` names one.
        `vocoder`, a run that learnt to make sounds of log-mel pictures, does so here. Raises UserError for a run that makes no
        sounds, and for a vocoder of another rate."""
        makes, chosen = self.ability(MakesSound), range(num) if seeds is None else seeds
        if truncation is not None:
            ranges.check("truncation", truncation, ranges.Positive)
        labels = self.labels_for(range(len(chosen)), None if label is None else self.label_of(label))
        make = makes.sound
        if vocoder is not None:
            vocodes = vocoder.ability(Vocodes)
            if vocodes.rate != makes.rate:
                raise UserError(
                    f"{vocoder.path} makes {vocodes.rate:,} samples a second, and {self.path} {makes.rate:,}"
                )
            make = lambda nets, z, label: vocodes.vocode(vocoder.nets, makes.picture(nets, z, label))  # noqa: E731
        made: np.ndarray = heard(makes, make, self.nets, chosen, labels, self.device, truncation).clamp(-1, 1).numpy()
        return made

    def generator(self) -> Generator:
        """The averaged generator as a plain `torch.nn.Module` of its own, in evaluation mode: N x `latent` (and, where it has
        `classes`, labels N) to images N x C x H x W in [-1, 1], with gradients to the latents and not to the weights.

        Raises UserError for a run that makes no images from latents.
        """
        generates = self.ability(Generates)
        return Generator(generates, copy.deepcopy(self.nets), self.classes if generates.classes else ()).eval()

    def direction(self, wanted: str | None = None) -> Direction:
        """The direction asked for, or the only one. Raises UserError where the run does not translate (that way)."""
        ways = [str(way) for way in self.ability(Translates).ways]
        if wanted is None:
            if len(ways) > 1:
                raise UserError(f"{self.path} translates both ways; give --direction {' or '.join(ways)}")
            wanted = ways[0]
        if wanted not in ways:
            raise UserError(f"{self.path} does not translate {wanted!r}{nearest(wanted, ways)}")
        return Direction(wanted)

    @torch.inference_mode()
    def translate(
        self, pixels: np.ndarray, direction: str | None = None, strength: float = 1.0, tile: int | None = None
    ) -> np.ndarray:
        """A picture translated, float H x W x C in [0, 1], of any size and the run's channels, to the same.

        `strength` mixes the result (1) with the input (0); `tile`: see `elegan.nets.tiling.in_tiles`. Raises UserError for an
        unknown direction or a strength outside 0..1.
        """
        way = self.direction(direction)
        if not 0 <= strength <= 1:
            raise UserError(f"strength = {strength} is not in 0..1")
        x = photo_to_tensor(np.ascontiguousarray(pixels, np.float32)).to(self.device)
        function = self.ability(Translates).ways[way]
        y = in_tiles(lambda part: function(self.nets, part), x, self.nets[way], tile)
        return tensor_to_photo(y if strength == 1 else x + strength * (y - x))

    @torch.no_grad()
    def scores(self, images: np.ndarray) -> np.ndarray:
        """Scores that say how unlike the run's data each image is: uint8 N x H x W x C at the run's resolution to float32 N.

        Raises UserError for a run that does not score.
        """
        score = self.ability(Scores).score
        batches = (np.array(images[start : start + BATCH]) for start in range(0, len(images), BATCH))
        return np.concatenate([score(self.nets, to_tensor(b, self.device)).cpu().numpy() for b in batches])

    def stream(
        self,
        seeds: Sequence[int],
        *,
        label: str | int | None = None,
        labels: torch.Tensor | None = None,
        truncation: float | None = None,
    ) -> Iterator[np.ndarray]:
        """The images of `generate` in batches; `labels` gives each its own class.

        Raises UserError for a run that makes no images from latents.
        """
        generates = self.ability(Generates)
        check_truncation(generates.prior, truncation)
        one = None if label is None else self.label_of(label)
        pages = [range(start, min(start + BATCH, len(seeds))) for start in range(0, len(seeds), BATCH)]
        for places in counted(pages, "generating pictures", len(seeds), parts=len):
            part = list(seeds[places.start : places.stop])
            own = self.labels_for(places, one) if labels is None else labels[places.start : places.stop]
            yield paint(generates, self.nets, part, own, self.device, truncation)

    def labels_for(self, places: Sequence[int], one: int | None = None) -> torch.Tensor | None:
        """Labels by place, the classes in turn, or all `one`."""
        if not self.shape.classes:
            return None
        return torch.tensor([place % self.shape.classes if one is None else one for place in places])

    def labels_of(self, seeds: Sequence[int]) -> torch.Tensor | None:
        """A label of each seed, as often as the training data has them."""
        return rng.labels_of(seeds, self.class_counts) if self.shape.classes else None

    def drawn_labels(self, num: int, seed: int = 0) -> torch.Tensor | None:
        """Labels of `num` images, as often as the training data has them."""
        return rng.labels(self.class_counts, num, seed) if self.shape.classes else None


class PackedRun(PackedRecord, Run):
    """A packed file, or a model that comes with the package, with its networks."""

    @property
    def restorer(self) -> nn.Module:
        """The network that restores, its weights ordered as convolutions of large pictures want them."""
        net = super().restorer
        return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]  # not in torch's overloads


def _loaded(net: nn.Module, tensors: dict[str, torch.Tensor], recipe_file: Path) -> Any:
    """The network with these tensors. Raises UserError where they are not its own."""
    try:
        net.load_state_dict(tensors)
    except RuntimeError as error:
        raise UserError(f"{recipe_file} does not fit its checkpoint: {str(error).split(chr(10))[1].strip()}") from None
    return net
