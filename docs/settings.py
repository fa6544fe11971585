"""Writes docs/settings.md, what `--set` takes, from the code: `python docs/settings.py`. A test holds the page to the code."""

import inspect
import math
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from elegan.core.ranges import LARGEST
from elegan.recipes import parts, recipe
from elegan.recipes.fields import comments

PAGE = Path(__file__).with_suffix(".md")
START = """# What `--set` takes

    elegan train photos/ --set batch=32 --set nets.generator.width=48 --set "losses.r1={name='r1', weight=1, every=16}"

Every value of a recipe can be set, on the command line as here, in a recipe's TOML file, and in Python with
`elegan.train(..., settings={"batch": 32})`. Below are type, range and default of each. The defaults are those of the code: a
recipe has values of its own, which `elegan recipes NAME` prints in full. Values are written as in TOML; a bare word is a string.
A misspelt key or a value out of range ends in one line that names the nearest right one.

"A number or a ramp" may follow the progress of the training: `[start, end]` goes from one value to the other along half a
cosine, `[start, end, until]` arrives at the share `until` of the training.

This page is written by `python docs/settings.py`.
"""
KINDS = {
    "task": ("task", "What is learnt, and how often who moves.", "task"),
    "nets": ("nets", "Networks, by the player who owns one: `nets.generator`, `nets.discriminator`, `nets.encoder`, `nets.restorer`.",
             "nets.generator"),
    "losses": ("losses", "`losses.adversarial` is a pair for both players. Any other name holds a penalty or a criterion, which also has "
               "`weight` (a number or a ramp, 1.0) and `every` (played on every how many steps, 1); `--set losses.NAME=none` takes it away.",
               "losses.NAME"),
    "optimizers": ("optimizers", "One a player: `optimizers.generator`, `optimizers.discriminator`.", "optimizers.generator"),
    "schedule": ("schedule", "The factor on all learning rates as the training goes on.", "schedule"),
    "damage": ("damage", "What is done to photographs that a network learns to restore, in the recipe's order. Each also has `chance` "
               "(from 0 to 1, 1.0), the share of pictures that suffer it; `--set damage.NAME=none` takes it away.", "damage.NAME"),
}  # fmt: skip
BOUNDS = {"exclusiveMinimum": "above", "minimum": "at least", "exclusiveMaximum": "below", "maximum": "at most"}
TYPES = {"integer": "a whole number", "number": "a number", "boolean": "true or false", "string": "text"}


def page() -> str:
    """The whole page as Markdown."""
    lines = [START, "## The recipe itself", "", *_section(recipe.Recipe, "")]
    for name, section in (("data", recipe.Data), ("watch", recipe.Watch)):
        lines += ["", f"## {name}", "", *_about(section.__doc__, paragraphs=2), "", *_section(section, f"{name}.")]
    for kind, (title, about, key) in KINDS.items():
        lines += ["", f"## {title}", "", about, "", *_index(kind)]
        for name, function in sorted(parts.names(kind).items()):
            lines += ["", f"### {title}: {name}", "", *_about(function.__doc__)]
            lines += ["", *_options(function, _place(function, key), name)]
    return "\n".join(lines) + "\n"


def _place(function: Callable[..., Any], usual: str) -> str:
    """The key under which a recipe has this part: a network by its player, a loss of both players as `adversarial`."""
    if function.__module__ == "elegan.losses.adversarial":
        return "losses.adversarial"
    player = next(
        (name for name in ("discriminator", "encoder", "restorer", "features") if name in function.__name__),
        "generator",
    )
    return f"nets.{player}" if usual.startswith("nets.") else usual


def _index(kind: str) -> list[str]:
    names = ", ".join(f"`{name}`" for name in sorted(parts.names(kind)))
    return [f"{names}; or `package.module:name` of your own."]


