"""A recipe for reading: in full, with a mark on each line that its parent has otherwise."""

from elegan.recipe import Recipe
from elegan.recipes import CATALOGUE


def full(recipe: Recipe) -> list[str]:
    """TOML lines; those that differ from the parent end in `# <parent>: <its value>`."""
    before = _lines(CATALOGUE[recipe.parent]) if recipe.parent in CATALOGUE else {}
    lines = []
    for key, text in _lines(recipe).items():
        other = before.get(key)
        changed = before and other != text and "=" in text and key not in (".name", ".parent", ".about")
        lines.append(f"{text}  # {recipe.parent}: {other.partition(' = ')[2] if other else 'not there'}" if changed else text)
    gone = [key for key in before if key not in _lines(recipe) and key.endswith("name")]
    return lines + [f"# without {recipe.parent}'s {key.removesuffix('.name')}" for key in gone]


def _lines(recipe: Recipe) -> dict[str, str]:
    """TOML lines by section and key."""
    lines, section = {}, ""
    for number, line in enumerate(recipe.to_toml().splitlines()):
        if line.startswith("["):
            section = line.strip("[]")
        key = f"{section}.{line.partition(' = ')[0]}" if " = " in line else f"#{section}{number if not line else line}"
        lines[key] = line
    return lines
