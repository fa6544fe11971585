"""Metrics of generated images: functions of features or of images, extractors of features, and the report of both."""

from elegan.measure.estimates import Features
from elegan.measure.extractors import Extractor, open_extractor
from elegan.measure.frechet import Moments, fd_infinity, frechet_distance
from elegan.measure.inception_score import inception_score
from elegan.measure.kernel import kernel_distance
from elegan.measure.prdc import prdc
from elegan.measure.report import Result, comparable, extract, measure, table
from elegan.measure.sliced import sliced_wasserstein

__all__ = [
    "Extractor",
    "Features",
    "Moments",
    "Result",
    "comparable",
    "extract",
    "fd_infinity",
    "frechet_distance",
    "inception_score",
    "kernel_distance",
    "measure",
    "open_extractor",
    "prdc",
    "sliced_wasserstein",
    "table",
]
