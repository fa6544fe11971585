"""The words on a training while it runs and when it has ended."""

import numpy as np
import pytest
import torch
from torch import nn

import elegan as library
from elegan.metrics.catalogue import METRICS
from elegan.training.look import Look
from elegan.training.plan import Plan, plan_for
from elegan.training.summary import standing, summary
from elegan.workflows.workflow import Reference, View

SMALL = ("batch=8", "nets.generator.width=8", "nets.discriminator.width=8", "watch.images=64", "watch.every=2")
IDEAL, UNTREATED = Reference("real pictures among themselves", 0.5), Reference("untranslated pictures", 4.5)


class Known(View):
    """A view whose pictures are not asked for."""

    def __init__(self, ideal: Reference | None = None, untreated: Reference | None = None):
        self.ideal, self.untreated = ideal, untreated

    def measure(self, nets):
        raise NotImplementedError

    def sheet(self, nets):
        raise NotImplementedError


@pytest.fixture(scope="module")
def plan(tmp_path_factory) -> Plan:
    return plan_for("digits", "dcgan", settings=SMALL, steps=100, out=tmp_path_factory.mktemp("my runs"), name="a")


def told(plan: Plan, values: list[float], ideal=IDEAL, untreated=None) -> str:
    history = [[10 * (i + 1), value] for i, value in enumerate(values)]
    look = Look(10 * len(values), {"FD[x:1]": values[-1]} if values else {}, plan.path, nn.ModuleDict())
    return "\n".join(summary(plan, Known(ideal, untreated), look, history, seconds=600))


def test_how_near_it_came_is_said_against_what_is_known(plan):
    assert "Its pictures are 6.2 times as far from the real ones as those are from each other." in told(plan, [3.1])
    assert "FD[x:1] 3.1 at step 10, real pictures among themselves 0.5" in told(plan, [3.1])
    assert "about as near to the real ones as those are to each other" in told(plan, [0.7])
    translated = told(plan, [1.5], IDEAL, UNTREATED)
    assert "It goes 75% of the way from untranslated pictures to real ones." in translated
    assert "real pictures among themselves 0.5, untranslated pictures 4.5" in translated
    assert "no nearer to the real pictures than untranslated pictures" in told(plan, [4.6], IDEAL, UNTREATED)
    assert "20% nearer to the real pictures than bicubic" in told(plan, [3.6], None, Reference("bicubic", 4.5))
    assert told(plan, [3.1], None).splitlines()[1].strip() == "FD[x:1] 3.1 at step 10"
    assert "about as near" in told(plan, [0.4], IDEAL, UNTREATED)


def test_which_way_it_went_decides_what_is_advised(plan):
    better = told(plan, [9, 5, 4, 3, 2.5, 2.0])
    assert "It was still improving" in better
    assert f"elegan train --resume '{plan.path}' --steps 200" in better
    assert "2 at step 60, 2.5 at step 50, the best 2 at step 60" in better
    assert "--checkpoint" not in better
    worse = told(plan, [9, 5, 2, 3, 4, 3.5])
    assert "It was better before, at step 30" in worse
    assert f"elegan sample '{plan.path}' --checkpoint best" in worse
    assert f"elegan copies '{plan.path}' --checkpoint best" in worse
    assert "--resume" not in worse
    level = told(plan, [9, 5, 2, 2.1, 1.95, 2.2])
    assert "hardly improved of late" in level
    assert "--resume" not in level
    assert "--checkpoint" not in level
    assert "Too few looks" in told(plan, [9, 5])
    restorer = {
        "ideal": None,
        "untreated": Reference("bicubic", 7.2),
    }  # a little of the value is much of what is gained
    assert "still improving" in told(plan, [7.1, 7.0, 6.9, 6.8, 6.7], **restorer)
    assert "It was better before" in told(plan, [7.1, 6.9, 6.7, 6.8, 6.9], **restorer)
    assert "hardly improved" in told(plan, [7.1, 6.9, 6.70, 6.69, 6.68], **restorer)
    assert "took 10 min for 60 steps" in better


