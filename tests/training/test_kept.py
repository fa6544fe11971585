"""What a run's folder withstands: flipped bits, torn lines, closed terminals, impatience, deletion, edits, other data."""

import io
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import elegan
from elegan.core import files
from elegan.core.errors import Failure, UserError
from elegan.core.journal import Journal
from elegan.core.sizes import Size
from elegan.data import decode, open_data
from elegan.training.alike import between, within
from elegan.verbs.anomaly import anomaly
from elegan.verbs.latent.save import save_directions
from elegan.verbs.latent.space import Space
from elegan.verbs.report.report import report
from tensors import tensors_of

SMALL = (
    "batch=4",
    "optimizers.generator=adam",
    "watch.images=32",
    "watch.log=1",
    "watch.every=2",
    "nets.generator.width=8",
    "nets.discriminator.width=8",
)
TENSORS = {"a/x": torch.arange(6.0).view(2, 3), "a/step": torch.tensor(3.0), "b": torch.ones(5, dtype=torch.bfloat16)}
PLAIN = {"history": [[2, 0.5]]}


def train(out: Path, name: str = "run", steps: int = 6, settings=(), data="digits", **options) -> "elegan.Run":
    return elegan.train(
        str(data), "wgan", quiet=True, out=out, name=name, steps=steps, settings=[*SMALL, *settings], **options
    )


