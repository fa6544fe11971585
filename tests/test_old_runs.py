"""Runs of older versions stay of use. `tests/runs/before-digests` was trained by 0.1.0 as of November 2026, before checkpoints had
digests, before local.json and before the rooms: `elegan train digits --set nets.generator.width=4 --set
nets.discriminator.width=4 --set watch.metric=none --set watch.keep=1 --steps 4`."""

import json
import shutil
from pathlib import Path

import pytest

import elegan

OLD = Path(__file__).parent / "runs" / "before-digests"


@pytest.fixture
def run(tmp_path):
    return elegan.Run.open(shutil.copytree(OLD, tmp_path / "old"))


def test_it_makes_pictures_and_is_measured(run):
    assert run.generate(20).shape == (20, 8, 8, 1)
    (result,) = elegan.evaluate(run, metrics=["fd"], num=50, extractor="pixel")
    assert result.settings["step"] == 4
    assert not any("no longer" in warning for warning in result.warnings)
    assert "Cannot be shown" not in elegan.report(run).read_text()


def test_it_goes_on_with_the_same_data_and_forgets_where_they_lay(run):
    longer = elegan.train(resume=run.path, steps=6, quiet=True)
    assert longer.step == 6
    written = json.loads((run.path / "run.json").read_text())
    assert [session["from_step"] for session in written["sessions"]] == [0, 4]
