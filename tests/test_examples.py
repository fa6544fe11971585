"""Each program of examples/ runs in a new folder and prints what it is for."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

import elegan

EXAMPLES = Path(__file__).parents[1] / "examples"
TINY = ["--set", "nets.generator.width=16", "--set", "nets.discriminator.width=16", "--set", "watch.every=4"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("examples")


def play(folder: Path, name: str, *arguments: str, code: int = 0) -> str:
    """What the program prints in this folder, where it ends with this exit code."""
    command = [sys.executable, str(EXAMPLES / name), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def trained(folder) -> str:
    return play(folder, "train_a_folder.py", "digits", "--steps", "4", "--images", "200", *TINY)


def run_of(printed: str) -> str:
    return re.findall("^run: (.*)", printed, re.M)[0]


def test_a_folder_is_trained_on_and_measured(trained, folder):
    assert (folder / re.findall("sheet: (.*)", trained)[0]).is_file()
    assert re.search(r"^FD: [\d.]+ \([\d.]+ \.\. [\d.]+\), real floor [\d.]+$", trained, re.M)


def test_a_gate_passes_and_fails(trained, folder):
    few = [run_of(trained), "--images", "200", "--most"]
    assert "more than 0.001" in play(folder, "measure.py", *few, "0.001", code=1)
    assert "suspect" in play(folder, "measure.py", *few, "1e9")


def export(folder: Path, model: str, out: str) -> None:
    subprocess.run([sys.executable, "-m", "elegan", "export", model, "--out", out], cwd=folder, check=True)


def test_images_are_made_of_an_exported_generator(trained, folder):
    export(folder, run_of(trained), "g.onnx")
    assert play(folder, "onnx_images.py", "g.onnx", "row.png", "--num", "5").startswith("5 images of 8 pixels")
    assert (folder / "row.png").stat().st_size > 100


def test_a_photograph_is_cleaned_by_an_exported_restorer_as_elegan_cleans_it(folder):
    photo = load_sample_image("china.jpg")[:61, :83]
    Image.fromarray(photo).save(folder / "photo.png")
    export(folder, "denoise", "denoise.onnx")
    said = play(folder, "onnx_photo.py", "denoise.onnx", "photo.png", "clean.png", "--sigma", "20")
    assert said == "83 x 61 pixels: clean.png\n"
    elegan.restore(folder / "photo.png", "denoise", sigma=20, out=folder / "ours")
    clean, ours = (np.asarray(Image.open(folder / name)).astype(int) for name in ("clean.png", "ours/photo.png"))
    assert np.abs(clean - ours).max() <= 1
    assert np.abs(clean - photo).max() > 5


def test_a_loss_of_ones_own_stands_beside_elegans(folder):
    table = play(folder, "own_loss.py", "--steps", "2").splitlines()
    assert [line.split()[0] for line in table if line.startswith("runs/")] == ["runs/logistic", "runs/margin"]
    assert 'name = "own_loss:margin"\nwidth = 1.0' in (folder / "runs/margin/recipe.toml").read_text()


def test_a_network_of_ones_own_is_trained(folder):
    printed = play(folder, "own_network.py", "--steps", "2")
    assert "parameters: 12865" in printed
    assert (folder / re.findall("sheet: (.*)", printed)[0]).is_file()
