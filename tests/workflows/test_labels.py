"""Generated images of a run by class come as often as the data has their class, wherever they are compared with the data."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import elegan
from elegan.core.rng import labels
from elegan.data import open_data
from elegan.run import Run
from elegan.workflows.generation import Samples

SETTINGS = ("nets.generator.width=8", "nets.discriminator.width=8", "nets.generator.condition=embedding",
            "nets.discriminator.condition=projection", "batch=8", "watch.images=200", "watch.metric=none")  # fmt: skip


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Two classes of 72 and 8 grey pictures."""
    root, rng = tmp_path_factory.mktemp("uneven"), np.random.default_rng(0)
    for name, count in (("many", 72), ("few", 8)):
        (root / name).mkdir()
        for number in range(count):
            Image.fromarray(rng.integers(0, 256, (8, 8), dtype=np.uint8)).save(root / name / f"{number:02d}.png")
    return root


@pytest.fixture(scope="module")
def run(source, tmp_path_factory) -> Run:
    out = tmp_path_factory.mktemp("runs")
    return elegan.train(str(source), "dcgan", settings=SETTINGS, steps=1, out=out, name="r", quiet=True)


def asked(run: Run, work) -> torch.Tensor:
    """The labels that reach the generator while `work` runs."""
    seen: list[torch.Tensor] = []
    hook = run.nets["generator"].register_forward_pre_hook(lambda net, given: seen.append(given[1]))
    work()
    hook.remove()
    return torch.cat(seen)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=6).filter(any), st.integers(0, 9), st.integers(0, 400))
def test_labels_have_the_shares_of_the_data(counts, seed, fewer):
    drawn, share = labels(counts, 400, seed), np.array(counts) / sum(counts)
    found = np.bincount(drawn, minlength=len(counts)) / 400
    assert (abs(found - share) <= 5 * np.sqrt(share * (1 - share) / 400)).all()
    assert torch.equal(labels(counts, fewer, seed), drawn[:fewer])


def test_a_run_is_measured_with_the_shares_of_its_data_and_class_by_class_in_turn(run):
    shares = asked(run, lambda: elegan.evaluate(run, metrics=["fd", "prdc"], num=400, extractor="pixel"))
    again = asked(run, lambda: elegan.evaluate(run, metrics=["kd"], num=400, extractor="pixel"))
    other = asked(run, lambda: elegan.evaluate(run, metrics=["kd"], num=400, extractor="pixel", seed=1))
    assert run.classes == ["few", "many"]
    assert 0.06 < (shares == 0).float().mean() < 0.14
    assert torch.equal(shares, again)
    assert not torch.equal(shares, other)
    even = torch.arange(400) % 2
    assert torch.equal(asked(run, lambda: elegan.evaluate(run, metrics=["class-fd"], num=400, extractor="pixel")), even)
    both = asked(run, lambda: elegan.evaluate(run, metrics=["fd", "class-fd"], num=400, extractor="pixel"))
    assert torch.equal(both, torch.cat([shares, even]))


def test_the_watched_metric_has_the_shares_and_the_sheet_the_classes_in_turn(run, source):
    recipe = run.recipe.override(["watch.metric=fd", "watch.extractor=pixel"])
    view = Samples(open_data(source), run.game, recipe, run, torch.device("cpu"))
    assert 0.04 < (asked(run, lambda: view.measure(run.nets)) == 0).float().mean() < 0.16
    columns = asked(run, lambda: view.sheet(run.nets))
    assert torch.equal(columns, torch.arange(16) % 2)
    assert torch.equal(asked(run, lambda: run.generate(16)), columns)


def test_a_run_without_counts_takes_them_from_its_data(run):
    path = run.path / "run.json"
    info = json.loads(path.read_text())
    assert info["data"].pop("class_counts") == [8, 72]
    path.write_text(json.dumps(info))
    assert Run.open(run.path).class_counts == [8, 72]
