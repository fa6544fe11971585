"""The cache: built once, right in two processes at once, after a kill, and on a full disk."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_corpus import folder_of, pixels, png_claiming, save
from elegan.core import screen
from elegan.core.errors import Failure, UserError
from elegan.core.memory import in_bytes
from elegan.data import open_data

OPEN = """
import sys
from elegan.data import open_data
from elegan.core.errors import Failure
try:
    data = open_data(sys.argv[1], resolution=int(sys.argv[2]))
    print(data.fingerprint, data.images.shape, int(data.images.sum(dtype="int64")))
except Failure as error:
    print("Failure:", error)
"""


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("ELEGAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "data"


def start(folder: Path, resolution: int = 0, before: str = "") -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", before + OPEN, str(folder), str(resolution)], stdout=subprocess.PIPE, text=True
    )


def entries(cache: Path) -> list[Path]:
    return [path for path in cache.iterdir() if path.is_dir()]


def test_second_open_reads_the_cache(tmp_path, cache):
    folder = folder_of(tmp_path / "set", ["a/1.png", "b/2.png"])
    first = open_data(str(folder))
    (entry,) = entries(cache)
    written = (entry / "images.u8").stat().st_mtime_ns
    again = open_data(str(folder))
    assert (entry / "images.u8").stat().st_mtime_ns == written
    assert (again.fingerprint, again.classes, again.notes) == (first.fingerprint, first.classes, first.notes)
    assert np.array_equal(again.images, first.images)
    assert np.array_equal(again.labels, first.labels)
    assert f"cache: {in_bytes(first.images.size)} at {entry}" in again.places
    assert not any(str(entry) in note for note in again.notes)


def test_progress_is_told_while_decoding_only(tmp_path, cache, capsys, monkeypatch):
    monkeypatch.setattr(screen.manner, "level", screen.Level.VERBOSE)
    folder = folder_of(tmp_path / "set", [f"{i}.png" for i in range(5)])
    open_data(folder)
    assert "decoding pictures: 5 in" in capsys.readouterr().err
    open_data(folder)
    assert "decoding" not in capsys.readouterr().err


def test_an_explicit_cache_folder_wins(tmp_path, cache):
    folder = folder_of(tmp_path / "set", ["1.png"])
    data = open_data(str(folder), cache=tmp_path / "mine")
    assert entries(tmp_path / "mine")
    assert not cache.exists()
    assert np.array_equal(data.images, pixels(0)[None])


def test_changed_content_is_noticed(tmp_path, cache):
    folder = folder_of(tmp_path / "set", ["1.png", "2.png"])
    seen = {open_data(str(folder)).fingerprint}
    save(folder / "2.png", pixels(7))
    seen.add(open_data(str(folder)).fingerprint)
    (folder / "1.png").rename(folder / "3.png")
    seen.add(open_data(str(folder)).fingerprint)
    save(folder / "4.png", pixels(8))
    seen.add(open_data(str(folder)).fingerprint)
    assert len(seen) == 4


def test_same_size_and_time_do_not_hide_a_change(tmp_path, cache):
    folder = folder_of(tmp_path / "set", ["1.png"])
    path = folder / "1.png"
    Image.new("L", (16, 16), 10).save(path, compress_level=0)
    before, stat = open_data(str(folder)), path.stat()
    Image.new("L", (16, 16), 20).save(path, compress_level=0)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert path.stat().st_size == stat.st_size
    after = open_data(str(folder))
    assert (before.images == 10).all()
    assert (after.images == 20).all()


def test_fingerprint_follows_the_options(tmp_path, cache):
    folder = str(folder_of(tmp_path / "set", ["1.png", "2.png"], width=32))
    kinds = [{}, {"resolution": 8}, {"channels": 1}, {"channels": 4}, {"fit": "pad"}, {"fit": "stretch"}]
    assert len({open_data(folder, **options).fingerprint for options in kinds}) == len(kinds)
    assert open_data(folder).fingerprint == open_data(folder, resolution="16x32", channels=3).fingerprint


def test_what_was_chosen_is_not_decoded_again_for_whoever_names_it(tmp_path, cache):
    for index in range(4):
        save(tmp_path / "set" / f"{index}.png", pixels(index, 100 + index, 140))
    chosen = open_data(tmp_path / "set", most=64)
    assert any(note.startswith("held to 64 px") for note in chosen.notes)
    entry = cache / chosen.entry.folder.name
    for named in ({"resolution": chosen.resolution}, {"resolution": chosen.resolution, "channels": 3}):
        again = open_data(tmp_path / "set", **named)
        assert entries(cache) == [entry]
        assert np.array_equal(again.images, chosen.images)
        fresh = open_data(tmp_path / "set", **named, cache=tmp_path / "fresh")
        assert (again.fingerprint, again.notes) == (fresh.fingerprint, fresh.notes)
        assert np.array_equal(again.images, fresh.images)
    (entry / "images.u8").unlink()
    assert np.array_equal(open_data(tmp_path / "set", resolution=chosen.resolution).images, fresh.images)
    assert open_data(tmp_path / "set", resolution=32).images.shape == (4, 32, 32, 3)
    save(tmp_path / "set" / "4.png", pixels(4, 100, 140))
    assert open_data(tmp_path / "set", resolution=chosen.resolution).count == 5


def test_two_processes_at_once_agree_and_leave_one_entry(tmp_path, cache):
    folder = folder_of(tmp_path / "set", [f"{i:03d}.png" for i in range(300)], height=64, width=64)
    processes = [start(folder) for _ in range(3)]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert len(set(outputs)) == 1
    assert "(300, 64, 64, 3)" in outputs[0]
    assert [path.name[0] != "." for path in entries(cache)] == [True]


def test_a_killed_builder_leaves_nothing_in_the_way(tmp_path, cache):
    folder = folder_of(tmp_path / "set", [f"{i:03d}.png" for i in range(40)], height=128, width=128)
    process = start(folder, resolution=1024)
    deadline = time.monotonic() + 60
    while not any(cache.glob(".*/images.u8")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert len(entries(cache)) == 1, "the kill came too late to show anything"
    assert entries(cache)[0].name.startswith(".")
    data = open_data(str(folder), resolution=1024)
    assert data.images.shape == (40, 1024, 1024, 3)
    assert [path.name[0] for path in entries(cache)] != ["."]


def test_ctrl_c_while_decoding_leaves_nothing(tmp_path, cache):
    folder = folder_of(tmp_path / "set", [f"{i:03d}.png" for i in range(40)], height=128, width=128)
    command = [sys.executable, "-m", "elegan", "train", str(folder), "--set", "data.resolution=1024", "--dry-run"]
    process = subprocess.Popen([*command, "--recipe", "dcgan"], stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    deadline = time.monotonic() + 120
    while not any(cache.glob(".*/images.u8")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[1] == "elegan: stopped; what was written is whole, and nothing else was\n"
    assert process.returncode == 130
    assert entries(cache) == []


@pytest.mark.parametrize("damage", ["short", "gone", "text", "labels"])
def test_a_damaged_entry_is_built_again(tmp_path, cache, damage):
    folder = folder_of(tmp_path / "set", ["a/1.png", "b/2.png"])
    first = open_data(str(folder))
    (entry,) = entries(cache)
    images = np.array(first.images)
    if damage == "short":
        os.truncate(entry / "images.u8", 100)
    elif damage == "gone":
        (entry / "images.u8").unlink()
    elif damage == "text":
        (entry / "meta.json").write_text("{")
    else:
        (entry / "labels.npy").unlink()
    again = open_data(str(folder))
    assert np.array_equal(again.images, images)
    assert again.fingerprint == json.loads((entry / "meta.json").read_text())["fingerprint"]


def test_a_full_disk_ends_in_one_clear_line_and_leaves_nothing(tmp_path, cache):
    folder = folder_of(tmp_path / "set", [f"{i}.png" for i in range(8)])
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
    output, _ = start(folder, resolution=512, before=limit).communicate(timeout=60)
    assert output.startswith(f"Failure: the data cache at {cache} cannot be written: File too large")
    assert output.count("\n") == 1
    assert not entries(cache)
    assert open_data(str(folder), resolution=512).images.shape == (8, 512, 512, 3)


def test_free_space_is_looked_at_first(tmp_path, cache):
    folder = tmp_path / "set"
    for index in range(2000):
        (folder / f"{index}.png").parent.mkdir(exist_ok=True)
        (folder / f"{index}.png").write_bytes(b"")
    save(folder / "a.png", pixels(0))
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    if free > 2001 * 4096 * 4096 * 3:
        pytest.skip(f"{free >> 30} GB are free here, too many to ask for more")
    with pytest.raises(Failure, match=r"the data cache needs .* [GM]B at .*, only .*B are free.*smaller --size"):
        open_data(str(folder), resolution=4096)
    assert not entries(cache)


def test_an_unwritable_cache_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    folder = folder_of(tmp_path / "set", ["1.png"])
    with pytest.raises(Failure, match=r"cannot be written: .*; ELEGAN_CACHE names another folder"):
        open_data(str(folder), cache=tmp_path / "file" / "cache")


def test_unreadable_files_are_skipped_counted_and_listed(tmp_path, cache):
    folder = folder_of(tmp_path / "set", ["a/1.png", "a/2.png", "b/3.png", "b/4.png"])
    (folder / "a/0.png").write_bytes(b"")
    (folder / "a/2.png").write_bytes((folder / "a/2.png").read_bytes()[:200])
    (folder / "b/5.jpg").write_text("a letter")
    (folder / "b/6.png").write_bytes(png_claiming(50_000, 50_000))
    (folder / "b/7.txt").write_text("not an image and never meant to be")
    data = open_data(str(folder))
    assert data.labels is not None
    assert data.labels.tolist() == [0, 1, 1]
    assert np.array_equal(data.images, np.stack([pixels(0), pixels(2), pixels(3)]))
    note = next(note for note in data.notes if "files skipped:" in note)
    assert note.startswith("4 files skipped: a/0.png (empty file), a/2.png (")
    (entry,) = entries(cache)
    listed = [line.split("\t")[0] for line in (entry / "skipped.txt").read_text().splitlines()]
    assert listed == ["a/0.png", "a/2.png", "b/5.jpg", "b/6.png"]
    for name in listed:
        (folder / name).unlink()
    assert open_data(str(folder)).fingerprint == data.fingerprint


def test_a_set_empty_after_skipping_is_an_error(tmp_path, cache):
    for name in ("1.png", "2.jpg"):
        (tmp_path / "set").mkdir(exist_ok=True)
        (tmp_path / "set" / name).write_bytes(b"")
    with pytest.raises(UserError, match=r"no readable image: 2 files skipped: 1.png \(empty file\)"):
        open_data(str(tmp_path / "set"))
    assert not entries(cache)


@pytest.mark.parametrize(
    ("sizes", "resolution", "note"),
    [
        ([(28, 28)] * 3, 28, "28x28 kept as is"),
        ([(128, 128)], 128, "128x128 kept as is"),
        ([(200, 200)], 128, "200x200 resized to 128x128"),
        ([(5, 5)], 8, "5x5 resized to 8x8"),
        ([(64, 64), (64, 64), (70, 30)], 64, "2 sizes, median short side 64, centre-cropped and resized to 64x64"),
        ([(2000, 50)], 32, "2000x50 centre-cropped and resized to 32x32"),
    ],
)
def test_resolution_is_chosen_from_the_sizes(tmp_path, cache, sizes, resolution, note):
    for index, (width, height) in enumerate(sizes):
        save(tmp_path / "set" / f"{index}.png", pixels(index, height, width))
    data = open_data(str(tmp_path / "set"))
    assert data.images.shape == (len(sizes), resolution, resolution, 3)
    assert data.notes[0] == note


def test_a_sample_that_misleads_costs_a_second_pass_and_no_truth(tmp_path, cache):
    """One transparent, oddly sized image that the sample of 64 does not meet."""
    for index in range(200):
        save(tmp_path / "set" / f"{index:03d}.png", pixels(index, channels=1))
    save(tmp_path / "set" / "101.png", pixels(0, 40, 20, channels=4))
    data = open_data(str(tmp_path / "set"))
    assert data.images.shape == (200, 16, 16, 4)
    assert (data.images[:101, ..., 3] == 255).all()
    assert np.array_equal(data.images[100, ..., :1], pixels(100, channels=1))
    assert data.images[101, ..., 3].min() < 255


@pytest.mark.parametrize(
    ("kinds", "channels"),
    [
        ("L", 1),
        ("grey RGB", 1),
        ("RGB", 3),
        ("L RGB", 3),
        ("opaque RGBA", 3),
        ("RGBA", 4),
        ("L RGBA", 4),
        ("grey opaque", 1),
    ],
)
def test_channels_are_chosen_from_the_pixels(tmp_path, cache, kinds, channels):
    grey, colour = pixels(1, channels=1), pixels(2)
    opaque = np.full_like(grey, 255)
    kinds_of = {
        "L": [grey],
        "grey RGB": [grey.repeat(3, 2)],
        "RGB": [colour],
        "L RGB": [grey, colour],
        "opaque RGBA": [np.dstack([colour, opaque])],
        "RGBA": [np.dstack([colour, opaque - 1])],
        "L RGBA": [grey, pixels(3, channels=4)],
        "grey opaque": [np.dstack([grey.repeat(3, 2), opaque])],
    }
    for index, array in enumerate(kinds_of[kinds]):
        save(tmp_path / "set" / f"{index}.png", array)
    data = open_data(str(tmp_path / "set"))
    assert data.channels == channels
    for forced in (1, 3, 4):
        assert open_data(str(tmp_path / "set"), channels=forced).channels == forced
    assert np.array_equal(open_data(str(tmp_path / "set"), channels=channels).images, data.images)
    if channels == 1:
        assert np.array_equal(data.images[0], grey)


def test_importing_the_data_path_does_not_import_torch():
    code = "import sys, elegan.data; print('torch' in sys.modules, 'sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
