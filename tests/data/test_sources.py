"""Folders, zips and names: which files, in which order, with which classes, split how."""

import os
import shutil
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_corpus import folder_of, pixels, save, zipped
from elegan.core.errors import UserError
from elegan.data import Dataset, open_data
from elegan.data.layout import File, choose

CLASSES = ["cat/1.png", "cat/2.png", "dog/a/3.png", "dog/b/4.png", "éclair/5.png"]


@pytest.fixture
def opened(tmp_path, monkeypatch):
    monkeypatch.setenv("ELEGAN_CACHE", str(tmp_path / "cache"))

    def opened(source, **options) -> Dataset:
        return open_data(str(source), **options)

    return opened


def chosen(paths: list[str], split: str = "all"):
    return choose([File(path, "") for path in paths], split, "here")


def test_flat_folder_is_read_in_the_order_of_names(tmp_path, opened):
    folder = folder_of(tmp_path / "faces", ["b.png", "a.png", "B.png"])
    data = opened(folder)
    assert (data.name, data.source, data.classes, data.labels) == ("faces", str(folder), (), None)
    assert np.array_equal(data.images, np.stack([pixels(2), pixels(1), pixels(0)]))
    assert (data.resolution, data.channels) == (16, 3)
    assert not data.images.flags.writeable


def test_sub_folders_are_classes_and_deeper_ones_belong_to_their_top(tmp_path, opened):
    data = opened(folder_of(tmp_path / "pets", CLASSES))
    assert data.classes == ("cat", "dog", "éclair")
    assert data.labels is not None
    assert data.labels.dtype == np.int64
    assert data.labels.tolist() == [0, 0, 1, 1, 2]


@pytest.mark.parametrize("prefix", ["", "wrapped/", "a/b/", "./", "../../"])
def test_a_zip_of_the_folder_is_the_same_set(tmp_path, opened, prefix):
    folder = folder_of(tmp_path / "pets", CLASSES)
    for junk in ("__MACOSX/cat/._1.png", ".hidden.png", "cat/.DS_Store", "Thumbs.db", "readme.txt"):
        (folder / junk).parent.mkdir(exist_ok=True, parents=True)
        (folder / junk).write_bytes(b"junk")
    archive = zipped(folder, tmp_path / "pets.zip", prefix)
    one, other = opened(folder), opened(archive)
    assert one.fingerprint == other.fingerprint
    assert np.array_equal(one.images, other.images)
    assert (one.name, one.classes) == (other.name, other.classes)
    assert other.source == str(archive)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "pets", "pets.zip"]


def test_names_differ_in_unicode_form_but_not_the_set():
    composed, decomposed = "caf\u00e9/1.png", "cafe\u0301/1.png"
    assert chosen([composed, "zoo/2.png"]).classes == chosen([decomposed, "zoo/2.png"]).classes


def test_splits_are_read_from_the_top_folders(tmp_path, opened):
    names = ["train/cat/1.png", "train/dog/2.png", "train/fox/3.png", "test/dog/4.png", "preview.png"]
    folder = folder_of(tmp_path / "set", names)
    train, test, both = (opened(folder, split=split) for split in ("train", "test", "all"))
    assert train.classes == test.classes == both.classes == ("cat", "dog", "fox")
    assert test.labels is not None
    assert test.labels.tolist() == [1]  # as in train, though the test part has one class only
    assert np.array_equal(test.images, pixels(3)[None])
    assert (len(train.images), len(both.images)) == (3, 4)
    assert any("1 files beside the split folders left out" in note for note in train.notes)
    assert len({train.fingerprint, test.fingerprint, both.fingerprint}) == 3


def test_validation_folder_is_the_held_out_part_where_there_is_no_test_folder():
    assert chosen(["top/Train/1.png", "top/VAL/2.png"], "test").names == ("top/VAL/2.png",)
    assert chosen(["train/1.png", "val/2.png", "test/3.png"], "test").names == ("test/3.png",)
    assert chosen(["train/1.png", "val/2.png", "test/3.png"], "all").names == (
        "test/3.png",
        "train/1.png",
        "val/2.png",
    )


def test_a_class_called_train_is_not_a_split():
    found = chosen(["bus/1.png", "car/2.png", "train/3.png"], "train")
    assert found.classes == ("bus", "car", "train")


