"""Are generated images copies of training images? Verdicts per image with p-values, and tests of the whole set."""

from elegan.measure.copies.find import find_copies
from elegan.measure.copies.report import CopyReport

__all__ = ["CopyReport", "find_copies"]
