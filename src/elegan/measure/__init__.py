"""Metrics of generated images: functions of features or of images, extractors of features, and the report of both."""

from elegan.measure.classes import classification_accuracy_score, modes, per_class_frechet
from elegan.measure.estimates import METRICS, needed
from elegan.measure.extractors import Extractor, open_extractor
from elegan.measure.fidelity import lpips, ms_ssim, psnr, ssim
from elegan.measure.frechet import Moments, fd_infinity, frechet_distance
from elegan.measure.kernel import kernel_distance
from elegan.measure.likelihood import feature_likelihood_divergence
from elegan.measure.neighbours import prdc
from elegan.measure.report import Result, comparable, extract, measure, table
from elegan.measure.score import inception_score
from elegan.measure.sets import Features, Sets
from elegan.measure.sliced import sliced_wasserstein
from elegan.measure.two_sample import classifier_two_sample

__all__ = [
    "METRICS",
    "Extractor",
    "Features",
    "Moments",
    "Result",
    "Sets",
    "classification_accuracy_score",
    "classifier_two_sample",
    "comparable",
    "extract",
    "fd_infinity",
    "feature_likelihood_divergence",
    "frechet_distance",
    "inception_score",
    "kernel_distance",
    "lpips",
    "measure",
    "modes",
    "ms_ssim",
    "needed",
    "open_extractor",
    "per_class_frechet",
    "prdc",
    "psnr",
    "sliced_wasserstein",
    "ssim",
    "table",
]
