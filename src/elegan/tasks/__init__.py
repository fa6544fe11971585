"""Tasks by name: each turns a recipe and the shape of the data into a game."""

from elegan.tasks.anomaly import anomaly
from elegan.tasks.autoencode import autoencode
from elegan.tasks.auxiliary import auxiliary_classes, auxiliary_codes
from elegan.tasks.generate import generate
from elegan.tasks.laplacian import laplacian
from elegan.tasks.restore import restore
from elegan.tasks.translate import translate_cycle, translate_pairs, translate_patches

__all__ = [
    "anomaly",
    "autoencode",
    "auxiliary_classes",
    "auxiliary_codes",
    "generate",
    "laplacian",
    "restore",
    "translate_cycle",
    "translate_pairs",
    "translate_patches",
]
