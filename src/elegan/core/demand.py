"""Packages that import a module when a name of it is asked for: torch takes a second, and what only reads files needs none of it."""

from collections.abc import Callable, Mapping
from typing import Any


def on_demand(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of a package that shows names of elegan's modules; `homes` says by module, below elegan, which, with blanks between them."""
    home = {name: module for module, names in homes.items() for name in names.split()}

    def get(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(
            __import__(f"elegan.{home[name]}", fromlist=[name]), name
        )  # as `from ... import` does, modules too

    return get