def flip(path: Path, tensor: str) -> None:
    """A bit in the middle of a tensor."""
    content = bytearray(path.read_bytes())
    size = int.from_bytes(content[:8], "little")
    start, end = json.loads(content[8 : 8 + size])[tensor]["data_offsets"]
    content[8 + size + (start + end) // 2] ^= 4
    path.write_bytes(content)


def same(a: Path, b: Path) -> bool:
    return a.read_bytes() == b.read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A run of 6 steps with the checkpoints 2, 4 and 6."""
    return train(tmp_path_factory.mktemp("whole"), settings=["watch.keep=9"]).path


# Digests


@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_no_flipped_bit_is_read(tmp_path_factory, place, bit):
    path = tmp_path_factory.getbasetemp() / "flipped.safetensors"
    content = bytearray(files.encode_tensors(TENSORS, PLAIN))
    content[place % len(content)] ^= 1 << bit
    path.write_bytes(content)
    try:
        tensors, plain = files.read_tensors(path)
    except files.Damaged:
        return
    assert plain == PLAIN  # a bit that says nothing, such as one of a space behind the header
    assert tensors.keys() == TENSORS.keys()
    assert all(torch.equal(tensors[name], TENSORS[name]) for name in TENSORS)


def test_tensors_come_back_and_a_part_is_checked_by_itself(tmp_path):
    path = tmp_path / "a.safetensors"
    files.write_tensors(path, TENSORS, PLAIN)
    assert path.read_bytes() == files.encode_tensors(TENSORS, PLAIN)
    assert files.read_tensors(path)[0]["b"].dtype == torch.bfloat16
    flip(path, "b")
    tensors, plain = files.read_tensors(path, "a/")
    assert sorted(tensors) == ["step", "x"]
    assert plain == PLAIN
    with pytest.raises(files.Damaged, match="a.safetensors is damaged: b is not what was written"):
        files.read_tensors(path)


def test_files_without_digests_still_open(tmp_path):
    from safetensors.torch import save_file

    save_file(TENSORS, tmp_path / "old.safetensors", {"plain": json.dumps(PLAIN)})
    assert files.read_tensors(tmp_path / "old.safetensors", "a/")[1] == PLAIN


def test_training_takes_the_checkpoint_before_a_damaged_one(whole, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    flip(run / "checkpoints/00000006.safetensors", "optimizer/discriminator/0/square_avg")
    flip(run / "checkpoints/00000004.safetensors", "nets/generator.project.weight")
    assert [r["step"] for r in Journal(run / "log.jsonl").records()][-1] == 6
    elegan.train(resume=run, quiet=True)
    for name in ("checkpoints/00000006.safetensors", "log.jsonl", "samples.png"):
        assert same(run / name, whole / name), name
    damaged = sorted(path.name for path in run.rglob("*.damaged"))
    assert damaged == ["00000004.safetensors.damaged", "00000006.safetensors.damaged"]


def test_going_on_reads_the_newest_checkpoint_once(whole, tmp_path, monkeypatch):
    run, read, reading = tmp_path / "run", [], files.read_tensors
    shutil.copytree(whole, run)
    monkeypatch.setattr(
        files, "read_tensors", lambda path, *rest, **more: read.append(path.name) or reading(path, *rest, **more)
    )
    elegan.train(resume=run, steps=7, quiet=True)
    assert read == ["00000006.safetensors"]


def test_without_a_whole_checkpoint_training_says_so_and_touches_nothing(whole, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    for path in (run / "checkpoints").iterdir():
        path.write_bytes(path.read_bytes()[:-100])
    before = sorted(run.rglob("*"))
    with pytest.raises(Failure, match=r"every checkpoint in .*checkpoints is damaged \(steps 2, 4, 6\)"):
        elegan.train(resume=run, quiet=True)
    assert sorted(run.rglob("*")) == sorted({*before, run / ".lock"})


def test_a_damaged_checkpoint_is_not_used_and_a_whole_one_named(whole, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    flip(run / "checkpoints/00000006.safetensors", "average/generator.project.weight")
    with pytest.raises(UserError, match=r"00000006.safetensors is damaged: .*; a whole one near it: --checkpoint 4"):
        elegan.Run.open(run).generate(1)
    assert elegan.Run.open(run, 4).generate(1).shape == (1, 8, 8, 1)


# Lines of records


@pytest.mark.parametrize(
    "torn", [b'{"step": 3, "x"', b"\0" * 700, b'{"step"' + b"\0" * 9, b"\0\0\n", b'{"st\0\0\n\0\0']
)
def test_a_torn_line_is_cut_off_before_the_next_is_written(tmp_path, torn):
    journal = Journal(tmp_path / "log.jsonl")
    lines = b'{"step": 1}\n{"step": 2}\n'
    journal.path.write_bytes(lines + torn)
    assert [record["step"] for record in journal.records()] == [1, 2]
    journal.write({"step": 3})
    assert journal.path.read_bytes() == lines + b'{"step": 3}\n'
    journal.path.write_bytes(torn)
    assert journal.records() == []
    journal.write({"step": 1})
    assert journal.path.read_bytes() == b'{"step": 1}\n'


def test_a_broken_line_in_the_middle_is_named(whole, tmp_path):
    path = tmp_path / "log.jsonl"
    for broken in (b"{step: 2}", b"\0\0\0", b"7", b"\xff"):
        path.write_bytes(b'{"step": 1}\n' + broken + b'\n{"step": 3}\n')
        with pytest.raises(UserError, match=r"log.jsonl, line 2, is not a record"):
            Journal(path).records()
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    shutil.copy(path, run)
    with pytest.raises(UserError, match=r"log.jsonl, line 2, is not a record"):
        elegan.train(resume=run, quiet=True, steps=8)


# Ends


def start(folder: Path, *arguments: str, **options) -> subprocess.Popen:
    command = [sys.executable, "-m", "elegan", *arguments]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


ENDLESS = ("train", "digits", "--recipe", "wgan", "--steps", "1000000", "--name", "run",
           *(part for setting in SMALL for part in ("--set", setting)))  # fmt: skip


def wait_for(condition, seconds=120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def logged(run: Path, lines: int = 3) -> bool:
    path = run / "log.jsonl"
    return path.exists() and path.read_bytes().count(b"\n") >= lines


def test_a_closed_terminal_stops_a_training_as_a_polite_kill_does(tmp_path):
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(tmp_path)
        os.execv(sys.executable, [sys.executable, "-m", "elegan", *ENDLESS, "--set", "watch.every=1000000"])

    def at_work() -> bool:
        while select.select([terminal], [], [], 0)[0]:  # or it would wait for a reader
            os.read(terminal, 65536)
        return logged(tmp_path / "runs/run")

    wait_for(at_work)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
    run = elegan.Run.open(tmp_path / "runs/run")
    assert Journal(run.path / "log.jsonl").records()[-1]["step"] == run.step


def test_impatience_ends_in_one_line_and_leaves_nothing_half_written(tmp_path):
    run = tmp_path / "runs/run"
    process = start(tmp_path, *ENDLESS, "--set", "watch.every=1")  # it writes most of the time
    wait_for(lambda: logged(run, 6))
    for _ in range(5):
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    lines = [line for line in errors.splitlines() if line.startswith("elegan: ")]
    assert lines == errors.splitlines()[-1:]
    assert "stopped" in lines[0]
    assert [path.name for path in run.rglob(".*")] == [".lock"]
    assert elegan.Run.open(run).generate(1).shape == (1, 8, 8, 1)


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["train", "sample"])
def test_control_c_at_any_moment_gives_130_without_a_traceback(whole, tmp_path, verb):
    command = ENDLESS if verb == "train" else ("sample", str(whole), "--num", "100000", "--out", "out")
    for tenths in range(3, 60, 3):
        process = start(tmp_path, *command)
        time.sleep(tenths / 10)
        for _ in range(3):
            process.send_signal(signal.SIGINT)
            time.sleep(0.1)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 130, (tenths, errors)
        assert "Traceback" not in errors, tenths


def test_a_run_that_is_deleted_while_it_trains_ends_and_is_not_made_again(tmp_path):
    process = start(tmp_path, *ENDLESS)
    wait_for(lambda: logged(tmp_path / "runs/run"))
    shutil.rmtree(tmp_path / "runs/run", ignore_errors=True)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "runs/run was deleted while it trained" in errors.splitlines()[-1]
    assert "Traceback" not in errors
    assert not list((tmp_path / "runs").iterdir())


def test_reading_a_run_that_trains_never_meets_a_checkpoint_that_has_gone(tmp_path):
    process = start(tmp_path, *ENDLESS, "--set", "watch.every=1", "--set", "watch.keep=1")
    try:
        wait_for(lambda: logged(tmp_path / "runs/run", 8))
        end, seen = time.monotonic() + 60, set()
        while len(seen) < 8 and time.monotonic() < end:
            for checkpoint in ("newest", "best"):
                run = elegan.Run.open(tmp_path / "runs/run", checkpoint)
                assert run.nets["generator"]
                seen.add(run.step)
        assert process.poll() is None
        assert len(seen) >= 8
    finally:
        process.kill()
        process.communicate()


def test_a_checkpoint_that_goes_between_the_list_and_the_reading_is_looked_for_anew(whole, tmp_path):
    class Slow(elegan.Run):
        """A reader that is slower than the training: what it read of the list has gone when it opens the file."""

        def checkpoint(self, step: int) -> Path:
            path = super().checkpoint(step)
            if step == 6:
                path.unlink(missing_ok=True)
            return path

    shutil.copytree(whole, tmp_path / "run")
    assert Slow(tmp_path / "run").step == 4
    with pytest.raises(UserError, match="no checkpoint 6"):
        Slow(tmp_path / "run", 6).nets  # noqa: B018


READ_ONLY = """
import contextlib, io, sys
from elegan.cli.main import app
from elegan.core.errors import UserError
for arguments in ("sample run", "evaluate run", "copies run", "latent walk run", "report run", "train --resume run --steps 8", "sample run --out a",
                  "evaluate run --num 40 --metrics fd --extractor pixel --out b/c"):
    try:
        app(arguments.split(), standalone_mode=False)
    except Exception as error:
        print(type(error).__name__, error)
"""


def test_a_run_on_a_read_only_disk_is_used_with_out_elsewhere(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "run")
    code = tmp_path / "code.py"
    code.write_text(READ_ONLY)
    mount = f"mount --bind run run && mount -o remount,bind,ro run && exec {sys.executable} code.py"
    done = subprocess.run(["unshare", "-rm", "sh", "-c", mount], cwd=tmp_path, capture_output=True, text=True)
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip(f"no read-only mounts here: {done.stderr.strip()}")
    lines = done.stdout.splitlines()
    assert lines[:4] == [
        f"UserError cannot write into {folder}: Read-only file system; --out names another folder"
        for folder in ("run/generated", "run", "run/copies", "run/latent")
    ]
    assert lines[4] == "UserError cannot write into run: Read-only file system; --out names another folder"
    assert lines[5] == "UserError run cannot be written to: Read-only file system"
    assert lines[6].startswith("a/step6-")
    assert lines[-1] == "appended to b/c/evaluations.jsonl"
    assert Journal(tmp_path / "b/c/evaluations.jsonl").records()[0]["metric"] == "FD"
    assert done.stderr == ""


# Pictures


GROW = r"""
from pathlib import Path
from elegan.data.photographs import open_photographs
from elegan.data.sides import open_sides
pairs, photos = open_sides("pairs", True, 256, zoom=1.12), open_photographs("photos", 128)
print(*pairs.notes, *photos.notes, sep="\n")
# Not ru_maxrss, which a child has from whoever started it.
print(next(int(line.split()[1]) // 1024 for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads its peak from /proc")
def test_a_tiny_file_does_not_grow(tmp_path):
    for folder, size in (("pairs", (64, 32)), ("photos", (200, 200))):
        (tmp_path / folder).mkdir()
        for number in range(18):
            Image.new("RGB", size, (number, 0, 0)).save(tmp_path / folder / f"{number}.png")
        Image.new("RGB", (2, 60_000)).save(tmp_path / folder / "tall.png")
        Image.new("RGB", (60_000, 2)).save(tmp_path / folder / "wide.png")
    assert (tmp_path / "photos/tall.png").stat().st_size < 500
    environment = os.environ | {"ELEGAN_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", GROW], cwd=tmp_path, capture_output=True, text=True, env=environment, check=True
    )
    *notes, megabytes = done.stdout.splitlines()
    assert notes.count("2 too long to be enlarged whole, cut to their middle, 8 times the short side") == 2
    assert int(megabytes) < 600


@given(
    width=st.integers(1, 90_000), height=st.integers(1, 900), short=st.sampled_from([0, 40, 287]), least=st.just(160)
)
def test_no_picture_grows_beyond_eight_squares(width, height, short, least):
    wide, high = decode.scaled(width, height, short, least)
    assert wide * high <= max(width * height, 8.1 * max(short, least) ** 2)
    assert min(wide, high) >= (short or least) or decode.middle(width, height, short, least) == (width, height)
    if decode.middle(width, height, short, least) != (width, height):
        assert decode.middle(width, height, short, least) == (min(width, 8 * height), min(height, 8 * width))


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_the_middle_of_a_long_picture_is_kept(fit):
    pixels = np.zeros((60, 2, 3), np.uint8)
    pixels[26:34] = 200  # the middle 8 times two pixels hold it all
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    kept = decode.whole(buffer.getvalue(), 0, 32, 3).pixels
    assert kept.shape == (256, 32, 3)
    assert np.array_equal(kept.mean((1, 2)) > 100, (np.arange(256) >= 64) & (np.arange(256) < 192))
    assert decode.brought_to(Size(32, 32), buffer.getvalue(), 3, fit).pixels.shape == (32, 32, 3)


# Edits


def resumed(whole: Path, folder: Path, *settings: str) -> dict[str, np.ndarray]:
    """The weights after two more steps, with the recipe's file edited."""
    shutil.copytree(whole, folder)
    recipe = elegan.Run.open(folder).recipe.override(settings)
    (folder / "recipe.toml").write_text(recipe.to_toml())
    run = elegan.train(resume=folder, quiet=True, steps=8)
    found = tensors_of(run.checkpoint(8))
    return {name: value for name, value in found.items() if name.startswith(("nets/", "average/"))}


def differ(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return any(not np.array_equal(a[name], b[name]) for name in a)


@pytest.fixture(scope="module")
def unedited(whole, tmp_path_factory) -> dict[str, np.ndarray]:
    return resumed(whole, tmp_path_factory.mktemp("unedited") / "run")


def test_a_resume_without_an_edit_is_exact(unedited, tmp_path):
    assert not differ(unedited, tensors_of(train(tmp_path, steps=8).checkpoint(8)))


EDITS = (
    "batch=5", "ema=0.1", "optimizers.generator.lr=0.001", "optimizers.generator.betas=[0.1,0.9]",
    "optimizers.generator.eps=0.01", "optimizers.generator.weight_decay=0.1", "optimizers.generator.lazy=2",
    "optimizers.discriminator.lr=0.01", "optimizers.discriminator.alpha=0.5", "optimizers.discriminator.eps=0.1",
    "optimizers.discriminator.momentum=0.5", "data.flip=true", "data.crop=1", "data.rotate=20", "task.clip=0.002",
    "task.n_critic=2", "task.top_k=0.5", "task.augment=color", "schedule=linear", "losses.adversarial=least_squares",
    "losses.r1=r1",
)  # fmt: skip


@pytest.mark.parametrize("setting", EDITS)
def test_an_edit_of_the_recipe_takes_effect(whole, unedited, tmp_path, setting):
    assert differ(unedited, resumed(whole, tmp_path / "run", setting))


def test_a_ramp_brought_in_by_an_edit_takes_effect(whole, unedited, tmp_path):
    for setting in ("ema=[0.1,0.2]", "optimizers.generator.betas=[[0.1,0.3],0.99]"):
        assert differ(unedited, resumed(whole, tmp_path / setting[:3], setting)), setting


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("optimizers.generator=sgd", r"optimizers.generator.name = 'sgd' comes too late: it was 'adam' when step 6"),
        ("nets.generator.width=9", "no longer fits its checkpoint"),
        ("nets.generator.norm=none", "no longer fits its checkpoint"),
        ("data.resolution=16", "data is .* there and .* now"),
    ],
)
def test_an_edit_that_cannot_take_effect_is_refused(whole, tmp_path, setting, message):
    with pytest.raises(UserError, match=message):
        resumed(whole, tmp_path / "run", setting)
    shutil.copytree(whole, tmp_path / "other")
    with pytest.raises(UserError, match=message):
        elegan.train(resume=tmp_path / "other", quiet=True, steps=8, settings=[setting])
    assert same(tmp_path / "other/recipe.toml", whole / "recipe.toml")  # or the next resume would be refused too


def test_numbers_measured_otherwise_are_no_rivals_of_the_best(whole, tmp_path):
    resumed(whole, tmp_path / "run", "watch.images=16")
    assert elegan.Run.open(tmp_path / "run", "best").step == 8


def test_a_resume_is_of_its_own_seed_and_name(whole):
    for options in ({"seed": 3}, {"name": "other"}, {"start": whole}):
        with pytest.raises(UserError, match="--resume goes on with"):
            elegan.train(resume=whole, quiet=True, **options)


# Data


def test_data_that_were_replaced_are_said(tmp_path):
    folder = tmp_path / "data"
    for number in range(40):
        (folder / "ab"[number % 2]).mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (8, 8), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "ab"[number % 2] / f"{number}.png")
    run = train(tmp_path, data=folder)
    scorer = elegan.train(
        str(folder), "ganomaly", quiet=True, out=tmp_path, name="scorer", steps=1, settings=[SMALL[0]]
    )
    few = elegan.evaluate(run, num=20, metrics=["fd"], extractor="pixel")[0].warnings
    assert not any("no longer" in warning for warning in few)
    assert anomaly(scorer, [str(folder / "a/0.png")], alpha=0.5).remark == ""
    Image.new("L", (8, 8)).save(folder / "a/0.png")
    line = "data no longer holds the pictures that run was trained on"
    assert elegan.evaluate(run, num=20, metrics=["fd"], extractor="pixel")[0].warnings == (*few, line)
    with pytest.raises(UserError, match=f"{line}; --data names the pictures to compare with"):
        elegan.copies(run, num=4)
    assert elegan.copies(run, str(folder), num=4, alpha=0.1).suspects.shape == (4,)
    assert line in report(run).read_text()
    assert save_directions(Space(run), "sefa", 1, 1.0, 2, [0], True, tmp_path / "latent").found[0] == line
    assert line.replace(" run ", " scorer ") in str(anomaly(scorer, [str(folder / "a/0.png")], alpha=0.5))


