"""The options of `train` in one place, which Python and the command line read."""

import functools
import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ForwardRef, ParamSpec, TypeVar, get_args

from elegan.core.errors import UserError, shown

if TYPE_CHECKING:  # for checkers alone, so that `elegan --help` does not wait for torch
    from elegan.recipes.recipe import Recipe
    from elegan.training.look import Look

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Options:
    """The options of `elegan.train`, each with its words for people (`about`)."""

    data: Annotated[Any, "A folder, a zip, or a named data set: digits, mnist, ..., hf:NAME."] = None
    recipe: Annotated["Recipe | str | Path | None", "A recipe's name or a TOML file; default: chosen by the data."] = (
        None
    )
    _: KW_ONLY
    labels: Annotated[Any, "The class of each picture of data in memory: N numbers or names."] = None
    steps: Annotated[int | None, "Length of the training in steps."] = None
    images: Annotated[int | None, "Length of the training in images seen, instead of steps."] = None
    epochs: Annotated[int | None, "Length of the training in passes over the data, instead of steps."] = None
    minutes: Annotated[float | None, "Length of the training in time: as many steps as this machine plays in it."] = (
        None
    )
    until: Annotated[
        str | None,
        "converged: stops early, once the watched metric no longer gets better; the length is then the most.",
    ] = None
    size: Annotated[
        int | str | None, "Pixels a side that pictures are brought to, or HxW such as 96x128 (data.resolution)."
    ] = None
    as_published: Annotated[bool, "Takes the named recipe as it is, not fitted to the data and the machine."] = False
    settings: Annotated[Sequence[str] | Mapping[str, Any], "Changes values of the recipe, key=value each."] = ()
    out: Annotated[str | Path, "The folder in which run folders are made."] = "runs"
    name: Annotated[str | None, "The run's name; default: from the data and the recipe."] = None
    seed: Annotated[int, "Seed of the weights, the order of the data and the latents."] = 0
    device: Annotated[str, "auto, cpu, cuda, cuda:1 or mps."] = "auto"
    precision: Annotated[str, "auto, fp32, bf16 or fp16."] = "auto"
    resume: Annotated[str | Path | None, "Resumes this run with its own recipe."] = None
    start: Annotated[str | Path | None, "Begins with what fits of the networks of this run or packed model."] = None
    trust: Annotated[Iterable[str], "Trusts these modules: files from elsewhere may name what they define."] = ()
    guard: Annotated[
        str,
        "warn of a training that falls sick, recover (go back and change one thing), off, or a run's recovery.jsonl.",
    ] = "warn"
    show: Annotated[bool, "Opens the sheet of samples, renewed as it learns, with the system's viewer."] = False
    quiet: Annotated[bool, "Shows no progress."] = False
    on_step: Annotated[
        Callable[[int, dict[str, float]], None] | None,
        "Called at every step that is logged (watch.log) with the step and the terms of its losses.",
    ] = None
    on_look: Annotated["Callable[[Look], None] | None", "Called after every look (watch.every), when all is saved."] = (
        None
    )

    @property
    def lengths(self) -> dict[str, float]:
        """The lengths that are given, by their options."""
        names = ("steps", "images", "epochs", "minutes")
        return {f"--{name}": length for name in names if (length := getattr(self, name)) is not None}

    def check_lengths(self) -> None:
        """Raises UserError for two lengths, for minutes that are none, and for an end that is none."""
        if len(names := list(self.lengths)) > 1:
            raise UserError(f"give {names[0]} or {names[1]}, not both")
        if self.minutes is not None and not 0 < self.minutes < math.inf:
            raise UserError(f"--minutes {self.minutes}: must be above 0, and finite")
        if self.until not in (None, "converged"):
            raise UserError(f"--until {shown(self.until)}: the only end to wait for is converged")
        if self.until and self.minutes is not None:
            raise UserError(
                "--until converged counts looks, not minutes; give the most as --steps, --images or --epochs"
            )


def about(name: str) -> str:
    """The words for people on an option."""
    words: str = get_args(Options.__annotations__[name])[1]
    return words


def takes(options: Callable[P, Options]) -> Callable[[Callable[[Options], R]], Callable[P, R]]:
    """Lets a function of `Options` be called with the options themselves, which its signature and docstring then show."""

    def decorate(function: Callable[[Options], R]) -> Callable[P, R]:
        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            return function(options(*args, **kwargs))

        signature = inspect.signature(options)
        plain = [p.replace(annotation=_plain(p.annotation)) for p in signature.parameters.values()]
        returned = inspect.signature(function).return_annotation
        vars(call)["__signature__"] = signature.replace(parameters=plain, return_annotation=returned)
        lines = [f"{name}: {about(name)}" for name in signature.parameters]
        call.__doc__ = "\n".join([inspect.getdoc(function) or "", "", *lines])
        return call

    return decorate


def _plain(annotation: Any) -> Any:
    """The type alone, without its words."""
    kind = get_args(annotation)[0]
    return kind.__forward_arg__ if isinstance(kind, ForwardRef) else kind
