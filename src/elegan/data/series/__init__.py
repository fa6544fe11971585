"""Series: files of rows in the order of time, read to windows of a memory-mapped array."""

from elegan.data.series.describe import Description, describe
from elegan.data.series.read import SUFFIXES, is_rows
from elegan.data.series.windows import Series, SeriesFeed, open_series

__all__ = ["SUFFIXES", "Description", "Series", "SeriesFeed", "describe", "is_rows", "open_series"]
