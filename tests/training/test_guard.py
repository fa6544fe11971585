"""The guard in real trainings: it changes nothing, names what is sick with what helps, and takes a run back by its journal."""

import json
import shlex
from dataclasses import replace

import numpy as np
import pytest
import torch

import elegan
from alarms import alarms
from elegan.core.errors import Failure, UserError
from elegan.core.files import read_plain
from elegan.data import open_data
from elegan.training.guard.guard import Alarm, Guard
from elegan.training.guard.recovery import Doctor, Sick
from elegan.training.guard.rules import RULES
from elegan.training.plan import plan_for
from small import trainer_of
from tensors import tensors_of

SMALL = [
    "nets.generator.width=8",
    "nets.discriminator.width=8",
    "batch=16",
    "watch.images=64",
    "watch.every=100",
    "watch.keep=9",
]
EXPLODING = next(rule for rule in RULES if rule.name == "exploding gradients")
STUCK = [*SMALL, "optimizers.generator.lr=1e-7"]  # a generator that hardly learns


def train(out, settings, steps=400, **options) -> elegan.Run:
    options |= {"settings": settings, "steps": steps, "as_published": True}
    return elegan.train("digits", "dcgan", out=out, name="run", quiet=True, **options)


@pytest.fixture(scope="module")
def digits():
    return open_data("digits")


@pytest.fixture(scope="module")
def stuck(tmp_path_factory) -> elegan.Run:
    return train(tmp_path_factory.mktemp("stuck"), STUCK)


def test_a_guarded_run_learns_what_it_learns_alone(tmp_path):
    guarded, alone = (train(tmp_path / mode, SMALL, steps=40, guard=mode) for mode in ("warn", "off"))
    a, b = (tensors_of(run.checkpoint(40)) for run in (guarded, alone))
    assert a.keys() == b.keys()
    assert all(np.array_equal(a[key], b[key]) for key in a)
    assert (guarded.path / "log.jsonl").read_bytes() == (alone.path / "log.jsonl").read_bytes()


def test_a_generator_that_hardly_learns_is_named_with_its_picture(stuck):
    assert alarms(stuck)["no progress"] == 300  # the first step at which that can be said
    assert (stuck.path / "alarms" / "00000300.png").stat().st_size > 100


def test_the_command_says_what_helps(elegan, tmp_path):
    settings = [part for setting in STUCK for part in ("--set", setting)]
    done = elegan("train", "digits", "--recipe", "dcgan", "--steps", "320", "--name", "run", *settings)
    assert done.returncode == 0, done.stderr
    said = done.stderr.splitlines()
    (place,) = (number for number, line in enumerate(said) if "no progress: " in line)
    assert "step 300" in said[place]
    assert "--resume runs/run --set optimizers.generator.lr=0.0002" in said[place + 1]  # dcgan's own rate


def test_an_interrupted_run_remembers_what_the_guard_saw(stuck, tmp_path):
    import shutil

    shutil.copytree(stuck.path, tmp_path / "run")
    for step in (300, 400):
        (tmp_path / "run" / "checkpoints" / f"{step:08d}.safetensors").unlink()
    again = train(tmp_path, STUCK)
    assert (again.path / "log.jsonl").read_bytes() == (stuck.path / "log.jsonl").read_bytes()
    assert again.checkpoint(400).read_bytes() == stuck.checkpoint(400).read_bytes()


def test_what_is_not_finite_ends_the_training_one_step_later(tmp_path):
    with pytest.raises(Failure, match=r"is (nan|inf|-inf) at step \d+: training diverged"):
        train(tmp_path, [*SMALL, "optimizers.discriminator.lr=1e30", "watch.log=400"])


def test_a_sick_run_is_taken_back_and_its_journal_plays_it_again(tmp_path):
    run = train(tmp_path / "first", STUCK, guard="recover")
    first, second = map(json.loads, (run.path / "recovery.jsonl").read_text().splitlines())
    assert first == {
        "step": 300, "alarm": "no progress", "remedy": "own rates",
        "settings": ["optimizers.generator.lr=0.0002"], "back_to": 0,
    }  # fmt: skip
    assert second["alarm"] == "near-duplicates"  # 300 steps of this width and batch are too few to vary
    assert 0 < second["back_to"] < second["step"]
    assert run.recipe.optimizers["generator"].options["lr"] == 2e-4
    assert "no progress" not in alarms(run)

    journal = run.path / "recovery.jsonl"
    again = train(tmp_path / "again", STUCK, guard=str(journal))
    assert again.steps == run.steps
    for step in run.steps:
        assert again.checkpoint(step).read_bytes() == run.checkpoint(step).read_bytes()
    for name in ("log.jsonl", "recovery.jsonl", "recipe.toml", "samples.png"):
        assert (again.path / name).read_bytes() == (run.path / name).read_bytes(), name

    more = train(
        tmp_path / "first", STUCK, steps=410, guard="recover"
    )  # the same command goes on, with what was changed
    assert more.recipe.optimizers["generator"].options["lr"] == 2e-4


