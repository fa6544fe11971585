"""A word on a terminal before a library is imported that keeps people waiting."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

from elegan.core.screen import Screen


class Announced(MetaPathFinder):
    """Finds no module itself, but says on a terminal that this one is being loaded, once, as soon as anything imports it."""

    def __init__(self, module: str, words: str, to: Screen) -> None:
        self.module, self.words, self.to = module, words, to

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if name == self.module and self.to.isatty():
            self.to.write(f"{self.words}\n")
            self.to.flush()


def announce(module: str, words: str) -> None:
    """Says these words on standard error where that is a terminal, when the module is first imported."""
    if module not in sys.modules:
        sys.meta_path.insert(0, Announced(module, words, Screen()))
