"""What `elegan data` reports."""

import json

import numpy as np
import pytest
from PIL import Image

from data_corpus import folder_of, pixels, save, zipped
from elegan.core.errors import UserError
from elegan.data import survey


@pytest.fixture
def odd(tmp_path):
    """A set with one of everything."""
    folder = folder_of(tmp_path / "odd", ["a/1.png", "a/2.png", "b/3.png"])
    save(folder / "b/same.bmp", pixels(0))
    save(folder / "b/wide.png", pixels(5, 16, 32))
    Image.fromarray(np.full((16, 16), 40_000, dtype=np.uint16)).save(folder / "a/deep.png")
    Image.new("CMYK", (16, 16), (0, 200, 30, 10)).save(folder / "a/print.jpg")
    frames = [Image.new("RGB", (16, 16), colour).quantize(4) for colour in ("red", "green")]
    frames[0].save(folder / "a/moving.gif", save_all=True, append_images=frames[1:])
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels(6, 16, 32)).save(folder / "b/turned.jpg", exif=exif)
    (folder / "b/void.png").write_bytes(b"")
    return folder


def test_everything_is_counted(odd):
    report = survey(str(odd))
    assert report.count == 9
    assert report.sizes == {"16x16": 7, "16x32": 1, "32x16": 1}
    assert report.classes == {"a": 5, "b": 4}
    assert report.modes["I;16"] == 1
    assert {name: report.peculiar[name] for name in ("16-bit", "CMYK", "EXIF-rotated", "animated", "palette")} == {
        "16-bit": 1,
        "CMYK": 1,
        "EXIF-rotated": 1,
        "animated": 1,
        "palette": 1,
    }
    assert report.duplicates == (("a/1.png", "b/same.bmp"),)
    assert report.unreadable == (("b/void.png", "empty file"),)


def test_report_reads_and_parses(odd, tmp_path):
    report = survey(str(odd))
    text = str(report)
    assert text.splitlines() == report.lines()
    for expected in ("odd: 9 images", "a/1.png = b/same.bmp", "b/void.png: empty file", "classes (2): a 5, b 4"):
        assert expected in text
    assert json.loads(json.dumps(report.as_dict()))["count"] == 9
    of_zip = survey(str(zipped(odd, tmp_path / "odd.zip")))
    assert (of_zip.sizes, of_zip.duplicates) == (report.sizes, report.duplicates)


def test_grey_stored_as_colour_is_a_duplicate_but_a_turned_shape_is_not(tmp_path):
    grey = pixels(1, 8, 16, channels=1)
    save(tmp_path / "set/1.png", grey)
    save(tmp_path / "set/2.png", grey.repeat(3, 2))
    save(tmp_path / "set/3.png", grey.reshape(16, 8, 1))
    assert survey(str(tmp_path / "set")).duplicates == (("1.png", "2.png"),)


def test_survey_of_the_embedded_digits():
    report = survey("digits")
    assert (report.count, report.sizes, report.modes) == (1797, {"8x8": 1797}, {"L": 1797})
    assert sum(report.classes.values()) == 1797


def test_unknown_data_is_a_user_error(tmp_path):
    with pytest.raises(UserError, match="no folder, zip or data set"):
        survey(str(tmp_path / "nothing"))
