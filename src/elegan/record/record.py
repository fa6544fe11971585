"""The run folder: all that remains of a training, and all that every later tool reads; `elegan.run` opens its networks.

recipe.toml        what was trained, every option written out; may be edited before going on
run.json           data, seed, precision, versions, hardware
local.json         where the data lie on this machine; not for sharing
log.jsonl          a line a record: step, images, losses, metric; the same bytes for the same command
timing.jsonl       what depends on the machine: seconds, images a second
samples/           grids of the same latents over time, the first of untrained networks
samples.png        the newest of them, and while it trains one of the moment
curves.png         the log as curves
checkpoints/       whole states, the newest few and the best by the watched metric
start.safetensors  the weights that it began from, where it began `--from` another run
recovery.jsonl     how it was taken back and what was changed, where it fell sick (`guard=recover`)
alarms/            the sheet of each alarm of the guard
stopped.json       why it stopped before its end, on this machine; not for sharing

What `elegan pack` makes of it is a run as well (`PackedRecord`): one file, of which every tool but the training reads the same.
"""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elegan.core import files, hub, paths, ranges
from elegan.core.errors import UserError, nearest, shown
from elegan.core.facts import is_run_folder, no_run, read_facts, read_source
from elegan.recipes import parts
from elegan.recipes.recipe import Recipe
from elegan.record import packed
from elegan.record.result import checked, recorded

if TYPE_CHECKING:
    from torch import Tensor

START = "start.safetensors"  # the weights that a run began from
RECOVERY = "recovery.jsonl"  # what was done when it fell sick
STOPPED = "stopped.json"  # why it stopped before its end


class Record:
    """What a run says of itself, without its networks and without torch: the folder's facts, settings, log and measurements, and
    where its checkpoints are. `wanted` is "newest", "best" or a step; `trust`: modules of other packages that it may name.

    >>> record = Record.open("runs/digits")
    >>> record.recipe.name, record.steps[-1], record.finished
    ('rpgan', 4, True)
    """

    def __init__(self, path: Path, wanted: str | int = "newest", trust: Iterable[str] = ()):
        self.path, self.wanted, self.trust = path, wanted, trust

    @classmethod
    def open(cls, path: str | Path, *, trust: Iterable[str] = ()) -> "Record":
        """Opens what a run folder, a packed file, or by its name a model that comes with the package says; `trust`: see
        `elegan.Run.open`. Raises UserError where there is no run."""
        return (PackedRecord if is_packed(path) else Record)(Path(path), trust=trust)

    @property
    def folder(self) -> Path:
        """The folder that verbs write to unless another is named."""
        return self.path

    @property
    def name(self) -> str:
        return self.path.resolve().name

    def file(self, name: str) -> Path:
        """The path of this file or folder of the run. Raises UserError where a link leads out of the run."""
        return paths.inside(self.folder, self.folder / name)

    @property
    def recipe_file(self) -> Path:
        """The file that says the recipe."""
        return self.path / "recipe.toml"

    @cached_property
    def info(self) -> dict[str, Any]:
        """The facts in run.json. Raises UserError where they are not those of a run."""
        return read_facts(self.file("run.json"))

    @cached_property
    def recipe(self) -> Recipe:
        return Recipe.from_toml(self.file("recipe.toml")).trusting(self.trust)

    @property
    def trained_by(self) -> Recipe:
        """The recipe as it was trained by, to be read and compared; `recipe` is the one to build and measure it by."""
        return self.recipe

    @property
    def evaluations(self) -> list[dict[str, Any]]:
        """The records of its evaluations, oldest first. Raises UserError for one that elegan did not write."""
        return recorded(self.file("evaluations.jsonl"))

    @property
    def licence(self) -> str:
        """The licence, in the words of whoever packed it; "" where nobody said."""
        return ""

    @property
    def note(self) -> str:
        """Words of whoever packed it; "" for none."""
        return ""

    @property
    def training_on(self) -> str:
        """The command that trains on with it, with {run} for where it is."""
        return "elegan train --resume {run}" + (f" --steps {2 * self.recipe.steps}" if self.finished else "")

    @property
    def classes(self) -> list[str]:
        names: list[str] = self.info["data"]["classes"]
        return names

    @property
    def steps(self) -> list[int]:
        """Steps of the checkpoints at hand, oldest first. A file of another name, such as a copy of one, is none."""
        stems = (p.stem for p in (self.path / "checkpoints").glob("[0-9]*.safetensors"))
        return sorted(step for stem in stems if (step := ranges.whole(stem)) is not None and stem == f"{step:08d}")

    @property
    def finished(self) -> bool:
        """Whether it has played all its steps, or has converged where that was its end."""
        return bool(self.steps) and (
            self.steps[-1] >= self.recipe.steps or self.steps[-1] == self.info.get("converged")
        )

    def checkpoint(self, step: int) -> Path:
        return self.file(f"checkpoints/{step:08d}.safetensors")

    @property
    def step(self) -> int:
        """Step of the checkpoint that this run was opened at. Raises UserError where there is none such."""
        return self.opened[0]

    @cached_property
    def opened(self) -> "tuple[int, dict[str, Tensor]]":
        """The step and the averaged weights of the checkpoint that was asked for.

        A training at work drops old checkpoints: what failed while their list changed is tried again.
        """
        while True:
            steps = self.steps
            try:
                step = self._wanted_of(steps)
                return step, self.read(step, packed.AVERAGE)[0]
            except UserError:
                if self.steps == steps:
                    raise

    def _wanted_of(self, steps: list[int]) -> int:
        if not steps:
            raise UserError(f"{self.path} has no checkpoint yet")
        if self.wanted == "newest":
            return steps[-1]
        if self.wanted == "best":
            best = best_of(self.read(steps[-1], "no tensors")[1]["history"])
            if best is None:
                raise UserError(f"{self.path} watched no metric, so it has no best checkpoint; there is the newest")
            return best
        step = ranges.whole(str(self.wanted))
        if step not in steps:
            valid = [*map(str, steps), "newest", "best"]
            raise UserError(f"{self.path} has no checkpoint {shown(self.wanted)}{nearest(str(self.wanted), valid)}")
        return step

    def read(self, step: int, prefix: str) -> "tuple[dict[str, Tensor], dict[str, Any]]":
        """The tensors and plain data of a checkpoint, see `files.read_tensors`. Raises Damaged with the nearest whole one."""
        try:
            return files.read_tensors(self.checkpoint(step), prefix)
        except files.Damaged as error:
            others = sorted(set(self.steps) - {step}, key=lambda other: abs(other - step))
            whole = next((other for other in others if is_whole(self.checkpoint(other))), None)
            rest = "no other is whole" if whole is None else f"a whole one near it: --checkpoint {whole}"
            raise files.Damaged(f"{error}; {rest}") from None

    @property
    def source(self) -> str:
        """The data that it was trained on, by folder, zip or name. Raises UserError where that is not known here, and for a
        set of anybody's on the hub that `trust` does not list."""
        local = self.file("local.json")
        source = read_source(local) if local.exists() else self.info["data"].get("source")
        if not source and self.info["data"].get("in_memory"):
            raise UserError(f"{self.path} was trained on data in memory: hand them over again, in Python, as data=...")
        if not source:
            raise UserError(f"{self.path} does not say where its data lie on this machine: name them")
        if source.startswith("hf:") and (refusal := parts.untrusted({"data": source}, self.recipe.trust)):
            raise UserError(f"{self.path} would fetch {refusal}")
        return source

    def changed(self, fingerprint: str) -> str:
        """A line where the data of this fingerprint, opened from the run's source, are not what it was trained on; else ""."""
        known = self.info["data"]
        if fingerprint == known["fingerprint"]:
            return ""
        return f"{known['name']} no longer holds the pictures that {self.name} was trained on"