def _section(model: type[BaseModel], prefix: str) -> list[str]:
    """A table of the plain values of a section; those that are parts or sections have headings of their own."""
    said = dict(comments(model))
    rows = []
    for name, annotation in typing.get_type_hints(model, include_extras=True).items():
        field = model.model_fields.get(name)
        if field is None or name in ("parent", "about", *KINDS, "data", "watch"):
            continue
        default = "" if field.is_required() else value(field.default)
        rows.append((f"{prefix}{name}", words(annotation), default, said.get(name, "")))
    return _table(rows)


def _options(function: Callable[..., Any], key: str, name: str) -> list[str]:
    parameters = inspect.signature(function, eval_str=True).parameters
    rows = [
        (f"{key}.{option}", words(parameters[option].annotation), value(default), "")
        for option, default in parts.defaults(function).items()
    ]
    return _table(rows) if rows else [f"No options: `--set {key}={name}`."]


def _table(rows: list[tuple[str, str, str, str]]) -> list[str]:
    head = ["| key | value | default | |", "|---|---|---|---|"]
    return head + [
        f"| `{key}` | {kind} | {default} | {about.replace('|', '&#124;')} |" for key, kind, default, about in rows
    ]


def _about(text: str | None, paragraphs: int = 99) -> list[str]:
    """A docstring as Markdown, up to its examples."""
    whole = inspect.cleandoc(text or "").partition(">>>")[0].rstrip()
    return "\n\n".join(whole.split("\n\n")[:paragraphs]).splitlines()


def words(annotation: Any) -> str:
    """The type and range of a value, in words."""
    inner, origin = typing.get_args(annotation), typing.get_origin(annotation)
    if origin is typing.Annotated and typing.get_origin(inner[0]) in (tuple, list):
        return words(inner[0])  # what else is asked of it stands in the docstring
    if origin in (types.UnionType, typing.Union):
        return ", or ".join(words(one) for one in inner)
    if annotation in (None, type(None)):
        return "nothing"
    if origin is tuple and ... not in inner:
        return (
            f"[{', '.join(words(one) for one in inner)}]"
            if len({*inner}) > 1
            else f"{len(inner)} of: {words(inner[0])}"
        )
    if origin in (tuple, list):
        return f"a list of: {words(inner[0])}"
    if annotation is Any or annotation is inspect.Parameter.empty:
        return "any value"
    schema = TypeAdapter(annotation).json_schema()
    if "anyOf" in schema:
        return ", or ".join(map(_of_schema, schema["anyOf"]))
    return _of_schema(schema) if {"type", "enum", "const"} & schema.keys() else _along(annotation)


def _of_schema(schema: dict[str, Any]) -> str:
    if "enum" in schema or "const" in schema:
        return ", ".join(value(choice) for choice in schema.get("enum", [schema.get("const")]))
    bounds = [
        f"{said} {number(schema[bound])}" for bound, said in BOUNDS.items() if schema.get(bound, LARGEST) != LARGEST
    ]
    return ", ".join([TYPES[schema["type"]], *bounds])


def _along(annotation: Any) -> str:
    """The range of what may follow progress, as the program itself says it of a number far out of any range."""
    for far in (-1e300, 1e300):
        try:
            TypeAdapter(annotation).validate_python(far)
        except ValidationError as error:
            return f"a number or a ramp, {error.errors()[0]['msg'].removeprefix('input should be ')}"
    return "a number or a ramp"


def number(bound: float) -> str:
    return f"{bound:,}" if isinstance(bound, int) or bound == math.floor(bound) else f"{bound:g}"


def value(default: Any) -> str:
    """A value as in TOML, in backticks; nothing for None."""
    if default is None:
        return ""
    if default is inspect.Parameter.empty:
        return "has to be given"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, str):
        return f'`"{default}"`'
    if isinstance(default, tuple | list):
        return "`[" + ", ".join(value(one).strip("`") for one in default) + "]`"
    return f"`{default}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
