"""Trainings as processes of their own: they outlive the studio, which finds them again, stops them and goes on with them."""

import shutil
import time

import psutil
import pytest

from elegan.studio import trainings
from elegan.studio.place import Place
from served import QUICK, serving


def entry(studio, name):
    return {run["name"]: run for run in studio.ask("/api/runs").json}[name]


def until(studio, name, state, step=0):
    began = time.monotonic()
    while (now := entry(studio, name))["state"] != state or now["step"] < step:
        assert time.monotonic() - began < 120, now
        assert now["state"] != "failed", now
        time.sleep(0.1)
    return now


def test_a_training_outlives_the_studio_and_is_found_stopped_and_gone_on_with(tmp_path):
    with serving(tmp_path / "runs") as studio:
        asked = {"data": "digits", "recipe": "dcgan", "steps": 100_000, "settings": QUICK, "name": "long"}
        assert studio.ask("/api/train", asked).json == {"name": "long"}
        assert entry(studio, "long")["state"] == "starting"
        assert "trains already" in studio.ask("/api/train", asked).json["fault"]
        until(studio, "long", "training", step=1)
    with serving(tmp_path / "runs") as studio:  # another one, which finds it
        told = studio.ask("/api/runs/long").json
        assert (told["state"], told["abilities"]) == ("training", ["generate"])
        assert told["panels"]
        (process,) = [child for child in psutil.Process().children() if "train" in child.cmdline()]
        assert trainings._holder(tmp_path / "runs" / "long" / ".lock") == process  # found without what is on record
        assert studio.ask("/api/runs/long/stop", {}).status == 200
        stopped = until(studio, "long", "stopped")
        assert studio.ask("/api/runs/long").json["said"][-1].startswith(f"stopped at step {stopped['step']}")
        assert "nothing trains" in studio.ask("/api/runs/long/stop", {}).json["fault"]
        assert studio.ask("/api/runs/long/resume", {"steps": stopped["step"] + 3}).status == 200
        assert until(studio, "long", "finished")["step"] == stopped["step"] + 3
        shutil.rmtree(tmp_path / "runs" / "long")
        began = time.monotonic()
        while left := studio.ask("/api/runs").json:  # deleted, and no failure
            assert left[0]["state"] == "starting"  # its process ends
            assert time.monotonic() - began < 60
            time.sleep(0.1)


@pytest.mark.slow
def test_a_training_that_fails_says_why(tmp_path):
    place = Place(tmp_path)
    trainings.begin(place, "lost", ["--name=lost", f"--out={tmp_path}", "--", "nowhere"])
    with serving(tmp_path) as studio:
        began = time.monotonic()
        while (now := entry(studio, "lost"))["state"] == "starting":
            assert time.monotonic() - began < 60
            time.sleep(0.1)
        assert now["state"] == "failed"
        assert "no folder, zip or data set 'nowhere'" in now["fault"]
        assert "nowhere" in studio.ask("/api/runs/lost").json["said"][-1]
        assert studio.ask("/api/runs/lost/forget", {}).status == 200
        assert studio.ask("/api/runs").json == []
