"""What users get wrong, over every verb: each wrong call ends with exit code 1 or 2 and one line that says what to mend."""

import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from elegan.core.devices import find_device
from elegan.core.errors import Failure, UserError
from elegan.core.facts import read_facts
from elegan.core.faults import told
from elegan.recipes import CATALOGUE, find_recipe
from elegan.recipes.recipe import Recipe
from elegan.record.result import recorded
from elegan.run import Run
from elegan.verbs.sample import parse_seeds
from many_calls import Called
from points_corpus import write_points
from rare import write_rare
from wrong_calls import DEVICES, NUMBERS, PLACES, RECIPES, SLIPS

SMALL = ("watch.images=32", "batch=8")
TRAINED = {
    "g": ("digits", "dcgan", "nets.generator.width=4", "nets.discriminator.width=4", *SMALL),
    "c": ("digits", "cgan", "nets.generator.width=4", "nets.discriminator.width=4", *SMALL),
    "s": ("digits", "stylegan2", "nets.generator.width=2", "nets.discriminator.width=2", *SMALL),
    "a": ("digits", "ganomaly", "nets.generator.width=4", "nets.discriminator.width=4", "nets.encoder.width=4", *SMALL),
    "t": ("sides", "cyclegan", "nets.generator.width=4", "nets.generator.blocks=2", "nets.discriminator.width=4",
          "batch=2", "watch.images=4", "data.resolution=32"),
    "r": ("photographs", "sr-x2", "nets.restorer.width=4", "nets.restorer.blocks=2", "batch=2", "watch.images=4",
          "data.resolution=32"),
}  # fmt: skip


@pytest.fixture(scope="session")
def world(tmp_path_factory, calls, sides, photographs) -> Path:
    """A folder with a tiny run of every kind, and with what is no run, no picture and no data."""
    root = tmp_path_factory.mktemp("world")
    (root / "sides").symlink_to(sides)
    (root / "photographs").symlink_to(photographs)
    for name, (data, recipe, *changes) in TRAINED.items():
        sets = [word for change in changes for word in ("--set", change)]
        done = calls("train", data, "--recipe", recipe, "--name", name, "--steps", 2, *sets, cwd=root)
        assert done.code == 0, done.err
    evaluate = ("evaluate", "runs/g", "--num", 40, "--metrics", "fd", "--extractor", "pixel")
    assert calls(*evaluate, cwd=root).code == 0
    write_rare(root / "rare", {0: 20, 1: 4}, 6)
    (root / "afile").write_text("text")
    (root / "broken.safetensors").write_bytes(bytes(range(256)))
    (root / "empty").mkdir()
    write_points(root / "points")
    (root / "garbage").mkdir()
    for number in range(4):
        (root / "garbage" / f"{number}.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(200)))
    small = Image.open(photographs / "00.png").resize((40, 32))
    small.save(root / "photo.png")
    clear = small.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(small.size))
    clear.save(root / "rgba.png")
    clear.convert("LA").save(root / "la.png")
    return root


# What is said of work that had begun: the plan of a training and its steps, the pictures that could not be read.
WORK = re.compile(
    r"(data|recipe|from|run|shows|step|time|finished) |        |[^:]+: (not an image|empty file|a device, not a file)$"
)


def check(done: Called, message: str = "") -> None:
    """The rule for a wrong call."""
    assert done.code in (1, 2), f"exit code {done.code}: {done.err[-500:]}"
    assert "Traceback" not in done.err, done.err[-1500:]
    usage = done.code == 2 and done.err.startswith("Usage: ")
    *before, last = done.err.splitlines()
    assert usage or all(WORK.match(line) for line in before), done.err[-1500:]
    assert usage or last.startswith("elegan: ")
    assert "internal error" not in done.err
    assert done.peak < 2 << 30
    assert message in done.err


@pytest.mark.parametrize("call", [*PLACES, *DEVICES, *NUMBERS, *SLIPS, *RECIPES], ids=lambda call: " ".join(call)[:120])
def test_a_wrong_call_ends_in_one_line(calls, world, call):
    before = {path.name for path in world.iterdir()}
    check(calls(*call, cwd=world))
    shutil.rmtree(world / "runs" / "n", ignore_errors=True)  # of one that failed in its first step
    assert {path.name for path in world.iterdir()} == before


def check_line(error: Exception, *words: str) -> None:
    """The rule for what an error says."""
    assert len(str(error).splitlines()) == 1
    assert len(str(error)) < 2000
    assert all(word in str(error) for word in words)


# What a user may type or a file may hold in place of a value.
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just(10**400), st.just([]), st.just({}),
    st.lists(st.integers() | st.floats(), max_size=3), st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)  # fmt: skip


