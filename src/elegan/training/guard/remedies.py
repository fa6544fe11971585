"""Remedies against an alarm, as settings of the recipe: one thing at a time, the likeliest first."""

from collections.abc import Callable

from elegan.recipes import CATALOGUE
from elegan.recipes.recipe import Recipe
from elegan.training.guard.rules import Rule

Settings = list[str]  # "key=value" each; none where only another seed is tried


def _slower(recipe: Recipe) -> Settings:
    """Every player at a third of its rate."""
    return [f"optimizers.{player}.lr={_rate(recipe, player) / 3:.6g}" for player in recipe.optimizers]


def _weaker_discriminator(recipe: Recipe) -> Settings | None:
    if "discriminator" not in recipe.optimizers:
        return None
    return [f"optimizers.discriminator.lr={_rate(recipe, 'discriminator') / 4:.6g}"]


def _own_rates(recipe: Recipe) -> Settings | None:
    """The rates that the recipe has of itself, where they were set five times as high or low."""
    known = CATALOGUE.get(recipe.name)
    far = {
        player: own
        for player in (known.optimizers if known else {})
        if known and player in recipe.optimizers and _ratio(_rate(recipe, player), own := _rate(known, player)) >= 5
    }
    return [f"optimizers.{player}.lr={own:.6g}" for player, own in far.items()] or None


def _penalty(recipe: Recipe) -> Settings | None:
    """R1 (Mescheder et al. 2018), or four times as much of it."""
    if "adversarial" not in recipe.losses or "discriminator" not in recipe.nets or recipe.data.kind != "images":
        return None
    if "r1" not in recipe.losses:
        return ["losses.r1=r1", "losses.r1.weight=0.5", "losses.r1.every=4"]
    weight = recipe.losses["r1"].options.get("weight", 1.0)
    return [f"losses.r1.weight={4 * weight:.6g}"] if isinstance(weight, (int, float)) else None


def _augment(recipe: Recipe) -> Settings | None:
    """DiffAugment (Zhao et al. 2020), where there is none yet."""
    options = recipe.full()["task"]
    return ["task.augment=color,translation"] if options.get("augment") == "" and not options.get("ada") else None


def _latent(recipe: Recipe) -> Settings | None:
    latent = recipe.full()["nets"].get("generator", {}).get("latent", 64)
    return ["nets.generator.latent=64"] if isinstance(latent, int) and latent < 16 else None


def _condition(recipe: Recipe) -> Settings | None:
    """The class in the norms, where it does not outweigh the latent as it does at the input (docs/log.md)."""
    condition = recipe.full()["nets"].get("generator", {}).get("condition")
    return ["nets.generator.condition=norm"] if condition in ("embedding", "input") else None


def _identity(recipe: Recipe) -> Settings | None:
    """Less weight on what asks a translator to keep its input."""
    own = {
        name: part.options.get("weight", 1.0) for name, part in recipe.losses.items() if name in ("identity", "cycle")
    }
    return [
        f"losses.{name}.weight={weight / 2:.6g}" for name, weight in own.items() if isinstance(weight, (int, float))
    ] or None


REMEDIES: dict[str, Callable[[Recipe], Settings | None]] = {
    "own rates": _own_rates,
    "slower": _slower,
    "weaker discriminator": _weaker_discriminator,
    "penalty": _penalty,
    "augmentation": _augment,
    "latent": _latent,
    "condition": _condition,
    "identity": _identity,
    "seed": lambda recipe: [],
}


def remedies(rule: Rule, recipe: Recipe) -> dict[str, Settings]:
    """The settings that may help against this alarm and that the recipe has, by name, in the order of trial."""
    return {name: settings for name in rule.help if (settings := REMEDIES[name](recipe)) is not None}


def _rate(recipe: Recipe, player: str) -> float:
    options = recipe.full()["optimizers"][player]
    return float(options["lr"])


def _ratio(a: float, b: float) -> float:
    return max(a / b, b / a) if a > 0 and b > 0 else 1.0
