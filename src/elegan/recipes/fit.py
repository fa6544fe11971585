"""The fitting of a named recipe to the data and the machine. Each says in `fits` which of its options follow, by which rule.

A recipe of a file says nothing of it, and is taken as it is.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass

from elegan.core.sizes import Resolution, size_of
from elegan.recipes.recipe import Recipe, flat_values, nested

FEW = 10_000  # below this many images a discriminator learns them by heart, and augmentation pays (Zhao et al. 2020)
PASSES, LEAST, MOST = 50, 64_000, 5_000_000  # images seen: passes over the data, between a floor and a ceiling
CHEAP = 32  # pixels a side at which published widths are affordable without a GPU


@dataclass(frozen=True)
class Given:
    """The data and the machine that a recipe is fitted to: `count` images of `size`, with or without a GPU."""

    count: int
    size: Resolution
    accelerated: bool

    @property
    def resolution(self) -> int:
        """The side of a square of as many pixels, which is what a step costs."""
        return math.isqrt(size_of(self.size).area)

    def __str__(self) -> str:
        return f"{self.count:,} images of {self.size} px and {'a' if self.accelerated else 'no'} GPU"


def fitted(recipe: Recipe, given: Given, kept: Collection[str] = ()) -> Recipe:
    """The recipe with all that it says follows what is given, and of a length that suits the data; but for the keys in `kept`,
    and those below them. One that says nothing comes back as it is.

    >>> from elegan.recipes import find_recipe
    >>> recipe = fitted(find_recipe("dcgan"), Given(318, 64, accelerated=False), kept=["nets.discriminator"])
    >>> recipe.steps, recipe.nets["generator"].options["width"], recipe.full()["nets"]["discriminator"]["width"]
    (1000, 32, 64)
    """
    if recipe.fits is None:
        return recipe
    values = flat_values(recipe.full())
    rules = {key: rule for key, rule in recipe.fits.items() if key in values and not _is_in(key, kept)}
    for key in sorted(rules, key=lambda key: key != "batch"):  # other rules go by the batch
        recipe = recipe.changed(nested(key, rules[key](values[key], recipe, given)))
    return recipe if "steps" in kept else recipe.changed({"steps": math.ceil(images_seen(given.count) / recipe.batch)})


def in_words(before: Recipe, after: Recipe) -> str:
    """The differences for people, options with the same change together; "" for none."""
    old, keys = flat_values(before.full()), dict[str, list[str]]()
    for key, value in flat_values(after.full()).items():
        if value != old[key]:
            keys.setdefault(f"{value}{f' instead of {old[key]}' if old[key] != '' else ''}", []).append(key)
    return ", ".join(f"{' and '.join(changed)} {change}" for change, changed in keys.items())


def images_seen(count: int) -> int:
    """The images that a training on `count` different ones sees."""
    return min(max(PASSES * count, LEAST), MOST)


def narrow(width: int, recipe: Recipe, given: Given) -> int:
    """A width for training without a GPU: in inverse proportion to the resolution, which keeps a step as cheap as at `CHEAP`
    pixels; from four times that on, a quarter of it."""
    if given.accelerated or given.resolution <= CHEAP:
        return width
    return max(1, width // 4, width * CHEAP // given.resolution)


def without_grid(upsample: str, recipe: Recipe, given: Given) -> str:
    """Doublings that leave no grid of the strides, where the paper has transposed convolutions (Odena et al. 2016), from `CHEAP`
    pixels on, the smallest size where they were measured to help (docs/log.md)."""
    return "nearest" if upsample == "transposed" and given.resolution >= CHEAP else upsample


def diffaugment(policy: str, recipe: Recipe, given: Given) -> str:
    """DiffAugment for few images (Zhao et al. 2020), where the recipe has no augmentation of its own."""
    if policy or recipe.task.options.get("ada") or given.count >= FEW:
        return policy
    return "translation" if given.resolution <= 32 else "color,translation"


def _is_in(key: str, kept: Collection[str]) -> bool:
    return any(f"{key}.".startswith(f"{other.removesuffix('.name')}.") for other in kept)
