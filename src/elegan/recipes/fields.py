"""The settings of a recipe as fields to fill in: key, value, type and range, and what is said of each."""

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, get_type_hints

from pydantic import BaseModel, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticUserError

from elegan.recipes import parts
from elegan.recipes.recipe import OUTER, Data, Recipe, Watch, flat_values


class Field(NamedTuple):
    """A setting: its `value`, the JSON `schema` of what it may be ({} where that has none), the `choices` among which a part's
    name may be exchanged, and `about`, words of the code on it."""

    key: str
    value: Any
    schema: dict[str, Any]
    choices: list[str]
    about: str


def fields(recipe: Recipe) -> list[Field]:
    """The settings of a recipe, those of its own first, then part by part. Raises UserError as `Recipe.full` does.

    >>> from elegan.recipes import find_recipe
    >>> batch = next(field for field in fields(find_recipe("dcgan")) if field.key == "batch")
    >>> batch.value, batch.schema["type"]
    (64, 'integer')
    """
    values = flat_values(recipe.full())
    found = list(_of_section(Recipe, "", values))
    for name, section in (("data", Data), ("watch", Watch)):
        found += _of_section(section, f"{name}.", values)
    for kind, path, part in recipe.parts():
        function = parts.find(kind, part.name, recipe.trusted())
        found.append(Field(f"{path}.name", part.name, {"type": "string"}, _like(kind, function), _first(function)))
        outer = _taken(OUTER[kind]) if kind in OUTER and path != "losses.adversarial" else {}
        for option, annotation in (outer | _taken(function)).items():
            key = f"{path}.{option}"
            found.append(Field(key, values.get(key), schema(annotation), [], ""))
    return found


def comments(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """(field, the comment that stands beside it) of a section of the recipe."""
    name = ""
    for line in inspect.getsource(model).splitlines():
        if field := re.match(r"    (\w+): ", line):
            name = field[1]
        if name and (comment := re.search(r"  # (.*)", line)):
            yield name, comment[1]


def schema(annotation: Any) -> dict[str, Any]:
    """The JSON schema of a type; {} where it has none."""
    if annotation is inspect.Parameter.empty:
        return {}
    try:
        return TypeAdapter(annotation).json_schema()
    except (PydanticInvalidForJsonSchema, PydanticUserError):
        return {}


def _of_section(model: type[BaseModel], prefix: str, values: dict[str, Any]) -> Iterator[Field]:
    """The plain values of a section, without those that are parts or sections themselves."""
    said = dict(comments(model))
    for name, annotation in get_type_hints(model, include_extras=True).items():
        if (key := f"{prefix}{name}") in values and key not in ("name", "parent", "about"):
            yield Field(key, values[key], schema(annotation), [], said.get(name, ""))


def _taken(function: Callable[..., Any]) -> dict[str, Any]:
    """The options of a part with their annotations."""
    parameters = inspect.signature(function, eval_str=True).parameters
    return {name: parameters[name].annotation for name in parts.defaults(function)}


def _like(kind: str, function: Callable[..., Any]) -> list[str]:
    """The names of what stands in the same file and may take a part's place; networks are not exchanged one by one."""
    return (
        []
        if kind in ("nets", "task")
        else sorted(name for name, other in parts.names(kind).items() if other.__module__ == function.__module__)
    )


def _first(function: Callable[..., Any]) -> str:
    """The first paragraph of a docstring, as one line."""
    return " ".join(inspect.cleandoc(function.__doc__ or "").split("\n\n")[0].split())
