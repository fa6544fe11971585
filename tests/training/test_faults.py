"""Faults of the machine in real trainings: a full disk, too little memory, damaged checkpoints, data that went away."""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

import elegan
from elegan.core.errors import Failure, UserError

TRAIN = ["train", "digits", "--recipe", "dcgan", "--as-published", "--name", "run"]
SMALL = [
    "nets.generator.width=16",
    "nets.discriminator.width=16",
    "batch=8",
    "watch.metric=none",
    "watch.every=2",
    "data.resolution=8",
]
CANNOT_MOUNT = (
    subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode if shutil.which("unshare") else 1
)


def command(*arguments: object, settings=SMALL) -> list[str]:
    return [sys.executable, "-m", "elegan", *map(str, arguments), *(part for s in settings for part in ("--set", s))]


def same(first: Path, second: Path, *names: str) -> None:
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def on_a_small_disk(tmp_path: Path, then: str, *options: str) -> tuple[subprocess.CompletedProcess, str]:
    """A training on a disk of 4 MB in a mount namespace of its own, and what the shell script `then` does once it says that it
    waits; its process is $training. Gives the finished process and what the training wrote as errors."""
    (tmp_path / "disk").mkdir()
    script = """
        mount -t tmpfs -o size=4m none disk && head -c 3300000 /dev/zero > disk/other
        "$@" 2> errors & training=$!
        for i in $(seq 600); do grep -q PAUSED errors && break; sleep 0.1; done
    """
    train = command(*TRAIN, "--steps", 6, "--out", "disk/runs", *options)
    shell = ["unshare", "-m", "sh", "-c", script + then, "sh", *train]
    done = subprocess.run(shell, cwd=tmp_path, capture_output=True)
    return done, (tmp_path / "errors").read_text()


@pytest.mark.skipif(bool(CANNOT_MOUNT), reason="a small disk needs the right to mount one (unshare -m)")
def test_a_full_disk_pauses_the_training_until_there_is_room(tmp_path):
    """A disk of 4 MB in a mount namespace of its own; once the training says that it waits, something else is deleted there."""
    script = """
        ls -A disk/runs/run/checkpoints > while_waiting; sleep 1
        kill -0 $training || exit 99
        rm disk/other; wait $training; code=$?; cp -r disk/runs paused; exit $code
    """
    done, errors = on_a_small_disk(tmp_path, script)
    assert done.returncode == 0, errors
    assert errors.count("PAUSED   the disk is full: disk/runs/run/checkpoints/") == 1
    assert (tmp_path / "while_waiting").read_text().split() == ["00000002.safetensors"]  # nothing half written
    elegan.train("digits", "dcgan", steps=6, as_published=True, settings=SMALL, name="run", out=tmp_path, quiet=True)
    same(tmp_path / "paused/run", tmp_path / "run", "checkpoints/00000006.safetensors", "log.jsonl", "samples.png")


@pytest.mark.skipif(bool(CANNOT_MOUNT), reason="a small disk needs the right to mount one (unshare -m)")
def test_a_pause_ends_when_it_is_asked_to(tmp_path):
    script = """
        kill -TERM $training; wait $training
    """
    done, errors = on_a_small_disk(tmp_path, script, "--quiet")
    assert done.returncode == 1, errors
    assert "No space left on device" in errors.splitlines()[-1]
    assert "the last whole checkpoint is step 2" in errors.splitlines()[-1]


# Pictures large beside the networks: a batch takes 1.5 GB and next to no time, half of it half, and all else 0.5 GB.
LARGE = [
    "nets.generator.widths=[16]",
    "nets.discriminator.widths=[16]",
    "batch=16384",
    "data.resolution=64",
    "watch.metric=none",
]
MEMORY = 1_300_000_000


def limited(folder: Path, *settings: str) -> subprocess.CompletedProcess:
    limit = partial(resource.setrlimit, resource.RLIMIT_DATA, (MEMORY, MEMORY))
    train = command("train", "digits", "--recipe", "gan", "--as-published", "--name", "run", "--steps", 1,
                    settings=[*LARGE, *settings])  # fmt: skip
    return subprocess.run(train, cwd=folder, capture_output=True, text=True, preexec_fn=limit)


