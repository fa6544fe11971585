"""A series from its file to more of it: chosen, trained, sampled in its units, measured, reported, exported."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

import elegan as library
from elegan.core.errors import UserError
from elegan.metrics.metric import NEEDS

SMALL = ["batch=8", "nets.generator.width=8", "nets.discriminator.width=8", "watch.images=64", "watch.every=2"]


@pytest.fixture(scope="module")
def run(rows, tmp_path_factory) -> library.Run:
    return library.train(
        str(rows), settings=SMALL, steps=4, out=tmp_path_factory.mktemp("runs"), name="run", quiet=True
    )


def test_its_recipe_is_chosen_and_its_facts_are_kept(run):
    assert run.recipe.name == "rpgan-series"
    assert run.shape == (24, 3, 0)
    assert [c["name"] for c in run.info["data"]["columns"]] == ["slow", "fast", "people"]
    assert run.info["data"]["constant"] == {"always": 5.0}
    assert "/" not in json.dumps(run.info)
    assert "FD[values]" in (run.path / "log.jsonl").read_text()


def test_samples_are_rows_that_the_data_could_hold(run, tmp_path):
    path = library.sample(run, 3, out=tmp_path)
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert path.name == "step4-0-2.csv"
    assert list(rows[0]) == ["seed", "step", "slow", "fast", "people", "always"]
    assert [(row["seed"], row["step"]) for row in rows] == [(str(s), str(t)) for s in range(3) for t in range(24)]
    assert all(-1 <= float(row["slow"]) <= 1 and len(row["slow"].partition(".")[2]) == 3 for row in rows)
    assert all(row["people"].isdigit() and 0 <= int(row["people"]) <= 12 and row["always"] == "5" for row in rows)
    values = np.array([[float(row[name]) for name in ("slow", "fast", "people")] for row in rows])
    assert np.array_equal(values.reshape(3, 24, 3), run.windows(3))
    assert Image.open(path.with_suffix(".png")).size[0] > 100
    each = library.sample(run, seeds=[7, 9], separate=True, out=tmp_path / "each")
    assert sorted(p.name for p in each.glob("*.csv")) == ["step4-000007.csv", "step4-000009.csv"]


def test_it_is_measured_against_its_series_and_another(run, rows, tmp_path):
    metrics = ["discriminative", "predictive", "correlations", "autocorrelation", "prdc", "fd"]
    results = {r.metric: r for r in library.evaluate(run, metrics=metrics, num=80)}
    assert results["discriminative"].value > results["discriminative"].floor
    assert "learns little" in results["discriminative"].warnings[0]
    assert results["correlations"].value > 5 * results["correlations"].floor  # after four steps
    for name in ("predictive", "correlations", "autocorrelation"):
        assert results[name].low <= results[name].value <= results[name].high
        assert results[name].n_fake == 80
    assert Image.open(run.path / "likeness.png").size[0] > 100
    half = tmp_path / "half.csv"
    half.write_text("\n".join(rows.read_text().splitlines()[:70]))
    (other,) = library.evaluate(run, str(half), metrics=["correlations"], num=80, out=tmp_path)
    assert other.n_real == 46
    page = library.report(run).read_text()
    assert "discriminative" in page
    assert "rows a window, columns" in page


def test_it_is_exported_for_programs_without_torch(run, tmp_path):
    pytest.importorskip("onnxscript")
    onnxruntime = pytest.importorskip("onnxruntime")
    assert library.export(run, tmp_path / "series.onnx") < 1e-4
    session = onnxruntime.InferenceSession(str(tmp_path / "series.onnx"))
    assert [out.name for out in session.get_outputs()] == ["windows"]


def test_what_is_for_pictures_alone_is_said_in_a_line(run, rows, tmp_path):
    for call, said in (
        (lambda: run.generate(2), "makes no images from latents: elegan sample"),
        (lambda: library.copies(run), "makes no images from latents"),
        (lambda: library.bundle(run, tmp_path / "a.zip"), "a bundle's programs are for pictures"),
        (
            lambda: library.train(str(rows), "dcgan", out=tmp_path, quiet=True),
            "holds rows and no pictures: rpgan-series",
        ),
        (lambda: library.sample(run, 2, label="a", out=tmp_path), "trained without classes"),
        (lambda: library.evaluate(run, extractor="random"), "measured by its own values"),
        (lambda: library.evaluate(run, split="test"), "has no test part"),
        (lambda: library.evaluate(run, metrics=["is"]), "needs class probabilities"),
        (lambda: library.train("digits", "rpgan-series", out=tmp_path, quiet=True), "learns a file of rows"),
    ):
        with pytest.raises(UserError, match=said):
            call()
    assert "windows" in NEEDS


def test_rows_in_no_order_are_not_taken_for_a_series(tmp_path):
    draws = np.random.default_rng(0).normal(size=(200, 2))
    path = tmp_path / "noise.csv"
    path.write_text("a,b\n" + "\n".join(f"{a:.3f},{b:.3f}" for a, b in draws))
    run = library.train(str(path), settings=["batch=20"], steps=1, out=tmp_path, quiet=True)
    assert run.recipe.name == "ctgan"
