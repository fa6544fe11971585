"""The guard's rules on series whose answer is known: healthy ones, collapse, slow drift, a jump."""

import math
import random

import pytest

from elegan.recipes import find_recipe
from elegan.training.guard.remedies import remedies
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
        "gone": [max(0, 4 - n // 10) for n in range(N + 1)],
        "copied": [0.02] * (N + 1),
        "repeated": [0.01] * (N + 1),
        "gradient": [3 * math.exp(0.5 * draw.gauss(0, 1)) for _ in t],
        "change": [0.5] * (N + 1),
        "nearness": [0.4 + 0.8 * math.exp(-9 * x) + 0.01 * draw.gauss(0, 1) for x in t],
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
    "lost classes": ("gone", lambda v, n: 1),
    "one picture a class": ("within", lambda v, n: 0.1),
    "getting worse": ("distance", lambda v, n: v + 0.3),
    "exploding gradients": ("gradient", lambda v, n: 1000 * v),
    "vanished gradients": ("gradient", lambda v, n: 1e-4 * v),
    "lost kinds": ("lost", lambda v, n: 3),
    "copies": ("copied", lambda v, n: 0.6),
    "moving away": ("nearness", lambda v, n: 1.0),
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


def test_pictures_that_for_long_are_much_nearer_than_varied_ones_are_near_duplicates():
    """As of a latent of two numbers: the nearest are no copies of one another, and stay a tenth as far apart as the others."""
    series = healthy()
    series["closest"] = [min(v, 0.1) for v in series["closest"]]
    at, since = shown(series)["near-duplicates"]
    assert at >= since + 7
    assert since <= 20


def test_kinds_that_were_never_made_are_named_at_the_end():
    learnt = {"distance": [max(v, 0.1) for v in healthy()["distance"]]}
    assert shown(healthy() | learnt | {"lost": [7] * (N + 1)})["lost kinds"] == (100, 0)
    assert "lost kinds" not in alarms(healthy() | {"lost": [6] * (N + 1)})


def test_a_slow_collapse_is_noticed_at_half_of_the_spread():
    series = healthy()
    series["spread"] = [v * (1 - 0.012 * max(0, n - 40)) for n, v in enumerate(series["spread"])]
    at, since = shown(series)["collapse"]
    assert 80 <= since <= 86
    assert at == since + 2


def test_noise_that_is_more_varied_than_the_data_is_no_height_to_fall_from():
    """As progressive begins: 1.3 of the data's spread, .6 when it has learnt their colours."""
    spread = [1.4 if n < 20 else 0.6 for n in range(N + 1)]
    assert "collapse" not in alarms(healthy() | {"spread": spread})
    assert "collapse" in alarms(healthy() | {"spread": [min(v, 0.45) if n > 50 else v for n, v in enumerate(spread)]})


def test_a_jump_of_the_learning_rate_is_noticed_at_the_next_probe():
    """What a rate twenty times as high did to dcgan on the digits (docs/guard.md): nothing is told apart, and gradients shrink."""
    series = healthy()
    series["separation"] = [v if n < 60 else 0.56 for n, v in enumerate(series["separation"])]
    series["gradient"] = [v if n < 60 else v / 12 for n, v in enumerate(series["gradient"])]
    series["distance"] = [
        v if n < 60 else series["distance"][59] + 0.005 * (n - 59) for n, v in enumerate(series["distance"])
    ]
    found = shown(series)
    assert found["discriminator thrown off"] == (60, 60)
    assert 63 <= found["getting worse"][0] <= 70


def test_a_single_probe_that_tells_a_little_less_apart_is_no_alarm():
    """As of dcgan on flowers: .94, .75, .85 of 32 pictures."""
    series = healthy()
    series["separation"][60] = 0.74
    series["distance"][60] = 0.2
    assert alarms(series) == {}


def test_a_generator_that_all_at_once_fools_the_discriminator_is_no_alarm():
    series = healthy()
    series["separation"] = [v if n < 60 else 0.56 for n, v in enumerate(series["separation"])]
    series["distance"] = [v if n < 60 else 0.001 * math.exp(-n / 10) for n, v in enumerate(series["distance"])]
    assert alarms(series) == {}


def test_data_of_one_picture_are_named_at_once():
    assert shown(healthy() | {"repeated": [0.9] * (N + 1)})["repeated picture"] == (1, 0)


def test_what_was_never_learnt_is_found_late_enough_and_was_there_from_the_start():
    series = healthy() | {"spread": [0.1] * (N + 1), "distance": [0.9] * (N + 1)}
    assert shown(series)["all alike"] == (30, 0)


def test_what_is_not_yet_learnt_is_no_alarm_while_the_pictures_come_nearer():
    """As least squares learn the digits: few directions at half-way, twice as many at the end; seven of twenty kinds lost by then."""
    t = [n / N for n in range(N + 1)]
    learns = {
        "distance": [1.2 - 1.1 * x for x in t],
        "directions": [0.18] * (N + 1),
        "lost": [7 + (N - n) // 8 for n in range(N + 1)],
    }
    assert alarms(healthy() | learns) == {}
    series = healthy() | learns | {"distance": [max(0.5, 1.2 - 1.1 * x) for x in t]}
    assert {"few directions", "lost kinds"} <= alarms(series).keys()


def test_what_grows_more_varied_makes_progress_where_the_distance_does_not_fall():
    """As sngan does: the distance falls, rises for a while and falls again."""
    t = [n / N for n in range(N + 1)]
    dips = {
        "distance": [0.6 + 0.2 * min(1, abs(x - 0.1) * 4) for x in t],
        "separation": [1.0] * (N + 1),
        "spread": [0.4 + 0.5 * x for x in t],
    }
    assert "discriminator has won" not in alarms(healthy() | dips)
    assert "discriminator has won" in alarms(healthy() | dips | {"spread": [0.7] * (N + 1)})


def test_bland_pictures_are_no_copies():
    series = healthy() | {"copied": [0.6] * (N + 1)}
    assert alarms(series)["copies"] == 20
    assert "copies" not in alarms(series | {"spread": [0.4] * (N + 1)})


def test_a_single_bad_probe_is_no_alarm():
    for name, (sign, change) in FAULTS.items():
        series = healthy()
        series[sign][50] = change(series[sign][50], 50)
        if name not in ("lost kinds", "exploding gradients"):  # a gradient is the median of many steps
            assert alarms(series) == {}, name


def test_a_slow_drift_is_noticed():
    series = healthy()
    series["distance"] = [v + 0.004 * max(0, n - 40) for n, v in enumerate(series["distance"])]
    assert 50 < alarms(series)["getting worse"] <= 85


def test_a_run_that_begins_near_its_data_and_stays_there_makes_progress_enough():
    """As one does that begins with the weights of another run (measured: .007 at first, .005 to .011 after 300 steps)."""
    assert "no progress" not in alarms(healthy() | {"distance": [0.007, *([0.005, 0.011] * N)][: N + 1]})


def test_no_progress_is_noticed_where_the_distance_stays():
    series = healthy() | {"distance": [0.9 - 0.001 * n for n in range(N + 1)], "spread": [0.3] * (N + 1)}
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


def test_classes_that_come_and_go_before_all_are_made_are_not_lost():
    assert alarms(healthy() | {"gone": [6 - n % 2 for n in range(N + 1)]}) == {}
    assert alarms(healthy() | {"gone": [n % 2 for n in range(N + 1)]}) == {}
    assert "lost classes" in alarms(healthy() | {"gone": [0 if n < 50 else 1 for n in range(N + 1)]})


def test_what_a_translator_makes_before_it_has_learnt_is_no_best():
    start = [0.35, 0.34, 0.4, 0.6, 0.8, 0.9]
    assert alarms(healthy() | {"nearness": start + [0.9 - 0.007 * n for n in range(N - 5)]}) == {}


def test_helpers():
    assert lowest([5, 1, 5, 4, 4, 4]) == 4
    assert lowest([3, 1]) == 1
    assert highest([1, 9, 1, 2, 3, 2]) == 2
    assert lasting([1, 0, 1, 1, 1], 2, bool) == 3
    assert lasting([1], 2, bool) == 0


@pytest.mark.parametrize(
    ("recipe", "settings", "first"),
    [
        ("dcgan", ["optimizers.generator.lr=0.004"], ("own rates", ["optimizers.generator.lr=0.0002"])),
        ("dcgan", ["nets.discriminator.norm=none"], ("own norms", ["nets.discriminator.norm=batch"])),
        ("cyclegan", ["losses.identity.weight=250"], ("own weights", ["losses.identity.weight=2.5"])),
        ("dcgan", ["optimizers.generator.lr=0.0004"], ("slower", None)),  # twice as high is a choice
        ("stylegan2", ["losses.r1.weight=0.001"], ("slower", None)),  # follows the data
    ],
)
def test_what_was_set_far_from_the_recipes_own_is_the_first_suspect(recipe, settings, first):
    worse = next(rule for rule in RULES if rule.name == "getting worse")
    name, changes = next(iter(remedies(worse, find_recipe(recipe).override(settings)).items()))
    assert name == first[0]
    assert first[1] in (None, changes)


def test_what_an_alarm_changed_is_not_taken_for_a_slip():
    worse = next(rule for rule in RULES if rule.name == "getting worse")
    slow = find_recipe("dcgan").override(["optimizers.discriminator.lr=2e-5"])
    assert next(iter(remedies(worse, slow, ["own norms"]))) == "own rates"
    assert [*remedies(worse, slow, ["slower"])] == ["penalty", "seed"]


def test_of_a_repeated_picture_one_is_kept_and_no_setting_else_is_suspected():
    repeated = next(rule for rule in RULES if rule.name == "repeated picture")
    wild = find_recipe("dcgan").override(["optimizers.generator.lr=1"])
    assert remedies(repeated, wild) == {"distinct": ["data.distinct=true"]}
    assert remedies(repeated, wild.override(["data.distinct=true"])) == {}
    assert remedies(repeated, find_recipe("cyclegan")) == {}
