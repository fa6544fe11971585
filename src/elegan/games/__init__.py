"""Tasks by name: each turns a recipe and the shape of the data into a game."""

from elegan.games.anomaly import anomaly
from elegan.games.autoencode import autoencode
from elegan.games.auxiliary import auxiliary_classes, auxiliary_codes
from elegan.games.generate import generate
from elegan.games.laplacian import laplacian
from elegan.games.resound import enhance, vocode, widen
from elegan.games.restore import restore
from elegan.games.series import series
from elegan.games.sound import spectrograms, waves
from elegan.games.table import table
from elegan.games.text import likelihood, text
from elegan.games.timegan import timegan
from elegan.games.translate import translate_cycle, translate_pairs, translate_patches

__all__ = [
    "anomaly",
    "autoencode",
    "auxiliary_classes",
    "auxiliary_codes",
    "enhance",
    "generate",
    "laplacian",
    "likelihood",
    "restore",
    "series",
    "spectrograms",
    "table",
    "text",
    "timegan",
    "translate_cycle",
    "translate_pairs",
    "translate_patches",
    "vocode",
    "waves",
    "widen",
]
