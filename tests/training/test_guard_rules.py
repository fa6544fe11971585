"""The guard's rules on series whose answer is known: healthy ones, collapse, slow drift, a jump."""

import math
import random

import pytest

from elegan.training.guard.rules import RULES, highest, lasting, lowest

N = 100


def healthy(seed: int = 0) -> dict[str, list[float]]:
    """A run that learns: every sign with the noise that healthy runs have."""
    draw = random.Random(seed)
    t = [n / N for n in range(N + 1)]
    return {
        "distance": [0.9 * math.exp(-6 * x) + 0.003 * draw.gauss(0, 1) for x in t],
        "noise": [0.003] * (N + 1),
        "spread": [min(1, 0.1 + 3 * x) + 0.02 * draw.gauss(0, 1) for x in t],
        "closest": [min(1.2, 0.1 + 4 * x) * math.exp(0.1 * draw.gauss(0, 1)) for x in t],
        "directions": [0.3 + 0.6 * x + 0.05 * draw.gauss(0, 1) for x in t],
        "within": [min(0.9, 0.2 + 2 * x) for x in t],
        "separation": [0.95 + 0.05 * draw.random() for _ in t],
        "overfitting": [0.3 + 0.1 * draw.gauss(0, 1) for _ in t],
        "lost": [max(0, 8 - n // 5) for n in range(N + 1)],
        "copied": [0.02] * (N + 1),
        "gradient": [3 * math.exp(0.5 * draw.gauss(0, 1)) for _ in t],
        "change": [0.5] * (N + 1),
        "nearness": [0.4] * (N + 1),
        "answer": [0.9] * (N + 1),
        "gain": [0.8 + 1.2 * min(1, 3 * x) for x in t],
    }


def alarms(series: dict[str, list[float]]) -> dict[str, int]:
    """By rule, the probe at which it first shows."""
    return {name: n for name, (n, _) in shown(series).items()}


def shown(series: dict[str, list[float]]) -> dict[str, tuple[int, int]]:
    """By rule, the probe at which it first shows, and the first that showed it."""
    first: dict[str, tuple[int, int]] = {}
    for n in range(1, N + 1):
        seen = {sign: values[: n + 1] for sign, values in series.items()}
        for rule in RULES:
            if rule.name not in first and (count := rule.sick(seen, n / N)):
                first[rule.name] = n, n + 1 - count
    return first


@pytest.mark.parametrize("seed", range(20))
def test_a_healthy_run_raises_no_alarm(seed):
    assert alarms(healthy(seed)) == {}


# What is changed from the fiftieth probe on, and the alarm that is to come.
FAULTS = {
    "collapse": ("spread", lambda v, n: 0.1 * v),
    "near-duplicates": ("closest", lambda v, n: 0.001),
    "few directions": ("directions", lambda v, n: 0.05),
    "one picture a class": ("within", lambda v, n: 0.1),
    "getting worse": ("distance", lambda v, n: v + 0.3),
    "exploding gradients": ("gradient", lambda v, n: 1000 * v),
    "vanished gradients": ("gradient", lambda v, n: 1e-4 * v),
    "lost kinds": ("lost", lambda v, n: 3),
    "copies": ("copied", lambda v, n: 0.6),
    "ignores its input": ("answer", lambda v, n: 0.01),
    "worse than interpolation": ("gain", lambda v, n: 0.7),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_jump_is_noticed_within_five_probes_and_called_by_its_name(name):
    sign, change = FAULTS[name]
    series = healthy()
    series[sign] = [v if n < 50 else change(v, n) for n, v in enumerate(series[sign])]
    found = shown(series)
    assert name in found
    at, since = found[name]
    assert 50 <= at <= 55
    assert since == 50  # of a rule that asks for two probes as of one that asks for four
    assert min(at for at, _ in found.values()) >= 50


def test_what_was_never_learnt_is_found_late_enough_and_was_there_from_the_start():
    series = healthy() | {"spread": [0.1] * (N + 1), "distance": [0.9] * (N + 1)}
    assert shown(series)["all alike"] == (30, 0)


def test_a_single_bad_probe_is_no_alarm():
    for sign, change in FAULTS.values():
        series = healthy()
        series[sign][50] = change(series[sign][50], 50)
        if sign != "lost":
            assert alarms(series) == {}, sign


def test_a_slow_drift_is_noticed():
    series = healthy()
    series["distance"] = [v + 0.004 * max(0, n - 40) for n, v in enumerate(series["distance"])]
    assert 50 < alarms(series)["getting worse"] <= 85


def test_a_run_that_begins_near_its_data_and_stays_there_makes_progress_enough():
    """As one does that begins with the weights of another run (measured: .007 at first, .005 to .011 after 300 steps)."""
    assert "no progress" not in alarms(healthy() | {"distance": [0.007, *([0.005, 0.011] * N)][: N + 1]})


def test_no_progress_is_noticed_where_the_distance_stays():
    series = healthy() | {"distance": [0.9 - 0.001 * n for n in range(N + 1)]}
    assert shown(series)["no progress"] == (20, 0)


def test_a_discriminator_has_won_where_nothing_improves_and_everything_is_told_apart():
    series = healthy() | {"separation": [1.0] * (N + 1)}
    assert alarms(series) == {}
    series["distance"] = [max(v, 0.3) for v in series["distance"]]
    at, since = shown(series)["discriminator has won"]
    assert at - since + 1 == max(8, (at + 1) // 3)  # the part of the run in which nothing came nearer


def test_a_discriminator_has_died_where_nothing_is_told_apart_far_from_the_data():
    series = healthy() | {"separation": [0.5] * (N + 1)}
    assert alarms(series) == {}  # the pictures are as good as real ones
    series["distance"] = [max(v, 0.3) for v in series["distance"]]
    assert "discriminator has died" in alarms(series)


def test_pictures_known_by_heart_alarm_only_where_the_pictures_suffer():
    series = healthy() | {"overfitting": [1.0] * (N + 1)}
    assert alarms(series) == {}
    series["distance"] = [max(v, 0.15) if n < 50 else 0.22 for n, v in enumerate(series["distance"])]
    assert "known by heart" in alarms(series)


def test_a_translator_that_returns_its_input_is_named():
    series = healthy() | {"change": [0.01] * (N + 1), "nearness": [1.0] * (N + 1)}
    assert alarms(series)["returns its input"] == 30


def test_helpers():
    assert lowest([5, 1, 5, 4, 4, 4]) == 4
    assert lowest([3, 1]) == 1
    assert highest([1, 9, 1, 2, 3, 2]) == 2
    assert lasting([1, 0, 1, 1, 1], 2, bool) == 3
    assert lasting([1], 2, bool) == 0
