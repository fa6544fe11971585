"""The catalogue: every recipe by name. A recipe is a `Recipe` in one of the modules here, nothing else makes it known."""

from pathlib import Path

from elegan.core.errors import UserError, nearest
from elegan.recipes import classic, composite, modern, restoration, series, translation
from elegan.recipes.recipe import Recipe

CATALOGUE: dict[str, Recipe] = {
    recipe.name: recipe
    for module in (classic, composite, modern, translation, restoration, series)
    for recipe in vars(module).values()
    if isinstance(recipe, Recipe)
}


def find_recipe(name: str) -> Recipe:
    """The recipe of that name, or from that TOML file, which may say only what differs from a `parent` of the catalogue.

    Raises UserError where there is neither.
    """
    if name.endswith(".toml"):
        return Recipe.from_toml(Path(name), CATALOGUE)
    if name not in CATALOGUE:
        raise UserError(f"unknown recipe {name!r}{nearest(name, CATALOGUE)}")
    return CATALOGUE[name]