@given(st.text(alphabet="0123456789-, x²٣.", max_size=12))
def test_seeds_are_read_or_refused(text):
    try:
        seeds = parse_seeds(text)
    except UserError as error:
        return check_line(error)
    ranges = [part.strip().split("-") for part in text.split(",")]
    assert seeds == [n for ends in ranges for n in range(int(ends[0]), int(ends[-1]) + 1)]


@given(st.text(alphabet="cpudamsx:-0123456789² ", max_size=8))
def test_devices_are_found_or_refused(name):
    try:
        assert find_device(name).type == name.partition(":")[0]
    except UserError as error:
        check_line(error)


KEYS = sorted({
    f"{path}.{name}" if path else name
    for recipe in (find_recipe(name) for name in ("dcgan", "stylegan2-ada", "cyclegan", "sr-x4-detail", "oldphoto"))
    for path, values in [("", recipe.full()), *((f"{kind}.{part}", options) for kind in ("nets", "losses", "optimizers", "damage")
                                               for part, options in recipe.full()[kind].items())]
    for name in values
})  # fmt: skip
TOML = st.one_of(
    st.integers().map(str), st.floats().map(str), st.text(max_size=10), st.sampled_from(["true", "none", "1979-05-27", "''"]),
    st.lists(st.floats() | st.integers(), max_size=4).map(str), st.sampled_from([f"{{name={name!r}}}" for name in CATALOGUE]),
)  # fmt: skip


@settings(max_examples=150)
@given(st.sampled_from(sorted(CATALOGUE)), st.sampled_from(KEYS) | st.text(max_size=12), TOML)
def test_a_setting_makes_a_whole_recipe_or_is_refused(name, key, value):
    try:
        recipe = find_recipe(name).override([f"{key}={value}"])
    except UserError as error:
        return check_line(error)
    assert Recipe.parse(tomllib.loads(recipe.to_toml())).full() == recipe.full()
    assert all(math.isfinite(n) for n in numbers(recipe.full()))


def numbers(value):
    """Every number in nested data."""
    if isinstance(value, dict | list | tuple):
        return [n for inner in (value.values() if isinstance(value, dict) else value) for n in numbers(inner)]
    return [value] if isinstance(value, int | float) else []


@settings(max_examples=100)
@given(data=st.data())
def test_a_recipe_file_is_read_or_refused(tmp_path_factory, data):
    text = "\n".join(find_recipe(data.draw(st.sampled_from(["dcgan", "cut", "denoise"]))).to_toml().splitlines())
    start = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 12))
    path = tmp_path_factory.mktemp("recipe") / "mine.toml"
    path.write_bytes(text[:start].encode() + data.draw(st.binary(max_size=6)) + text[start + cut :].encode())
    try:
        recipe = find_recipe(str(path))
        recipe.full()
    except UserError as error:
        return check_line(error)
    assert all(math.isfinite(n) for n in numbers(recipe.full()))


