"""The run folder: all that remains of a training, and all that every later tool reads.

recipe.toml        what was trained, every option written out; may be edited before going on
run.json           data, seed, precision, versions, hardware
log.jsonl          a line a record: step, images, losses, metric; the same bytes for the same command
timing.jsonl       what depends on the machine: seconds, images a second
samples/           grids of the same latents over time      samples.png   the newest
curves.png         the log as curves
checkpoints/       whole states, the newest few and the best by the watched metric
start.safetensors  the weights that it began from, where it began `--from` another run
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import nn

from elegan import files, memory, models, parts, ranges
from elegan.copies import copies
from elegan.data.feed import pictures as to_tensor
from elegan.errors import UserError, nearest, shown
from elegan.evaluations import of_images, of_restorations, of_translations
from elegan.facts import read_facts
from elegan.journal import Journal
from elegan.measure import Result
from elegan.measure.copies import CopyReport
from elegan.painting import BATCH, paint
from elegan.play.engine import find_device
from elegan.play.game import Game, Shape
from elegan.recipe import Recipe
from elegan.tiles import in_tiles

START = "start.safetensors"  # the weights that a run began from


def build_game(recipe: Recipe, shape: Shape) -> Game:
    """The recipe's task applied to the shape of the data."""
    return parts.build("task", recipe.task, "task", recipe, shape)


