"""Statistics over seeds against SciPy's tests and by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from elegan.metrics.catalogue import better_of
from elegan.metrics.seeds import difference, holm, mean_interval

A, B = {0: 3.1, 1: 2.9, 2: 3.4, 5: 3.0}, {0: 4.2, 1: 3.7, 2: 4.9, 5: 3.9}


def test_the_interval_of_a_mean_is_students():
    values = list(A.values())
    low, high = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert mean_interval(values) == pytest.approx((np.mean(values), low, high))
    assert mean_interval([1.0, 3.0]) == pytest.approx((2, 2 - 12.706204736, 2 + 12.706204736))
    assert mean_interval([2.5]) == (2.5, -math.inf, math.inf)


def test_the_same_seeds_are_paired():
    found, expected = difference(A, B), stats.ttest_rel(list(A.values()), list(B.values()))
    assert found.test == "paired"
    assert found.p == pytest.approx(expected.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert found.mean == pytest.approx(-1.075)


def test_other_seeds_are_compared_by_welch():
    other = dict(zip((7, 8, 9), B.values(), strict=False))
    found = difference(A, other)
    expected = stats.ttest_ind(list(A.values()), list(other.values()), equal_var=False)
    assert found.test == "Welch"
    assert found.p == pytest.approx(expected.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval(0.95)))


def test_one_seed_decides_nothing_and_no_spread_decides_all():
    found = difference({0: 1.0}, B)
    assert (found.p, found.test, found.low) == (1.0, "", -math.inf)
    assert difference({0: 1.0, 1: 1.0}, {0: 1.0, 1: 1.0}).p == 1
    assert difference({0: 1.0, 1: 1.0}, {2: 2.0, 3: 2.0}).p == 0


def test_p_values_are_corrected_by_holm():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.6]) == pytest.approx([1, 1])
    assert holm([]) == []


def test_a_false_alarm_among_groups_that_are_alike_is_rare():
    generator, alarms = np.random.default_rng(0), 0
    for _ in range(400):
        groups = [dict(enumerate(row)) for row in generator.normal(size=(3, 4))]
        pairs = [(0, 1), (0, 2), (1, 2)]
        alarms += min(holm([difference(groups[a], groups[b]).p for a, b in pairs])) < 0.05
    assert alarms / 400 < 0.075  # 5 %, and twice the error of 400 draws


@pytest.mark.parametrize(
    ("line", "better"),
    [("IS", "higher"), ("PSNR AtoB", "higher"), ("FD", "lower"), ("FD:cat", "lower"), ("L1 BtoA", "lower")],
)
def test_more_is_better_of_scores_and_less_of_distances(line, better):
    assert better_of(line) == better
