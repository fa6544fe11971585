"""What runs are called by themselves."""

import pytest

from elegan.core import paths
from elegan.recipes import find_recipe
from elegan.training.naming import LONGEST, run_name
from elegan.training.plan import plan_for

NAMES = {
    (): "digits-dcgan",
    ("batch=32",): "digits-dcgan-batch32",
    ("optimizers.generator.lr=1e-4", "batch = 32"): "digits-dcgan-batch32-generator.lr1e-4",
    ("optimizers.generator.lr=1e-4", "optimizers.discriminator.lr=1e-4"): "digits-dcgan-lr1e-4",
    ("optimizers.generator.lr=1e-4", "optimizers.discriminator.lr=2e-4"): (
        "digits-dcgan-discriminator.lr2e-4-generator.lr1e-4"
    ),
    ("nets.generator.width=8", "nets.discriminator.width=8"): "digits-dcgan-width8",
    ("losses.adversarial=hinge", "losses.r1=r1", "losses.r1.weight=5"): "digits-dcgan-adversarial_hinge-r1-weight5",
    ("losses.r1=r1", "losses.r2=r2", "losses.r1.weight=5"): "digits-dcgan-r1-r1.weight5-r2",
    ("task.augment=color,translation", "data.flip=true"): "digits-dcgan-flip_true-augment_color,translation",
    ("batch=16", "batch=32"): "digits-dcgan-batch32",
    ("ema=[0.9, 0.99]",): "digits-dcgan-ema0.9,0.99",
}


@pytest.mark.parametrize("settings", NAMES)
def test_a_name_says_what_was_set(settings, tmp_path):
    recipe = find_recipe("dcgan").override(settings)
    assert run_name(tmp_path, "digits", recipe, settings, 0) == NAMES[settings]
    assert run_name(tmp_path, "digits", recipe, settings[::-1], 3).startswith("digits-dcgan-seed3")
    if len(dict(s.split("=", 1) for s in settings)) == len(settings):
        assert run_name(tmp_path, "digits", recipe, settings[::-1], 0) == NAMES[settings]


def test_what_no_name_can_show_is_told_apart_by_a_digest(tmp_path):
    names = set()
    for value in ("/a/b.onnx", "/a_b.onnx", '{name="x", y=1}', "é", "x" * 300, "x" * 301):
        name = run_name(tmp_path, "digits", find_recipe("dcgan"), [f"watch.extractor={value}"], 0)
        assert paths.check_name("name", name) == name
        assert len(name) <= LONGEST
        assert name.isascii()
        assert name.startswith("digits-dcgan-extractor_")
        names.add(name)
    assert len(names) == 6


def test_a_long_name_of_the_data_stays_whole(tmp_path):
    name = run_name(tmp_path, "d" * 100, find_recipe("dcgan"), ["batch=8"], 0)
    assert name.startswith("d" * 100 + "-dcgan-")
    assert len(name) == 113


def test_a_run_of_the_old_name_goes_on(tmp_path):
    settings = ["nets.generator.width=8", "nets.discriminator.width=8"]
    older = tmp_path / "digits-dcgan-f30b9e"
    assert plan_for("digits", "dcgan", settings=settings, out=tmp_path).path.name == "digits-dcgan-width8"
    older.mkdir()
    (older / "run.json").write_text("{}")
    assert plan_for("digits", "dcgan", settings=settings, out=tmp_path).path == older
