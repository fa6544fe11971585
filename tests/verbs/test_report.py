"""The page of a run: whole in itself, true to the run's files, safe against what these say, the same bytes each time."""

import base64
import io
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import elegan
from elegan.core.errors import UserError
from elegan.data import open_data
from elegan.recipes import find_recipe
from elegan.recipes.show import differences
from elegan.run import Run
from elegan.verbs.report.charts import HEIGHT, MOST, WIDTH, chart
from elegan.verbs.report.page import templates
from elegan.verbs.report.report import report

# So few steps need a high rate, or all samples are one grey and two evaluations give the same numbers.
SETTINGS = ("nets.generator.width=8", "nets.discriminator.width=8", "watch.images=64", "watch.every=2", "watch.log=1",
            "optimizers.generator.lr=0.02")  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    """A short run on the embedded digits, evaluated twice."""
    run = elegan.train("digits", settings=SETTINGS, steps=4, out=tmp_path_factory.mktemp("runs"), name="r", quiet=True)
    elegan.evaluate(run, metrics=["fd"], num=60, extractor="pixel")
    elegan.evaluate(run, metrics=["fd", "prdc", "class-fd"], num=100, extractor="pixel")
    return run


@pytest.fixture
def copy(run, tmp_path) -> Run:
    return Run.open(shutil.copytree(run.path, tmp_path / "copy"))


class Page(HTMLParser):
    """Tags, texts and pictures of a page; an unclosed or stray tag is an error."""

    def __init__(self, path: Path):
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.tags: set[str] = set()
        self.images: dict[str, list[np.ndarray]] = {}
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(self.source)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.tags.add(tag)
        self.addresses += [v for k, v in attributes if k in ("src", "href", "srcset", "action", "data", "background")]
        assert not [name for name in values if name.startswith("on")]
        if tag == "img":
            encoded = values["src"].removeprefix("data:image/png;base64,")
            image = np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded, validate=True))))
            self.images.setdefault(values["alt"], []).append(image)
        elif tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_the_page_loads_nothing(run):
    page = Page(report(run, run.path.parent / "page.html"))
    assert page.tags.isdisjoint({"script", "link", "iframe", "object", "embed", "base", "form"})
    assert page.addresses
    assert all(address.startswith("data:image/png;base64,") for address in page.addresses)
    for words in ("http:", "https:", "@import", "url(", "//cdn"):
        assert words not in page.source
    assert "default-src 'none'" in page.source


def test_the_page_says_what_was_trained_and_measured(run):
    page = Page(report(run))
    records = [json.loads(line) for line in (run.path / "evaluations.jsonl").read_text().splitlines()]
    assert len({r["metric"] for r in records[1:]}) == 16
    for r in records[1:]:
        assert f"{r['metric']} " in page.text
        for shown in (f"{r['value']:.4g}", f"{r['low']:.4g} … {r['high']:.4g}", f"{r['floor']:.4g}"):
            assert shown in page.text
        assert all(warning in page.text for warning in r["warnings"])
    older = f"{records[0]['low']:.4g} … {records[0]['high']:.4g}"
    assert older not in page.text  # the newest of a metric counts
    session = run.info["sessions"][0]
    for words in (
        "1,442",
        "losses.r1.weight",
        session["torch"],
        session["processor"],
        "elegan train --resume",
        "8x8 kept",
    ):
        assert words in page.text
    assert np.array_equal(page.images["generated images"][0], np.asarray(Image.open(run.path / "samples.png")))
    early = np.asarray(Image.open(run.path / "samples" / "00000002.png"))
    assert np.array_equal(page.images["samples at step 2"][0], early[:34])


def test_neighbours_are_the_nearest_training_images(run):
    page, data = Page(report(run)), open_data("digits").images[..., 0]
    generated = run.generate(8)[..., 0]
    assert np.array_equal(np.stack(page.images["generated"]), generated)
    distances = np.square(data[None].astype(int) - generated[:, None]).sum((2, 3))
    for row, nearest in zip(distances, distances.argmin(1), strict=True):
        assert any(np.array_equal(image, data[nearest]) for image in page.images[f"training image {nearest}"])
        assert row[nearest] == row.min()


def test_the_same_run_gives_the_same_bytes(run, tmp_path):
    first, second = (report(Run.open(run.path), tmp_path / f"{i}.html").read_bytes() for i in range(2))
    assert first == second


def test_what_files_say_is_shown_and_never_obeyed(copy):
    evil = '"><script>alert(1)</script><img src=http://x/ onerror=a> $name ${x} &amp;'
    info = copy.info
    info["data"] |= {"name": evil, "source": evil, "notes": [evil], "classes": [evil] * len(info["data"]["classes"])}
    info["sessions"][0]["processor"] = evil
    (copy.path / "run.json").write_text(json.dumps(info))
    for name, key in (("evaluations.jsonl", "metric"), ("log.jsonl", "")):
        lines = [json.loads(line) for line in (copy.path / name).read_text().splitlines()]
        changed = [r | ({key: evil, "interval": evil, "warnings": [evil]} if key else {evil: 1.0}) for r in lines]
        (copy.path / name).write_text("".join(json.dumps(r) + "\n" for r in changed))
    page = Page(report(Run.open(copy.path)))
    assert page.tags.isdisjoint({"script"})
    assert all(address.startswith("data:image/png;base64,") for address in page.addresses)
    assert page.text.count(evil) >= 7