def test_files_beside_class_folders_leave_no_classes_and_say_so():
    found = chosen(["1.png", "cat/2.png", "dog/3.png"])
    assert found.classes == ()
    assert found.labels is None
    assert found.notes == ("no classes: 1 files lie beside the sub-folders",)


def test_folders_of_a_thousand_numbers_each_are_no_classes():
    numbered = [f"{number // 1000 * 1000:05d}/{number:05d}.png" for number in (0, 999, 1000, 1001, 69_999)]
    found = chosen(numbered)
    assert (found.classes, found.labels, len(found.names)) == ((), None, 5)
    assert found.notes == ("no classes: the sub-folders hold a thousand files each by their numbers, as FFHQ's do",)
    assert chosen([f"{number // 1000:05d}/img{number:08d}.png" for number in (0, 999, 1000, 1001)]).classes == ()
    assert chosen([*numbered, "01000/00007.png"]).classes == ("00000", "01000", "69000")
    assert chosen(["0/1.png", "1/2.png"]).classes == ("0", "1")


def test_held_out_part_is_never_invented(tmp_path, opened):
    folder = folder_of(tmp_path / "set", ["1.png"])
    with pytest.raises(UserError, match="no held-out part"):
        opened(folder, split="test")
    only_test = folder_of(tmp_path / "half", ["test/1.png"])
    with pytest.raises(UserError, match="no train part, only test"):
        opened(only_test)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text("abtrain/", min_size=1, max_size=12), min_size=1, max_size=8, unique=True), st.randoms())
def test_choice_depends_on_the_names_alone(texts, random):
    paths = sorted({"/".join(part for part in text.split("/") if part) + ".png" for text in texts})
    first = chosen(paths)
    random.shuffle(paths)
    again = chosen(paths)
    assert (first.names, first.classes) == (again.names, again.classes)
    assert set(first.names) <= set(paths)
    if first.labels is not None:
        assert np.array_equal(first.labels, again.labels)
        assert set(first.labels.tolist()) == set(range(len(first.classes)))


def test_names_that_are_no_text_stay_on_one_line(tmp_path, opened):
    folder = folder_of(tmp_path / "set", ["a\nb/1.png", "c/2.png"])
    (folder / "c" / os.fsdecode(b"\xff.png")).write_bytes(b"")
    (folder / "c" / os.fsdecode(b"\xfe.png")).write_bytes((folder / "c" / "2.png").read_bytes())
    data = opened(folder)
    assert data.classes == ("a\\nb", "c")
    assert len(data.images) == 3
    for text in (*data.notes, *data.classes):
        assert text.encode().decode().isprintable()
    assert any("c/\\udcff.png (empty file)" in note for note in data.notes)


def test_links_are_followed_but_not_in_circles(tmp_path, opened):
    elsewhere = folder_of(tmp_path / "elsewhere", ["2.png"])
    folder = folder_of(tmp_path / "set", ["1.png"])
    os.symlink(elsewhere, folder / "linked")
    os.symlink(folder, folder / "round")
    os.symlink(folder / "gone.png", folder / "dangling.png")
    data = opened(folder)
    assert len(data.images) == 2
    assert any("dangling.png (No such file or directory)" in note for note in data.notes)


def test_dangerous_zip_entries_are_skipped_or_harmless(tmp_path, opened):
    image = save(tmp_path / "1.png", pixels(0)).read_bytes()
    archive = tmp_path / "set.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for name in ("good.png", "../../escaped.png", "/absolute.png", "C:\\windows.png", "locked.png"):
            out.writestr(name, image)
        out.writestr("bomb.png", bytes(1000))
    raw = bytearray(archive.read_bytes())
    raw[raw.rfind(b"locked.png") - 46 + 8] |= 1  # in the central directory, bit 0 of the flags: encrypted
    struct.pack_into("<L", raw, raw.rfind(b"bomb.png") - 46 + 24, 300 << 20)  # the size it will unpack to
    archive.write_bytes(raw)
    data = opened(archive)
    assert len(data.images) == 4
    notes = " ".join(data.notes)
    assert "2 files skipped" in notes
    assert "bomb.png (unpacks to 300 MiB)" in notes
    assert "locked.png (encrypted)" in notes
    assert not list(Path(tmp_path).rglob("escaped.png"))


