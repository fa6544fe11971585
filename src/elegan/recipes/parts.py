"""The functions that the names in a recipe stand for, without registries: a name is looked up in the modules of its kind.

A part's keyword-only parameters are the options that a recipe may set; its positional ones are given by the code.
`package.module:name` reaches a function of anybody's installed package, where the user trusts it: recipes, runs and models
also come from others, and importing a module runs it.
"""

import importlib
import inspect
import re
import sys
from collections.abc import Callable, Collection, Mapping
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic import model_validator as validator

from elegan.core import memory
from elegan.core.errors import Failure, UserError, in_a_line, nearest, shown

FINITE = ConfigDict(allow_inf_nan=False)
Function = Callable[..., Any]  # or a class


class Part(BaseModel):
    """A function by name with the options that differ from its defaults; see `elegan.recipes.parts`."""

    model_config = ConfigDict(extra="allow", frozen=True)
    name: str

    @validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @property
    def options(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


HOMES = {
    "nets": ("elegan.nets",),
    "losses": (
        "elegan.losses.adversarial",
        "elegan.losses.penalties",
        "elegan.losses.regularizers",
        "elegan.losses.criteria",
    ),
    "optimizers": ("elegan.training.optimizers",),
    "schedule": ("elegan.training.schedules",),
    "task": ("elegan.games",),
    "damage": ("elegan.data.damage",),
}


def names(kind: str) -> dict[str, Function]:
    """All functions of a kind by name."""
    return {
        name: value
        for home in HOMES[kind]
        for name, value in vars(importlib.import_module(home)).items()
        if inspect.isfunction(value) and not name.startswith("_") and _lives_in(value, home)
    }


def _lives_in(function: Function, home: str) -> bool:
    """Whether the function is of this module or, of a package, of one of its files; imported helpers are not."""
    return function.__module__ == home or function.__module__.startswith(home + ".")


def find(kind: str, name: str, trusted: Collection[str] = ()) -> Function:
    """The function that `name` stands for; `package.module:name` only where that module is among `trusted`.

    Raises UserError where neither the kind's modules nor the named package have it.
    """
    if ":" in name:
        return foreign(kind, name, trusted)
    known = names(kind)
    if name not in known:
        raise UserError(f"unknown {kind} {shown(name)}{nearest(name, known)}")
    return known[name]


def owner(name: str) -> str:
    """The owner that is to be trusted for a name: the module of `package.module:name`, or `hf:owner/name` itself, which is
    data that would be fetched. Raises UserError for any other form, and for Python's own library, which defines no parts."""
    if name.startswith("hf:"):
        return name
    match = re.fullmatch(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*):[^\W\d]\w*", name)
    if not match:
        raise UserError(f"{name!r} is not of the form package.module:name")
    if match[1].partition(".")[0] in sys.stdlib_module_names:
        raise UserError(f"{name!r} is of Python's own library, which is never a part of a recipe")
    return match[1]


def name_of(value: Any) -> str:
    """The name by which a recipe finds this function or class again: `package.module:name`, of elegan's own the name alone.

    Raises UserError where no module has it at its top level: a lambda, a local function, one of a script or notebook.
    """
    if not (inspect.isroutine(value) or inspect.isclass(value)):
        raise UserError(f"{shown(value)} is neither a function nor a class; a recipe names what makes the part")
    module, name = value.__module__ or "", value.__qualname__
    if module == "__main__" or getattr(sys.modules.get(module), name, None) is not value:
        place = "a script or notebook" if module == "__main__" else f"no module's top level ({module or 'nowhere'})"
        raise UserError(
            f"{shown(name)} stands in {place}, where a run cannot find it again: put it into a module file and import it"
        )
    return name if module.partition(".")[0] == "elegan" else f"{module}:{name}"


def extractor_needs(name: str) -> str:
    """The name of what an extractor needs that is not elegan's own, for `owner`; "" where it needs nothing."""
    kind, _, rest = name.partition(":")
    if kind in ("classifier", "self", "stacked"):
        return rest if rest.startswith("hf:") else ""
    return name if rest and kind != "inception" and not name.endswith(".onnx") else ""


def said(extractor: str) -> frozenset[str]:
    """The owners that the user trusts by naming this extractor."""
    needed = extractor_needs(extractor)
    return frozenset([owner(needed)] if needed else [])


def untrusted(names: Mapping[str, str], trusted: Collection[str]) -> str:
    """A refusal of the names, by key, whose `owner` is not among `trusted`, with the way to allow them; "" where there are
    none. Nothing is imported."""
    missing = {key: name for key, name in names.items() if owner(name) not in trusted}
    owners = sorted(set(map(owner, missing.values())))
    options, listed = " ".join(f"--trust {name}" for name in owners), ", ".join(map(repr, owners))
    refused = ", ".join(f"{key} = {name!r}" for key, name in missing.items())
    return f"{refused}: not elegan's own; if you trust it: {options} (Python: trust=[{listed}])" if missing else ""


def foreign(what: str, name: str, trusted: Collection[str]) -> Function:
    """The function or class `package.module:name`. Raises UserError where the module is not among `trusted`, which is settled
    before anything is imported, or does not itself define it: what a module imported (`from os import system`) is not its
    own."""
    if refusal := untrusted({what: name}, trusted):
        raise UserError(refusal)
    package, _, attribute = name.partition(":")
    try:
        module: ModuleType = importlib.import_module(package)
    except ImportError as error:
        raise UserError(f"{what} {name!r} cannot be imported: {error}") from None
    own: dict[str, Function] = {key: value for key, value in vars(module).items() if _defined_in(value, package)}
    if attribute not in own:
        raise UserError(
            f"{what} {name!r}: {package} defines no function or class {attribute!r}{nearest(attribute, own)}"
        )
    return own[attribute]


def _defined_in(value: Any, package: str) -> bool:
    return (inspect.isfunction(value) or inspect.isclass(value)) and value.__module__ == package


def build(kind: str, part: Part, path: str, *arguments: Any, trusted: Collection[str] = ()) -> Any:
    """The part's function called with `arguments` and the recipe's options. Raises what `find` and `options` do."""
    function, named = find(kind, part.name, trusted), f"{path} = {part.name!r}"
    settings = options(function, part.options, path)
    check_takes(function, len(arguments), named)
    try:
        return function(*arguments, **settings)
    except (UserError, Failure, MemoryError):
        raise
    except Exception as error:
        if memory.is_short(error):
            raise
        raise UserError(f"{named} cannot be built of {_in_words(settings)}: {in_a_line(error)}") from error


def check_takes(function: Function, count: int, named: str, place: str = "there") -> None:
    """Raises UserError unless the function takes so many arguments, which says what kind of part it is."""
    try:
        inspect.signature(function).bind(*range(count), **defaults(function))
    except (TypeError, ValueError):
        raise UserError(f"{named} is a function of {_arguments(function)} and has no place {place}") from None


def _arguments(function: Function) -> str:
    try:
        return ", ".join(p.name for p in positional(function)) or "nothing"
    except (TypeError, ValueError):
        return "what nobody knows"


def positional(function: Function) -> list[inspect.Parameter]:
    """The parameters that the code gives, as against the options. Raises TypeError for what cannot be called."""
    return [p for p in inspect.signature(function).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]


def _in_words(options: dict[str, Any]) -> str:
    return ", ".join(f"{name} {shown(value, 30)}" for name, value in options.items()) or "nothing"


def defaults(function: Function) -> dict[str, Any]:
    """The options of a part with their defaults. Raises UserError for what is no function."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise UserError(f"{shown(function)} is no function with options") from None
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


def options(function: Function, given: dict[str, Any], path: str) -> dict[str, Any]:
    """All options of a part: the given ones checked against the annotations, the rest by default.

    Raises UserError for an unknown option or one of the wrong type, naming it by `path`.
    """
    known = defaults(function)
    parameters = inspect.signature(function, eval_str=True).parameters
    for name, value in given.items():
        if name not in known:
            raise UserError(f"unknown key {path}.{name[:80]}{nearest(name, known)}")
        try:
            annotation = Any if parameters[name].annotation is inspect.Parameter.empty else parameters[name].annotation
            known[name] = TypeAdapter(annotation, config=FINITE).validate_python(value)
        except ValidationError as error:
            raise UserError(f"{path}.{name} = {shown(value)}: {error.errors()[0]['msg'].lower()}") from None
    missing = [name for name, value in known.items() if value is inspect.Parameter.empty]
    if missing:
        raise UserError(f"{path} needs a value for {', '.join(missing)}")
    return known