# Dead pictures


def test_dead_pictures_are_said_at_the_very_end(elegan):
    rates = ("--set", "optimizers.generator.lr=5", "--set", "optimizers.discriminator.lr=5")
    done = elegan("train", "digits", "--steps", "20", "--set", "watch.metric=none", *rates)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("its pictures are nearly all alike: two of them differ by ")
    assert "a lower optimizers.*.lr" in done.stdout


def test_pictures_that_live_are_not_called_dead():
    digits = open_data("digits").images[:100]
    assert between(digits[:50]) == pytest.approx(between(digits[50:]), rel=0.1)
    assert between(digits[:1].repeat(50, 0)) == pytest.approx(0, abs=1e-3)
    assert within(digits) > 60
    assert within(np.full((9, 8, 8, 1), 7, np.uint8)) == 0
    pairs = [np.sqrt(np.square(a - b).mean()) for i, a in enumerate(digits[:9] / 1.0) for b in digits[:9][:i] / 1.0]
    assert between(digits[:9]) == pytest.approx(np.mean(pairs))


def test_a_folder_in_which_nothing_was_saved_takes_another_training(tmp_path):
    """As one does whose first step did not fit; nothing of it is taken for the new one's, such as where its data lay."""
    (tmp_path / "photos").mkdir()
    for number in range(8):
        Image.new("L", (8, 8), 30 * number).save(tmp_path / "photos" / f"{number}.png")
    with pytest.raises(UserError, match="do not fit one another"):
        train(tmp_path, data=tmp_path / "photos", settings=["nets.discriminator=patch_discriminator"])
    assert (tmp_path / "run/local.json").exists()
    run = train(tmp_path)
    assert run.finished
    assert run.source == "digits"
