"""Measurements as a user meets them: real digits against real, damaged and lost ones; warnings, records, refusals."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from elegan.core.errors import UserError
from elegan.core.grid import png
from elegan.data import open_data
from elegan.metrics import Features, Result, classifier, comparable, extract, measure, open_extractor, prdc, table
from elegan.metrics.evaluate import evaluate_folder
from elegan.metrics.extractor import BATCH

EXTRACTOR = open_extractor("random")


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    """scikit-learn's 1,797 real digits, 8 x 8 grey, in a fixed random order."""
    images = (load_digits().images * 255 / 16).round().astype(np.uint8)[..., None]
    return images[np.random.default_rng(0).permutation(len(images))]


def by_metric(results: list[Result]) -> dict[str, Result]:
    return {r.metric: r for r in results}


def test_real_images_lie_at_the_floor_and_damaged_ones_do_not(digits):
    real, other = digits[:800], digits[800:1200]
    same = by_metric(measure(EXTRACTOR, real, other))
    assert set(same) == {"FD", "KD", "precision", "recall", "density", "coverage"}
    assert same["FD"].low < same["FD"].floor
    assert same["KD"].low < 0 < same["KD"].high
    dark = by_metric(measure(EXTRACTOR, real, other // 2))
    assert dark["FD"].low > 10 * same["FD"].floor_high
    assert dark["KD"].low > same["KD"].high
    assert dark["coverage"].high < same["coverage"].low
    for r in same.values():
        assert r.low <= r.value <= r.high
        assert (r.n_real, r.n_fake, r.floor_n) == (800 if r.metric in ("FD", "KD") else 400, 400, 400)
        assert r.label == f"{r.metric}[random:d1eb8ad2]"


def test_batches_streams_and_arrays_give_the_same_numbers(digits):
    real, other = digits[:450], digits[450:850]
    whole = measure(EXTRACTOR, real, other, ["fd", "kd"])
    streamed = measure(
        EXTRACTOR, iter(np.split(real, 9)), (torch.from_numpy(b) for b in np.split(other, 4)), ["fd", "kd"]
    )
    for a, b in zip(whole, streamed, strict=True):
        assert b.value == pytest.approx(a.value, rel=1e-4)
        assert comparable(a, b) == []


def test_only_a_batch_is_ever_held_as_floats(digits):
    seen = []

    def watched(images: torch.Tensor):
        seen.append(len(images))
        return EXTRACTOR.forward(images)

    features = extract(replace(EXTRACTOR, forward=watched), digits)
    assert sum(seen) == len(features) == len(digits)
    assert max(seen) <= BATCH


def test_metrics_repeat(digits):
    metrics = ["fd", "kd", "prdc", "sw", "fd-infinity"]
    a, b = (measure(EXTRACTOR, digits[:300], digits[300:500], metrics, seed=4) for _ in range(2))
    assert [r.to_record() for r in a] == [r.to_record() for r in b]


def test_record_round_trip_and_what_may_be_compared(digits):
    settings = {"data": "digits", "split": "train", "averaged": True}
    results = measure(EXTRACTOR, digits[:300], digits[300:500], ["fd", "kd"], settings=settings)
    records = [json.loads(json.dumps(r.to_record(), allow_nan=False)) for r in results]
    again = Result(**records[0] | {"warnings": tuple(records[0]["warnings"])})
    assert again == results[0]
    assert records[0]["settings"]["averaged"] is True
    assert records[0]["settings"]["versions"]["torch"] == torch.__version__
    assert comparable(results[0], records[0]) == []
    assert comparable(results[0], results[1]) == ["metric: FD and KD"]
    fewer = measure(EXTRACTOR, digits[:300], digits[300:400], ["fd"], settings=settings | {"split": "test"})[0]
    assert comparable(results[0], fewer) == ["n_fake: 200 and 100", "split: train and test"]
    pixel = open_extractor("pixel", digits)
    other = measure(pixel, digits[:300], digits[300:500], ["fd"], settings=settings)[0]
    assert [line.split(":")[0] for line in comparable(results[0], other)] == ["extractor", "digest", "resizer", "dims"]


def test_table_says_what_was_measured(digits):
    text = table(measure(EXTRACTOR, digits[:900], digits[900:1000], ["fd", "prdc"]))
    for words in (
        "FD  ",
        "extractor random d1eb8ad2",
        "95 % interval",
        "900",
        "100",
        "176 features",
        "N floor",
        "450",
        "delta method",
    ):
        assert words in text
    assert "more features (176) than images (100)" in text


def test_inception_score_with_a_floor_of_the_real_images():
    probabilities = torch.eye(10).repeat(100, 1)
    classifier = replace(EXTRACTOR, name="classifier-x", accuracy=0.99)
    real, fake = Features(torch.rand(1000, 4), probabilities), Features(torch.rand(500, 4), probabilities[:500].clone())
    fake.probabilities[:, :5] = torch.eye(5).repeat(100, 1)
    fake.probabilities[:, 5:] = 0
    (result,) = measure(classifier, real, fake, ["is"])
    assert 4.6 < result.low < result.value < 5 < 9.5 < result.floor
    assert result.floor_n == 1000
    assert "accuracy 99.00%" in table([result])


def test_the_interval_covers_as_often_as_it_says():
    g = torch.Generator().manual_seed(0)
    truth, hits = 5 * 0.3**2, 0
    for _ in range(60):
        real, fake = (Features(torch.randn(2000, 5, generator=g) + m, None) for m in (0, 0.3))
        (result,) = measure(EXTRACTOR, real, fake, ["fd"])
        hits += result.low < truth < result.high
    assert hits >= 52


def test_one_image_repeated_is_measured_with_a_warning(digits):
    results = measure(EXTRACTOR, digits[:300], digits[:1].repeat(300, 0))
    assert all("all 300 generated images have the same features: one image repeated" in r.warnings for r in results)
    assert by_metric(results)["coverage"].value < 0.1


def test_what_cannot_be_measured(digits):
    def nan(images: torch.Tensor):
        return torch.full((len(images), 3), torch.nan), None

    few = digits[:20]
    two_sizes = [few, few.repeat(2, 1)]
    for real, fake, metrics, words in (
        (few, few[:0], ["fd"], "there are no generated images"),
        (iter([]), few, ["fd"], "there are no real images"),
        (few, two_sizes, ["fd"], "the generated images differ in size: 8x8x1 and 8x16x1"),
        (few, few[:1], ["fd"], "'fd' needs at least 2 images a set; got 20 real and 1 generated"),
        (few, few[:11], ["prdc"], "'prdc' needs at least 12"),
        (few, few, ["fdd"], "no metric 'fdd'; did you mean 'fd'"),
        (few, few, ["is"], "'is' needs class probabilities, which 'random' does not give"),
        (few, few / 255, ["fd"], "must be uint8"),
    ):
        with pytest.raises(UserError, match=words):
            measure(EXTRACTOR, real, fake, metrics)
    with pytest.raises(UserError, match="gives features that are not finite on the real images"):
        measure(replace(EXTRACTOR, forward=nan), few, few)


def test_few_real_images_have_no_floor(digits):
    (result,) = measure(EXTRACTOR, digits[:3], digits[:3], ["fd"])
    assert result.floor is None
    assert "3 real images are too few for a floor" in result.warnings
    assert result.value == 0.0


def test_prdc_is_taken_on_equal_numbers_and_so_is_its_floor(digits):
    results = measure(EXTRACTOR, digits[:900], digits[900:1100], ["prdc"])
    assert all((r.n_real, r.n_fake, r.floor_n) == (200, 200, 200) for r in results)
    reverse = measure(EXTRACTOR, digits[900:1100], digits[:900], ["prdc"])
    assert all((r.n_real, r.n_fake, r.floor_n) == (200, 200, 100) for r in reverse)
    assert (
        by_metric(measure(EXTRACTOR, digits[:200], digits[200:400], ["prdc"]))["coverage"].value
        == prdc(*(extract(EXTRACTOR, images).values for images in (digits[:200], digits[200:400])))["coverage"]
    )


def normal(n: int, seed: int, **more) -> Features:
    return Features(torch.randn(n, 4, generator=torch.Generator().manual_seed(seed)), **more)


def test_frechet_distance_within_classes_has_a_mean_counts_and_floors():
    real, fake = normal(900, 0, labels=torch.arange(900) % 3), normal(400, 1, labels=torch.arange(400) % 2)
    mean, a, b = measure(EXTRACTOR, real, fake, ["class-fd"], classes=("a", "b", "c"))
    assert (mean.metric, a.metric, b.label) == ("intra-FD", "FD:a", f"FD:b[{EXTRACTOR.tag}]")
    (alone,) = measure(EXTRACTOR, real.take(torch.arange(0, 900, 3)), fake.take(torch.arange(0, 400, 2)), ["fd"])
    assert (a.value, a.low, a.high, a.n_real, a.n_fake) == (alone.value, alone.low, alone.high, 300, 200)
    assert mean.value == pytest.approx((a.value + b.value) / 2)
    assert mean.high - mean.value == pytest.approx(np.hypot(a.high - a.value, b.high - b.value) / 2)
    assert a.floor < 0.2
    assert 100 < a.floor_n < 200
    assert "fewer than two images a set, left out: c" in a.warnings
    with pytest.raises(UserError, match="finds no class of which both sets have two"):
        measure(EXTRACTOR, real, replace(fake, labels=torch.full((400,), 3)), ["class-fd"], classes=tuple("abcd"))


def test_modes_against_the_real_shares():
    real = normal(2000, 0, probabilities=torch.eye(4).repeat(500, 1))
    fake = normal(1000, 1, probabilities=torch.eye(4)[:2].repeat(500, 1))
    hit, divergence = measure(EXTRACTOR, real, fake, ["modes"])
    assert (hit.value, hit.floor) == (2, 4)
    assert divergence.value == pytest.approx(np.log(2))
    assert divergence.low < np.log(2) < divergence.high < 0.8
    assert divergence.floor < 0.01
    lacking = replace(real, probabilities=torch.eye(4)[1:2].repeat(2000, 1))
    assert any("reverse KL is infinite" in w for w in measure(EXTRACTOR, lacking, fake, ["modes"])[1].warnings)


def test_likelihood_divergence_sees_copies_where_the_distance_does_not():
    train, test, fresh = normal(600, 0), normal(300, 1), normal(600, 2)
    (good,) = measure(EXTRACTOR, train, fresh, ["fld"], held_out=test)
    (copied,) = measure(EXTRACTOR, train, Features(train.values), ["fld"], held_out=test)
    assert good.low < 3
    assert abs(good.floor) < 10
    assert copied.low > 100 * good.high
    assert "300 held-out images" in good.interval


def test_metrics_say_what_they_lack():
    bare = normal(50, 0)
    classified = replace(bare, labels=torch.zeros(50, dtype=torch.int64))
    for metric, real, fake, words in (
        ("modes", bare, bare, "'modes' needs class probabilities, which 'random' does not give"),
        ("class-fd", bare, classified, "'class-fd' needs real images with classes"),
        ("class-fd", classified, bare, "'class-fd' needs generated images of known classes: a run of cgan"),
        ("fld", bare, bare, "'fld' needs real images held out of training"),
        ("cas", classified, classified, "'cas' needs real images held out"),
    ):
        with pytest.raises(UserError, match=words):
            measure(EXTRACTOR, real, fake, [metric])


def folder_of(path: Path, digits: np.ndarray, labels: np.ndarray) -> str:
    for i, (image, label) in enumerate(zip(digits, labels, strict=True)):
        (path / str(label)).mkdir(parents=True, exist_ok=True)
        (path / str(label) / f"{i}.png").write_bytes(png(image))
    return str(path)


def test_a_folder_with_classes_is_measured_by_class_and_by_what_a_classifier_learns(tmp_path, monkeypatch):
    monkeypatch.setattr(classifier, "SEEN", 6000)  # a twentieth
    held_out = open_data("digits", split="test")
    few = held_out.labels < 3
    generated = folder_of(tmp_path / "generated", held_out.images[few], held_out.labels[few])
    metrics = ["cas", "class-fd", "fld"]
    found = by_metric(evaluate_folder(generated, "digits", metrics=metrics, extractor="pixel"))
    assert found.keys() == {"CAS", "intra-FD", "FD:0", "FD:1", "FD:2", "FLD"}
    cas = found["CAS"]
    assert (cas.label, cas.n_real, cas.n_fake, cas.floor_n) == ("CAS", 355, few.sum(), 1442)
    assert 0.2 < cas.value < 0.32 < 0.9 < cas.floor <= cas.floor_high
    assert found["FD:2"].n_fake == (held_out.labels == 2).sum()
    with pytest.raises(UserError, match="'cas' needs real images held out of training: --split train"):
        evaluate_folder(generated, "digits", metrics=["cas"], extractor="pixel", split="all")
    (tmp_path / "generated" / "0").rename(tmp_path / "generated" / "nought")
    with pytest.raises(UserError, match="the real images have no class 'nought'"):
        evaluate_folder(generated, "digits", metrics=["class-fd"], extractor="pixel")


def test_stacked_digits_count_modes_up_to_a_thousand(tmp_path, monkeypatch):
    monkeypatch.setattr(classifier, "SEEN", 6000)
    data, rng = open_data("digits", split="all"), np.random.default_rng(0)
    triples = rng.integers(0, len(data.images), (1000, 3))
    stacks = data.images[triples, ..., 0].transpose(0, 2, 3, 1)
    few = np.isin(data.labels[triples[:, 0]], (3, 4))
    real = folder_of(tmp_path / "real", stacks, np.zeros(1000, int))
    generated = folder_of(tmp_path / "generated", stacks[few], np.zeros(few.sum(), int))
    hit, divergence = evaluate_folder(generated, real, metrics=["modes"], extractor="stacked:digits")
    true = data.labels[triples] @ [100, 10, 1]
    assert hit.value == pytest.approx(len(np.unique(true[few])), rel=0.1)
    assert divergence.value == pytest.approx(-np.log(few.mean()), rel=0.1)  # a part of the real set itself
    assert hit.label.startswith("modes[stacked-digits:")
    with pytest.raises(UserError, match="stacked images have 3 channels; got 1"):
        evaluate_folder("digits", "digits", metrics=["modes"], extractor="stacked:digits")
