"""Recipes as text: in full, with a mark on each line that differs from the parent."""

import re

from elegan.recipes import CATALOGUE
from elegan.recipes.recipe import Recipe

OWN = (".name", ".parent", ".about")


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
    return lines + [f"# without {recipe.parent}'s {key.removesuffix('.name')}" for key in gone]


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
