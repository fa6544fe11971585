"""Killed, interrupted, out of disk, edited, twice at once: what a run's folder is worth then."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import elegan
from tensors import tensors_of

SMALL = ("--set", "nets.generator.width=8", "--set", "nets.discriminator.width=8", "--set", "batch=16",
         "--set", "watch.images=64", "--set", "watch.log=5", "--set", "watch.every=20", "--recipe", "wgan",
         "--set", "data.crop=1", "--set", "schedule=plateau", "--set", "task.augment=color,cutout")  # fmt: skip
COMMAND = ("train", "digits", "--steps", "60", "--name", "run", *SMALL)


def wait_for(condition, seconds=120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def records(run) -> list[dict]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def test_killed_again_and_again_it_ends_as_if_it_had_not_been(elegan, tmp_path):
    whole = elegan(*COMMAND, "--out", "whole")
    assert whole.returncode == 0, whole.stderr
    run, log = tmp_path / "killed" / "run", tmp_path / "killed" / "run" / "log.jsonl"
    for lines in (1, 5, 12):  # before the first checkpoint, and later within and around others
        command = [sys.executable, "-m", "elegan", *COMMAND, "--out", "killed"]  # with a hash seed of its own
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda lines=lines: log.exists() and log.read_text().count("\n") >= lines)
        process.send_signal(signal.SIGKILL)
        process.wait()
    last = elegan(*COMMAND, "--out", "killed")
    assert last.returncode == 0, last.stderr
    assert "goes on from step" in last.stderr
    expected, ours = (tensors_of(tmp_path / p / "run/checkpoints/00000060.safetensors") for p in ("whole", "killed"))
    assert expected.keys() == ours.keys()
    for key in expected:
        assert np.array_equal(expected[key], ours[key]), key
    for path in sorted((tmp_path / "whole" / "run" / "samples").iterdir()):
        assert path.read_bytes() == (run / "samples" / path.name).read_bytes(), path.name
    for name in ("log.jsonl", "samples.png", "curves.png", "recipe.toml"):
        assert (tmp_path / "whole" / "run" / name).read_bytes() == (run / name).read_bytes(), name
    assert not [p for p in run.rglob("*") if p.name.startswith(".") and p.name != ".lock"]


def test_control_c_saves_and_says_how_to_go_on(calls, elegan, tmp_path):
    run = tmp_path / "runs" / "run"
    process = calls.start("-m", "elegan", *COMMAND, cwd=tmp_path)
    wait_for(lambda: (run / "log.jsonl").exists() and len(records(run)) >= 1)
    process.send_signal(signal.SIGINT)
    done = process.wait()
    errors = done.err
    assert done.code == 130, errors
    assert "go on with: elegan train --resume runs/run" in errors
    assert "Traceback" not in errors
    assert list((run / "checkpoints").iterdir())
    again = elegan("train", "--resume", "runs/run")
    assert again.returncode == 0, again.stderr
    whole = elegan(*COMMAND, "--out", "whole")
    assert whole.returncode == 0
    a, b = (tensors_of(p / "checkpoints/00000060.safetensors") for p in (run, tmp_path / "whole" / "run"))
    assert all(np.array_equal(a[key], b[key]) for key in a)
    assert records(run) == records(tmp_path / "whole" / "run")


def test_a_full_disk_ends_the_run_with_its_last_checkpoint_whole(calls, tmp_path):
    run = tmp_path / "runs" / "run"
    command = [*COMMAND, "--set", "nets.generator.width=64", "--set", "nets.discriminator.width=64"]
    assert calls(*command, "--steps", "10", cwd=tmp_path).code == 0
    checkpoint = run / "checkpoints" / "00000010.safetensors"
    size, before = checkpoint.stat().st_size, checkpoint.read_bytes()
    assert size > 1_000_000  # and nothing else that a run writes comes near
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size // 2}, {size // 2}));"
        "sys.argv[0] = 'elegan'; from elegan.cli.main import main; main()"
    )
    full = subprocess.run(
        [sys.executable, "-c", code, *command, "--steps", "15"], cwd=tmp_path, capture_output=True, text=True
    )
    assert full.returncode == 1, full.stderr
    assert "cannot write runs/run/checkpoints/00000015.safetensors: File too large" in full.stderr
    assert "the last whole checkpoint is step 10" in full.stderr
    assert "Traceback" not in full.stderr
    assert [p.name for p in (run / "checkpoints").iterdir()] == ["00000010.safetensors"]
    assert checkpoint.read_bytes() == before
    assert elegan.Run.open(run).generate(2).shape == (2, 8, 8, 1)


def test_the_newest_and_the_best_checkpoints_stay(elegan, tmp_path):
    assert elegan(*COMMAND, "--set", "watch.keep=1").returncode == 0
    from elegan import Run

    run = Run.open(tmp_path / "runs" / "run")
    history = {r["step"]: v for r in records(run.path) for k, v in r.items() if k.startswith("FD")}
    best = min(history, key=lambda step: history[step])
    assert sorted(history) == [20, 40, 60]
    assert run.steps == sorted({best, 60})
    assert Run.open(run.path, "best").step == best


def test_another_command_may_not_write_into_a_run(elegan):
    assert elegan(*COMMAND, "--steps", "2").returncode == 0
    other = elegan(*COMMAND, "--steps", "2", "--set", "task.clip=0.5")
    assert other.returncode == 2
    assert "runs/run holds another run: task.clip is 0.01 there and 0.5 now" in other.stderr
    assert elegan(*COMMAND, "--steps", "2", "--seed", "5").returncode == 2


def test_the_recipe_in_the_folder_may_be_edited(elegan, tmp_path):
    assert elegan(*COMMAND, "--steps", "2").returncode == 0
    path = tmp_path / "runs" / "run" / "recipe.toml"
    path.write_text(path.read_text().replace("clip = 0.01", "clip = 0.001"))
    assert elegan("train", "--resume", "runs/run", "--steps", "4").returncode == 0
    tensors = tensors_of(tmp_path / "runs/run/checkpoints/00000004.safetensors")
    critic = [v for k, v in tensors.items() if k.startswith("nets/discriminator") and k.endswith("weight")]
    assert max(np.abs(v).max() for v in critic) <= 0.001
    path.write_text(path.read_text().replace("width = 8", "width = 9"))
    broken = elegan("train", "--resume", "runs/run", "--steps", "6")
    assert broken.returncode == 2
    assert "no longer fits its checkpoint" in broken.stderr


def test_a_finished_run_says_so_and_a_longer_one_goes_on(elegan, tmp_path):
    assert elegan(*COMMAND, "--steps", "3").returncode == 0
    again = elegan(*COMMAND, "--steps", "3")
    assert again.returncode == 0
    assert "finished before, at step 3" in again.stderr
    assert elegan(*COMMAND, "--steps", "5").returncode == 0
    assert (tmp_path / "runs/run/checkpoints/00000005.safetensors").exists()


def test_two_at_once_do_not_share_a_run(calls, elegan, tmp_path):
    endless = (*COMMAND, "--steps", "1000000")  # the second must find the first at work, however slowly it starts
    process = calls.start("-m", "elegan", *endless, cwd=tmp_path)
    try:
        wait_for(lambda: (tmp_path / "runs/run/log.jsonl").exists())
        second = elegan(*endless)
        assert second.returncode == 2
        assert "another process is training in runs/run" in second.stderr
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def test_a_diverged_run_stops_with_the_reason(elegan):
    diverged = elegan(*COMMAND, "--recipe", "lsgan", "--set", "optimizers.generator=sgd", "--set",
                      "optimizers.discriminator=sgd", "--set", "optimizers.discriminator.lr=1e30")  # fmt: skip
    assert diverged.returncode == 1
    assert "no checkpoint was written" in diverged.stderr
    assert "Traceback" not in diverged.stderr


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    from elegan.core import files
    from elegan.core.errors import Failure

    path = tmp_path / "a.json"
    files.write_json(path, 1)
    with pytest.raises(Failure, match="cannot write"):
        files.write(tmp_path / ("x" * 300), b"data")
    assert files.read_json(path) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]
