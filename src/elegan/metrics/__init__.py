"""Metrics of generated images: functions of features or of images, extractors of features, and the report of both.

A metric by name is a class in a file of its own in `elegan.metrics.catalogue`."""

from typing import TYPE_CHECKING

from elegan.core.demand import on_demand

if TYPE_CHECKING:
    from elegan.metrics.catalogue import METRICS, find_metric, needed
    from elegan.metrics.classes import classification_accuracy_score, modes, per_class_frechet
    from elegan.metrics.extractor import Extractor
    from elegan.metrics.extractors import open_extractor
    from elegan.metrics.fidelity import lpips, ms_ssim, psnr, ssim
    from elegan.metrics.frechet import Moments, fd_infinity, frechet_distance
    from elegan.metrics.kernel import kernel_distance
    from elegan.metrics.likelihood import feature_likelihood_divergence
    from elegan.metrics.metric import Metric, PairMetric
    from elegan.metrics.precision_recall import prdc
    from elegan.metrics.results import extract, measure, table
    from elegan.metrics.score import inception_score
    from elegan.metrics.sets import Features, Sets
    from elegan.metrics.sliced import sliced_wasserstein
    from elegan.metrics.two_sample import classifier_two_sample
    from elegan.record.result import Result, comparable

__all__ = [
    "METRICS",
    "Extractor",
    "Features",
    "Metric",
    "Moments",
    "PairMetric",
    "Result",
    "Sets",
    "classification_accuracy_score",
    "classifier_two_sample",
    "comparable",
    "extract",
    "fd_infinity",
    "feature_likelihood_divergence",
    "find_metric",
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

__getattr__ = on_demand(__name__, {
    "metrics.catalogue": "METRICS find_metric needed",
    "metrics.classes": "classification_accuracy_score modes per_class_frechet",
    "metrics.extractor": "Extractor",
    "metrics.extractors": "open_extractor",
    "metrics.fidelity": "lpips ms_ssim psnr ssim",
    "metrics.frechet": "Moments fd_infinity frechet_distance",
    "metrics.kernel": "kernel_distance",
    "metrics.likelihood": "feature_likelihood_divergence",
    "metrics.metric": "Metric PairMetric",
    "metrics.precision_recall": "prdc",
    "metrics.results": "extract measure table",
    "metrics.score": "inception_score",
    "metrics.sets": "Features Sets",
    "metrics.sliced": "sliced_wasserstein",
    "metrics.two_sample": "classifier_two_sample",
    "record.result": "Result comparable",
})  # fmt: skip
