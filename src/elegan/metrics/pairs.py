"""Distances of pictures from those that they should be, each from its own."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from elegan.core.errors import UserError
from elegan.metrics.catalogue import METRICS, find_metric
from elegan.metrics.metric import PairMetric
from elegan.metrics.results import provenance
from elegan.record.result import Result

USUAL = ("l1", "psnr", "ssim")


def pair_metrics(metrics: Sequence[str] | None) -> list[PairMetric]:
    """The metrics of these names, or the usual ones. Raises UserError for a name of another metric or of none."""
    by_name = {name: find_metric(name) for name in (USUAL if metrics is None else metrics)}
    for name, metric in by_name.items():
        if not isinstance(metric, PairMetric):
            valid = ", ".join(own.name for own in METRICS.values() if isinstance(own, PairMetric))
            raise UserError(f"{name!r} compares sets of pictures, and these are measured one by one, by {valid}")
    return [metric for metric in dict.fromkeys(by_name.values()) if isinstance(metric, PairMetric)]


def distances(made: np.ndarray, wanted: np.ndarray) -> dict[str, np.ndarray]:
    """L1 on the scale 0-255, PSNR in dB and SSIM of each picture, uint8 N x H x W x C."""
    return {metric.label: metric.each(made, wanted) for metric in pair_metrics(None)}


def measure_pairs(
    metrics: Sequence[PairMetric], made: np.ndarray, wanted: np.ndarray, settings: dict[str, Any]
) -> list[Result]:
    """The mean of each metric over the pictures uint8 N x H x W x C as a result."""
    return [pair_result(metric, metric.each(made, wanted), settings) for metric in metrics]


def pair_result(metric: PairMetric, values: np.ndarray, settings: dict[str, Any]) -> Result:
    """The mean of the metric's values, float64 N, as a result."""
    name, mean, n = metric.label, float(values.mean()), len(values)
    wide = 1.96 * float(values.std(ddof=1)) / math.sqrt(n) if n > 1 else math.inf
    interval = "mean and 1.96 standard errors over pictures"
    record = settings | provenance(metric)
    return Result(name, name, mean, mean - wide, mean + wide, interval, n, n, None, None, None, 0, (), record)
