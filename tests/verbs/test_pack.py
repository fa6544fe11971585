"""A run of any kind as a single file, which every verb opens in place of the run."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import elegan as library
from elegan.core import files
from elegan.core.errors import UserError
from elegan.recipes.recipe import Recipe
from elegan.record import packed
from elegan.record.record import is_run
from elegan.run import PackedRun, Run
from elegan.training.assembly import make_trainer
from elegan.training.plan import plan_for
from elegan.verbs.latent.space import Space
from elegan.verbs.restore import open_restorer
from small import small

KINDS = {"generator": "cgan", "translator": "pix2pix", "restorer": "sr-x2", "detector": "ganomaly"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory, sides, photographs) -> dict[str, Run]:
    """A small run of every kind, and in the folder of each what `elegan pack` makes of it: KIND.safetensors."""
    out = tmp_path_factory.mktemp("runs")
    data = {"translator": str(sides), "restorer": str(photographs)}
    made = {}
    for kind, recipe in KINDS.items():
        settings = small(recipe)
        given = {"steps": 2, "settings": settings, "out": out, "name": kind, "quiet": True}
        made[kind] = library.train(data.get(kind, "digits"), recipe, **given)
    library.evaluate(made["generator"], num=64, metrics=["fd"], extractor="random")
    for kind, run in made.items():
        library.pack(run, out / f"{kind}.safetensors", licence="CC0-1.0", note="a test")
    return made


@pytest.fixture(scope="module")
def packs(runs) -> dict[str, Run]:
    return {kind: Run.open(run.path.with_suffix(".safetensors")) for kind, run in runs.items()}


@pytest.fixture(scope="module")
def picture(runs) -> np.ndarray:
    return np.random.default_rng(0).random((40, 56, 3), dtype=np.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_a_packed_file_has_the_networks_and_the_facts_of_its_run(runs, packs, kind):
    run, pack = runs[kind], packs[kind]
    assert isinstance(pack, PackedRun)
    assert is_run(pack.path)
    weights = run.nets.state_dict()
    assert pack.nets.state_dict().keys() == weights.keys()
    assert all(torch.equal(tensor, weights[name]) for name, tensor in pack.nets.state_dict().items())
    assert (pack.name, pack.step, pack.shape, pack.classes) == (run.name, run.step, run.shape, run.classes)
    assert pack.recipe.full() == run.recipe.shared().full()
    assert [type(a) for a in pack.game.abilities] == [type(a) for a in run.game.abilities]
    assert pack.header.abilities.keys() == {type(ability).__name__ for ability in run.game.abilities if ability.does}
    assert (pack.licence, pack.note) == ("CC0-1.0", "a test")


def test_packing_gives_the_same_bytes_each_time_and_again_from_the_packed(runs, packs, tmp_path):
    first = packs["generator"].path.read_bytes()
    for run in (runs["generator"], packs["generator"]):
        library.pack(run, tmp_path / "again.safetensors", licence="CC0-1.0", note="a test")
        assert (tmp_path / "again.safetensors").read_bytes() == first


def test_a_packed_generator_makes_the_very_images_and_is_measured_alike(runs, packs):
    run, pack = runs["generator"], packs["generator"]
    assert np.array_equal(pack.generate(12), run.generate(12))
    assert np.array_equal(pack.generate(4, label="7"), run.generate(4, label="7"))
    z = torch.randn(2, 100, generator=torch.Generator().manual_seed(0))
    assert torch.equal(Space(pack).images(z), Space(run).images(z))
    (before,) = pack.evaluations
    assert [before] == [record for record in run.evaluations if record["metric"] == "FD"][-1:]
    (result,) = library.evaluate(pack, num=64, metrics=["fd"], extractor="random")
    assert result.value == before["value"]
    assert len(pack.evaluations) == 2  # what it came with, and what is new
    assert (pack.path.parent / "generator-results" / "evaluations.jsonl").is_file()


def test_a_packed_run_is_compared_with_its_run(runs, packs):
    table = library.compare([runs["generator"], packs["generator"]]).as_dict()
    first, second = (group["metrics"] for group in table["groups"])
    assert first == second
    with pytest.raises(UserError, match=r"restorer.safetensors has no evaluation yet"):
        library.compare([runs["generator"], packs["restorer"]])


def test_a_packed_translator_restorer_and_detector_do_what_their_runs_do(runs, packs, picture):
    assert np.array_equal(packs["translator"].translate(picture), runs["translator"].translate(picture))
    images = np.random.default_rng(1).integers(0, 256, (5, 8, 8, 1), dtype=np.uint8)
    assert np.array_equal(packs["detector"].scores(images), runs["detector"].scores(images))
    x = torch.from_numpy(picture.transpose(2, 0, 1))[None] * 2 - 1
    with torch.no_grad():
        a, b = (open_restorer(model=str(run.path)).net(x) for run in (packs["restorer"], runs["restorer"]))
    assert (a - b).abs().max() < 1e-5  # the order of the weights in memory changes that of the sums


def test_a_training_begins_with_a_packed_file_as_with_its_run(runs, packs):
    settings = small("cgan")
    first, second = (
        make_trainer(plan_for("digits", "cgan", settings=settings, start=run.path)).game.nets.state_dict()
        for run in (runs["generator"], packs["generator"])
    )
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items() if name.startswith("generator"))
    wanted = packs["generator"].nets.state_dict()
    assert all(torch.equal(second[name], tensor) for name, tensor in wanted.items())


def test_verbs_of_the_command_line_take_it_by_its_path(runs, elegan, tmp_path, sides):
    out = runs["generator"].path.parent
    for kind in KINDS:
        (tmp_path / f"{kind}.safetensors").write_bytes((out / f"{kind}.safetensors").read_bytes())
    Image.open(sides / "trainA" / "00.png").save(tmp_path / "photo.png")
    made = {
        ("sample", "generator.safetensors", "--num", "4"): "generator-results/generated/step2-0-3.png",
        ("latent", "walk", "generator.safetensors", "--seeds", "0-1", "--frames", "2"): "generator-results/latent",
        ("report", "generator.safetensors"): "generator-results/report.html",
        ("copies", "generator.safetensors", "--num", "40", "--alpha", "0.1"): "generator-results/copies/copies.json",
        ("translate", "translator.safetensors", "photo.png"): "translator-results/translated/photo.png",
        ("restore", "photo.png", "--model", "restorer.safetensors"): "photo-x2.png",
        ("anomaly", "detector.safetensors", "photo.png", "--alpha", "0.1"): "photo.png",
        ("report", "restorer.safetensors"): "restorer-results/report.html",
    }
    for command, path in made.items():
        done = elegan(*command)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / path).exists(), command
    page = (tmp_path / "generator-results" / "report.html").read_text()
    assert "elegan train DATA --recipe cgan --from generator.safetensors" in page
    assert "CC0-1.0" in page
    wrong = elegan("film", "generator.safetensors")
    assert (wrong.returncode, "has no sheets of samples" in wrong.stderr) == (2, True)


def test_the_card_says_what_it_is_and_how_good_with_numbers_and_intervals(runs, elegan, tmp_path):
    run = runs["generator"]
    done = elegan(
        "pack", run.path, "--out", "x.safetensors", "--licence", "MIT", "--note", "one\ntwo", "--card", "c.md"
    )
    assert done.returncode == 0, done.stderr
    card = (tmp_path / "c.md").read_text()
    assert done.stdout == f"{card}\nx.safetensors ({(tmp_path / 'x.safetensors').stat().st_size / 1e6:.2f} MB)\n"
    (record,) = [record for record in run.evaluations if record["metric"] == "FD"][-1:]
    row = f"| FD ↓ | {record['value']:.4g} | {record['low']:.4g} … {record['high']:.4g} | {record['floor']:.4g} | 1,442 | 64 |"
    for words in (row, "digits, 1,442 pictures, 10 classes: 0 (143)", "MIT", "one\ntwo", "step 2 of 2", "## Limits"):
        assert words in card
    assert str(run.path.parent) not in card
    assert "Not measured." in library.pack(runs["detector"], tmp_path / "d.safetensors")


def test_half_precision_is_half_the_bytes_and_a_level_of_difference(runs, tmp_path):
    run = runs["generator"]
    library.pack(run, tmp_path / "whole.safetensors")
    library.pack(run, tmp_path / "half.safetensors", half=True)
    whole, half = ((tmp_path / f"{name}.safetensors") for name in ("whole", "half"))
    tensors = [files.read_tensors(path)[0] for path in (whole, half)]
    sizes = [sum(t.numel() * t.element_size() for t in of.values() if t.is_floating_point()) for of in tensors]
    assert sizes[1] * 2 == sizes[0]
    a, b = (Run.open(path).generate(20).astype(int) for path in (whole, half))
    assert np.abs(a - b).max() <= 1


def test_what_half_precision_cannot_hold_stays_whole(tmp_path, packs):
    weights = {"large": torch.tensor([1e6]), "small": torch.tensor([0.5]), "count": torch.tensor([70_000])}
    packed.write(tmp_path / "x.safetensors", weights, packs["generator"].header, half=True)
    stored = packed.read(tmp_path / "x.safetensors").tensors()
    assert {name: tensor.item() for name, tensor in stored.items()} == {"large": 1e6, "small": 0.5, "count": 70_000}


def test_a_friend_needs_nothing_that_only_the_training_took(calls, tmp_path):
    """A loss and an optimizer of a module that the friend does not have."""
    (tmp_path / "own_parts.py").write_text(
        "import torch\nfrom elegan.losses.adversarial import hinge\n"
        "def loss():\n    return hinge()\ndef optimizer(parameters):\n    return torch.optim.SGD(parameters, 1e-3)\n"
    )
    sets = [*small("dcgan"), "losses.adversarial=own_parts:loss", "optimizers.generator=own_parts:optimizer"]
    options = [word for setting in sets for word in ("--set", setting)]
    for command in (
        ["train", "digits", "--recipe", "dcgan", "--steps", "1", "--name", "own", *options],
        ["pack", "runs/own", "--out", "own.safetensors", "--trust", "own_parts"],
    ):
        done = calls(*command, cwd=tmp_path)
        assert done.code == 0, done.err
    (tmp_path / "own_parts.py").unlink()
    opened = Run.open(tmp_path / "own.safetensors")
    assert opened.generate(2).shape == (2, 8, 8, 1)
    assert opened.trained_by.losses["adversarial"].name == "own_parts:loss"
    assert library.evaluate(opened, num=64, metrics=["fd"], extractor="pixel")
    assert "--trust" not in opened.use


def test_only_its_checkpoint_can_be_asked_for_and_its_training_does_not_go_on(packs, tmp_path):
    path = packs["generator"].path
    with pytest.raises(
        UserError, match=r"is packed.*; begin with its weights: elegan train DATA --recipe cgan --from "
    ):
        library.train(resume=path)
    assert Run.open(path, checkpoint=2).step == 2
    with pytest.raises(UserError, match="holds no checkpoint 'best' but only step 2"):
        _ = Run.open(path, checkpoint="best").nets
    with pytest.raises(UserError, match=r"no run at .*generato.safetensors; did you mean 'generator.safetensors'\?"):
        Run.open(path.with_name("generato.safetensors"))
    with pytest.raises(UserError, match=r"does not end in .safetensors"):
        library.pack(packs["generator"], tmp_path / "x.pt")
    with pytest.raises(UserError, match=r"note has 10,001 characters"):
        library.pack(packs["generator"], tmp_path / "x.safetensors", note="x" * 10_001)


def test_what_comes_with_the_package_opens_by_name_and_has_its_card(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in packed.shipped():
        opened = Run.open(name)
        assert opened.restorer.channels == 3
        assert opened.licence == "Apache-2.0"
        assert opened.folder == Path(f"{name}-results")
    card = library.pack(Run.open("denoise"), "mine.safetensors")
    assert "packed by an older version" in card
    assert "### denoise" in card
    assert "seed 0" not in card
    assert library.report(Run.open("denoise")).as_posix() == "denoise-results/report.html"


def test_a_restorer_that_an_older_version_packed_opens(runs, tmp_path):
    run = runs["restorer"]
    net = run.restorer
    shape = {"channels": net.channels, "hints": net.hints, "scale": net.scale}
    weights = {name: tensor.half() for name, tensor in net.state_dict().items()}
    files.write_tensors(tmp_path / "old.safetensors", weights, {"shape": shape, "recipe": run.recipe.shared().full()})
    opened = Run.open(tmp_path / "old.safetensors")
    assert all(torch.equal(t.half(), weights[name]) for name, t in opened.restorer.state_dict().items())
    assert (opened.step, opened.shape.resolution) == (2, 32)
    library.pack(opened, tmp_path / "new.safetensors")
    again = Run.open(tmp_path / "new.safetensors")
    assert all(torch.equal(t.half(), weights[name]) for name, t in again.restorer.state_dict().items())


def test_a_restorer_packed_with_features_of_a_file_elsewhere_opens(runs, tmp_path):
    plain = files.read_plain(runs["restorer"].path.with_suffix(".safetensors"))
    recipe = plain["recipe"] | {"name": "perceptual"}
    recipe["nets"]["features"] = {"name": "vgg_features", "weights": "vgg.pth"}
    recipe["losses"]["perceptual"] = {"name": "l1"}
    used = packed.for_use(Recipe.parse(recipe))
    assert "perceptual" not in used.losses
    tensors, _ = files.read_tensors(runs["restorer"].path.with_suffix(".safetensors"))
    files.write_tensors(tmp_path / "x.safetensors", tensors, plain | {"recipe": recipe})
    assert Run.open(tmp_path / "x.safetensors").restorer.scale == 2


def test_old_facts_with_the_place_of_the_data_lose_it(runs, tmp_path):
    run = shutil.copytree(runs["detector"].path, tmp_path / "old")
    info = json.loads((run / "run.json").read_text())
    info["data"]["source"] = "/home/me/pictures"
    (run / "run.json").write_text(json.dumps(info))
    library.pack(Run.open(run), tmp_path / "x.safetensors")
    assert b"/home/me" not in (tmp_path / "x.safetensors").read_bytes()
    assert Run.open(runs["detector"].path.with_suffix(".safetensors")).source == "digits"
