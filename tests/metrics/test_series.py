"""Measures of windows of a series, where the right answer is known."""

import pytest
import torch

from elegan.core import rng
from elegan.metrics.series import autocorrelation, correlations, discriminative, predictive, resampled


def waves(n: int, speed: float, seed: int, noise: float = 0.05) -> torch.Tensor:
    """Two columns in [0, 1], the second a quarter of a wave behind the first."""
    stream = rng.generator("waves", seed)
    phase = torch.rand(n, 1, generator=stream) * 6.283
    time = torch.arange(12) * speed + phase
    columns = torch.stack([time.sin(), time.cos()], 2) / 2.5 + 0.5
    return columns + noise * torch.randn(columns.shape, generator=stream)


def test_the_same_waves_are_not_told_apart_and_others_are():
    real, same = waves(150, 0.5, 0), waves(150, 0.5, 1)
    assert discriminative(real, same).value < 0.15
    assert discriminative(real, same + 1).value > 0.4


def test_who_learns_from_the_same_waves_predicts_them():
    real, same = waves(150, 0.5, 0), waves(150, 0.5, 1)
    assert predictive(real, same).value < 0.9 * predictive(real, 1 - same.flip(1)).value


def test_correlations_and_autocorrelations_are_those_of_their_formulas():
    real, same = waves(2000, 0.5, 0), waves(2000, 0.5, 1)
    assert correlations(real, same) < 0.05
    equal = same.clone()
    equal[..., 1] = equal[..., 0]
    assert correlations(real, equal) == pytest.approx(1, abs=0.05)  # 1 in place of 0
    assert correlations(real[..., :1], same[..., :1]) == 0
    assert autocorrelation(real, same) < 0.01
    assert autocorrelation(real, waves(2000, 2.0, 2)) > 0.1


def test_a_bootstrap_says_how_far_a_measure_is_off():
    real = waves(300, 0.5, 0)
    far = [abs(correlations(real, waves(300, 0.5, seed)) - 0) for seed in range(1, 6)]
    found = resampled(correlations, real, waves(300, 0.5, 1), seed=0)
    assert 0 < found.error < 0.2
    assert max(far) < 6 * found.error + 0.05
