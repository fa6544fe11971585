"""A zip for a friend: unzipped in a new folder, its program runs where there is no elegan and no torch."""

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import elegan as library
from elegan.core.errors import UserError
from small import small

for needed in ("onnx", "onnxscript", "onnxruntime"):
    pytest.importorskip(needed, reason=f"{needed} is not installed; pip install 'elegan[onnx]'")

NAMES = ["README.md", "card.md", "use.py", "model.onnx", "model.safetensors"]
# A program as a friend runs it, on whose computer these are not installed.
WITHOUT = (
    "import runpy, sys\nfor name in ('torch', 'elegan', 'scipy', 'sklearn'):\n    sys.modules[name] = None\n"
    "sys.argv = sys.argv[1:]\nrunpy.run_path(sys.argv[0], run_name='__main__')"
)


def unzipped(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == NAMES
        archive.extractall(folder)
    return folder


def use(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-I", "-c", WITHOUT, "use.py", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs")
    return library.train("digits", "cgan", settings=small("cgan"), steps=2, out=out, name="digits", quiet=True)


def test_a_friend_makes_images(run, elegan, tmp_path):
    done = elegan("bundle", run.path, "--out", "friend.zip", "--licence", "MIT", "--note", "for you")
    assert done.returncode == 0, done.stderr
    folder = unzipped(tmp_path / "friend.zip", tmp_path / "friend")
    assert use(folder, "--num", "11") == "11 images: images.png\n"
    assert Image.open(folder / "images.png").size == (64, 16)
    assert use(folder, "--class", "3", "--seed", "4", "--num", "3", "--out", "threes.png") == "3 images: threes.png\n"
    sheet = np.asarray(Image.open(folder / "threes.png"))
    assert sheet.shape == (8, 24)
    z = np.random.default_rng(4).standard_normal((3, 100), dtype=np.float32)
    ours = run.generator()(torch.from_numpy(z), torch.full((3,), 3))[:, 0].numpy()
    wanted = np.concatenate(list((ours * 127.5 + 127.5).round().clip(0, 255)), axis=1)
    assert np.abs(sheet - wanted).max() <= 1
    card, page = ((folder / name).read_text() for name in ("card.md", "README.md"))
    assert "elegan sample model.safetensors" in card
    assert "MIT" in card
    assert "for you" in card
    assert "python use.py --num 16" in page
    assert library.Run.open(folder / "model.safetensors").licence == "MIT"
    assert b'"licence": "MIT"' in (folder / "model.onnx").read_bytes()


def test_the_same_run_gives_the_same_bytes(run, tmp_path):
    for name in ("a.zip", "b.zip"):
        assert library.bundle(run, tmp_path / name) == NAMES
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


@pytest.mark.parametrize(
    ("model", "options", "mine"),
    [
        ("denoise", ["--sigma", "20"], {"task": "denoise", "sigma": 20}),
        ("inpaint", ["--mask", "mask.png"], {"task": "inpaint", "mask": "mask.png"}),
        ("upscale-x2", [], {"task": "upscale", "scale": 2}),
    ],
)
def test_a_friend_restores_photographs_as_elegan_does(model, options, mine, tmp_path, monkeypatch, photographs):
    monkeypatch.chdir(tmp_path)
    library.bundle(library.Run.open(model), "friend.zip")
    folder = unzipped(tmp_path / "friend.zip", tmp_path / "friend")
    photo = Image.open(photographs / "03.png").crop((0, 0, 61, 47))
    mask = np.zeros((47, 61), np.uint8)
    mask[10:20, 5:30] = 255
    for place in (tmp_path, folder):
        photo.save(place / "photo.png")
        Image.fromarray(mask).save(place / "mask.png")
    use(folder, "photo.png", *options)
    (outcome,) = library.restore("photo.png", out="ours", **mine)
    theirs, ours = (np.asarray(Image.open(p)).astype(int) for p in (folder / "changed" / "photo.png", outcome.target))
    assert theirs.shape == ours.shape
    assert np.abs(theirs - ours).max() <= 1


def test_a_friend_translates_pictures_as_elegan_does(sides, tmp_path):
    run = library.train(str(sides), "pix2pix", settings=small("pix2pix"), steps=2, out=tmp_path, name="t", quiet=True)
    library.bundle(run, tmp_path / "friend.zip")
    folder = unzipped(tmp_path / "friend.zip", tmp_path / "friend")
    Image.open(sides / "trainA" / "01.png").crop((0, 0, 45, 37)).save(folder / "photo.png")
    use(folder, "photo.png", "--out", "new")
    (outcome,) = library.translate(run, folder / "photo.png", out=tmp_path / "ours")
    theirs, ours = (np.asarray(Image.open(p)).astype(int) for p in (folder / "new" / "photo.png", outcome.target))
    assert np.abs(theirs - ours).max() <= 1


def test_mistakes(run, tmp_path):
    with pytest.raises(UserError, match=r"x.tar' does not end in .zip"):
        library.bundle(run, tmp_path / "x.tar")
    given = {"settings": small("ganomaly"), "steps": 1, "out": tmp_path, "name": "detector", "quiet": True}
    with pytest.raises(UserError, match="detector makes no pictures: elegan anomaly"):
        library.bundle(library.train("digits", "ganomaly", **given), tmp_path / "x.zip")
    assert not (tmp_path / "x.zip").exists()
