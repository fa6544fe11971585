"""Names of runs where nobody gives one: by their data, their recipe, and the settings that were given."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from elegan.core import paths, rng
from elegan.core.facts import is_run_folder
from elegan.recipes.recipe import Recipe, flat_values

LONGEST = 80  # characters
PLAIN = re.compile(r"[A-Za-z0-9.,+-]+")  # of a value: needs no quotes in a shell


def run_name(folder: Path, data: str, recipe: Recipe, settings: Sequence[str], seed: int) -> str:
    """digits-rpgan-seed1-batch32-lr0.001: the seed and the settings, sorted, where they are not the default ones.

    Values that no name can show, and names longer than `LONGEST`, are cut and end in a digest of all settings. A run that
    stands in `folder` under the name of older versions, which had the digest alone, keeps it.
    """
    name = _name(folder, data, recipe, settings, seed)
    return name if is_run_folder(folder / name) else paths.portable(name)  # of lsun:church


def _name(folder: Path, data: str, recipe: Recipe, settings: Sequence[str], seed: int) -> str:
    if not settings:
        return "-".join(_stem(data, recipe, seed))
    digest = f"{rng.mix(*sorted(settings)):016x}"[-6:]
    older = "-".join([*_stem(data, recipe, seed), digest])
    if is_run_folder(folder / older):
        return older
    values = dict(_parted(setting) for setting in settings)
    name = "-".join([*_stem(data, recipe, seed), *_marks(values, recipe)])
    if len(name) <= LONGEST and all(PLAIN.fullmatch(_bare(value)) for value in values.values()):
        return name
    return f"{name[: max(LONGEST, len(older)) - 7].rstrip('-.,')}-{digest}"


def _stem(data: str, recipe: Recipe, seed: int) -> list[str]:
    return [data, recipe.name, *([f"seed{seed}"] if seed else [])]


def _parted(setting: str) -> tuple[str, str]:
    key, _, value = setting.partition("=")
    return key.strip(), value.strip()


def _marks(values: Mapping[str, str], recipe: Recipe) -> list[str]:
    """A mark a setting; settings that share their short key and their value share it."""
    known = {key.removesuffix(".name") for key in flat_values(recipe.full())} | values.keys()
    return list(dict.fromkeys(_mark(_short(key, values, known), values[key]) for key in sorted(values)))


def _short(key: str, values: Mapping[str, str], known: Collection[str]) -> str:
    """The fewest last parts of the key that all keys ending in them have this value of."""
    parts = key.split(".")
    for count in range(1, len(parts)):
        ending = ".".join(parts[-count:])
        if all(values.get(other) == values[key] for other in known if f".{other}".endswith(f".{ending}")):
            return ending
    return key


def _mark(key: str, value: str) -> str:
    bare = _bare(value)
    if key == bare:  # losses.r1=r1
        return key
    return re.sub(r"[^A-Za-z0-9._,+-]+", "_", f"{key}{'' if bare[:1].isdigit() else '_'}{bare}")


def _bare(value: str) -> str:
    """Without the quotes, brackets and spaces of TOML, which tell nothing that is not known of the key."""
    return re.sub(r"[\s\"'\[\]]+", "", value)
