"""Images in, one memory-mapped uint8 array out."""

from elegan.data.dataset import Dataset, open_data, open_held_out
from elegan.data.survey import Survey, survey

__all__ = ["Dataset", "Survey", "open_data", "open_held_out", "survey"]
