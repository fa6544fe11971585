"""Notebooks: the one of examples/ runs from its first cell to its last, and each thing shows itself as it does in there."""

import re
import struct
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest

import elegan
from elegan.core.images import Images
from elegan.data import open_data
from elegan.metrics.results import Results

NOTEBOOK = Path(__file__).parents[1] / "examples" / "digits.ipynb"
PICTURE = re.compile(r'<img alt="([^"]*)" src="data:image/png;base64,([^"]+)"')


def pictures(page: str) -> dict[str, tuple[int, int]]:
    """Width and height of each picture by what it is said to show."""
    return {alt: struct.unpack(">II", b64decode(data)[16:24]) for alt, data in PICTURE.findall(page)}


def shown(cell) -> list[str]:
    return [out["data"]["text/html"] for out in cell.outputs if "text/html" in out.get("data", {})]


def test_the_notebook_of_the_examples_runs_and_shows_what_it_did(tmp_path):
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    kept = nbformat.read(NOTEBOOK, 4)
    played = nbformat.read(NOTEBOOK, 4)
    for cell in played.cells:
        cell.source = cell.source.replace("steps=600", "steps=6").replace('"batch=32"', '"batch=8", "nets.generator.width=8"').replace("num=1000", "num=60")  # fmt: skip
    client.NotebookClient(played, timeout=240, resources={"metadata": {"path": str(tmp_path)}}).execute()
    for ours, theirs in zip(played.cells, kept.cells, strict=True):
        if ours.cell_type == "code":
            assert [o.output_type for o in ours.outputs] == [o.output_type for o in theirs.outputs], ours.source
            assert [list(pictures(page)) for page in shown(ours)] == [list(pictures(page)) for page in shown(theirs)]
    words, sheet = shown(next(cell for cell in played.cells if "elegan.train" in cell.source))
    assert "step 6 of 6" in words
    assert '<progress value="6" max="6"' in words
    assert "cache" not in words
    assert pictures(sheet)["samples"][0] > 200
    assert (tmp_path / "digits.safetensors").exists()
    text = NOTEBOOK.read_text()
    assert not re.search(r"(/home|/root|/tmp|/work|/Users)\b", text)


def test_things_show_themselves():
    data = open_data("digits")
    page = data._repr_html_()
    assert "1,442 images of 8 px" in page
    assert pictures(page) == {"64 images of 8 x 8": (265, 265)}
    many = np.zeros((70, 8, 12, 3), np.uint8).view(Images)
    assert pictures(many._repr_html_()) == {"70 images of 12 x 8": (8 * 49 + 1, 8 * 33 + 1)}
    assert "<br>70 images" in many._repr_html_()
    for other in (many[0], many.astype(float), many[:0], np.zeros((2, 4, 4, 2), np.uint8).view(Images), many == 0):
        assert other._repr_html_() is None
    assert type(np.asarray(many)) is np.ndarray


def test_a_run_shows_what_was_measured_and_names_are_never_markup(tmp_path):
    small = ["batch=8", "nets.generator.width=8", "nets.discriminator.width=8", "watch.images=64"]
    run = elegan.train("digits", "dcgan", steps=1, settings=small, name="run", out=tmp_path, quiet=True)
    run = elegan.Run.open(run.path.rename(tmp_path / "<b>&"))
    page = run._repr_html_()
    assert page.startswith("<b>&lt;b&gt;&amp;</b><br>dcgan, step 1 of 1<br>1,442 pictures of digits, 8 px")
    assert "samples" in pictures(page)
    results = elegan.evaluate(run, metrics=["fd"], num=60, extractor="random")
    assert isinstance(results, Results)
    assert f"<td>{results[0].value:.4g}</td>" in results._repr_html_()
    assert f"<td>{results[0].value:.4g}</td>" in run._repr_html_()
    assert elegan.Run.open("denoise")._repr_html_().startswith("<b>denoise</b><br>")
    assert Results()._repr_html_() == "nothing was measured"
