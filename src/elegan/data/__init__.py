"""Images in, one memory-mapped uint8 array out."""

from elegan.data.dataset import Dataset, open_data, open_held_out
from elegan.data.in_memory import InMemory, source_of
from elegan.data.survey import Survey, survey

__all__ = ["Dataset", "InMemory", "Survey", "open_data", "open_held_out", "source_of", "survey"]
