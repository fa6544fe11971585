"""Six people use elegan for the first time: each in a new folder, by commands alone, from what they have to what they want.

Asserted is what they end up with, never how long it took or in which words they were told. The times are printed, and what
they saw stays in ELEGAN_JOURNEYS (default: pytest's folder): `ELEGAN_JOURNEYS=seen pytest -n 0 -s -m '' tests/journeys`.
"""

import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from sklearn.datasets import load_sample_image

from journey import Watcher, logged, sheets
from phone import write_photo

EXAMPLES = Path(__file__).parents[2] / "examples"
TINY = ("--set", "nets.generator.width=16", "--set", "nets.discriminator.width=16", "--set", "watch.images=200")

SKIES = 600  # steps of 16 photographs, from which on one sees skies and horizons (docs/first-hour.md)


def colours(picture: Image.Image) -> int:
    return len(np.unique(np.asarray(picture.convert("RGB")).reshape(-1, 3), axis=0))


@pytest.mark.slow
def test_a_hobbyist_with_300_photos_of_a_phone(travels, phone):
    with travels("hobbyist") as person:
        (person.folder / "photos").symlink_to(phone)
        assert "300" in person.elegan("data", "photos")
        runs = person.folder / "runs"
        person.start_clock()  # what is timed is the training

        watcher = Watcher(person, "runs/*/samples.png", SKIES)
        code = person.until(("train", "photos"), watcher, signal.SIGINT)
        assert colours(person.sees(watcher.kept[-1], useful=True)) > 1000
        assert code == 130
        (run,) = runs.iterdir()
        person.elegan("sample", run.relative_to(person.folder), "--num", "16", "--out", "mine")
        (sheet,) = (person.folder / "mine").iterdir()
        assert colours(person.sees(sheet)) > 1000


NOTEBOOK = """
import elegan
import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

digits = load_digits()
tiny = {"nets.generator.width": 16, "nets.discriminator.width": 16, "watch.images": 200}
run = elegan.train(digits.images / 16, labels=digits.target, steps=150, settings=tiny, name="cells", quiet=True)
images = run.generate(40)
print(images.shape, images.dtype)
Image.fromarray(np.concatenate(np.concatenate(images.reshape(4, 10, 8, 8), 1), 1)).resize((640, 256), 0).save("cell.png")
print(elegan.evaluate(run, digits.images / 16, labels=digits.target, metrics=["fd", "prdc"], num=500, extractor="random"))
G = run.generator()
print(type(G).__name__, sum(p.numel() for p in G.parameters()))
"""


@pytest.mark.slow
def test_an_engineer_in_a_notebook(travels):
    with travels("notebook engineer") as person:
        printed = person.python(NOTEBOOK)
        assert "(40, 8, 8, 1) uint8" in printed
        assert colours(person.sees(person.folder / "cell.png", useful=True)) > 50
        assert len((person.folder / "runs/cells/evaluations.jsonl").read_text().splitlines()) >= 5


@pytest.mark.slow
def test_a_researcher_with_three_seeds(travels, facts):
    with travels("researcher") as person:
        train = ("train", "digits", "--recipe", "dcgan", "--steps", "60", *TINY)
        person.elegan(*train, "--seeds", "0-2")
        person.elegan(*train, "--seeds", "0-2", "--set", "losses.adversarial=hinge")
        runs = sorted((person.folder / "runs").iterdir())
        assert sorted(facts(run)["seed"] for run in runs) == [0, 0, 1, 1, 2, 2]
        person.sees(sheets(runs[0])[-1], useful=True)
        for run in runs:
            person.elegan("evaluate", run, "--num", "300", "--metrics", "fd", "--extractor", "random")
        said = person.elegan("compare", *(run.relative_to(person.folder) for run in runs))
        assert "losses.adversarial" in said
        assert "hinge" in said
        person.elegan("report", runs[0])
        assert "<html" in (runs[0] / "report.html").read_text(encoding="utf-8")


def psnr(one: Image.Image, other: Image.Image) -> float:
    difference = np.asarray(one.convert("RGB"), float) - np.asarray(other.convert("RGB"), float)
    return float(10 * np.log10(255**2 / (difference**2).mean()))


def test_a_photographer_with_a_noisy_and_a_small_photo(travels):
    with travels("photographer") as person:
        clean = Image.fromarray(load_sample_image("china.jpg"))
        noise = np.random.default_rng(0).normal(0, 25, (clean.height, clean.width, 3))
        noisy = Image.fromarray((np.asarray(clean) + noise).clip(0, 255).astype(np.uint8))
        write_photo(noisy, person.folder / "night.jpg", clean.size, 6)  # held upright
        write_photo(clean, person.folder / "small.jpg", (320, 214), 1)
        before = (person.folder / "night.jpg").read_bytes()

        person.elegan("restore", "night.jpg", "--task", "denoise", "--out", "clean.png")
        restored = ImageOps.exif_transpose(person.sees(person.folder / "clean.png", useful=True))
        assert restored.size == clean.size
        assert psnr(restored, clean) > psnr(noisy, clean) + 2  # dB, of noise that went through JPEG
        assert (person.folder / "night.jpg").read_bytes() == before

        person.elegan("restore", "small.jpg", "--out", "large.png")
        assert person.sees(person.folder / "large.png").size == (640, 428)


def test_a_developer_of_an_app(travels):
    with travels("app developer") as person:
        person.elegan("train", "digits", "--name", "app", "--steps", "100", *TINY)
        person.start_clock()  # what is timed begins with the run
        person.elegan("export", "runs/app", "--out", "app.onnx")
        app = (EXAMPLES / "onnx_images.py").read_text(encoding="utf-8")
        without = "import sys\nsys.modules['torch'] = sys.modules['elegan'] = None\n"
        person.play([sys.executable, "-c", without + app, "app.onnx", "row.png", "--num", "10"], "python app.py")
        row = person.sees(person.folder / "row.png", useful=True)
        assert row.size == (80, 8)
        assert colours(row) > 20


@pytest.mark.slow
def test_an_operator_whose_machine_goes_down(travels):
    with travels("operator") as person:
        train = (
            "train",
            "digits",
            "--recipe",
            "dcgan",
            "--name",
            "night",
            "--steps",
            "200",
            *TINY,
            "--set",
            "watch.every=25",
        )
        run = person.folder / "runs" / "night"
        code = person.until(train, lambda: len(sheets(run)) >= 3, signal.SIGKILL)
        assert code == -signal.SIGKILL
        assert "night" in person.elegan("runs")
        before = max(record["step"] for record in logged(run))
        person.elegan(*train)
        steps = [record["step"] for record in logged(run)]
        assert steps[-1] == 200 > before
        assert steps == sorted(steps)
        person.sees(sheets(run)[-1], useful=True)
        assert "night" in person.elegan("runs")
        held = [path for path in run.rglob("*") if path.is_file()]
        assert len([path for path in held if path.suffix == ".safetensors"]) <= 3  # the newest two and the best
        assert not [path for path in held if path.name.endswith((".tmp", ".part"))]
        person.lines.append(f"{sum(path.stat().st_size for path in held):,} bytes in {len(held)} files")
