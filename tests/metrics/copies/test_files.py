"""`copies` on folders and runs: what it writes, its exit codes, and what it makes of other sizes and colours."""

import json

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from elegan.core.errors import Failure, UserError
from elegan.metrics.copies.audit import copies


def save(folder, images: np.ndarray) -> None:
    folder.mkdir(parents=True)
    for index, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{index:03d}.png")


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    return np.rint(load_digits().images * (255 / 16)).astype(np.uint8)


@pytest.fixture
def folders(tmp_path, digits):
    """400 training images, and 100 made ones of which the first ten are copies."""
    save(tmp_path / "real", digits[:400])
    save(tmp_path / "made", np.concatenate([digits[:10], digits[400:490]]))
    return tmp_path


def test_the_command_writes_its_findings_and_fails_above_the_share(elegan, folders):
    command = ("copies", "made", "--data", "real", "--alpha", "0.01", "--max-share")
    done = elegan(*command, "0.05", "--out", "found")
    assert done.returncode == 1
    assert done.stderr.startswith("elegan: 1")
    assert "of 100 images" in done.stderr
    assert "are suspects at alpha = 0.01, more than the 5.00% allowed: see found" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    record = json.loads((folders / "found" / "copies.json").read_text())
    assert record["calibration"] == "leave-one-out"
    first = record["images"][0]
    assert (first["image"], first["suspect"], first["nearest"][0]) == ("000.png", True, "000.png")
    assert record["share"] == np.mean([image["suspect"] for image in record["images"]])
    sheet = Image.open(folders / "found" / "suspects-001.png")
    suspects = sum(image["suspect"] for image in record["images"])
    assert sheet.size == (11 * 65 + 1, suspects * 65 + 1)


def test_grey_copies_among_colour_images_are_found_by_name(elegan, tmp_path, digits):
    """Three channels that have little in common, and what a picture viewer's "greyscale" makes of some of them."""
    colour = np.stack([digits[:600], 255 - digits[:600][:, ::-1], digits[600:1200]], -1)
    grey = [np.asarray(Image.fromarray(image).convert("L").convert("RGB")) for image in colour[:20]]
    save(tmp_path / "real", colour[:550])
    save(tmp_path / "made", np.concatenate([grey, colour[550:]]))
    done = elegan("copies", "made", "--data", "real", "--alpha", "0.01", "--out", "found")
    assert done.returncode == 0, done.stderr
    images = json.loads((tmp_path / "found" / "copies.json").read_text())["images"]
    assert all(image["suspect"] for image in images[:20])
    assert [image["nearest"][0] for image in images[:20]] == [image["image"] for image in images[:20]]
    assert sum(image["suspect"] for image in images[20:]) <= 2


def test_sheets_of_an_earlier_search_do_not_stay(folders, digits):
    save(folders / "fresh", digits[490:540])
    assert copies(folders / "made", str(folders / "real"), alpha=0.01, out=folders / "found").suspects[:10].all()
    copies(folders / "fresh", str(folders / "real"), alpha=0.0026, out=folders / "found", max_share=1.0)
    assert not list((folders / "found").glob("suspects-*.png"))


def test_batches_and_the_held_out_part(digits):
    batches = [np.stack([digits[i] for i in range(start, start + 20)])[..., None] for start in (0, 20)]
    report = copies(iter(batches), "digits", alpha=0.01)
    assert report.calibration == "held-out"
    assert report.suspects.mean() > 0.5  # four of five stand in the training part
    assert copies(iter(batches), "digits").calibration == "leave-one-out"  # 355 are too few for 0.001
    with pytest.raises(UserError, match="there are no generated images"):
        copies([], "digits")
    with pytest.raises(UserError, match="max_share must lie between 0 and 1; got 2"):
        copies(iter(batches), "digits", max_share=2)
    with pytest.raises(Failure, match="of 40 images"):
        copies(iter(batches), "digits", alpha=0.01, max_share=0.1)


def test_generated_images_of_another_size_or_colour_are_compared_at_their_own(folders, digits):
    large = np.stack([np.asarray(Image.fromarray(x).resize((16, 16), Image.Resampling.BICUBIC)) for x in digits[:30]])
    save(folders / "large", large)
    save(folders / "colour", np.stack([large // 2, large, large], -1))
    for name in ("large", "colour"):
        report = copies(folders / name, str(folders / "real"), alpha=0.01)
        assert report.suspects.mean() > 0.9
        assert (report.neighbours[:, 0] == np.arange(30)).mean() > 0.9