def test_what_was_not_measured_is_not_judged(plan):
    assert "No metric was watched" in told(plan, [])
    assert "It was better before, at step 10" in told(plan, [2.0, 3.0, 4.0, 5.0])
    assert told(plan, [float("nan"), 9, 5, 4, 3]).count("still improving") == 1
    assert standing(Look(7, {}, plan.path, nn.ModuleDict()), Known()) == ""


def test_data_in_memory_go_on_in_python(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (32, 8, 8, 1), dtype=np.uint8)
    plan = plan_for(images, "dcgan", settings=SMALL, steps=100, out=tmp_path, name="a")
    lines = told(plan, [9, 5, 4, 3, 2.5, 2.0])
    assert f"elegan.train(data, resume='{plan.path}', steps=200)" in lines
    assert "elegan sample" not in lines


@pytest.mark.parametrize(("n", "count"), [(60, 500), (400, 400), (1000, 2000)])
def test_the_floor_is_what_other_real_pictures_get(n, count):
    """Of features of the same distribution, more and fewer than their dimensions."""
    stream = torch.Generator().manual_seed(n)
    scales = torch.linspace(0.1, 2, 100)
    real, *others = (torch.randn(m, 100, generator=stream) * scales for m in (n, count, count, count))
    fd = METRICS["fd"]
    measured = np.mean([fd.watched(real)(other) for other in others])
    assert fd.watched_floor(real, count) == pytest.approx(measured, rel=0.35)
    assert fd.watched_floor(real[:3], count) is None
    if n == 1000:
        assert abs(METRICS["kd"].watched(real)(others[0]) - METRICS["kd"].watched_floor(real, count)) < 0.01


def test_no_metric_of_its_own_has_a_floor_by_default(tmp_path):
    assert METRICS["sw"].watched_floor(torch.zeros(9, 2), 9) is None


def test_a_training_tells_where_it_stands_and_ends_in_words(elegan):
    settings = [part for setting in SMALL for part in ("--set", setting)]
    done = elegan("train", "digits", "--recipe", "wgan", "--steps", "6", "--name", "run", *settings)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    progress = next(line for line in lines if line.startswith("step 6 of 6"))
    assert "; FD[" in progress
    assert progress.endswith("at step 4, real pictures among themselves " + progress.split()[-1])
    assert float(progress.split()[-1]) > 0
    words = lines[lines.index(progress) + 1 :]
    assert any(line.endswith("times as far from the real ones as those are from each other.") for line in words)
    assert any("elegan evaluate runs/run" in line for line in words)
    again = elegan("train", "--resume", "runs/run")
    assert "Next:" not in again.stderr  # nothing was done


@pytest.mark.parametrize("recipe", ["denoise", "sr-x2"])
def test_a_restorer_is_held_against_what_came_in(photographs, tmp_path, capsys, recipe):
    settings = ["nets.restorer.width=8", "nets.restorer.blocks=2", "data.resolution=32", "batch=4", "watch.images=4"]
    library.train(str(photographs), recipe, settings=settings, steps=3, out=tmp_path, name="r")
    told = capsys.readouterr().err
    known = "bicubic enlargement" if recipe == "sr-x2" else "the damaged photographs"
    assert f"nearer to the real pictures than {known}" in told
    assert "L1 " in told
    assert f"elegan pack {tmp_path / 'r'} --out restorer.safetensors" in told


def test_a_translator_is_held_against_real_pictures_and_the_untranslated(sides, tmp_path, capsys):
    settings = ["nets.generator.width=4", "nets.generator.depth=3", "nets.discriminator.width=4",
                "nets.discriminator.layers=2", "data.resolution=32", "batch=4", "watch.images=16"]  # fmt: skip
    library.train(str(sides), "pix2pix", settings=settings, steps=3, out=tmp_path, name="t")
    told = capsys.readouterr().err
    assert "untranslated pictures" in told
    assert "real pictures of that side" in told
    assert f"elegan evaluate {tmp_path / 't'}" in told
