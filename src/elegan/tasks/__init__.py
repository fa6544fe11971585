"""Tasks by name: each turns a recipe and the shape of the data into a game."""

from elegan.tasks.generate import generate
from elegan.tasks.restore import restore
from elegan.tasks.translate import translate_cycle, translate_pairs, translate_patches

__all__ = ["generate", "restore", "translate_cycle", "translate_pairs", "translate_patches"]
