"""Recipes as text: in full, with a mark on each line that differs from the parent."""

import re

from elegan.recipes import CATALOGUE
from elegan.recipes.recipe import Recipe

OWN = (".name", ".parent", ".about")
WIDTH = 80  # columns of a terminal
TASKS = {
    "generate": "pictures like those of a folder",
    "translate": "one kind of picture into another",
    "restore": "photographs larger, cleaner, whole",
    "series": "more of the same series: rows of numbers in time",
    "table": "more rows of a table: numbers and kinds, in no order",
    "text": "more lines of a text, in any language",
    "sound": "more sounds like those of a folder, and sounds made better",
    "detect": "pictures unlike those of a folder",
}
BY_DATA = {
    "images": "generate",
    "pairs": "translate",
    "sides": "translate",
    "photographs": "restore",
    "series": "series",
    "table": "table",
    "text": "text",
    "sound": "sound",
}


def full(recipe: Recipe) -> list[str]:
    """The recipe as TOML lines; those that differ from the parent end in `# <parent>: <its value>`."""
    parent = CATALOGUE.get(recipe.parent)
    before = dict(_lines(parent)) if parent else {}
    lines, seen = [], set()
    for key, line in _lines(recipe):
        seen.add(key)
        differs = bool(before) and "=" in line and key not in OWN and before.get(key) != line
        lines.append(f"{line}  # {recipe.parent}: {_value(before.get(key))}" if differs else line)
    gone = [key for key in before if key not in seen and key.endswith(".name")]
    lines += [f"# without {recipe.parent}'s {key.removesuffix('.name')}" for key in gone]
    return (
        lines
        if recipe.fits is None
        else [*lines, f"# fitted to data and machine: {', '.join(['steps', *recipe.fits])}"]
    )


def by_task() -> list[str]:
    """A line a recipe of the catalogue, below what it is good for, no longer than `WIDTH`; `full` tells what was cut."""
    width = max(map(len, CATALOGUE))
    lines = []
    for task, what in TASKS.items():
        recipes = [recipe for recipe in CATALOGUE.values() if _task(recipe) == task]
        lines += [f"{task}: {what}", *(_cut(f"  {recipe.name:{width}}  {recipe.about}") for recipe in recipes)]
    return lines


def listed() -> list[dict[str, str]]:
    """The recipes of the catalogue: name, task, parent and what they are, without a cut."""
    return [
        {"name": recipe.name, "task": _task(recipe), "parent": recipe.parent, "about": recipe.about}
        for recipe in CATALOGUE.values()
    ]


def _task(recipe: Recipe) -> str:
    return "detect" if recipe.task.name == "anomaly" else BY_DATA[recipe.data.kind]


def _cut(line: str) -> str:
    """Without its sources where it is too long, then up to the end of a word."""
    line = line if len(line) <= WIDTH else re.sub(r" \([^()]*\)", "", line)
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 4].rpartition(' ')[0].rstrip(',;:')} ..."


def differences(recipe: Recipe, base: Recipe) -> list[tuple[str, str, str]]:
    """(key, value here, value in `base`) of each setting that differs, values as in TOML."""
    here, there = dict(_lines(recipe)), dict(_lines(base))
    return [
        (key.strip("."), _value(here.get(key)), _value(there.get(key)))
        for key in {**here, **there}
        if " = " in here.get(key, there.get(key, "")) and key not in OWN and here.get(key) != there.get(key)
    ]


def _lines(recipe: Recipe) -> list[tuple[str, str]]:
    """(section.key, line) of each line, a list of values on one line."""
    section, lines = "", []
    text = re.sub(r",\s*\]", "]", recipe.to_toml())
    text = re.sub(r",\n\s*", ", ", re.sub(r"\[\s+", "[", text))
    for line in text.splitlines():
        section = line.strip("[]") if line.startswith("[") else section
        lines.append((f"{section}.{line.partition(' = ')[0]}", line))
    return lines


def _value(line: str | None) -> str:
    return line.partition(" = ")[2] if line else "not there"
