"""Parts given as functions and classes: the recipe names them by where they stand, and what stands nowhere is refused."""

import functools
import importlib
import sys

import pytest
import torch

import elegan
from elegan.core.errors import UserError
from elegan.losses.adversarial import hinge
from elegan.recipes import find_recipe
from elegan.recipes.settings import pairs, spelled

MODULE = """
from os import system

import torch
from torch import nn

from elegan.games import generate
from elegan.losses.adversarial import Adversarial
from elegan.training.schedules import cosine


class Generator(nn.Module):
    def __init__(self, resolution, channels, classes, *, latent: int = 8):
        super().__init__()
        self.latent, self.shape = latent, (channels, resolution, resolution)
        self.layer = nn.Linear(latent, channels * resolution**2)

    def forward(self, z, label=None):
        return self.layer(z).tanh().view(-1, *self.shape)


class Outer:
    class Inner(nn.Module):
        pass


def loss(*, margin: float = 1.0):
    return Adversarial(lambda real, fake: fake.mean() - margin * real.mean(), lambda real, fake: -fake.mean())


def penalty(D, real, fake):
    return D(real).square().mean() * 1e-3


def rate(t, history):
    return 1 - t


def plain(parameters, *, lr: float = 1e-3):
    return torch.optim.SGD(parameters, lr=lr)


def task(recipe, shape):
    return generate(recipe, shape)


def features(images):
    return images.flatten(1)


def local():
    def inner(*, margin: float = 1.0):
        return loss(margin=margin)

    return inner
"""
SMALL = {"nets.discriminator.width": 8, "batch": 4, "watch.metric": "none", "watch.log": 1}


@pytest.fixture
def package(tmp_path, monkeypatch):
    (tmp_path / "package_of_parts.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("package_of_parts")
    sys.modules.pop("package_of_parts", None)


def test_a_run_of_ones_own_parts_is_the_one_that_names_them(package, tmp_path):
    parts = {"nets.generator": package.Generator, "losses.adversarial": package.loss, "losses.adversarial.margin": 0.5,
             "losses.extra": package.penalty, "losses.extra.weight": 2, "schedule": package.rate,
             "optimizers.generator": package.plain, "task": package.task}  # fmt: skip
    options = {"steps": 2, "out": tmp_path, "quiet": True}
    run = elegan.train("digits", "dcgan", settings={**parts, **SMALL}, name="objects", **options)
    text = spelled({**parts, **SMALL})
    assert "losses.adversarial=package_of_parts:loss" in text
    named = elegan.train("digits", "dcgan", settings=text, name="names", **options)
    for name in ("recipe.toml", "log.jsonl", "checkpoints/00000002.safetensors"):
        assert (run.path / name).read_bytes() == (named.path / name).read_bytes(), name
    with pytest.raises(UserError, match="--trust package_of_parts"):
        elegan.Run.open(run.path).generate(1)
    assert elegan.Run.open(run.path, trust=["package_of_parts"]).generate(2).shape == (2, 8, 8, 1)
    resumed = elegan.train(
        resume=run.path, settings={"losses.adversarial": package.loss}, steps=3, out=tmp_path, quiet=True
    )
    assert resumed.step == 3


def test_a_recipe_varies_by_objects(package):
    own = find_recipe("dcgan").vary(
        "own",
        "with parts of one's own",
        nets={"generator": package.Generator},
        losses={"adversarial": {"name": package.loss, "margin": 3.0}, "r1": None},
        schedule=package.rate,
    )
    assert own.nets["generator"].name == "package_of_parts:Generator"
    assert own.losses["adversarial"].options == {"margin": 3.0}
    assert own.trust == {"package_of_parts"}
    assert "package_of_parts:rate" in own.to_toml()
    assert own.changed({"batch": 2}).trust == own.trust


def test_elegans_own_functions_are_named_as_in_text(package):
    recipe = find_recipe("dcgan").override({"losses.adversarial": hinge, "schedule": package.cosine})
    assert recipe == find_recipe("dcgan").override(["losses.adversarial=hinge", "schedule=cosine"])
    assert not recipe.trust


def test_values_of_a_mapping_are_pythons():
    recipe = find_recipe("dcgan").override(
        {"optimizers.generator.betas": (0.1, 0.9), "data.flip": True, "losses.r1": "r1", "losses.r1.weight": [1.0, 0.1]}
    )
    assert recipe == find_recipe("dcgan").override(
        ["optimizers.generator.betas=[0.1,0.9]", "data.flip=true", "losses.r1=r1", "losses.r1.weight=[1.0,0.1]"]
    )
    assert "r1" not in recipe.override({"losses.r1": None}).losses
    assert pairs("batch=3") == pairs(["batch = 3"]) == pairs({"batch": 3})
    for wrong, words in (
        ({"batch": None}, "batch = None"),
        ({"batch": "x"}, "batch"),
        ({"btch": 1}, "did you mean 'batch'"),
    ):
        with pytest.raises(UserError, match=words):
            recipe.override(wrong)


def of_main():
    """As from a script."""


of_main.__module__ = "__main__"


def test_what_a_run_could_not_find_again_is_refused(package):
    wrong = [
        (lambda: None, r"'.*<lambda>' stands in no module's top level"),
        (package.local(), "'local.<locals>.inner' stands in no module's top level"),
        (package.Outer.Inner, "'Outer.Inner' stands in no module's top level"),
        (
            of_main,
            "'of_main' stands in a script or notebook, where a run cannot find it again: put it into a module file",
        ),
        (functools.partial(package.loss), "functools.partial.* is neither a function nor a class"),
        (torch.nn.Linear(1, 1), "is neither a function nor a class"),
        (package.system, "Python's own library"),
    ]
    for value, words in wrong:
        for change in ({"losses.adversarial": value}, {"losses.adversarial": {"name": value}}):
            with pytest.raises(UserError, match=words) as error:
                find_recipe("dcgan").override(change)
            assert "\n" not in str(error.value)
        with pytest.raises(UserError, match=words):
            find_recipe("dcgan").vary("own", "", losses={"adversarial": value})


def test_an_extractor_may_be_a_function(package):
    recipe = find_recipe("dcgan").override({"watch.extractor": package.features})
    assert recipe.watch.extractor == "package_of_parts:features"
    assert recipe.trusted() == {"package_of_parts"}
