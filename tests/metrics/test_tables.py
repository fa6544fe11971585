"""Measures of tables on rows whose answer is known."""

import numpy as np
import pytest

from elegan.data.tables.columns import Kinds, Numbers
from elegan.metrics.tables import associations, marginals, nearer_to_training, utility
from elegan.workflows.table import features

COLUMNS = (Numbers("x", 0, 1, None, (0.5,), (0.3,), False), Kinds("side", ("low", "high")))
BOUNDS = {0: (0.0, 1.0)}


def rows(x: np.ndarray, side: np.ndarray):
    return features(np.stack([x, side], 1).astype(np.float64), COLUMNS, BOUNDS, target=1)


@pytest.fixture
def real():
    x = np.random.default_rng(0).random(2000)
    return rows(x, x > 0.5)


def test_equal_rows_are_no_distance_apart(real):
    assert marginals(real, real) == associations(real, real) == 0


def test_marginals_are_those_of_the_formulas(real):
    x = real.entries[0]
    moved = rows(x / 2, x > 0.5)  # sup |F(t) - F(2 t)| = 1/2 at t = 1/2, and the kinds as before
    assert marginals(real, moved) == pytest.approx(0.25, abs=0.02)
    all_high = rows(x, np.ones(2000))
    assert marginals(real, all_high) == pytest.approx(0.25, abs=0.02)


def test_associations_see_what_marginals_do_not(real):
    x = real.entries[0]
    free = rows(x, np.random.default_rng(1).random(2000) > 0.5)
    assert marginals(real, free) < 0.02
    assert associations(real, free) == pytest.approx(0.5, abs=0.05)


def test_a_learner_gets_from_rows_what_is_in_them(real):
    x = np.random.default_rng(2).random(400)
    held_out = rows(x, x > 0.5)
    assert utility(real, held_out).value > 0.97
    free = rows(real.entries[0], np.random.default_rng(1).random(2000) > 0.5)
    assert abs(utility(free, held_out).value - 0.5) < 0.1


def test_rows_known_by_heart_are_nearer_to_what_was_learnt(real):
    random = np.random.default_rng(3)
    held_out, fresh = (rows(x, x > 0.5) for x in (random.random(500), random.random(800)))
    value, error = nearer_to_training(real, held_out, fresh)
    assert abs(value - 0.5) < 2 * error
    value, error = nearer_to_training(real.take(np.arange(500)), held_out, real.take(np.arange(500)))
    assert value - 2 * error > 0.8
