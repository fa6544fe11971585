"""Metrics by name: each describes itself, is asked for by the field's words, and may be anybody's."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

import elegan as library
from elegan.core.errors import UserError
from elegan.data import open_data
from elegan.metrics import METRICS, Metric, PairMetric, find_metric, measure, open_extractor
from elegan.metrics.likelihood import LEAST
from elegan.metrics.metric import NEEDS

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"
MINE = '''
from elegan.metrics import Metric
from elegan.metrics.intervals import normal


class Brightness(Metric):
    """Mean of the generated images' pixels less that of the real ones."""

    help = "difference in brightness"
    higher = ("brightness",)
    needs = frozenset({"pictures"})
    least = 5

    def estimate(self, sets, seed):
        real, fake = (x.pictures.mean((1, 2, 3), dtype='float32') for x in (sets.real, sets.fake))
        error = (real.var() / len(real) + fake.var() / len(fake)) ** 0.5
        return [normal("brightness", fake.mean() - real.mean(), error, "of the means", len(real), len(fake))]

    def warnings(self, sets, estimates):
        yield "<b>brightness</b> is not beauty"


class Unfinished(Metric):
    lower = ("x",)


class Mute(Metric):
    def estimate(self, sets, seed):
        return []


class Greedy(Mute):
    lower = ("x",)
    needs = frozenset({"picture"})


def function(sets, seed):
    return []