def test_a_repeated_picture_is_taken_once_from_the_beginning_on(digits, tmp_path):
    options = {"settings": SMALL, "steps": 40, "as_published": True, "out": tmp_path, "quiet": True}
    repeated = np.concatenate([digits.images[:200], np.repeat(digits.images[:1], 800, 0)])
    run = elegan.train(repeated, "dcgan", name="run", guard="recover", **options)
    (action,) = map(json.loads, (run.path / "recovery.jsonl").read_text().splitlines())
    assert (action["alarm"], action["settings"], action["back_to"]) == ("repeated picture", ["data.distinct=true"], 0)
    assert "repeated picture" not in alarms(run)
    again = elegan.train(repeated, "dcgan", name="again", guard=str(run.path / "recovery.jsonl"), **options)
    assert again.checkpoint(40).read_bytes() == run.checkpoint(40).read_bytes()


def test_a_journal_of_older_versions_is_played_as_it_says(tmp_path):
    """They went back to the third newest probe, however long it had shown."""
    old = {
        "step": 300, "alarm": "no progress", "remedy": "own rates",
        "settings": ["optimizers.generator.lr=0.0002"], "back_to": 200,
    }  # fmt: skip
    (tmp_path / "old.jsonl").write_text(json.dumps(old) + "\n")
    run = train(tmp_path, STUCK, guard=str(tmp_path / "old.jsonl"))
    assert (run.path / "recovery.jsonl").read_text() == (tmp_path / "old.jsonl").read_text()
    assert run.steps == [100, 200, 300, 400]
    assert read_plain(run.checkpoint(200))["recipe"]["optimizers"]["generator"]["lr"] == 1e-7
    assert read_plain(run.checkpoint(300))["recipe"]["optimizers"]["generator"]["lr"] == 2e-4


class Ill:
    """A probe of 16 pictures in which from the sixtieth time on the spread is gone and the distance has grown."""

    pictures = 16
    times = 0

    def __call__(self, average, nets, thorough):
        self.times += 1
        ill = self.times > 60
        return {"": {"spread": 0.1 if ill else 1.0, "distance": 1.0 if ill else 0.1, "noise": 0.01}}


def test_of_alarms_at_one_step_the_first_explains_the_others_and_all_begin_where_they_first_showed(stuck, tmp_path):
    probe, nets, norms = Ill(), torch.nn.ModuleDict(), {"generator": torch.tensor(1.0)}
    guard = Guard(probe, 2500, 16)
    guard.begin(nets, nets)
    found = [alarm for step in range(1, 2501) for alarm in guard.after(step, {}, norms, nets, nets)]
    at_once = [alarm for alarm in found if alarm.step == found[0].step]
    assert [alarm.rule.name for alarm in at_once] == ["getting worse", "collapse"]
    assert {alarm.since for alarm in at_once} == {60 * guard.every}
    doctor = Doctor(plan_for(resume=stuck.path), "recover")
    with pytest.raises(Sick) as sick:
        doctor.act(at_once[0].step, at_once)
    assert sick.value.action.alarm == "getting worse"


@pytest.mark.parametrize(("since", "back_to"), [(100, 0), (101, 100), (300, 200), (301, 300)])
def test_a_run_goes_back_to_what_was_saved_before_the_first_sign(stuck, since, back_to):
    with pytest.raises(Sick) as sick:
        Doctor(plan_for(resume=stuck.path), "recover").act(400, [Alarm(EXPLODING, "generator", 400, since, "", {})])
    assert sick.value.action.back_to == back_to


def test_where_only_another_seed_may_help_the_command_begins_anew(elegan, stuck):
    seed_alone = replace(EXPLODING, help=("latent", "seed"))  # dcgan's latent is long enough
    own_rates = plan_for(resume=stuck.path, settings=["optimizers.generator.lr=2e-4"])
    text = Doctor(own_rates, "warn").advice(Alarm(seed_alone, "", 300, 200, "text", {}))
    command = text.splitlines()[1].split("try: ")[1]
    assert command.endswith("--name run-seed --seed 1")
    done = elegan(*shlex.split(command)[1:], "--dry-run")
    assert done.returncode == 0, done.stderr


def test_a_run_that_nothing_helps_ends_with_what_was_tried(tmp_path):
    hopeless = [*SMALL, "losses.r1=r1", "losses.r1.weight=1e38"]
    with pytest.raises(Failure, match=r"gave up after not finite at step \d+: back to the beginning with another seed"):
        train(tmp_path, hopeless, guard="recover")


@pytest.mark.parametrize("mode", ["warm", "nowhere.jsonl", ""])
def test_other_modes_are_refused(tmp_path, mode):
    with pytest.raises(UserError, match="guard = "):
        train(tmp_path, SMALL, guard=mode)


def test_a_scaled_gradient_is_left_to_the_scaler():
    """fp16 begins with a scale that is too large on purpose: steps that overflow are skipped, and are no alarm."""
    plain, scaled = trainer_of("dcgan"), trainer_of("dcgan")
    scaled.engine.scaler = torch.amp.GradScaler("cpu")
    for trainer in (plain, scaled):
        trainer.play(0)
    assert plain.norms.keys() == {"discriminator", "generator"}
    assert not scaled.norms
