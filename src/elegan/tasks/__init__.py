"""Tasks by name: each turns a recipe and the shape of the data into a game."""

from elegan.tasks.generate import generate

__all__ = ["generate"]