class PackedRecord(Record):
    """A run as a packed file, or a model that comes with the package: one checkpoint, and nothing of the course of its training.

    Verbs write to a folder of its name beside it, in the current one for a model that comes along or is on the hub.
    """

    def __init__(self, path: Path, *options: Any, **more: Any):
        super().__init__(path, *options, **more)
        file = packed.place_of(path)
        assert file is not None
        self.content = packed.read(file)

    @property
    def header(self) -> packed.Header:
        return self.content.header

    @property
    def folder(self) -> Path:
        path = Path(hub.repository(self.path).name) if hub.is_hub(self.path) else self.path
        return path.with_name(f"{path.stem}-results")

    @property
    def name(self) -> str:
        return self.header.name

    @property
    def recipe_file(self) -> Path:
        return self.path

    @cached_property
    def info(self) -> dict[str, Any]:
        return self.header.facts

    @property
    def trained_by(self) -> Recipe:
        return self.content.recipe.trusting(self.trust)

    @cached_property
    def recipe(self) -> Recipe:
        return packed.for_use(self.trained_by)

    @property
    def evaluations(self) -> list[dict[str, Any]]:
        """The records that were packed with it, and those since."""
        return [*checked(str(self.path), self.header.evaluations), *super().evaluations]

    @property
    def licence(self) -> str:
        return self.header.licence

    @property
    def note(self) -> str:
        return self.header.note

    @property
    def training_on(self) -> str:
        return f"elegan train DATA --recipe {self.recipe.name} --from {{run}}"

    @property
    def steps(self) -> list[int]:
        return [self.header.step]

    def _wanted_of(self, steps: list[int]) -> int:
        if str(self.wanted) not in ("newest", str(steps[0])):
            raise UserError(f"{self.path} holds no checkpoint {shown(self.wanted)} but only step {steps[0]}")
        return steps[0]

    def read(self, step: int, prefix: str) -> "tuple[dict[str, Tensor], dict[str, Any]]":
        return self.content.tensors() if prefix == packed.AVERAGE else {}, {}


def is_packed(path: str | Path) -> bool:
    """Whether what is there is a packed file and no folder. Raises UserError, with the nearest name, where there is no run."""
    if hub.is_hub(path):
        return True
    if is_run_folder(path):
        return False
    if packed.place_of(path) is None:
        raise no_run(Path(path), packed.shipped())
    return True


def is_whole(checkpoint: Path) -> bool:
    """Whether every tensor of the file is what was written."""
    try:
        files.check_tensors(checkpoint)
    except UserError:
        return False
    return True


def is_run(path: str | Path) -> bool:
    """Whether a run is there, a folder or a packed file; a name that no folder can have is none."""
    return (
        hub.is_hub(path)
        or is_run_folder(Path(path))
        or (Path(path).suffix == ".safetensors" and packed.place_of(path) is not None)
    )


def falling(metric: str, value: float) -> float:
    """The watched metric so that lower is better, as histories hold it: minus PSNR or SSIM, others as they are. Its own inverse.

    >>> falling("psnr", 27.5), falling("psnr", -27.5), falling("fd", 0.2)
    (-27.5, 27.5, 0.2)
    """
    return -value if metric in ("psnr", "ssim") else value


def best_of(history: list[list[float]]) -> int | None:
    """The step of the lowest value in [[step, value], ...]; None without any."""
    return int(min(history, key=lambda pair: pair[1])[0]) if history else None
