"""What the shell completes: recipes, data, runs. Nothing here waits for torch."""

from collections.abc import Iterable
from glob import escape, glob
from pathlib import Path


def recipes(incomplete: str) -> list[str]:
    """Recipes of the catalogue, and TOML files."""
    from elegan.recipes import CATALOGUE

    return [*_beginning(CATALOGUE, incomplete), *glob(f"{escape(incomplete)}*.toml")]


def data(incomplete: str) -> list[str]:
    """Named sets, folders and zips."""
    from elegan.data.named import NAMES

    return [*_beginning(NAMES, incomplete), *_folders(incomplete), *glob(f"{escape(incomplete)}*.zip")]


def runs(incomplete: str) -> list[str]:
    """Run folders, those in runs/ before anything was typed; and folders on the way to others."""
    found = [Path(path).parent.as_posix() for path in glob(f"{escape(incomplete or 'runs/')}*/run.json")]
    return sorted(found) or _folders(incomplete)


def devices(incomplete: str) -> list[str]:
    """Kinds of devices."""
    return _beginning(("auto", "cpu", "cuda", "mps"), incomplete)


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _folders(incomplete: str) -> list[str]:
    return sorted(f"{path.rstrip('/')}/" for path in glob(f"{escape(incomplete)}*/"))
