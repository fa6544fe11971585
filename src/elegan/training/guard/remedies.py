"""Remedies against an alarm, as settings of the recipe: one thing at a time, the likeliest first."""

from collections.abc import Callable, Collection

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


def _own(kind: str, option: str) -> Callable[[Recipe], Settings | None]:
    """Gives parts of this kind the option that the recipe has of itself, where it was set to another word, or five times as high
    or low; what follows the data and the machine stays."""

    def own(recipe: Recipe) -> Settings | None:
        if not (known := CATALOGUE.get(recipe.name)):
            return None
        now, before = recipe.full()[kind], known.full()[kind]
        keys = {f"{kind}.{name}.{option}": name for name in before if name in now}
        return [
            f"{key}={value:.6g}" if isinstance(value, float) else f"{key}={value}"
            for key, name in keys.items()
            if key not in (known.fits or {})
            and (value := before[name].get(option)) is not None
            and _is_far(now[name].get(option), value)
        ] or None

    return own


def _is_far(a: object, b: object) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return min(a, b) > 0 and max(a / b, b / a) >= 5
    return isinstance(a, str) and isinstance(b, str) and a != b


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
    given = recipe.task.options
    options = given if "augment" in given else recipe.full()["task"]  # a run's recipe says every option, without torch
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


def _distinct(recipe: Recipe) -> Settings | None:
    """Each picture once."""
    return ["data.distinct=true"] if recipe.data.kind == "images" and not recipe.data.distinct else None


REMEDIES: dict[str, Callable[[Recipe], Settings | None]] = {
    "own rates": _own("optimizers", "lr"),
    "own weights": _own("losses", "weight"),
    "own norms": _own("nets", "norm"),
    "slower": _slower,
    "weaker discriminator": _weaker_discriminator,
    "penalty": _penalty,
    "augmentation": _augment,
    "latent": _latent,
    "condition": _condition,
    "identity": _identity,
    "distinct": _distinct,
    "seed": lambda recipe: [],
}


def remedies(rule: Rule, recipe: Recipe, tried: Collection[str] = ()) -> dict[str, Settings]:
    """The settings that may help against this alarm, that the recipe has and that were not `tried`, by name, in the order of trial.

    What was set far from the recipe's own is the first suspect, unless the data are at fault, until something else was changed.
    """
    own = [name for name in REMEDIES if name.startswith("own")]
    suspects = own if not rule.of_data and set(tried) <= set(own) else []
    names = (name for name in (*suspects, *rule.help) if name not in tried)
    return {name: settings for name in names if (settings := REMEDIES[name](recipe)) is not None}


def _rate(recipe: Recipe, player: str) -> float:
    options = recipe.full()["optimizers"][player]
    return float(options["lr"])
