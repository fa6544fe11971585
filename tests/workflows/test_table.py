"""A table from its file to more rows of it: chosen, trained, sampled by kind, measured, reported, exported."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

import elegan as library
from elegan.core.errors import UserError

SMALL = ["batch=20", "nets.generator.width=8", "nets.discriminator.width=8", "watch.images=64", "watch.every=2"]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path, random = tmp_path_factory.mktemp("table") / "fruit.csv", np.random.default_rng(0)
    lines = ["key,weight,colour,ripe"]
    for row in range(200):
        red = random.random() < 0.3
        lines.append(
            f"{row},{random.normal(150 if red else 90, 9):.1f},{'red' if red else 'green'},{'no' if row % 3 else 'yes'}"
        )
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def run(table, tmp_path_factory) -> library.Run:
    return library.train(
        str(table), settings=SMALL, steps=4, out=tmp_path_factory.mktemp("runs"), name="run", quiet=True
    )


def test_its_recipe_is_chosen_and_its_facts_are_kept(run):
    assert run.recipe.name == "ctgan"
    assert run.shape.classes == 4
    assert run.shape.channels == sum(run.info["shape"]["blocks"])
    assert run.info["data"]["classes"] == ["colour=green", "colour=red", "ripe=no", "ripe=yes"]
    assert sum(run.class_counts) == 2 * 160
    assert "/" not in json.dumps(run.info)
    assert "FD[values]" in (run.path / "log.jsonl").read_text()
    assert Image.open(run.path / "samples.png").size[0] > 100


def test_samples_are_rows_of_the_file_without_its_key(run, tmp_path):
    path = library.sample(run, 30, out=tmp_path)
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert path.name == "step4-0-29.csv"
    assert list(rows[0]) == ["weight", "colour", "ripe"]
    assert {row["colour"] for row in rows} <= {"red", "green"}
    assert all(len(row["weight"].partition(".")[2]) == 1 for row in rows)
    again = library.sample(run, seeds=[7], out=tmp_path / "seventh.csv")
    assert again.read_text().splitlines()[1] == path.read_text().splitlines()[8]
    asked = run.table(50, label="ripe=yes")
    assert set(asked["ripe"]) <= {"yes", "no"}
    for wrong, said in (
        ({"label": "ripe=maybe"}, "unknown class 'ripe=maybe'"),
        ({"truncation": 0.5}, "have no truncation"),
        ({"separate": True}, "are one file"),
    ):
        with pytest.raises(UserError, match=said):
            library.sample(run, 2, out=tmp_path, **wrong)


def test_it_is_measured_against_learnt_and_held_out_rows(run, table, tmp_path):
    results = {r.metric: r for r in library.evaluate(run, num=200)}
    assert results["utility"].n_real == 40
    assert results["utility"].floor > 0.4
    assert results["closest"].low < 0.5 < results["closest"].high  # after four steps nothing is known by heart
    assert results["marginals"].value > 2 * results["marginals"].floor
    assert results["associations"].low <= results["associations"].value <= results["associations"].high
    assert Image.open(run.path / "likeness.png").size[0] > 100
    half = tmp_path / "half.csv"
    half.write_text("\n".join(table.read_text().splitlines()[:120]))
    (other,) = library.evaluate(run, str(half), metrics=["marginals"], num=80, out=tmp_path)
    assert other.n_real == 95
    page = library.report(run).read_text()
    assert "associations" in page
    for wrong, said in (({"extractor": "random"}, "by its own values"), ({"split": "test"}, "leave out --split")):
        with pytest.raises(UserError, match=said):
            library.evaluate(run, **wrong)


def test_it_is_exported_and_packed(run, tmp_path):
    pytest.importorskip("onnxscript")
    onnxruntime = pytest.importorskip("onnxruntime")
    assert library.export(run, tmp_path / "table.onnx") < 1e-4
    session = onnxruntime.InferenceSession(str(tmp_path / "table.onnx"))
    assert [x.name for x in session.get_inputs()] == ["z", "label"]
    library.pack(run, tmp_path / "table.safetensors")
    packed = library.Run.open(tmp_path / "table.safetensors")
    assert np.array_equal(packed.table(3)["weight"], run.table(3)["weight"])


def test_what_is_for_pictures_alone_is_said_in_a_line(run, tmp_path):
    for call, said in (
        (lambda: run.generate(2), "makes no images from latents: elegan sample"),
        (lambda: library.copies(run), "makes no images from latents"),
        (lambda: library.bundle(run, tmp_path / "a.zip"), "a bundle.s programs are for pictures"),
        (lambda: library.train("digits", "ctgan", steps=1, out=tmp_path), "learns a file of rows"),
    ):
        with pytest.raises(UserError, match=said):
            call()


def test_a_batch_that_packs_do_not_divide_is_refused(table, tmp_path):
    with pytest.raises(UserError, match="not divided by nets.discriminator.pack = 10"):
        library.train(str(table), settings=["batch=15"], steps=1, out=tmp_path, quiet=True)