def test_a_batch_that_does_not_fit_memory_is_played_in_parts(tmp_path):
    done, run = limited(tmp_path), tmp_path / "runs" / "run"
    assert done.returncode == 0, done.stderr
    assert (
        "MEMORY   step 1: 16384 images at once do not fit: back to the beginning with --set accumulate=2" in done.stderr
    )
    actions = [json.loads(line) for line in (run / "recovery.jsonl").read_text().splitlines()]
    assert {action["alarm"] for action in actions} == {"out of memory"}
    parts = elegan.Run.open(run).recipe.accumulate
    assert parts == 2 ** len(actions)

    def again(name: str, *settings: str, **options) -> Path:
        options |= {"settings": [*LARGE, *settings], "name": name, "out": tmp_path / "runs", "steps": 1}
        return elegan.train("digits", "gan", as_published=True, quiet=True, **options).path

    played_again = again("again", guard=str(run / "recovery.jsonl"))
    same(played_again, run, "checkpoints/00000001.safetensors", "log.jsonl", "recipe.toml")
    same(again("parts", f"accumulate={parts}"), run, "checkpoints/00000001.safetensors", "log.jsonl")
    again("run")  # the same command, with all memory, goes on in parts
    assert elegan.Run.open(run).recipe.accumulate == parts


def test_what_fits_in_no_part_says_what_would_help(tmp_path):
    done = limited(tmp_path, "batch=2", f"nets.generator.widths={[8192] * 6}")
    assert done.returncode == 1, done.stderr
    assert "a batch of 2 images of 64 px does not fit the memory of cpu" in done.stderr.splitlines()[-1]


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A run of six steps on a folder of its own."""
    from PIL import Image
    from sklearn.datasets import load_digits

    root = tmp_path_factory.mktemp("whole")
    (root / "photos").mkdir()
    for number, picture in enumerate(load_digits().images[:64]):
        Image.fromarray((picture * 15).astype("uint8")).save(root / "photos" / f"{number}.png")
    elegan.train(
        root / "photos", "dcgan", steps=6, as_published=True, settings=SMALL, name="run", out=root / "runs", quiet=True
    )
    return root


@pytest.fixture
def copied(whole, tmp_path) -> Path:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    return tmp_path


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-100] ^= 4
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [cut, flip, Path.unlink])
def test_the_checkpoint_before_a_damaged_one_is_taken_and_that_is_said(damage, whole, copied):
    damage(copied / "runs/run/checkpoints/00000006.safetensors")
    done = subprocess.run(
        command("train", "--resume", "runs/run", "photos", settings=()), cwd=copied, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert ("00000006.safetensors is damaged" in done.stderr) == (damage is not Path.unlink)
    assert "goes on from step 4 of 6" in done.stderr
    same(copied / "runs/run", whole / "runs/run", "checkpoints/00000006.safetensors", "log.jsonl")


def test_a_vanished_folder_of_data_is_named(copied):
    source = copied / "runs/run/local.json"
    source.write_text(json.dumps({"source": str(copied / "photos")}))
    shutil.rmtree(copied / "photos")
    with pytest.raises(UserError, match="photos"):
        elegan.train(resume=copied / "runs/run", steps=8, quiet=True)
    assert elegan.Run.open(copied / "runs/run").steps == [4, 6] or elegan.Run.open(copied / "runs/run").step == 6


def test_data_that_vanish_while_it_trains_do_not_end_it(copied):
    """They were decoded into the cache, which is mapped into memory."""
    train = subprocess.Popen(
        command("train", "photos", "--recipe", "dcgan", "--as-published", "--name", "new", "--steps", 20, "--quiet"),
        cwd=copied,
    )
    while train.poll() is None and not (copied / "runs/new/checkpoints").exists():
        time.sleep(0.05)
    shutil.rmtree(copied / "photos")
    assert train.wait(120) == 0


def test_another_recipe_is_refused_with_every_difference(copied):
    other = [*SMALL, "nets.generator.latent=9", "optimizers.generator.lr=0.1"]
    with pytest.raises(UserError) as error:
        elegan.train(
            copied / "photos",
            "dcgan",
            steps=6,
            as_published=True,
            settings=other,
            name="run",
            out=copied / "runs",
            quiet=True,
        )
    assert "nets.generator.latent is 100 there and 9 now" in str(error.value)
    assert "optimizers.generator.lr is 0.0002 there and 0.1 now" in str(error.value)
    assert "--resume" in str(error.value)
    with pytest.raises((UserError, Failure), match="no longer fits its checkpoint"):
        elegan.train(copied / "photos", resume=copied / "runs/run", steps=8, settings=other[:-1], quiet=True)
