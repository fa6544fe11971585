"""Generators as ONNX: onnxruntime makes of the file what torch makes, for any batch and, of pictures, any size."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_image

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
    assert told == {
        "elegan": library.__version__,
        "run": "run",
        "step": 2,
        "licence": "",
        "classes": run.classes,
        "multiple": 0,
        "scale": 1,
        "inputs": {
            "z": {"latent": 100, "distribution": "standard normal"},
            "label": {"range": [0, 9], "meaning": "places in classes"},
        },
        "outputs": {"images": {"planes": ["grey"], "range": [-1, 1]}},
    }
    z, label = latents(range(5), run.ability(Generates).latent).numpy(), np.full(5, 7)
    (images,) = session.run(["images"], {"z": z, "label": label})
    made = np.rint(images * 127.5 + 127.5).clip(0, 255).transpose(0, 2, 3, 1)
    assert np.abs(made - run.generate(seeds=range(5), label=7)).max() <= 1


def test_a_file_that_would_differ_is_not_written(run, tmp_path, monkeypatch):
    needs_onnx()
    monkeypatch.setattr(module, "TOLERANCE", 1e-20)
    with pytest.raises(Failure, match=r"the file would be off by .* nothing is written"):
        export(run, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_mistakes(run, tmp_path):
    with pytest.raises(UserError, match=r"model.pt' does not end in .onnx"):
        export(run, tmp_path / "model.pt")
    with pytest.raises(UserError, match=r"export needs no_such_package; pip install 'elegan\[onnx\]'"):
        module._check_packages("torch", "no_such_package")


def told_by(path) -> dict:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return json.loads(session.get_modelmeta().custom_metadata_map["elegan"])


@pytest.mark.parametrize(
    ("name", "hints", "scale"), [("upscale-x2", [], 2), ("denoise", ["gaussian_noise"], 1), ("inpaint", ["holes"], 1)]
)
def test_what_comes_with_the_package_is_exported_by_its_name(name, hints, scale, elegan, tmp_path):
    needs_onnx()
    done = elegan("export", name, "--out", "x.onnx")
    assert done.returncode == 0, done.stderr
    told = told_by(tmp_path / "x.onnx")
    x = told["inputs"]["x"]
    assert x["planes"] == ["red", "green", "blue", *hints]
    assert list(x.get("hints", {})) == hints
    assert (told["scale"], told["run"], told["licence"]) == (scale, name, "Apache-2.0")
    wrong = elegan("export", "upscale-x3", "--out", "y.onnx")
    assert (wrong.returncode, "did you mean 'upscale-x" in wrong.stderr) == (2, True)


def test_a_packed_file_is_exported_as_its_run(run, tmp_path):
    needs_onnx()
    library.pack(run, tmp_path / "x.safetensors")
    for given, name in ((run, "a.onnx"), (library.Run.open(tmp_path / "x.safetensors"), "b.onnx")):
        export(given, tmp_path / name)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


PAGE = (Path(__file__).parents[2] / "docs" / "export.md").read_text(encoding="utf-8")
WITHOUT = "import sys\nfor name in ('torch', 'elegan', 'torchvision', 'scipy'):\n    sys.modules[name] = None\n"


def test_the_programs_of_the_page_run_where_there_is_no_torch_and_no_elegan(run, tmp_path):
    needs_onnx()
    export(run, tmp_path / "images.onnx")
    export(library.Run.open("upscale-x2"), tmp_path / "photo.onnx")
    photo = load_sample_image("china.jpg")[:41, :63]
    Image.fromarray(photo).save(tmp_path / "photo.png")
    programs = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
    assert len(programs) == 2
    for program in programs:
        done = subprocess.run(
            [sys.executable, "-I", "-c", WITHOUT + program], cwd=tmp_path, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
    assert Image.open(tmp_path / "images.png").size == (8 * 8, 8)
    library.restore(tmp_path / "photo.png", scale=2, out=tmp_path / "ours")
    theirs, ours = (np.asarray(Image.open(tmp_path / name)).astype(int) for name in ("larger.png", "ours/photo.png"))
    assert theirs.shape == (82, 126, 3)
    assert np.abs(theirs - ours).max() <= 1
