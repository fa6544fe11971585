"""The catalogue: every recipe by name. A recipe is a `Recipe` in one of the modules here, nothing else makes it known."""

import re
from pathlib import Path

from elegan.core.errors import UserError, nearest
from elegan.recipes import classic, composite, modern, restoration, series, sound, tables, text, translation
from elegan.recipes.recipe import Recipe

CATALOGUE: dict[str, Recipe] = {
    recipe.name: recipe
    for module in (classic, composite, modern, translation, restoration, series, tables, sound, text)
    for recipe in vars(module).values()
    if isinstance(recipe, Recipe)
}

# What others call them, as a capital letter, a blank or an underscore more or less is no other name.
WORDS = {
    "condgan": "cgan", "conditionalgan": "cgan", "cdcgan": "cgan", "vanillagan": "gan", "mlpgan": "gan", "wgangp": "wgan-gp",
    "pggan": "progressive", "progan": "progressive", "progressivegan": "progressive", "proggan": "progressive",
    "stylegan2ada": "stylegan2-ada", "realesrgan": "esrgan", "srresnet": "sr-x4", "edsr": "sr-x4", "superresolution": "sr-x4", "colorization": "colorize",
    "projectiongan": "projection", "deoldify": "colorize", "inpainting": "inpaint", "denoising": "denoise",
}  # fmt: skip


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def find_recipe(name: str) -> Recipe:
    """The recipe of that name, or from that TOML file, which may say only what differs from a `parent` of the catalogue.

    Raises UserError where there is neither.
    """
    if name.endswith(".toml"):
        return Recipe.from_toml(Path(name), CATALOGUE)
    if name not in CATALOGUE:
        plain = _plain(name)
        known = WORDS.get(plain) or next((own for own in CATALOGUE if _plain(own) == plain), None)
        raise UserError(f"unknown recipe {name!r}{f'; here it is {known!r}' if known else nearest(name, CATALOGUE)}")
    return CATALOGUE[name]