FILES = {
    "empty": b"",
    "binary": bytes(range(256)),
    "no table": b"[1]",
    "twice": b"name = 'x'\nname = 'y'",
    "nested": b"name = 'x'\n" + b"a." * 5000 + b"b = 1",
    "deep": b"name = 'x'\nbatch = " + b"[" * 5000,
    "deep part": b"name = 'x'\n[nets.generator]\nname = 'dcgan_generator'\n" + b"width." * 2000 + b"b = 1",
    "hexadecimal": b"name = 'x'\nbatch = 0x" + b"f" * 9000,
    "decimal": b"name = 'x'\nbatch = " + b"9" * 9000,
    "types": b"name = 1\nbatch = '64'\nsteps = true\nnets = [1]",
    "no name": b"batch = 4",
    "date": b"name = 'x'\nbatch = 1979-05-27",
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_recipe_is_named(calls, world, tmp_path, name):
    path = tmp_path / "mine.toml"
    path.write_bytes(FILES[name])
    check(calls("train", "digits", "--recipe", path, "--name", "n", cwd=world), "mine.toml" if name != "empty" else "")
    path.unlink()
    path.mkdir()
    check(calls("train", "digits", "--recipe", path, "--name", "n", cwd=world), "folder")


def test_a_recipe_that_an_editor_gave_a_byte_order_mark_is_read(calls, world, tmp_path):
    text = find_recipe("dcgan").changed({"steps": 1, "batch": 8, "watch": {"metric": "none"}}).to_toml()
    (tmp_path / "marked.toml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    done = calls("train", "digits", "--recipe", "marked.toml", "--out", "o", "--name", "n", cwd=tmp_path)
    assert done.code == 0, done.err
    assert Run.open(tmp_path / "o" / "n").steps == [1]


def copied(world: Path, tmp_path: Path, name: str = "g") -> Path:
    shutil.copytree(world / "runs" / name, tmp_path / "run")
    return tmp_path / "run"


def paths_in(value, above=()):
    """The places of everything in nested data."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [above, *(place for key, one in inner for place in paths_in(one, (*above, key)))]


def replaced(value, place, new):
    """A copy of nested data with another value at that place; absent where `new` is `...`."""
    if not place:
        return new
    copy = value.copy()
    if new is ... and len(place) == 1:
        del copy[place[0]]
    else:
        copy[place[0]] = replaced(value[place[0]], place[1:], new)
    return copy


@settings(max_examples=80)
@given(data=st.data())
def test_a_foreign_run_json_is_named_or_good_enough(world, tmp_path_factory, data):
    info = json.loads((world / "runs/c/run.json").read_text())
    place = data.draw(st.sampled_from(paths_in(info)))
    path = tmp_path_factory.mktemp("facts") / "run.json"
    path.write_text(json.dumps(replaced(info, place, data.draw(ODD | st.just(...)) if place else data.draw(ODD))))
    try:
        found = read_facts(path)
    except UserError as error:
        return check_line(error, str(path))
    run = Run(path.parent)
    assert run.shape.classes == len(run.classes)
    assert run.source + found["data"]["name"] + found["precision"]
    assert found["sessions"][-1]["from_step"] >= 0


@settings(max_examples=60)
@given(data=st.data())
def test_a_foreign_evaluation_is_named_or_good_enough(world, tmp_path_factory, data):
    record = json.loads((world / "runs/g/evaluations.jsonl").read_text().splitlines()[0])
    place = data.draw(
        st.sampled_from([place for place in paths_in(record) if "settings" not in place or len(place) == 1])
    )
    folder = tmp_path_factory.mktemp("evaluated")
    other = replaced(record, place, data.draw(ODD | st.just(...)) if place else data.draw(ODD))
    (folder / "evaluations.jsonl").write_text(json.dumps(record) + "\n" + json.dumps(other) + "\n")
    try:
        records = recorded(folder / "evaluations.jsonl")
    except UserError as error:
        return check_line(error, "evaluations.jsonl, line 2")
    assert len(records) == 2
    assert f"{records[1]['value']:.4g}" + records[1]["metric"] + records[1]["label"]


BROKEN = {
    "run.json": [
        b"",
        b"{",
        b"[]",
        b"null",
        b"1",
        b'"x"',
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a": ' * 3000,
        b"\0" * 99,
    ],
    "recipe.toml": [b"", b"nets = 1", b"\xff", b"[" * 5000, None],
    "evaluations.jsonl": [b"{}\n", b"[]\n", b"x\n", b"\xff\n", b"[" * 100_000 + b"\n", b'{"metric": "FD"}\n'],
}


@pytest.mark.parametrize(("name", "content"), [(name, c) for name in BROKEN for c in BROKEN[name]],
                         ids=lambda value: repr(value)[:24])  # fmt: skip
def test_a_broken_file_of_a_run_is_named(calls, world, tmp_path, name, content):
    run = copied(world, tmp_path)
    (run / name).unlink()
    if content is not None:
        (run / name).write_bytes(content)
    verbs = {
        "run.json": [("report", "run"), ("sample", "run", "--num", "2"), ("train", "--resume", "run")],
        "recipe.toml": [("sample", "run", "--num", "2"), ("train", "--resume", "run")],
        "evaluations.jsonl": [("report", "run"), ("compare", "run")],
    }
    for verb in verbs[name]:
        check(calls(*verb, cwd=tmp_path), name)


def test_a_report_says_which_pictures_and_findings_are_damaged(calls, world, tmp_path):
    run = copied(world, tmp_path)
    (run / "samples.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    (run / "copies").mkdir()
    (run / "copies" / "copies.json").write_text('{"share": "much"}')
    (run / "samples" / "9 (copy).png").write_bytes(b"")
    for sheet in (run / "samples").glob("0*.png"):
        sheet.write_bytes(sheet.read_bytes()[:60])
    done = calls("report", "run", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    page = (run / "report.html").read_text()
    assert page.count("cannot be shown") >= 2
    assert "copies.json" in page


def test_a_stray_copy_of_a_checkpoint_is_no_checkpoint(calls, world, tmp_path):
    run = copied(world, tmp_path)
    newest = run / "checkpoints" / "00000002.safetensors"
    for name in ("00000002 (copy)", "x", "2", "00000002.1", "9 of 10", "٠٠٠٠٠٠٠٩"):
        shutil.copy(newest, newest.with_name(f"{name}.safetensors"))
    assert Run.open(run).steps == Run.open(world / "runs/g").steps
    assert calls("sample", "run", "--num", "2", "--out", "o", cwd=tmp_path).code == 0


@pytest.mark.parametrize(("photo", "size"), [("rgba.png", 3), ("la.png", 1)])
def test_a_transparent_picture_as_jpeg_stands_on_white_and_it_is_said(calls, world, tmp_path, photo, size):
    done = calls("restore", photo, "--model", "runs/r", "--format", "jpg", "--out", tmp_path, cwd=world)
    assert done.code == 0, done.err
    assert "flattened on white" in done.err
    assert len(done.err.splitlines()) == 1
    made = np.asarray(Image.open(tmp_path / photo.replace("png", "jpg")))
    assert made.shape == ((64, 80, 3) if size == 3 else (64, 80))
    assert made[:6].mean() > 225  # there the picture is nearly clear
    assert made[-6:].mean() < 225


def test_auto_is_a_device_of_every_verb(calls, world, tmp_path):
    for verb in (
        ("sample", "runs/g", "--num", "2"),
        ("latent", "walk", "runs/s", "--seeds", "0-1", "--frames", "1"),
        ("restore", "photo.png", "--model", "runs/r"),
        ("translate", "runs/t", "photo.png", "--direction", "AtoB"),
    ):
        done = calls(*verb, "--device", "auto", "--out", tmp_path / verb[0], cwd=world)  # fmt: skip
        assert done.code == 0, done.err


def test_memory_that_does_not_suffice_is_said_with_what_would(calls, world):
    free = 700 << 20
    train = ("train", "digits", "--recipe", "dcgan", "--name", "n", "--set", "watch.metric=none")
    check(calls(*train, "--set", "batch=32769", cwd=world, memory=free), "a smaller batch")  # odd: no halves to play
    shutil.rmtree(world / "runs" / "n")
    check(calls(*train, "--set", "batch=1048576", "--set", "data.resolution=64", cwd=world, memory=free), "would fit")
    check(calls("sample", "runs/g", "--num", "10000000", cwd=world, memory=free), "would fit")
    check(calls("copies", "runs/g", "--num", "10000000", cwd=world, memory=free), "would fit")


INTERRUPTED = {
    "evaluate": (("evaluate", "runs/g", "--num", "1000000", "--extractor", "pixel"), "2", "nothing was written"),
    "copies": (("copies", "runs/g", "--num", "1000000", "--out", "stopped"), "2", "nothing was written"),
    "augment": (("augment", "rare", "--with", "runs/c", "--per-class", "12", "--seeds", "1000", "--out", "stopped"), "2", "nothing was written"),
    "sample": (("sample", "runs/g", "--num", "1000000", "--separate", "--out", "stopped"), "stopped", "of 1000000 pictures"),
    "restore": (("restore", "many", "--model", "runs/r", "--out", "stopped"), "stopped", "pictures were restored"),
    "translate": (("translate", "runs/t", "many", "--direction", "AtoB", "--out", "stopped"), "stopped", "were translated"),
    "latent": (("latent", "invert", "runs/s", "many", "--steps", "10000", "--out", "stopped"), "2", "stopped"),
}  # fmt: skip


@pytest.fixture(scope="session")
def many(world) -> Path:
    """Far more pictures than there is time for."""
    folder = world / "many"
    folder.mkdir()
    for number in range(3000):
        os.link(world / "photo.png", folder / f"{number}.png")
    return folder


@pytest.mark.parametrize("verb", INTERRUPTED)
def test_ctrl_c_says_what_was_done(calls, world, many, verb):
    command, stop, message = INTERRUPTED[verb]
    before = (world / "runs/g/evaluations.jsonl").read_bytes()
    done = calls(*command, cwd=world, stop=stop)
    shutil.rmtree(world / "stopped", ignore_errors=True)
    assert done.code == 130, done.err
    assert "Traceback" not in done.err
    assert len(done.err.splitlines()) == 1
    assert message in done.err
    assert (world / "runs/g/evaluations.jsonl").read_bytes() == before


def test_ctrl_c_on_a_process_of_its_own(world, many, tmp_path):
    command = [sys.executable, "-m", "elegan", "restore", str(many), "--model", "runs/r", "--out", str(tmp_path / "o")]
    process = subprocess.Popen(command, cwd=world, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not any((tmp_path / "o").glob("*.png")) and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=120)
    assert (process.returncode, out) == (130, "")
    assert re.fullmatch(
        r"elegan: stopped after \d+ of 3000 pictures were restored, in .*; they are not written over\n", errors
    )
    assert all(Image.open(path).size == (80, 64) for path in (tmp_path / "o").iterdir())


def test_what_nobody_thought_of_is_one_line_too():
    said = told(ZeroDivisionError("division by zero"))
    assert said.exit_code == 1
    check_line(said, "ELEGAN_DEBUG=1")
    assert isinstance(told(OSError(28, "No space left on device", "a/b")), Failure)
    assert str(told(OSError(28, "No space left on device", "a/b"))) == "a/b: No space left on device"
    environment = os.environ | {"ELEGAN_DEBUG": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "elegan", "recipes", "x"], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 2
    assert "Traceback" in done.stderr
