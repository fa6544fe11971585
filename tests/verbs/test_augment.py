"""A set balanced by generated images, and what is said of whether these help."""

import json
import signal

import numpy as np
import pytest

import elegan as library
from elegan import UserError
from elegan.data import open_data
from elegan.metrics.usefulness import AGAINST, BOTH, GENERATED, REAL, REPEATED, USUAL, Usefulness, repeated, usefulness
from rare import write_rare
from small import small

COUNTS = {0: 60, 1: 6, 2: 60, 3: 9}


@pytest.fixture(scope="module")
def rare(tmp_path_factory):
    return write_rare(tmp_path_factory.mktemp("rare") / "rare", COUNTS, 40)


@pytest.fixture(scope="module")
def untrained(rare):
    """A generator by class after a single step."""
    return library.train(str(rare), "cgan", steps=1, settings=small("cgan"), out=rare.parent / "runs", quiet=True)


@pytest.fixture(scope="module")
def made(rare, untrained):
    return library.augment(untrained, rare, per_class=60, seeds=3, images=5000)


def test_a_useless_generator_does_not_help(made):
    assert made.help.verdict() != "help"
    assert np.mean(made.help.right[BOTH]) < np.mean(made.help.right[REAL])
    assert not [line for line in made.lines() if line.startswith("generated images help")]
    assert all(len(values) == 3 for values in made.help.right.values())


def test_the_set_is_balanced_and_says_what_is_generated(made, rare, untrained):
    assert made.real == {str(label): count for label, count in COUNTS.items()}
    assert made.generated == {"0": 0, "1": 54, "2": 0, "3": 51}
    data = open_data(made.path)
    assert data.class_counts == [60] * 4
    names = sorted(path.name for path in (made.path / "1").iterdir())
    assert sum(name.startswith("generated-") for name in names) == 54
    assert sum(name.startswith("real-") for name in names) == 6
    real = open_data(rare)
    kept = np.stack([image for image, name in zip(data.images, data.names, strict=True) if "real-" in name])
    assert np.array_equal(np.sort(kept.reshape(len(kept), -1), 0), np.sort(real.images.reshape(len(kept), -1), 0))


def test_real_images_in_place_of_generated_ones_are_said_to_help():
    """Of two kinds of noisy pictures one is rare; more of its own kind help, as a perfect generator's would."""
    stream = np.random.default_rng(0)

    def drawn(labels):
        patterns = np.stack([np.tri(16) * 60, np.tri(16)[::-1] * 60, np.eye(16) * 60])
        noise = stream.normal(100, 150, (len(labels), 16, 16))
        return (patterns[labels] + noise).clip(0, 255).astype(np.uint8)[..., None], labels

    real = drawn(np.repeat([0, 1, 2], [300, 300, 5]))
    held_out = drawn(np.repeat([0, 1, 2], 200))
    found = usefulness(real, held_out, lambda seed: drawn(np.full(295, 2)), 300, seeds=3, seen=4000)
    assert found.gain(GENERATED, rare=True).low > 0
    assert found.verdict() == "help"


def test_repeats_fill_up_what_is_rare_and_keep_all_that_is_there():
    labels = np.array([0, 0, 0, 0, 1, 2, 2])
    rows = repeated(labels, 4, 0)
    assert rows[:7].tolist() == list(range(7))
    assert np.bincount(labels[rows]).tolist() == [4, 4, 4]


@pytest.mark.parametrize(
    ("gains", "verdict"), [([3, 4, 5], "help"), ([-3, -4, -5], "harm"), ([-3, 1, 4], "show no effect")]
)
def test_the_verdict_is_that_of_the_interval(gains, verdict):
    values = {name: [0.5] * 3 for name in (REAL, REPEATED, USUAL, GENERATED, BOTH)}
    values[BOTH] = [0.5 + gain / 100 for gain in gains]
    found = Usefulness(values, values)
    assert found.verdict() == verdict
    assert found.as_dict()["gain"][BOTH]["right"]["mean"] == pytest.approx(np.mean(gains) / 100)
    values[REAL] = [0.9] * 3
    assert Usefulness(values, values).verdict() != "help"
    assert set(AGAINST) == {GENERATED, BOTH}


def test_the_command_line_answers_in_json_and_refuses_what_is_there_already(elegan, rare, untrained, tmp_path):
    call = (
        "augment",
        rare,
        "--with",
        untrained.path,
        "--per-class",
        "12",
        "--seeds",
        "2",
        "--images",
        "300",
        "--out",
        "new",
    )
    done = elegan(*call, "--json", "-q")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["generated"] == {"0": 0, "1": 6, "2": 0, "3": 3}
    assert answer["usefulness"]["verdict"] in ("help", "harm", "show no effect")
    again = elegan(*call)
    assert again.returncode == 2
    assert again.stderr == "elegan: new already holds something; --out names another folder\n"


def test_ctrl_c_leaves_nothing(rare, untrained, tmp_path):
    from elegan.core.errors import Interrupted

    def stop(signum, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises((KeyboardInterrupt, Interrupted)):
            library.augment(untrained, rare, per_class=60, seeds=50, images=60_000, out=tmp_path / "none")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert not (tmp_path / "none").exists()


def test_wrong_calls_end_in_a_line(rare, untrained, tmp_path):
    options = {"out": tmp_path / "new", "images": 100, "seeds": 2}
    plain = library.train(str(rare), "dcgan", steps=1, settings=small("dcgan"), out=tmp_path, quiet=True)
    with pytest.raises(UserError, match="trained without classes"):
        library.augment(plain, rare, **options)
    with pytest.raises(UserError, match="no held-out part"):
        library.augment(untrained, rare / "train", **options)
    with pytest.raises(UserError, match="has no classes"):
        library.augment(untrained, rare / "train" / "0", **options)
    with pytest.raises(UserError, match=r"per_class = 6: every class has 6 images or more"):
        library.augment(untrained, rare, per_class=6, **options)
    with pytest.raises(UserError, match="unknown class '5'"):
        library.augment(untrained, write_rare(tmp_path / "other", {1: 4, 5: 4}, 4), **options)
    with pytest.raises(UserError, match="two at least"):
        library.augment(untrained, rare, **(options | {"seeds": 1}))
    assert not (tmp_path / "new").exists()
