"""Copies planted among fresh real images are found, fresh ones are left alone, and p-values mean what they say."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.stats import kstest
from sklearn.datasets import load_digits

from benchmarks.alterations import WANTED as KINDS
from elegan.core.errors import UserError
from elegan.metrics.copies import approximate, find_copies

EACH = 20
FAINT = (0.0, 0.02, 0.05, 0.1)  # contrasts


def some_of(archive: Path, prefix: str, count: int) -> np.ndarray:
    """`count` images spread over a zip's `prefix`; the whole set would take a minute to decode."""
    with zipfile.ZipFile(archive) as opened:
        names = sorted(n for n in opened.namelist() if n.startswith(prefix) and n.endswith(".jpg"))
        chosen = names[:: len(names) // count][:count]
        return np.stack([np.asarray(Image.open(io.BytesIO(opened.read(name))).convert("RGB")) for name in chosen])


def planted(train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """EACH images of every kind, and the index of the training image that each was made from."""
    rng = np.random.default_rng(0)
    source = np.stack([rng.choice(len(train), EACH, replace=False) for _ in KINDS])
    copies = [alter(train[i], rng) for alter, row in zip(KINDS.values(), source, strict=True) for i in row]
    return np.stack(copies), source.ravel()


def digits() -> tuple[np.ndarray, np.ndarray]:
    """1,400 training images and 397 others, 8 x 8 grey."""
    images = np.rint(load_digits().images * (255 / 16)).astype(np.uint8)[..., None]
    images = images[np.random.default_rng(0).permutation(len(images))]
    return images[:1400], images[1400:]


@pytest.fixture(scope="module")
def cifar(test_data):
    """2,000 training, 1,100 calibration and 400 fresh images."""
    train = some_of(test_data / "cifar10.zip", "train/", 2000)
    test = some_of(test_data / "cifar10.zip", "test/", 1500)[np.random.default_rng(0).permutation(1500)]
    return train, test[:1100], test[1100:]


@pytest.fixture(scope="module")
def judged(cifar):
    """Copies of every kind, then the fresh images, then faint ones."""
    train, held_out, fresh = cifar
    copies, source = planted(train)
    faint = [np.rint(128 + contrast * (fresh[:25] - 128.0)).astype(np.uint8) for contrast in FAINT]
    return find_copies(train, np.concatenate([copies, fresh, *faint]), held_out=held_out), source


def of_fresh(values: np.ndarray) -> np.ndarray:
    return values[len(KINDS) * EACH :][:400]


def test_every_kind_of_copy_is_found_with_its_source(judged):
    report, source = judged
    found = dict(zip(KINDS, report.suspects[: len(source)].reshape(len(KINDS), EACH).sum(1), strict=True))
    assert found.pop("hue by 180 degrees, HSV") >= 15  # the search is by luma, which this turns over in places
    assert min(found.values()) >= 19, found
    assert (report.neighbours[: len(source), 0] == source).mean() > 0.98


def test_fresh_images_are_left_alone_and_their_p_values_are_uniform(judged):
    report, _ = judged
    p = of_fresh(report.p_values)
    assert of_fresh(report.suspects).sum() <= 1
    assert kstest(p, "uniform").pvalue > 0.01
    assert report.calibration == "held-out"
    assert p.min() >= 1 / (1 + report.n_calibration)


def test_faint_and_blank_images_are_no_copies(judged):
    report, source = judged
    assert not report.suspects[len(source) + 400 :].any()


def test_a_verdict_is_the_p_value_and_the_threshold_alike(judged):
    report, _ = judged
    assert np.array_equal(report.suspects, report.p_values <= report.alpha)
    assert np.array_equal(report.suspects, report.residuals < report.threshold)
    assert report.suspects[report.ranking].all()
    assert (np.diff(report.residuals[report.ranking]) >= 0).all()
    assert (report.q_values >= report.p_values).all()


def test_a_set_of_copies_shows_in_the_tests_of_the_set(cifar):
    train, held_out, fresh = cifar
    noisy = KINDS["noise, sigma 13"](train[:300], np.random.default_rng(0))
    copied, honest = (find_copies(train, images, 0.01, held_out[:300]) for images in (noisy, fresh[:300]))
    assert copied.c_t < -3 < honest.c_t < 3
    assert copied.authenticity < 0.2 < honest.authenticity
    assert honest.authenticity == pytest.approx(honest.authenticity_real, abs=0.08)
    assert copied.authenticity_real == honest.authenticity_real


def test_flowers_of_64_pixels_by_training_images_left_out(test_data):
    images = some_of(test_data / "flowers64.zip", "", 400)
    images = images[np.random.default_rng(0).permutation(400)]
    train, fresh = images[:300], images[300:]
    copies, source = planted(train)
    report = find_copies(train, np.concatenate([copies, fresh]), alpha=0.005)
    assert report.calibration == "leave-one-out"
    assert report.suspects[: len(source)].mean() > 0.98
    assert (report.neighbours[: len(source), 0] == source).mean() > 0.98
    assert report.suspects[len(source) :].sum() <= 1


def test_small_grey_images_left_out_in_turn_give_uniform_p_values():
    train, fresh = digits()
    report = find_copies(train, fresh, alpha=0.01)
    assert kstest(report.p_values, "uniform").pvalue > 0.01
    assert report.suspects.mean() < 0.03


def test_duplicates_are_found_and_change_nothing():
    train, fresh = digits()
    train, fresh = train[:500], np.concatenate([fresh[:50], train[:20]])
    once, twice = find_copies(train, fresh, 0.01), find_copies(np.concatenate([train, train]), fresh, 0.01)
    assert once.duplicates == []
    assert twice.duplicates == [[i, i + 500] for i in range(500)]
    assert np.abs(twice.p_values - once.p_values).mean() < 0.01
    assert twice.suspects[50:].all()
    assert find_copies(np.concatenate([train, train[:, :, ::-1]]), fresh, 0.01).duplicates == twice.duplicates
    assert once.n_calibration == twice.n_calibration == 500


def test_new_encodings_of_one_picture_are_duplicates(cifar):
    rng = np.random.default_rng(0)
    train = np.concatenate([cifar[0][:300], np.stack([KINDS["JPEG, quality 50"](x, rng) for x in cifar[0][:5]])])
    report = find_copies(train, cifar[2][:20], alpha=0.01)
    assert [0, 300] in report.duplicates
    assert all(group[1] - group[0] == 300 for group in report.duplicates)


def test_images_that_are_all_one():
    train, fresh = digits()
    report = find_copies(train, np.repeat(fresh[:1], 50, 0), alpha=0.01)
    assert len(set(report.p_values)) == 1
    blank = np.full_like(train[:50], 128)
    assert find_copies(blank, fresh[:50], alpha=0.1).share == 0
    assert find_copies(train[:50], blank, alpha=0.1).share == 0
    with pytest.raises(UserError, match="too few different training images: 1; at least 20 are needed"):
        find_copies(np.repeat(fresh[:1], 50, 0), fresh, alpha=0.1)


@pytest.mark.parametrize(
    ("change", "alpha", "message"),
    [
        (lambda x: x, 0.0, "alpha must lie between 0 and 1; got 0.0"),
        (
            lambda x: x,
            0.0005,
            "needs 1,999 real images to calibrate on and there are 1,400; the smallest alpha for these is 0.00071",
        ),
        (lambda x: x[:0], 0.1, "there are no query images"),
        (lambda x: x[:, :6], 0.1, "the query images are 8x6x1 and the training images 8x8x1; bring both to one size"),
        (lambda x: x.repeat(3, 3), 0.1, "the query images are 8x8x3 and the training images 8x8x1"),
        (lambda x: x / 255, 0.1, "images must be uint8 in 0..255; got float64"),
    ],
)
def test_what_cannot_be_judged_is_one_clear_line(change, alpha, message):
    train, fresh = digits()
    with pytest.raises(UserError) as caught:
        find_copies(train, change(fresh), alpha)
    assert message in str(caught.value)


def test_faiss_finds_what_exact_search_finds(cifar, monkeypatch):
    pytest.importorskip("faiss")
    train, held_out, fresh = cifar
    copies, _ = planted(train)
    queries = np.concatenate([copies[::4], fresh[:100]])
    exact = find_copies(train, queries, 0.01, held_out[:200])
    monkeypatch.setattr(approximate, "EXACT", 1000)
    indexed = find_copies(train, queries, 0.01, held_out[:200])
    assert exact.search == "exact"
    assert indexed.search.startswith("faiss, which found the nearest training image of 9")
    assert (indexed.suspects == exact.suspects).mean() > 0.99
    assert (indexed.neighbours[:, 0] == exact.neighbours[:, 0]).mean() > 0.9


def test_exact_search_of_many_says_that_faiss_is_faster(monkeypatch):
    monkeypatch.setattr(approximate, "_available", lambda: False)
    assert approximate.exact(200_001) == "exact; pip install 'elegan[faiss]' makes it faster"
    assert approximate.exact(200_000) == "exact"
