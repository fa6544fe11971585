"""Runs at a glance: their states, what is damaged or foreign among them, names that would steer a terminal, and speed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

import elegan
from elegan.core.errors import UserError
from elegan.core.journal import Journal
from elegan.core.memory import in_bytes
from elegan.verbs.runs import age

TINY = ["nets.generator.width=4", "nets.discriminator.width=4", "batch=8", "watch.images=32", "watch.every=1"]


def header(plain: str) -> bytes:
    """A file of no tensors whose header holds this as its plain data."""
    text = json.dumps({"__metadata__": {"plain": plain}}).encode()
    return len(text).to_bytes(8, "little") + text


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("listed") / "runs"
    elegan.train("digits", "dcgan", steps=3, settings=TINY, out=out, name="a", seed=5, quiet=True)
    return out / "a"


@pytest.fixture
def folder(trained, tmp_path) -> Path:
    for name in ("finished", "stopped", "unsaved", "cut", "broken", "nameless"):
        shutil.copytree(trained, tmp_path / "runs" / name)
    runs = tmp_path / "runs"
    recipe = runs / "stopped" / "recipe.toml"
    recipe.write_text(recipe.read_text().replace("steps = 3", "steps = 9"))
    shutil.rmtree(runs / "unsaved" / "checkpoints")
    newest = runs / "cut" / "checkpoints" / "00000003.safetensors"
    newest.write_bytes(newest.read_bytes()[:1000])
    (runs / "broken" / "run.json").write_text("[1]")
    (runs / "nameless" / "recipe.toml").write_text("batch = 3\n")
    (runs / "foreign").mkdir()
    (runs / "notes.txt").write_text("no folder")
    return runs


def test_each_run_has_its_state_and_numbers(folder, trained):
    found = {run.path.name: run for run in elegan.runs(folder)}
    assert {name: run.state for name, run in found.items()} == {
        "finished": "finished", "stopped": "stopped", "unsaved": "nothing saved", "cut": "damaged", "broken": "damaged",
        "nameless": "damaged", "foreign": "no run",
    }  # fmt: skip
    run = found["finished"]
    watched = [r for r in Journal(trained / "log.jsonl").records() if "rate" not in r]
    values = [next(v for k, v in r.items() if k.startswith("FD")) for r in watched]
    assert (run.recipe, run.data, run.seed, run.step, run.steps, run.metric) == ("dcgan", "digits", 5, 3, 3, "fd")
    assert (run.newest, run.best, run.best_step) == (values[-1], min(values), values.index(min(values)) + 1)
    assert run.size == sum(path.stat().st_size for path in (folder / "finished").rglob("*") if path.is_file())
    assert run.changed == (folder / "finished" / "log.jsonl").stat().st_mtime
    assert (found["stopped"].step, found["stopped"].steps) == (3, 9)
    assert (found["unsaved"].step, found["unsaved"].newest) == (0, None)
    assert "00000003.safetensors is damaged" in found["cut"].fault
    assert "run.json" in found["broken"].fault


def test_the_newest_stands_first(folder):
    for number, name in enumerate(("stopped", "finished", "unsaved")):
        os.utime(folder / name / "log.jsonl", (1000 - number, 1000 - number))
    names = [run.path.name for run in elegan.runs(folder)]
    assert [name for name in names if name in ("stopped", "finished", "unsaved")] == ["stopped", "finished", "unsaved"]


def test_a_run_that_trains_now_is_seen_and_not_disturbed(tmp_path):
    command = [sys.executable, "-m", "elegan", "train", "digits", "--recipe", "dcgan", "--steps", "100000", "--name", "now",
               "--set", "watch.log=1", "--set", "watch.every=100000", *(w for s in TINY[:4] for w in ("--set", s))]  # fmt: skip
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    log = tmp_path / "runs" / "now" / "log.jsonl"
    while process.poll() is None and (not log.exists() or len(log.read_bytes().splitlines()) < 3):
        time.sleep(0.05)
    (run,) = elegan.runs(tmp_path / "runs")
    assert (run.state, run.steps, run.newest) == ("training", 100000, None)
    assert run.step >= 2
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    (run,) = elegan.runs(tmp_path / "runs")
    assert run.state == "stopped"
    assert run.step > 0


def test_a_training_begins_while_its_folder_is_listed(folder):
    with FileLock(folder / "stopped" / ".lock"):
        assert {r.path.name: r.state for r in elegan.runs(folder)}["stopped"] == "training"
    assert {r.path.name: r.state for r in elegan.runs(folder)}["stopped"] == "stopped"


ODD = ["a[red]b", "tab\tname", "esc\x1b[31mname", "\u202eturned", "[link=x]", "ключ 一二三"]


def test_no_name_steers_the_terminal_and_all_fits_80_columns(folder, trained, elegan):
    for name in [*ODD, "x" * 150]:
        shutil.copytree(trained, folder / name)
    recipe = folder / "[link=x]" / "recipe.toml"
    recipe.write_text(recipe.read_text().replace('name = "dcgan"', 'name = "[bold]\\u001b[5m"', 1))
    os.makedirs(os.fsencode(folder) + b"/\xff[red]")
    done = elegan("runs", folder)
    assert (done.returncode, done.stderr) == (0, "")
    table = done.stdout.split("damaged:")[0].split("no run:")[0]
    assert max(len(line) for line in table.splitlines()) <= 80
    for text in (
        "a[red]b",
        "tab\\tname",
        "esc\\x1b[31mname",
        "\\u202eturned",
        "[link=x]",
        "[bold]\\x1b[5m",
        "ключ",
    ):
        assert text in done.stdout
    assert not {c for c in done.stdout if not c.isprintable()} - {"\n"}
    assert "no run: " in done.stdout
    assert "\\udcff[red]" in done.stdout
    listed = json.loads(elegan("runs", folder, "--json").stdout)
    assert {Path(run["path"]).name for run in listed} >= {*ODD, "foreign"}


def test_nothing_is_followed_out_of_a_run_and_nothing_blocks(folder, tmp_path):
    outside = tmp_path / "outside"
    shutil.copytree(folder / "finished", outside)
    for name, target in (("stopped", "checkpoints"), ("unsaved", "recipe.toml")):
        path = folder / name / target
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        path.symlink_to(outside / target)
    (folder / "broken" / "run.json").unlink()
    os.mkfifo(folder / "broken" / "run.json")
    (folder / "loop").symlink_to("loop")
    (folder / "finished" / "round").symlink_to("..")
    found = {run.path.name: run for run in elegan.runs(folder)}
    assert "leads out" in found["stopped"].fault
    assert "leads out" in found["unsaved"].fault
    assert found["broken"].state == "no run"
    assert found["finished"].size < 5_000_000


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *(("run.json", c) for c in (b"", b"null", b"{}", b'{"data": 1, "seed": 0}', b'{"data": {"name": "x"}, "seed": 1e999}')),
        *(("recipe.toml", c) for c in (b"", b"name = 1", b"\xff", b'name = "x"\nsteps = "many"', b"name = [" * 2000)),
        *(("checkpoints/00000003.safetensors", c) for c in (b"", b"\xff" * 50, header("["  * 5000), header('{"history": 3}'),
          header('{"history": [[1, "x"]]}'), header('{"history": [[1e999, 1]]}'), header('{"history": [[1, 2]], "recipe": 3}'))),
    ],
    ids=lambda value: repr(value)[:30],
)  # fmt: skip
def test_what_is_damaged_is_named_and_the_rest_listed(folder, name, content):
    (folder / "finished" / name).write_bytes(content)
    found = {run.path.name: run for run in elegan.runs(folder)}
    assert found["finished"].state == "damaged"
    assert "\n" not in found["finished"].fault
    assert name.rpartition("/")[2] in found["finished"].fault or "checkpoint" in found["finished"].fault
    assert found["stopped"].state == "stopped"


def test_a_thousand_runs_take_less_than_a_second_and_no_torch(trained, tmp_path):
    for number in range(1000):
        shutil.copytree(trained, tmp_path / f"{number}", copy_function=os.link)
    code = (
        "import sys, time, elegan\n"
        "elegan.runs\n"
        "begun = time.process_time()\n"
        "assert len(elegan.runs('.')) == 1000\n"
        "assert time.process_time() - begun < 1, time.process_time() - begun\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_there_must_be_a_folder(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "none", tmp_path / "file", "\0"):
        with pytest.raises(UserError, match="no folder of runs at"):
            elegan.runs(path)
    assert elegan.runs(tmp_path) == []


def test_ages_and_sizes_are_short():
    assert [age(s) for s in (-1, 0, 59, 60, 7300, 200_000)] == ["0 s", "0 s", "59 s", "1 min", "2 h", "2 d"]
    assert [in_bytes(n) for n in (0, 999, 1000, 123_456, 2.5e9, 3e15)] == [
        "0 B",
        "999 B",
        "1 kB",
        "123 kB",
        "2.5 GB",
        "3 PB",
    ]