'''


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    """scikit-learn's 1,797 real digits, 8 x 8 grey."""
    return (load_digits().images * 255 / 16).round().astype(np.uint8)[..., None]


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_metric_says_all_that_is_to_be_known_of_it(metric):
    assert re.fullmatch(r"[a-z0-9-]+", metric.name)
    assert metric.lines
    assert metric.needs <= NEEDS.keys()
    assert not metric.help.endswith(".")
    assert len(vars(sys.modules[type(metric).__module__])["__doc__"]) > 10
    assert isinstance(metric, PairMetric) == ("pairs" in metric.needs)
    for name in (metric.name, *metric.aliases):
        assert find_metric(name) is metric


def test_the_least_that_a_description_says_is_that_of_the_computation():
    assert METRICS["fld"].least == LEAST


def test_no_two_metrics_share_a_name():
    names = [name for metric in METRICS.values() for name in (metric.name, *metric.aliases)]
    assert len(names) == len(set(names))
    assert {"fid", "kid", "is", "ssim", "psnr", "lpips", "prdc", "precision", "recall"} <= set(names)


def test_the_documentation_has_a_row_for_each_with_its_other_names():
    rows = re.findall(
        r"^\| (`[^|]+`) \|", DOCS.read_text().partition("Names for `--metrics`")[2].partition("\n\n**")[0], re.M
    )
    assert [re.findall(r"`([^`]+)`", row) for row in rows] == [[m.name, *m.aliases] for m in METRICS.values()]


def test_the_help_lists_each_metric(elegan):
    words = " ".join(elegan("evaluate", "--help").stdout.split())
    for metric in METRICS.values():
        assert f"{', '.join((metric.name, *metric.aliases))}: {metric.help}." in words


def test_the_words_of_the_field_are_taken_and_say_what_was_measured_instead(digits):
    random = open_extractor("random")
    by_word = measure(random, digits[:300], digits[300:500], ["fid", "kid", "recall", "precision"])
    by_name = measure(random, digits[:300], digits[300:500], ["fd", "kd", "prdc"])
    assert [(r.label, r.value, r.low, r.high, r.floor) for r in by_word] == [
        (r.label, r.value, r.low, r.high, r.floor) for r in by_name
    ]
    for word, name, published in zip(by_word[:2], by_name[:2], ("FID", "KID"), strict=True):
        (sentence,) = set(word.warnings) - set(name.warnings)
        assert sentence.startswith(f"{published} is measured in the features of Inception's published weights; this is")
        assert random.tag in sentence
    assert by_word[2:] == by_name[2:]
    inception = replace(random, verified=True)  # as if the weights were the published ones
    for result in measure(inception, digits[:300], digits[300:500], ["fid", "kid"]):
        assert result.label in ("FID", "KID")
        assert not any("published" in warning for warning in result.warnings)


@pytest.fixture
def mine(tmp_path, monkeypatch) -> Path:
    """A package outside elegan, for this process and those that it starts."""
    (tmp_path / "own_metrics.py").write_text(MINE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "own_metrics", raising=False)
    find_metric.cache_clear()
    return tmp_path


def test_a_metric_of_anybody_is_measured_recorded_and_reported(calls, mine):
    settings = ["nets.generator.width=8", "nets.discriminator.width=8", "watch.images=64"]
    run = library.train("digits", settings=settings, steps=2, out=mine, name="run", quiet=True)
    command = [
        "evaluate",
        "run",
        "--metrics",
        "own_metrics:Brightness,fd",
        "--trust",
        "own_metrics",
        "--num",
        "60",
        "--extractor",
        "pixel",
    ]
    done = calls(*command, cwd=mine)
    assert done.code == 0, done.err
    assert re.search(r"^brightness +\S+ +\S+ \.\. \S+ +\S+ +1442 +60 +721$", done.out, re.M)
    assert "brightness is measured by own_metrics:Brightness" in done.out
    assert "warning: <b>brightness</b> is not beauty" in done.out
    record, distance = (json.loads(line) for line in (run.path / "evaluations.jsonl").read_text().splitlines())
    images = np.concatenate(list(run.stream(range(60), labels=run.drawn_labels(60))))
    assert record["value"] == pytest.approx(images.mean() - open_data("digits").images.mean())
    assert abs(record["floor"]) < 10
    assert record["settings"]["measured by"] == "own_metrics:Brightness"
    assert record["settings"]["better"] == {"brightness": "higher"}
    assert distance["settings"].keys().isdisjoint({"measured by", "better"})
    page = library.report(run).read_text()
    assert "<td>brightness ↑</td>" in page
    assert "&lt;b&gt;brightness&lt;/b&gt; is not beauty" in page
    assert "measured by own_metrics:Brightness" in page


def test_what_is_no_metric_is_refused_in_one_line(mine):
    for name, words in (
        ("own_metrics:Brightnes", "did you mean 'Brightness'"),
        ("own_metrics:Metric", "own_metrics defines no function or class 'Metric'"),
        ("own_metrics:function", "'own_metrics:function' is no elegan.metrics.Metric"),
        ("own_metrics:Unfinished", "'own_metrics:Unfinished' is no elegan.metrics.Metric with all that one has"),
        ("own_metrics:Mute", "names no line of which lower, higher or neither is better"),
        ("own_metrics:Greedy", "needs 'picture'; did you mean 'pictures'"),
        ("os:system", "Python's own library"),
        ("nowhere:Metric", "cannot be imported"),
        ("a:b:c", "not of the form package.module:name"),
        ("fdd", "no metric 'fdd'; did you mean 'fd'"),
    ):
        with pytest.raises(UserError, match=words):
            find_metric(name)


def test_pictures_with_known_answers_are_measured_by_what_is_asked(photographs, tmp_path):
    settings = ["nets.restorer.width=8", "nets.restorer.blocks=1", "data.resolution=32", "batch=4"]
    run = library.train(str(photographs), "sr-x2", settings=settings, steps=1, out=tmp_path, quiet=True)
    usual = library.evaluate(run, num=4)
    assert [r.metric for r in usual] == ["L1", "PSNR", "SSIM"]
    assert library.evaluate(run, num=4, metrics=["ssim", "l1"]) == [usual[2], usual[0]]
    for metrics, words in ((["psnr", "fid"], "'fid' compares sets of pictures"), (["psn"], "did you mean 'psnr'")):
        with pytest.raises(UserError, match=words):
            library.evaluate(run, num=4, metrics=metrics)
    page = library.report(run).read_text()
    for line in ("L1 ↓", "PSNR ↑", "SSIM ↑"):
        assert f"<td>{line}</td>" in page
    assert "The floor is" not in page


def test_sets_without_known_answers_are_not_measured_one_by_one(digits):
    with pytest.raises(UserError, match="'ssim' needs for each picture the one that it should be"):
        measure(open_extractor("random"), digits[:20], digits[:20], ["ssim"])


def test_only_quick_distances_can_be_watched():
    watchable = [m.name for m in METRICS.values() if isinstance(m, Metric) and type(m).watched is not Metric.watched]
    assert watchable == ["fd", "kd"]
