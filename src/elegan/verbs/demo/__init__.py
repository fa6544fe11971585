"""A lesson: a small GAN on points in the plane, and an animation of how it learns."""

from elegan.verbs.demo.demo import demo

__all__ = ["demo"]
