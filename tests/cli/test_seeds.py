"""`elegan train --seeds`: one run after another, stopped and gone on with, compared at the end."""

import re
import shlex
import signal
import subprocess
import sys
import time

TINY = ("train", "digits", "--recipe", "dcgan", "--set", "nets.generator.width=4", "--set", "nets.discriminator.width=4",
        "--set", "batch=8", "--set", "watch.images=32")  # fmt: skip
NAME = "digits-dcgan{}-batch8-width4-images32"


def weights(folder, run: str) -> bytes:
    return (folder / "runs" / run / "checkpoints" / "00000003.safetensors").read_bytes()


def test_each_seed_is_a_run_and_the_same_command_goes_on(elegan, tmp_path):
    done = elegan(*TINY, "--steps", "2", "--seeds", "0,2")
    assert done.returncode == 0, done.stderr
    names = [NAME.format(""), NAME.format("-seed2")]
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == sorted(names)
    assert re.search(rf"^runs/{re.escape(names[0])} +0,2 +\S+ \(\S+ \.\. \S+\)$", done.stdout, re.M), done.stdout
    again = elegan(*TINY, "--steps", "3", "--seeds", "0,2", "--name", "x")
    assert again.returncode == 0
    longer = elegan(*TINY, "--steps", "3", "--seeds", "0,2")
    assert longer.stderr.count("goes on from step 2 of 3") == 2
    assert weights(tmp_path, names[1]) == weights(tmp_path, "x-seed2")
    alone = elegan(*TINY, "--steps", "3", "--seed", "2", "--name", "alone")
    assert alone.returncode == 0
    assert weights(tmp_path, "alone") == weights(tmp_path, "x-seed2")


def test_ctrl_c_stops_all_and_names_the_command(tmp_path):
    command = [sys.executable, "-m", "elegan", *TINY, "--steps", "100000", "--seeds", "4-6", "--name", "a b"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    log = tmp_path / "runs/a b-seed4/log.jsonl"
    while not (log.exists() and log.stat().st_size) and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    stopped = re.fullmatch(
        r"elegan: stopped at step \d+ of 100000 of seed 4; go on with: elegan (.*)", errors.splitlines()[-1]
    )
    assert stopped, errors
    assert shlex.split(stopped[1]) == command[3:]
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["a b-seed4"]
