"""Generators as ONNX: onnxruntime makes of the file what torch makes, for any batch and, of pictures, any size."""

import json

import numpy as np
import pytest
import torch

import elegan as library
from elegan.core.errors import Failure, UserError
from elegan.core.rng import latents
from elegan.games.abilities import Generates, Translates
from elegan.games.game import Shape
from elegan.nets.progressive import Growing
from elegan.recipes.recipe import Recipe
from elegan.run import build_game
from elegan.verbs import export as module
from elegan.verbs.export import deviation, encode, export, plain
from elegan.workflows import workflow_of
from small import CATALOGUE, GENERATORS, RESTORERS, TRANSLATORS, small

# One recipe for each hard kind of network (cgan comes below); the others are alike or differ in losses.
KINDS = ["infogan", "sagan", "biggan", "stylegan2", "fastgan", "progressive", "pix2pix", "sr-x4", "colorize"]
MORE = {"stylegan2": ["nets.generator.condition=embedding"], "cyclegan": ["nets.generator.antialias=true"]}


def needs_onnx() -> None:
    for name in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(name, reason=f"{name} is not installed; pip install 'elegan[onnx]'")


def check(name: str) -> None:
    """Of the recipe's small networks as they begin, batch norms given something to do and growth half-way."""
    needs_onnx()
    settings = [s for s in small(name) if "data.resolution" not in s]
    recipe: Recipe = CATALOGUE[name].override([*settings, *MORE.get(name, [])])
    shape = Shape(32, 3, 0) if name in TRANSLATORS + RESTORERS else Shape(8, 1, 10)
    torch.manual_seed(0)
    game = build_game(recipe, shape)
    for layer in game.nets.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_var.uniform_(0.1, 2)
        if isinstance(layer, Growing):
            layer.level.fill_(1.3)
    translates = game.find(Translates)
    way = next(iter(translates.ways)) if translates else None
    part = workflow_of(recipe).exported(game, plain(game.nets), shape, way)
    assert part
    encoded = encode(part, {})
    assert max(deviation(encoded, part, n) for n in (1, 3)) <= 1e-4


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_network(name):
    check(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in GENERATORS + TRANSLATORS + RESTORERS if n not in KINDS])
def test_all_others(name):
    check(name)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs")
    return library.train("digits", "cgan", settings=small("cgan"), steps=2, out=out, name="run", quiet=True)


def test_a_run_becomes_a_file_that_needs_no_torch(run, tmp_path):
    needs_onnx()
    import onnxruntime

    worst = export(run, tmp_path / "model.onnx")
    assert worst <= 1e-4
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    told = json.loads(session.get_modelmeta().custom_metadata_map["elegan"])
    assert told == {"run": "run", "step": 2, "classes": run.classes, "multiple": 0}
    z, label = latents(range(5), run.ability(Generates).latent).numpy(), np.full(5, 7)
    (images,) = session.run(["images"], {"z": z, "label": label})
    made = np.rint(images * 127.5 + 127.5).clip(0, 255).transpose(0, 2, 3, 1)
    assert np.abs(made - run.generate(seeds=range(5), label=7)).max() <= 1


def test_a_file_that_would_differ_is_not_written(run, tmp_path, monkeypatch):
    needs_onnx()
    monkeypatch.setattr(module, "TOLERANCE", 1e-20)
    with pytest.raises(Failure, match=r"model.onnx would be off by .* nothing is written"):
        export(run, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_mistakes(run, tmp_path):
    with pytest.raises(UserError, match=r"model.pt' does not end in .onnx"):
        export(run, tmp_path / "model.pt")
    with pytest.raises(UserError, match=r"export needs no_such_package; pip install 'elegan\[onnx\]'"):
        module._check_packages("torch", "no_such_package")
