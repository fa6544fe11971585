"""What is said of a set before training: what was skipped, what it may be meant for, pictures that stand out."""

import io
import os
import shutil
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from data_corpus import dng, folder_of, pixels, save, zipped
from elegan.core.errors import UserError
from elegan.data import looks, open_data, raw, survey
from elegan.data.photographs import open_photographs
from elegan.data.sides import open_sides

DATA = Path(os.environ.get("ELEGAN_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ELEGAN_CACHE", str(tmp_path / "cache"))


def real(name: str) -> Path:
    if not (DATA / name).exists():
        pytest.skip(f"{name} is not in {DATA}")
    return DATA / name


def textured(seed: int, height: int = 64, width: int = 64) -> np.ndarray:
    """Smooth shapes under fine grain, as a photograph has."""
    grain = np.random.default_rng(seed).normal(0, 12, (height, width, 1))
    return np.clip(pixels(seed, height, width) + grain, 0, 255).astype(np.uint8)


def test_heic_avif_and_raw_are_pictures_of_a_set(tmp_path):
    folder = tmp_path / "set"
    for seed, suffix in enumerate((".png", ".HEIC", ".avif", ".heif")):
        exif = Image.Exif()
        exif[0x0112] = 3
        survey("digits") if seed == 0 else None  # lets Pillow know of HEIF
        save(
            folder / f"{seed}{suffix}",
            pixels(seed, 32, 32),
            format={".HEIC": "HEIF", ".heif": "HEIF"}.get(suffix),
            exif=exif.tobytes(),
        )
    (folder / "9.dng").write_bytes(dng(6))
    data = open_data(folder, 32)
    assert data.count == 4 + raw.is_installed()
    for seed in range(4):
        assert np.abs(data.images[seed].astype(int) - pixels(seed, 32, 32)[::-1, ::-1]).mean() < 12
    told = " ".join(data.notes)
    assert "2 EXIF-rotated images turned upright" in told
    if raw.is_installed():
        assert "1 camera raw images developed" in told
        assert data.images[4, 16, 16, 0] > data.images[4, 16, 16, 2] + 50
    else:
        assert "skipped: 1 .dng (camera raw: pip install 'elegan[raw]')" in told


def test_without_rawpy_raw_files_are_counted_with_what_they_take(tmp_path, monkeypatch):
    from elegan.data import sources

    png = sources.IMAGES._replace(suffixes=(".png",))
    for opener in (sources.from_folder, sources.from_zip):
        monkeypatch.setattr(opener, "__defaults__", (*opener.__defaults__[:-1], png))
    folder = folder_of(tmp_path / "set", ["1.png", "2.png"])
    for name in ("a.MOV", "b.mov", "c.CR2", "README", ".hidden.mov"):
        (folder / name).write_bytes(b"x")
    line = "skipped: 2 .mov, 1 .cr2 (camera raw: pip install 'elegan[raw]'), 1 without ending"
    archive = zipped(folder, tmp_path / "set.zip")
    for source in (folder, archive):
        assert set(open_data(source).notes[:1] + open_data(source).notes) >= {line}, source
        assert line in survey(str(source)).lines()
    assert line in open_photographs(str(folder), 16).notes
    (folder / "3.avi").write_bytes(b"x")  # said at once, though the pictures stand in the cache as they are
    assert any("1 .avi" in note for note in open_data(folder).notes)
    for name in ("1.png", "2.png"):
        (folder / name).unlink()
    with pytest.raises(UserError, match=r"holds no image files; skipped: 2 \.mov"):
        open_data(folder)


def test_what_is_skipped_beside_two_sides_is_said(tmp_path):
    folder = folder_of(tmp_path / "set", [f"train{side}/{i}.png" for side in "AB" for i in range(4)])
    (folder / "trainA/a.mov").write_bytes(b"x")
    assert "skipped: 1 .mov" in open_sides(str(folder), True, 16).notes


def test_a_folder_behind_a_sets_name_is_said_and_can_be_had(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not any("set of that name" in note for note in open_data("digits").notes)
    folder_of(tmp_path / "digits", ["1.png", "2.png"])
    note = "digits is the set of that name; ./digits means what stands here"
    assert note in open_data("digits").notes
    assert note in survey("digits").notes
    assert open_data("digits").count == 1442
    assert open_data("./digits").count == 2


def test_two_halves_that_look_alike_are_perhaps_pairs(tmp_path):
    for seed in range(12):
        picture = np.asarray(
            Image.fromarray(np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)).resize((64, 64), 0)
        )
        save(tmp_path / f"pairs/{seed}.png", np.concatenate([picture, 255 - picture], 1))
        save(tmp_path / f"wide/{seed}.png", textured(seed, 64, 128))
    command = "elegan train pairs/ --recipe pix2pix"
    assert any(command in note for note in open_data(tmp_path / "pairs").notes)
    assert any(command in note for note in survey(str(tmp_path / "pairs")).notes)
    assert not any("pix2pix" in note for note in open_data(tmp_path / "wide").notes)
    assert not any("pix2pix" in note for note in open_sides(str(tmp_path / "pairs"), True, 64).notes)


def test_the_same_pictures_small_and_large_are_for_enlarging(tmp_path):
    for seed in range(6):
        large = Image.fromarray(textured(seed, 64, 96))
        for name, size in (("two/HR/{}.png", (96, 64)), ("two/LR/{}x2.png", (48, 32)), ("one/{}_HR.png", (96, 64)),
                           ("one/{}_LR.png", (24, 16)), ("same/a/{}.png", (96, 64)), ("same/b/{}.png", (96, 64))):  # fmt: skip
            path = tmp_path / name.format(seed)
            path.parent.mkdir(parents=True, exist_ok=True)
            large.resize(size).save(path)
    assert any("the latter 2 times as large: to learn to enlarge, elegan train two/HR --recipe sr-x2" in note
               for note in open_data(tmp_path / "two").notes)  # fmt: skip
    assert any(
        "the latter 4 times" in n and "elegan train FOLDER --recipe sr-x4" in n
        for n in survey(str(tmp_path / "one")).notes
    )
    assert not any("to learn to enlarge" in note for note in open_data(tmp_path / "same").notes)


def test_blurred_dark_plain_and_doubled_pictures_are_counted_and_named(tmp_path):
    folder = tmp_path / "set"
    for seed in range(40):
        save(folder / f"{seed:02d}.png", textured(seed))
    save(folder / "blurred.png", cv2.GaussianBlur(textured(90), (0, 0), 4))
    save(folder / "dark.png", textured(91) // 20)
    save(folder / "plain.png", np.full((64, 64, 3), 180, np.uint8))
    Image.fromarray(textured(7)).resize((90, 90), Image.Resampling.BICUBIC).save(folder / "again.jpg", quality=80)
    for notes in (open_data(folder, 64).notes, survey(str(folder)).notes):
        assert "1 image blurred beside the rest: blurred.png" in notes
        assert "1 image very dark: dark.png" in notes
        assert "1 image nearly of one colour: plain.png" in notes
        assert "1 image nearly the same as another: 07.png = again.jpg" in notes
    small = np.stack([textured(seed, 8, 8) for seed in range(4)])
    assert looks.remarks(small, "abcd") == []


@pytest.mark.parametrize("name", ["flowers64.zip", "cifar10.zip", "monet2photo.zip", "facades128.zip", "bsds400.zip"])
def test_sets_in_which_nothing_is_amiss_stay_without_a_word(tmp_path, name):
    source = real(name)
    with zipfile.ZipFile(source) as archive:
        names = [entry for entry in archive.namelist() if entry.lower().endswith((".jpg", ".png"))][::7][:400]
        pictures = [Image.open(io.BytesIO(archive.read(entry))).convert("RGB").resize((64, 64), 4) for entry in names]
    assert looks.remarks(np.stack([np.asarray(picture) for picture in pictures]), names) == []


def test_facades_are_told_for_pairs(tmp_path):
    shutil.copy(real("facades128.zip"), tmp_path / "facades.zip")
    assert any(
        "elegan train facades.zip --recipe pix2pix" in note for note in open_data(tmp_path / "facades.zip").notes
    )
