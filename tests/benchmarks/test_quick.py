"""Every benchmark runs in its quick form, prints its table and keeps what it measured."""

import io
import json
import math
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

import elegan
from benchmarks.__main__ import FILES
from benchmarks.results import FOLDER
from small import small

ROOT = Path(__file__).parents[2]
# What a benchmark is asked to measure, by the fixtures below; the others bring what they need.
GIVEN = {
    "set5": "set5",
    "enlarge": "photographs upscale-x2",
    "denoise": "photographs",
    "inpaint": "photographs",
    "scratches": "photographs",
    "learns": "acgan",
    "translates": "pix2pix",
    "perfect": "digits",
    "copies": "tiles",
    "few": "digits --runs runs",
    "faults": "--runs runs",
    "series": "rows --runs runs",
    "tables": "--runs runs",
    "sound": "vocoder",
    "text": "poem lm",
}
SLOW = {  # above ten seconds
    "busy", "faults", "few", "learns", "memory", "perfect", "recognisable", "serve", "studio", "translation", "translates",
}  # fmt: skip


@pytest.fixture(scope="module")
def play(calls) -> Callable[..., str]:
    """What `python -m benchmarks` prints from the repository's root, where it ends with this exit code."""

    def play(*arguments: str, code: int = 0) -> str:
        done = calls.start("-m", "benchmarks", *arguments, cwd=ROOT, env=os.environ | {"COLUMNS": "120"}).wait()
        assert done.code == code, done.out + done.err
        return done.out + done.err

    return play


@pytest.fixture(scope="module")
def there(tmp_path_factory, photographs, sides, rows, poem, request):
    """Gives a thing to measure by its name: made of real photographs, or trained for two steps."""
    root = tmp_path_factory.mktemp("measured")
    views = [load_sample_image(name) for name in ("china.jpg", "flower.jpg")]

    def tiles() -> Path:
        """400 squares of 32 pixels to train on and 120 others."""
        cut = [view[y : y + 32, x : x + 32] for view in views for y in range(0, 416, 32) for x in range(0, 640, 32)]
        for number, place in enumerate(np.random.default_rng(0).permutation(len(cut))):
            folder = root / "tiles" / ("train" if number < 400 else "test")
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(cut[place]).save(folder / f"{number:03d}.png")
        return root / "tiles"

    def set5() -> Path:
        with zipfile.ZipFile(root / "set5.zip", "w") as archive:
            for number, view in enumerate(views):
                large = Image.fromarray(view[:128, :160])
                for kind, picture in (("HR", large), ("LR", large.resize((40, 32), Image.Resampling.BICUBIC))):
                    buffer = io.BytesIO()
                    picture.save(buffer, "PNG")
                    archive.writestr(f"{number}_{kind}.png", buffer.getvalue())
        return root / "set5.zip"

    def trained(recipe: str, data: str) -> Path:
        run = elegan.train(data, recipe, steps=2, settings=small(recipe), name=recipe, out=root / "runs", quiet=True)
        return run.path

    things = {
        "set5": set5,
        "tiles": tiles,
        "photographs": lambda: photographs,
        "runs": lambda: root / "few",
        "acgan": lambda: trained("acgan", "digits"),
        "rows": lambda: rows,
        "poem": lambda: poem,
        "lm": lambda: trained("lm", str(poem)),
        "pix2pix": lambda: trained("pix2pix", str(sides)),
        "vocoder": lambda: trained("vocoder", str(request.getfixturevalue("sounds"))),
    }
    return lambda name: str(things[name]()) if name in things else name


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in FILES]
)
def test_a_benchmark_runs_and_is_kept(name, play, there, tmp_path):
    if name == "serve" and shutil.which("wrk") is None:
        pytest.skip("wrk is not installed")
    if name == "studio" and not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        pytest.skip("no Chromium on this machine")
    arguments = [there(part) for part in GIVEN.get(name, "").split()]
    out = tmp_path / f"{name}.json"
    printed = play(name, *arguments, "--quick", "--out", str(out))
    result = json.loads(out.read_text())
    assert result.keys() == {"what", "command", "date", "machine", "rows"}
    assert result["command"].startswith(f"python -m benchmarks {name} --quick")
    assert "/" not in result["command"].replace("set5.zip", "")
    assert result["machine"]["torch"]
    table = [line for line in printed.splitlines() if line.startswith("| ")]
    assert len(table) == len(result["rows"]) + 2
    measured = [value for row in result["rows"] for value in row.values() if isinstance(value, dict | float)]
    assert measured
    for value in measured:
        ends = (value["low"], value["value"], value["high"]) if isinstance(value, dict) else (value,) * 3
        assert all(map(math.isfinite, ends))
        assert list(ends) == sorted(ends)


def test_the_list_has_every_benchmark(play):
    listed = play("--list")
    assert len(FILES) > 15
    assert all(f"\n{name} " in listed for name in FILES)


def test_a_wrong_name_ends_in_a_line(play):
    assert play("dcgn", code=2) == "elegan: unknown benchmark 'dcgn'; did you mean 'dcgan'?\n"


def test_a_place_that_cannot_be_written_to_ends_in_a_line_before_anything_is_measured(play, tmp_path):
    printed = play("dcgan", "--out", str(tmp_path), code=2)
    assert printed.startswith("elegan: ")
    assert "is a folder" in printed


def test_help_says_what_is_measured(play):
    printed = play("penalty", "--help")
    assert "The cost of gradient penalties" in printed
    assert "--resolution" in printed


def test_the_quick_form_keeps_nothing_that_is_quoted(play, photographs):
    before = {path: path.read_bytes() for path in FOLDER.glob("*.json")}
    assert "kept" not in play("scratches", str(photographs), "--quick")
    assert {path: path.read_bytes() for path in FOLDER.glob("*.json")} == before