class Run:
    """An opened run folder. `checkpoint` is "newest", "best" or a step; see `open`."""

    def __init__(self, path: Path, checkpoint: str | int = "newest", device: str = "cpu"):
        self.path, self.wanted, self.device = path, checkpoint, find_device(device)

    @classmethod
    def open(cls, path: str | Path, checkpoint: str | int = "newest", device: str = "cpu") -> Self:
        """Raises UserError where there is no run or no such device; what is asked of the run later, where it is damaged or
        has no such checkpoint (nearest names given)."""
        path = Path(path)
        if not is_run(path):
            siblings = [p.parent.name for p in path.parent.glob("*/run.json")]
            raise UserError(f"no run at {path}{nearest(path.name, siblings)}")
        return cls(path, checkpoint, device)

    @cached_property
    def info(self) -> dict[str, Any]:
        """What run.json says. Raises UserError where that is not what a run's says."""
        return read_facts(self.path / "run.json")

    @cached_property
    def recipe(self) -> Recipe:
        return Recipe.from_toml(self.path / "recipe.toml")

    @property
    def shape(self) -> Shape:
        return Shape(**self.info["shape"])

    @property
    def classes(self) -> list[str]:
        return self.info["data"]["classes"]

    @property
    def steps(self) -> list[int]:
        """Of the checkpoints at hand, oldest first. A file of another name, such as a copy of one, is none."""
        stems = (p.stem for p in (self.path / "checkpoints").glob("[0-9]*.safetensors"))
        return sorted(step for stem in stems if (step := ranges.whole(stem)) is not None and stem == f"{step:08d}")

    @property
    def finished(self) -> bool:
        return bool(self.steps) and self.steps[-1] >= self.recipe.steps

    def checkpoint(self, step: int) -> Path:
        return self.path / "checkpoints" / f"{step:08d}.safetensors"

    @cached_property
    def step(self) -> int:
        """Of the checkpoint that this run was opened at. Raises UserError where there is none such."""
        if not self.steps:
            raise UserError(f"{self.path} has no checkpoint yet")
        if self.wanted == "newest":
            return self.steps[-1]
        if self.wanted == "best":
            _, plain = files.read_tensors(self.checkpoint(self.steps[-1]), prefix="no tensors")
            best = best_of(plain["history"])
            if best is None:
                raise UserError(f"{self.path} watched no metric, so it has no best checkpoint; there is the newest")
            return best
        step = ranges.whole(str(self.wanted))
        if step not in self.steps:
            valid = [*map(str, self.steps), "newest", "best"]
            raise UserError(f"{self.path} has no checkpoint {shown(self.wanted)}{nearest(str(self.wanted), valid)}")
        return step

    @cached_property
    def game(self) -> Game:
        """Raises UserError, naming recipe.toml, where it makes none of the run's shape."""
        try:
            return build_game(self.recipe, self.shape)
        except UserError as error:
            raise UserError(f"{self.path / 'recipe.toml'}: {error}") from error

    @cached_property
    def nets(self) -> nn.ModuleDict:
        """The averaged networks in evaluation mode, float32."""
        tensors, _ = files.read_tensors(self.checkpoint(self.step), prefix="average/")
        nets = nn.ModuleDict({name: self.game.nets[name] for name in self.game.averaged})
        try:
            nets.load_state_dict(tensors)
        except RuntimeError as error:
            raise UserError(
                f"{self.path / 'recipe.toml'} does not fit its checkpoint: {str(error).split(chr(10))[1].strip()}"
            ) from None
        return nets.eval().requires_grad_(False).to(self.device)

    @property
    def source(self) -> str:
        """The data that it was trained on, by folder, zip or name."""
        return self.info["data"]["source"]

    @property
    def record(self) -> dict[str, Any]:
        """What goes on record with all that is measured of the run."""
        return {"run": self.path.name, "step": self.step, "averaged": True}

    @property
    def conditional(self) -> bool:
        """Whether the class can be asked for."""
        return any(part.options.get("condition", "none") != "none" for part in self.recipe.nets.values())

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
        if self.game.restore:
            return f"elegan restore PHOTO... --model {self.path}"
        if self.game.generate:
            return f"elegan sample {self.path}"
        return f"elegan {'anomaly' if self.game.score else 'translate'} {self.path} PICTURE..."

    @property
    def restorer(self) -> nn.Module:
        """The network that restores. Raises UserError for a run that does something else."""
        if not self.game.restore:
            raise UserError(f"{self.path} does not restore: {self.use}")
        return self.nets["restorer"]

    @cached_property
    def start(self) -> nn.Module | None:
        """The restorer that this run began `--from`, None where it began from nothing."""
        path = self.path / START
        if not path.exists():
            return None
        net = models.build(self.recipe, self.shape.channels, self.game.hints, self.game.scale)
        tensors, _ = files.read_tensors(path, prefix="restorer.")
        return models.load(net, tensors, path).to(self.device)

    @property
    def columns(self) -> int:
        """Of a grid: one a class where they are few and asked for, else 8."""
        return self.shape.classes if self.conditional and 2 <= self.shape.classes <= 16 else 8

    def generate(
        self,
        num: int = 64,
        *,
        seeds: Sequence[int] | None = None,
        label: str | int | None = None,
        truncation: float | None = None,
    ) -> np.ndarray:
        """Images, uint8 N x H x W x C, one a seed (0 to num - 1 by default); classes in turn unless `label` names one."""
        chosen = range(num) if seeds is None else seeds
        return np.concatenate(list(self.stream(chosen, label=label, truncation=truncation)))

    def direction(self, wanted: str | None = None) -> str:
        """The direction asked for, or the only one. Raises UserError where the run does not translate (that way)."""
        ways = list(self.game.translate)
        if not ways:
            raise UserError(f"{self.path} does not translate: {self.use}")
        if wanted is None:
            if len(ways) > 1:
                raise UserError(f"{self.path} translates both ways; give --direction {' or '.join(ways)}")
            return ways[0]
        if wanted not in ways:
            raise UserError(f"{self.path} does not translate {wanted!r}{nearest(wanted, ways)}")
        return wanted

    @torch.inference_mode()
    def translate(
        self, pixels: np.ndarray, direction: str | None = None, strength: float = 1.0, tile: int | None = None
    ) -> np.ndarray:
        """float H x W x C in [0, 1], of any size and the run's channels, to the same.

        `strength` mixes the result (1) with the input (0); `tile`: see `elegan.tiles.in_tiles`. Raises UserError for an
        unknown direction or a strength outside 0..1.
        """
        way = self.direction(direction)
        if not 0 <= strength <= 1:
            raise UserError(f"strength = {strength} is not in 0..1")
        x = torch.from_numpy(np.ascontiguousarray(pixels)).to(self.device).permute(2, 0, 1)[None].float() * 2 - 1
        function = self.game.translate[way]
        y = in_tiles(lambda part: function(self.nets, part), x, self.nets[way], tile)
        mixed = y if strength == 1 else x + strength * (y - x)
        return (mixed[0].permute(1, 2, 0) / 2 + 0.5).clamp(0, 1).cpu().numpy()

    @torch.no_grad()
    def scores(self, images: np.ndarray) -> np.ndarray:
        """How unlike the run's data each image is: uint8 N x H x W x C at the run's resolution to float32 N.

        Raises UserError for a run that does not score.
        """
        if not self.game.score:
            raise UserError(f"{self.path} scores nothing (ganomaly is a recipe that does): {self.use}")
        batches = (np.array(images[start : start + BATCH]) for start in range(0, len(images), BATCH))
        return np.concatenate([self.game.score(self.nets, to_tensor(b, self.device)).cpu().numpy() for b in batches])

    def stream(
        self, seeds: Sequence[int], *, label: str | int | None = None, truncation: float | None = None
    ) -> Iterator[np.ndarray]:
        """`generate` in batches. Raises UserError for a run that makes pictures from pictures."""
        if not self.game.generate:
            raise UserError(f"{self.path} makes pictures from pictures: {self.use}")
        if truncation is not None:
            ranges.check("truncation", truncation, ranges.Positive)
        one = None if label is None else self.label_of(label)
        for start in range(0, len(seeds), BATCH):
            part = list(seeds[start : start + BATCH])
            labels = self.labels_for(range(start, start + len(part)), one)
            yield paint(self.game, self.nets, part, labels, self.device, truncation)

    def labels_for(self, places: Sequence[int], one: int | None = None) -> torch.Tensor | None:
        """Labels by place, the classes in turn, or all `one`."""
        if not self.shape.classes:
            return None
        return torch.tensor([place % self.shape.classes if one is None else one for place in places])

    def evaluate(
        self,
        data: str | None = None,
        *,
        metrics: Sequence[str] | None = None,
        num: int = 10_000,
        extractor: str = "auto",
        split: str = "train",
        seed: int = 0,
    ) -> list[Result]:
        """Measures `num` generated images against the run's data or `data`, and adds the records to evaluations.jsonl.

        The latents' seeds start at `seed`. See `elegan.evaluate.evaluate` for the rest and the errors. A run that
        translates is measured on the middles of held-out pictures, against the other side's pictures of `split`; one that
        restores on those of held-out photographs, damaged anew, against the photographs.
        """
        if self.game.translate:
            results = of_translations(self, data, metrics, num, extractor, split, seed)
        elif self.game.restore:
            results = of_restorations(self, data, num, seed)
        else:
            results = of_images(self, data, metrics, num, extractor, split, seed)
        for result in results:
            Journal(self.path / "evaluations.jsonl").write(result.to_record())
        return results

    def copies(
        self,
        data: str | None = None,
        *,
        num: int = 10_000,
        alpha: float = 0.001,
        max_share: float | None = None,
        out: Path | None = None,
        seed: int = 0,
    ) -> CopyReport:
        """Which of `num` generated images are copies of the run's data or of `data`; the findings go to RUN/copies or `out`.

        The latents' seeds start at `seed`. See `elegan.copies.copies` for the rest and the errors.
        """
        side, channels, _ = self.shape
        memory.check_room(num, 3 * side * side * channels, "images to search")
        return copies(
            self.stream(range(seed, seed + num)),
            data or self.source,
            self.shape[:2],
            fit=self.recipe.data.fit,
            alpha=alpha,
            max_share=max_share,
            out=out or self.path / "copies",
            seed=seed,
            settings=self.record | {"images from seed": seed},
        )


def is_run(path: str | Path) -> bool:
    """Whether a run folder is there; a name that no folder can have is none."""
    try:
        return (Path(path) / "run.json").is_file()
    except (OSError, ValueError):
        return False


def best_of(history: list[list[float]]) -> int | None:
    """The step of the lowest value in [[step, value], ...]; None without any."""
    return int(min(history, key=lambda pair: pair[1])[0]) if history else None
