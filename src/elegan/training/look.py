"""What is told of a look at a training."""

from dataclasses import dataclass, field
from pathlib import Path

from torch import nn


@dataclass(frozen=True)
class Look:
    """What a look at a training saw at a step. `values`: the numbers of the watched metric by name, none where none is
    watched; `sheet`: where the picture of its samples lies; `nets`: the averaged networks by name, which are not to be changed.
    """

    step: int
    values: dict[str, float]
    sheet: Path
    nets: nn.ModuleDict = field(repr=False)
