"""Learning-rate factors at their ends, and the plateau as a function of the metric's history."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elegan.recipes import parts
from elegan.training import schedules


@given(st.floats(0, 1, exclude_max=True), st.sampled_from(["constant", "linear", "cosine", "step", "exponential"]))
def test_factors_fall_from_one(t, name):
    schedule = parts.find("schedule", name)
    assert schedule(0.0, []) == 1.0
    assert 0 <= schedule(t, []) <= 1


def test_values_in_between_and_at_the_end():
    assert schedules.linear(0.75, [], start=0.5) == pytest.approx(0.5)
    assert schedules.linear(0.4, [], start=0.5) == 1
    assert schedules.linear(1.0, [], end=0.1) == pytest.approx(0.1)
    assert schedules.cosine(0.5, [], end=0.2) == pytest.approx(0.6)
    assert schedules.step(0.24, []) == 1
    assert schedules.step(0.51, []) == 0.25
    assert schedules.exponential(0.5, [], end=0.01) == pytest.approx(0.1)


def test_plateau_waits_drops_and_waits_again():
    falling = [10.0, 9.0, 8.0]
    flat = [8.0, 8.0, 8.0]
    assert schedules.plateau(0, falling, patience=3) == 1
    assert schedules.plateau(0, [*falling, *flat[:2]], patience=3) == 1
    assert schedules.plateau(0, falling + flat, patience=3) == 0.5
    assert schedules.plateau(0, falling + flat + [5.0] + flat, patience=3) == 0.25
    assert schedules.plateau(0, [8.0, 7.95], patience=1, threshold=0.01) == 0.5


def test_a_smoothed_plateau_is_not_misled_by_looks_that_scatter():
    falling = [8.0 - 0.3 * n + (-0.4 if n % 2 else 0.4) for n in range(12)]
    assert schedules.plateau(0, falling, patience=1) < 1
    assert schedules.plateau(0, falling, patience=1, smooth=0.9, threshold=0.0) == 1


def test_a_plateau_of_decibels_is_one_too():
    """Which are held as their negatives."""
    assert schedules.plateau(0, [-25.0, -27.0, -29.0], patience=1) == 1
    assert schedules.plateau(0, [-25.0, -29.0, -29.1], patience=1) == 0.5