@pytest.mark.parametrize("odd", [
    {"better": "up"}, {"better": {"FD": "sideways"}}, {"better": {"FD": []}}, {"step": "x"}, {"data": 3}, {"split": []},
    {"digest": None}, {"versions": {}}, {"versions": 1}, {"accuracy": "much"}, {"measured by": {}}, {"seed": [1]},
], ids=str)  # fmt: skip
def test_settings_that_nobody_wrote_are_named(copy, odd):
    records = [json.loads(line) for line in (copy.path / "evaluations.jsonl").read_text().splitlines()]
    records[0]["settings"] |= odd
    (copy.path / "evaluations.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
    with pytest.raises(UserError, match=rf"evaluations.jsonl, settings: .*{next(iter(odd))}"):
        report(Run.open(copy.path))


def test_what_a_run_lacks_is_said(copy):
    for name in ("samples", "checkpoints"):
        shutil.rmtree(copy.path / name)
    for name in ("samples.png", "evaluations.jsonl", "log.jsonl", "timing.jsonl"):
        (copy.path / name).unlink()
    page = Page(report(Run.open(copy.path)))
    for words in ("No samples were drawn yet", "Not measured yet", "has no checkpoint yet", "Nothing is logged yet"):
        assert words in page.text


def test_data_that_is_gone_or_changed_is_said(copy):
    info = copy.info
    for change, words in (
        ({"source": "no/such/folder"}, "Cannot be shown: digits cannot be opened where it was"),
        ({"fingerprint": "0" * 64}, "digits no longer holds the pictures that"),
    ):
        (copy.path / "run.json").write_text(json.dumps(info | {"data": info["data"] | change}))
        assert words in Page(report(Run.open(copy.path))).text


def test_the_command_writes_where_it_is_told(run, tmp_path, monkeypatch, capsys):
    from elegan.cli.main import main

    for arguments, code in (([str(run.path), "--out", str(tmp_path / "a.html")], 0), ([str(tmp_path / "none")], 2)):
        monkeypatch.setattr("sys.argv", ["elegan", "report", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        assert (caught.value.code or 0) == code
    assert (tmp_path / "a.html").read_bytes() == report(run).read_bytes()
    assert "no run at" in capsys.readouterr().err


def test_differences_are_the_settings_changed():
    base = find_recipe("dcgan")
    assert differences(base, base) == []
    changed = base.override(["batch=32", "losses.r1=r1", "data.flip=true"])
    found = {key: (here, there) for key, here, there in differences(changed, base)}
    assert found.pop("batch") == ("32", "64")
    assert found.pop("data.flip") == ("true", "false")
    assert found.pop("losses.r1.name") == ('"r1"', "not there")
    assert all(key.startswith("losses.r1.") for key in found)


NUMBERS = st.floats(-1e9, 1e9)


def drawn(title: str, lines: dict[str, list[tuple[float, float]]]) -> str:
    return str(templates().get_template("pieces.html").module.chart(chart(title, lines)))


@settings(max_examples=20)
@given(
    st.dictionaries(st.text(max_size=5), st.lists(st.tuples(st.integers(0, 10**9), NUMBERS), min_size=1), min_size=1)
)
def test_curves_stay_inside_their_frame(lines):
    svg = drawn("<title>", lines)
    assert "<title>" not in svg
    polylines = re.findall(r'points="([^"]*)"', svg)
    assert len(polylines) == len(lines)
    for points in polylines:
        for x, y in (map(float, point.split(",")) for point in points.split()):
            assert 0 <= x <= WIDTH
            assert 0 <= y <= HEIGHT


def test_long_curves_are_thinned_and_end_where_they_end():
    svg = drawn("t", {"a": [(i, i % 7) for i in range(10_001)]})
    (points,) = re.findall(r'points="([^"]*)"', svg)
    assert MOST / 2 < len(points.split()) <= MOST
    assert drawn("t", {"a": [(0, 1.0), (10_000, 10_000 % 7)]}).count("polyline") == 1
    assert points.split()[-1].startswith(f"{WIDTH - 10:.1f},")


def test_suspected_copies_are_on_the_page(copy):
    assert "elegan copies" in Page(report(copy)).text
    copies = copy.path / "copies"
    copies.mkdir()
    (copies / "copies.json").write_text(json.dumps({"share": 0.25, "n_images": 8, "alpha": 0.01}))
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(copies / "suspects-001.png")
    page = Page(report(copy))
    assert "25.00% of 8 generated images are suspected copies at alpha = 0.01" in page.text
    assert any("suspects" in name for name in page.images)
