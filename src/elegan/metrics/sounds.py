"""Distances of sounds from those that they should be, each from its own."""

import math
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from elegan.core.errors import UserError
from elegan.metrics.catalogue import METRICS, find_metric
from elegan.metrics.metric import SoundMetric
from elegan.metrics.results import provenance
from elegan.record.result import Result

USUAL = ("mel-l1", "stft", "si-sdr")


def sound_metrics(metrics: Sequence[str] | None) -> list[SoundMetric]:
    """The metrics of these names, or the usual ones. Raises UserError for a name of another metric or of none."""
    found = []
    for name in USUAL if metrics is None else metrics:
        metric = find_metric(name)
        if not isinstance(metric, SoundMetric):
            valid = ", ".join(own.name for own in METRICS.values() if isinstance(own, SoundMetric))
            raise UserError(f"{name!r} does not compare sound with sound, as {valid} do")
        found.append(metric)
    return list(dict.fromkeys(found))


def measure_sounds(
    metrics: Sequence[SoundMetric], made: Tensor, wanted: Tensor, rate: int, words: str, settings: dict[str, Any]
) -> list[Result]:
    """The mean of each metric over the sounds N x T as a result; `words` say which sounds these are."""
    results = []
    for metric in metrics:
        values = metric.each(made, wanted, rate).double()
        mean, n = float(values.mean()), len(values)
        wide = 1.96 * float(values.std()) / math.sqrt(n) if n > 1 else math.inf
        name = f"{metric.label} {words}" if words else metric.label
        interval = "mean and 1.96 standard errors over sounds"
        record = settings | provenance(metric)
        results.append(
            Result(name, name, mean, mean - wide, mean + wide, interval, n, n, None, None, None, 0, (), record)
        )
    return results
