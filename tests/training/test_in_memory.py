"""Training on pictures that a program holds: the run is that of the same pictures on the disk, and says what it needs later."""

import json

import numpy as np
import pytest

import elegan
from elegan.data import open_data
from elegan.verbs.report.report import report

SETTINGS = {
    "batch": 4,
    "nets.generator.width": 8,
    "nets.discriminator.width": 8,
    "watch.images": 32,
    "watch.every": 2,
    "watch.log": 1,
}


@pytest.fixture(scope="module")
def digits():
    data = open_data("digits")
    return np.array(data.images), data.labels


def train(data=None, recipe="projection", **options):
    return elegan.train(data, recipe, quiet=True, guard="off", **options)  # named sets have more that it can read


@pytest.fixture(scope="module")
def run(digits, tmp_path_factory) -> elegan.Run:
    images, labels = digits
    return train(images, labels=labels, settings=SETTINGS, steps=4, out=tmp_path_factory.mktemp("memory"), name="run")


def contents(run: elegan.Run) -> dict[str, bytes]:
    left_out = ("run.json", "local.json", "timing.jsonl", ".lock")
    paths = (path for path in run.path.rglob("*") if path.is_file() and path.name not in left_out)
    return {str(path.relative_to(run.path)): path.read_bytes() for path in paths}


def test_the_run_is_the_named_sets_to_the_last_byte(run, tmp_path):
    settings = [f"{key}={value}" for key, value in SETTINGS.items()]
    named = train("digits", settings=settings, steps=4, out=tmp_path, name="run")
    assert contents(run) == contents(named)
    ours, theirs = (json.loads((one.path / "run.json").read_text()) for one in (run, named))
    assert ours["data"].pop("in_memory") is True
    assert theirs["data"].pop("source") == "digits"
    assert ours["data"].pop("name") == "array"
    assert theirs["data"].pop("name") == "digits"
    assert ours == theirs
    assert not (run.path / "local.json").exists()


def test_a_mapping_and_text_of_the_same_settings_name_the_run_alike(digits, tmp_path):
    from elegan.training.plan import plan_for

    text = [f"{key}={value}" for key, value in SETTINGS.items()]
    names = {plan_for("digits", "dcgan", settings=settings, out=tmp_path).path for settings in (text, SETTINGS)}
    assert len(names) == 1
    chosen = plan_for(digits[0], labels=digits[1], out=tmp_path)
    assert chosen.path.name == "array-rpgan"
    assert "10 classes" in chosen.why


def test_what_needs_the_data_later_asks_for_them_and_takes_them(run, digits, tmp_path):
    images, labels = digits
    for ask in (
        lambda: elegan.evaluate(run, num=20),
        lambda: elegan.copies(run, num=20),
        lambda: train(recipe=None, resume=run.path),
    ):
        with pytest.raises(elegan.UserError, match="was trained on data in memory: hand them over again"):
            ask()
    handed = elegan.evaluate(run, images, labels=labels, num=50, metrics=["fd"], extractor="random", out=tmp_path)
    named = elegan.evaluate(run, "digits", num=50, metrics=["fd"], extractor="random", out=tmp_path)
    assert (handed[0].value, handed[0].settings["fingerprint"]) == (named[0].value, named[0].settings["fingerprint"])
    by_class = elegan.evaluate(
        run, images, labels=labels, num=100, metrics=["class-fd"], extractor="pixel", out=tmp_path
    )
    assert by_class[0].n_real == len(images)
    found = elegan.copies(run, images, num=30, alpha=0.01, out=tmp_path / "copies")
    assert found.suspects.shape == (30,)
    assert "cannot be opened where it was" in report(run, tmp_path / "report.html").read_text()


def test_a_run_goes_on_with_its_own_data_handed_over_and_with_no_others(run, digits, tmp_path):
    images, labels = digits
    whole = train(images, labels=labels, settings=SETTINGS, steps=4, out=tmp_path, name="run")
    (whole.path / "checkpoints/00000004.safetensors").unlink()
    with pytest.raises(elegan.UserError, match="holds another run: data is"):
        train(images[::-1], recipe=None, labels=labels, resume=whole.path)
    gone_on = train(images, recipe=None, labels=labels, resume=whole.path)
    assert contents(gone_on) == contents(run)


def test_a_restorer_learns_from_a_list_of_pillow_images(photographs, tmp_path):
    from PIL import Image

    images = [Image.open(path) for path in sorted(photographs.iterdir())]
    small = {"data.resolution": 32, "nets.restorer.width": 8, "nets.restorer.blocks": 2, "batch": 4, "watch.images": 4}
    run = train(images, "sr-x2", settings=small, steps=1, out=tmp_path)
    assert run.path.name.startswith("list-sr-x2-")
    assert elegan.evaluate(run, images, num=2)[0].value > 0
    with pytest.raises(elegan.UserError, match="the list in memory has no two sides"):
        train(images, "pix2pix", out=tmp_path)


def test_normal_pictures_may_be_in_memory(digits, tmp_path):
    from PIL import Image

    settings = {"batch": 4, "nets.generator.width": 8, "watch.images": 32}
    detector = train(digits[0], "ganomaly", settings=settings, steps=1, out=tmp_path)
    Image.fromarray(digits[0][0, :, :, 0]).save(tmp_path / "one.png")
    with pytest.raises(elegan.UserError, match="data in memory"):
        elegan.anomaly(detector, tmp_path / "one.png", alpha=0.1)
    found = elegan.anomaly(detector, tmp_path / "one.png", digits[0], alpha=0.1)
    assert np.array_equal(found.normal, elegan.anomaly(detector, tmp_path / "one.png", "digits", alpha=0.1).normal)
