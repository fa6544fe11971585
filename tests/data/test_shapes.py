"""Pictures brought to sizes that are not square."""

import io

import numpy as np
import pytest
from PIL import Image

from elegan.core.sizes import Size
from elegan.data import open_data
from elegan.data.decode import brought_to, largest


def encoded(width, height):
    """A ramp to the right in red, downwards in green."""
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    file = io.BytesIO()
    Image.fromarray(np.stack([x, y, 0 * x], 2).round().astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("picture", "part"), [((300, 200), (133, 200)), ((100, 300), (100, 150)), ((20, 30), (20, 30))]
)
def test_the_largest_part_of_the_shape_is_kept(picture, part):
    assert largest(*picture, Size(48, 32)) == part


def test_crop_keeps_the_middle_and_stretch_everything():
    crop, pad, stretch = (
        brought_to(Size(40, 20), encoded(120, 80), 3, fit).pixels for fit in ("crop", "pad", "stretch")
    )
    assert crop.shape == pad.shape == stretch.shape == (40, 20, 3)
    red, whole = crop[20, :, 0].astype(int), stretch[20, :, 0].astype(int)
    assert abs(red[0] - 255 * (1 - 40 / 120) / 2) < 6  # a part 40 wide of 120
    assert whole[0] < 8
    assert whole[-1] > 247
    assert np.ptp(pad[:10, 10, 1]) == 0  # 13 of 40 rows, those above and below repeat the border
    assert np.ptp(pad[:, 10, 1]) > 230


def test_a_folder_is_brought_to_a_size_and_says_so(tmp_path):
    for i, size in enumerate([(60, 90), (90, 60), (48, 80)]):
        (tmp_path / f"{i}.png").write_bytes(encoded(*size))
    data = open_data(tmp_path, "48x32", cache=tmp_path / "cache")
    assert data.images.shape == (3, 48, 32, 3)
    assert data.resolution == Size(48, 32)
    assert "centre-cropped and resized to 48x32 (height x width)" in data.notes[0]
    assert open_data(tmp_path, Size(48, 32), cache=tmp_path / "cache").fingerprint == data.fingerprint
