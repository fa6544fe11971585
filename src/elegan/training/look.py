"""A look at a training, as it is told to a program."""

from dataclasses import dataclass, field
from pathlib import Path

from torch import nn


@dataclass(frozen=True)
class Look:
    """A look at a training at a step. `values`: the numbers of the watched metric by name, none where none is
    watched; `sheet`: where the picture of its samples lies; `nets`: the averaged networks by name, which are not to be changed.
    """

    step: int
    values: dict[str, float]
    sheet: Path
    nets: nn.ModuleDict = field(repr=False)
