"""Each program of examples/ runs in a new folder and prints what it is for."""

import re
import subprocess
import sys
from collections.abc import Callable
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


def play_alone(folder: Path, name: str, *arguments: str) -> str:
    """What the program prints in this folder, in a Python that has imported nothing."""
    command = [sys.executable, str(EXAMPLES / name), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def play(calls, folder) -> Callable[..., str]:
    """What a program prints in this folder, where it ends with this exit code."""

    def play(name: str, *arguments: str, code: int = 0) -> str:
        done = calls.start(EXAMPLES / name, *arguments, cwd=folder).wait()
        assert done.code == code, done.out + done.err
        return done.out

    return play


@pytest.fixture(scope="module")
def trained(play) -> str:
    return play("train_a_folder.py", "digits", "--steps", "4", "--images", "200", *TINY)


def run_of(printed: str) -> str:
    return re.findall("^run: (.*)", printed, re.M)[0]


def test_a_folder_is_trained_on_and_measured(trained, folder):
    assert (folder / re.findall("sheet: (.*)", trained)[0]).is_file()
    assert re.search(r"^FD: [\d.]+ \([\d.]+ \.\. [\d.]+\), real floor [\d.]+$", trained, re.M)


def test_a_gate_passes_and_fails(trained, play):
    few = [run_of(trained), "--images", "200", "--most"]
    assert "more than 0.001" in play("measure.py", *few, "0.001", code=1)
    assert "suspect" in play("measure.py", *few, "1e9")


@pytest.fixture
def export(calls, folder) -> Callable[[str, str], None]:
    def export(model: str, out: str) -> None:
        assert calls("export", model, "--out", out, cwd=folder).code == 0

    return export


def test_images_are_made_of_an_exported_generator(trained, export, folder):
    export(run_of(trained), "g.onnx")
    assert play_alone(folder, "onnx_images.py", "g.onnx", "row.png", "--num", "5").startswith("5 images of 8 pixels")
    assert (folder / "row.png").stat().st_size > 100


def test_a_photograph_is_cleaned_by_an_exported_restorer_as_elegan_cleans_it(export, folder):
    photo = load_sample_image("china.jpg")[:61, :83]
    Image.fromarray(photo).save(folder / "photo.png")
    export("denoise", "denoise.onnx")
    said = play_alone(folder, "onnx_photo.py", "denoise.onnx", "photo.png", "clean.png", "--sigma", "20")
    assert said == "83 x 61 pixels: clean.png\n"
    elegan.restore(folder / "photo.png", "denoise", sigma=20, out=folder / "ours")
    clean, ours = (np.asarray(Image.open(folder / name)).astype(int) for name in ("clean.png", "ours/photo.png"))
    assert np.abs(clean - ours).max() <= 1
    assert np.abs(clean - photo).max() > 5


def test_a_loss_of_ones_own_stands_beside_elegans(play, folder):
    table = play("own_loss.py", "--steps", "2").splitlines()
    assert [line.split()[0] for line in table if line.startswith("runs/")] == ["runs/logistic", "runs/margin"]
    assert 'name = "own_loss:margin"\nwidth = 1.0' in (folder / "runs/margin/recipe.toml").read_text()


def test_a_network_of_ones_own_is_trained(play, folder):
    printed = play("own_network.py", "--steps", "2")
    assert "parameters: 12865" in printed
    assert (folder / re.findall("sheet: (.*)", printed)[0]).is_file()