def test_damaged_zip_entry_is_skipped_and_a_damaged_zip_refused(tmp_path, opened):
    archive = zipped(folder_of(tmp_path / "set", ["1.png", "2.png"]), tmp_path / "set.zip")
    raw = bytearray(archive.read_bytes())
    with zipfile.ZipFile(archive) as parsed:
        raw[parsed.getinfo("1.png").header_offset + 80] ^= 0xFF
    archive.write_bytes(raw)
    data = opened(archive)
    assert len(data.images) == 1
    assert any("1 file skipped: 1.png" in note for note in data.notes)
    for broken in (raw[:-30], raw[-30:], b"no zip at all"):
        archive.write_bytes(broken)
        with pytest.raises(UserError, match="nor a readable zip archive"):
            opened(archive)


def test_a_zip64_archive_opens(tmp_path, opened):
    folder = folder_of(tmp_path / "set", ["1.png", "2.png"])
    plain = zipped(folder, tmp_path / "plain.zip")
    raw = plain.read_bytes()
    end = raw.rfind(b"PK\x05\x06")
    length, offset = struct.unpack_from("<LL", raw, end + 12)
    record = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 2, 2, length, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    tail = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    large = tmp_path / "large.zip"
    large.write_bytes(raw[:end] + record + locator + tail)
    assert opened(large).fingerprint == opened(plain).fingerprint
    changed = zipped(folder_of(tmp_path / "other", ["1.png", "3.png"]), tmp_path / "changed.zip").read_bytes()
    large.write_bytes(changed[: changed.rfind(b"PK\x05\x06")] + record + locator + tail)
    assert len(opened(large).images) == 2


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("digit", "did you mean 'digits'?"),
        ("cifar-10", "did you mean 'cifar10'?"),
        ("{root}/face", "did you mean 'faces'?"),
        ("lsun:bedrom", "did you mean 'lsun:bedroom'?"),
        ("zzzzzz", "celeba, cifar10, digits"),
        ("", "celeba, cifar10, digits"),
        ("hf:", "takes a local folder"),
        ("hf:{root}/none", "no folder"),
        ("{root}/empty", "holds no image files"),
        ("{root}/notes.md", "nor a readable zip archive"),
    ],
)
def test_unknown_data_names_the_nearest(tmp_path, opened, source, hint):
    folder_of(tmp_path / "faces", ["1.png"])
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.md").write_text("text")
    with pytest.raises(UserError) as error:
        opened(source.format(root=tmp_path))
    assert hint in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "tset"}, "did you mean 'test'?"),
        ({"fit": "cropp"}, "did you mean 'crop'?"),
        ({"channels": 2}, "channels 2 is not"),
        ({"resolution": -1}, "resolution -1 is not"),
        ({"resolution": 10**6}, "resolution 1000000 is not"),
    ],
)
def test_wrong_options_are_named(opened, options, message):
    with pytest.raises(UserError) as error:
        opened("digits", **options)
    assert message in str(error.value)


def test_digits_have_a_held_out_part_of_every_class(opened):
    train, test, both = (opened("digits", split=split) for split in ("train", "test", "all"))
    assert (len(train.images), len(test.images), len(both.images)) == (1442, 355, 1797)
    assert train.images.shape[1:] == (8, 8, 1)
    assert (both.images.min(), both.images.max()) == (0, 255)
    for part in (train, test):
        assert part.labels is not None
        shares = np.bincount(part.labels) / len(part.labels)
        assert np.abs(shares - 0.1).max() < 0.005
    from sklearn.datasets import load_digits

    truth, labels = load_digits(return_X_y=True)
    assert np.abs(both.images.reshape(-1, 64) / 255 * 16 - truth).max() < 0.04
    assert np.array_equal(both.labels, labels)
    assert both.classes == tuple("0123456789")


def test_a_moved_folder_keeps_its_fingerprint(tmp_path, opened):
    folder = folder_of(tmp_path / "here", CLASSES)
    before = opened(folder)
    shutil.copytree(folder, tmp_path / "there")
    after = opened(tmp_path / "there")
    assert before.fingerprint == after.fingerprint
    assert before.source != after.source
