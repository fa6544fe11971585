"""From the names in a recipe to functions, without registries: a name is looked up in the modules of its kind.

A part's keyword-only parameters are the options that a recipe may set; its positional ones are given by the code.
`package.module:name` reaches a function of anybody's installed package.
"""

import importlib
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from elegan.errors import UserError, nearest

if TYPE_CHECKING:
    from elegan.recipe import Part

HOMES = {
    "nets": ("elegan.nets",),
    "losses": ("elegan.losses", "elegan.penalties", "elegan.regularisers", "elegan.criteria"),
    "optimizers": ("elegan.optimizers",),
    "schedule": ("elegan.schedules",),
    "task": ("elegan.tasks",),
    "damage": ("elegan.data.damage",),
}


def names(kind: str) -> dict[str, Callable]:
    """All functions of a kind by name."""
    return {
        name: value
        for home in HOMES[kind]
        for name, value in vars(importlib.import_module(home)).items()
        if inspect.isfunction(value) and not name.startswith("_") and _lives_in(value, home)
    }


def _lives_in(function: Callable, home: str) -> bool:
    """A package's own files count as its home; helpers imported from elsewhere do not."""
    return function.__module__ == home or function.__module__.startswith(home + ".")


def find(kind: str, name: str) -> Callable:
    """The function that `name` stands for.

    Raises UserError where neither the kind's modules nor the named package have it.
    """
    if ":" in name:
        return _foreign(kind, name)
    known = names(kind)
    if name not in known:
        raise UserError(f"unknown {kind} {name!r}{nearest(name, known)}")
    return known[name]


def _foreign(kind: str, name: str) -> Callable:
    package, _, attribute = name.partition(":")
    try:
        module: ModuleType = importlib.import_module(package)
        return getattr(module, attribute)
    except (ImportError, AttributeError) as error:
        raise UserError(f"{kind} {name!r} cannot be imported: {error}") from None


def build(kind: str, part: "Part", path: str, *given: Any) -> Any:
    """The part's function called with what the code gives and the recipe's options. Raises what `find` and `options` do."""
    function = find(kind, part.name)
    return function(*given, **options(function, part.options, path))


def defaults(function: Callable) -> dict[str, Any]:
    """The options of a part with their defaults."""
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


def options(function: Callable, given: dict[str, Any], path: str) -> dict[str, Any]:
    """All options of a part: the given ones checked against the annotations, the rest by default.

    Raises UserError for an unknown option or one of the wrong type, naming it by `path`.
    """
    known = defaults(function)
    annotations = inspect.get_annotations(function, eval_str=True)
    for name, value in given.items():
        if name not in known:
            raise UserError(f"unknown key {path}.{name}{nearest(name, known)}")
        try:
            known[name] = TypeAdapter(annotations[name]).validate_python(value)
        except ValidationError as error:
            raise UserError(f"{path}.{name} = {value!r}: {error.errors()[0]['msg'].lower()}") from None
    missing = [name for name, value in known.items() if value is inspect.Parameter.empty]
    if missing:
        raise UserError(f"{path} needs a value for {', '.join(missing)}")
    return known
