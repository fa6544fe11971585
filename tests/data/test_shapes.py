"""Pictures brought to sizes that are not square."""

import io
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from elegan.core.sizes import Size
from elegan.data import open_data
from elegan.data.decode import brought_to, largest
from elegan.data.shape import own_size


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


@pytest.mark.parametrize(
    ("sides", "most", "size"),
    [
        ({(48, 64): 2}, 128, Size(64, 48)),  # as it is
        ({(100, 80): 2}, 128, Size(80, 100)),
        ({(3000, 4000): 300}, 64, Size(64, 48)),  # upright
        ({(4000, 3000): 300}, 64, Size(48, 64)),
        ({(3000, 4000): 300}, 128, Size(128, 96)),
        ({(3000, 4000): 300}, 1024, Size(1024, 768)),
        ({(178, 218): 300}, 1024, Size(218, 178)),
        ({(1920, 1080): 3, (1600, 900): 1}, 128, Size(80, 128)),
        ({(600, 400): 300}, 128, Size(80, 128)),
        ({(4000, 3000): 80, (3000, 4000): 20}, 128, Size(96, 128)),
        ({(4000, 3000): 60, (3000, 4000): 40}, 128, 128),  # no shape keeps nearly all of most
        ({(512, 512): 9, (512, 500): 9}, 128, 128),
        ({(12, 6): 9}, 128, 8),  # too low for a shape of its own
        ({(2000, 50): 9}, 128, 32),  # a strip
        ({(300, 100): 5, (100, 300): 5}, 128, 64),
    ],
)
def test_the_size_is_that_of_the_pictures_as_far_as_the_machine_goes(sides, most, size):
    assert own_size(Counter(sides), most) == size


def test_what_the_crop_takes_is_said_and_what_more_pixels_would_cost(tmp_path):
    for i, size in enumerate([(120, 160), (120, 160), (120, 160), (160, 120)]):
        (tmp_path / f"{i}.png").write_bytes(encoded(*size))
    data = open_data(tmp_path, cache=tmp_path / "cache", most=64)
    assert data.resolution == Size(64, 48)
    assert data.notes[1:3] == (
        "1 of 4 images lose 44% of their area to the crop on average, 44% at most (data.fit=pad keeps all)",
        "held to 64 px for this machine; --size 128x96 takes about 4 times as long",
    )
    padded = open_data(tmp_path, cache=tmp_path / "cache", fit="pad", most=1024)
    assert not any("crop" in note or "held to" in note for note in padded.notes)
