"""Intervals of benchmarks hold what they say, and ratios are those of works that ran side by side."""

import numpy as np
import pytest

from benchmarks.estimates import mean, median, percent
from benchmarks.results import Estimate, table
from benchmarks.timing import against_plain, ratio
from elegan.core.errors import UserError


@pytest.mark.parametrize("n", [6, 9, 20, 41])
def test_the_interval_of_a_median_holds_it(n):
    draws = np.random.default_rng(n).exponential(size=(2000, n))
    intervals = [median(row) for row in draws]
    held = np.mean([estimate.low <= np.log(2) <= estimate.high for estimate in intervals])
    said = int(intervals[0].interval.split()[2].rstrip("%")) / 100
    assert held == pytest.approx(said, abs=0.02)
    assert said >= 0.95


def test_few_values_have_their_ends_and_less_certainty():
    assert median([3.0, 1.0, 2.0]) == Estimate(2.0, 1.0, 3.0, 3, "order statistics, 75% of the median")
    assert median([2.0]) == Estimate(2.0, 2.0, 2.0, 1, "order statistics, 0% of the median")


def test_a_mean_and_a_share_have_their_textbook_intervals():
    assert mean([1.0, 2.0, 3.0]).high == pytest.approx(2 + 4.3027 / 3**0.5, abs=1e-4)
    assert (percent(0, 10).low, percent(0, 10).high) == (0, pytest.approx(100 * (1 - 0.025**0.1)))
    with pytest.raises(UserError, match="a mean of one value has no interval"):
        mean([1.0])


def test_a_ratio_compares_within_a_round():
    # The machine was ten times slower in the second round, and it does not matter.
    assert ratio([2.0, 20.0, 2.0], [1.0, 10.0, 1.0]) == Estimate(
        2.0, 2.0, 2.0, 3, "order statistics, 75% of the median"
    )


def test_works_take_turns_after_a_round_that_does_not_count():
    played = []
    row = against_plain(lambda: played.append("plain"), lambda: played.append("ours"), rounds=2)
    assert played == ["plain", "ours"] * 3
    assert row["times as fast"].n == 2


def test_a_table_shows_intervals_and_what_only_some_rows_have():
    rows = [{"what": "a", "s": Estimate(1.23456, 1.0, 2000.4, 6, "")}, {"what": "b", "N": 10_000, "s": 0.5}]
    assert table(rows).splitlines() == [
        "| what | s | N |",
        "| --- | --- | --- |",
        "| a | 1.235 (1 to 2,000) |  |",
        "| b | 0.5 | 10,000 |",
    ]
