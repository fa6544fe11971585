"""Copies of training images among generated ones: verdicts per image with p-values, and tests of the whole set."""

from elegan.metrics.copies.find import find_copies
from elegan.metrics.copies.verdict import CopyReport

__all__ = ["CopyReport", "find_copies"]
