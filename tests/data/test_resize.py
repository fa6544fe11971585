"""Resizing against MATLAB's files, Pillow's filters and the algebra that it has to keep."""

import io
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_sample_image

from elegan.data.damage import Scene, downscale
from elegan.data.resize import KERNELS, resize

PILLOW = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
    "area": Image.Resampling.BOX,
}


@pytest.fixture(scope="module")
def set5(test_data) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Set5 in high and in MATLAB's low resolution: float 1 x 3 x H x W in [0, 1]."""
    with zipfile.ZipFile(test_data / "set5_x4.zip") as archive:
        names = sorted(name for name in archive.namelist() if name.endswith("_HR.png"))
        return [(picture(archive.read(name)), picture(archive.read(name.replace("HR", "LR")))) for name in names]


def picture(png: bytes) -> torch.Tensor:
    pixels = np.array(Image.open(io.BytesIO(png)).convert("RGB"))
    return torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255


def photo(height: int, width: int) -> torch.Tensor:
    return torch.from_numpy(load_sample_image("china.jpg")[:height, :width].copy()).permute(2, 0, 1)[None] / 255


def test_downscale_gives_the_files_of_set5(set5):
    assert len(set5) == 5
    for large, small in set5:
        ours = downscale(Scene(large, large[:, :0])).x
        assert (ours - small).abs().max() < 1e-6  # every value of every channel, borders too


def test_unrounded_differs_from_set5_by_rounding_and_clipping(set5):
    for large, small in set5:
        ours = downscale(Scene(large, large[:, :0]), rounded=False).x.clamp(0, 1)
        # Half a level, and half a level of the rows' rounding through weights of absolute sum 7 / 6; overshoots are few.
        assert ((ours - small).abs() > 1.09 / 255).float().mean() < 0.01


def test_bicubic_enlarging_has_the_published_psnr(set5):
    weights = torch.tensor([65.481, 128.553, 24.966])[:, None, None]
    found = []
    for large, small in set5:
        enlarged = (resize(small, large.shape[2:]) * 255).round().clamp(0, 255) / 255
        error = ((enlarged - large) * weights).sum(1)[:, 4:-4, 4:-4]
        found.append(-10 * torch.log10((error / 255).square().mean()).item())
    assert np.mean(found) == pytest.approx(28.42, abs=0.02)


@pytest.mark.parametrize(
    ("kernel", "size"),
    [(kernel, size) for kernel in KERNELS for size in ((33, 50), (70, 41))]
    + [(kernel, (160, 300)) for kernel in ("bicubic", "bilinear", "lanczos")],  # Pillow's box enlarges to the nearest
)
def test_kernels_are_pillows_away_from_the_borders(kernel, size):
    x = photo(100, 120)
    ours = resize(x, size, kernel)[0, 0]
    theirs = np.asarray(Image.fromarray(x[0, 0].numpy()).resize(size[::-1], PILLOW[kernel]))
    inside = (slice(10, -10), slice(10, -10))
    # Pillow's box takes pixels whole by their centres; an area has fractions of them.
    assert np.abs(ours.numpy()[inside] - theirs[inside]).max() < (0.2 if kernel == "area" else 1e-5)


def test_whole_areas_are_means():
    x = photo(60, 90)
    assert torch.allclose(resize(x, (20, 18), "area"), torch.nn.functional.avg_pool2d(x, (3, 5)), atol=1e-6)


def test_a_scale_of_its_own_continues_the_edge():
    x = photo(100, 255)
    longer = torch.cat([x, x[..., -1:]], 3)
    assert torch.allclose(resize(x, (25, 64), scale=1 / 4), resize(longer, (25, 64)), atol=1e-6)
    assert not torch.allclose(resize(x, (25, 64)), resize(longer, (25, 64)), atol=1e-3)


def test_large_sizes_go_in_bands():
    """A band reads only what it needs, so a part of the output follows from a part of the input."""
    x = torch.rand(1, 1, 2, 4096)
    whole = resize(x, (2, 1024))
    assert torch.allclose(resize(x[..., :2048], (2, 512))[..., :500], whole[..., :500], atol=1e-6)


SIZES = st.tuples(st.integers(1, 40), st.integers(1, 40))


@given(SIZES, SIZES, st.sampled_from(list(KERNELS)), st.booleans(), st.floats(-2, 2))
def test_constants_stay(size, to, kernel, antialias, value):
    resized = resize(torch.full((1, 2, *size), value), to, kernel, antialias)
    assert resized.shape == (1, 2, *to)
    assert torch.allclose(resized, torch.tensor(value), atol=1e-5)


@given(SIZES, st.sampled_from(list(KERNELS)), st.integers(0, 99))
def test_the_same_size_changes_nothing(size, kernel, seed):
    x = torch.rand(1, 1, *size, generator=torch.Generator().manual_seed(seed))
    assert torch.allclose(resize(x, size, kernel), x, atol=1e-6)


@given(SIZES, SIZES, st.sampled_from(list(KERNELS)), st.integers(0, 99))
def test_mirrored_and_turned(size, to, kernel, seed):
    x = torch.rand(1, 1, *size, generator=torch.Generator().manual_seed(seed))
    resized = resize(x, to, kernel)
    assert torch.allclose(resize(x.flip(3), to, kernel), resized.flip(3), atol=1e-5)
    assert torch.allclose(resize(x.mT, to[::-1], kernel), resized.mT, atol=1e-5)


@given(st.integers(1, 10), st.integers(1, 10), st.integers(1, 5), st.integers(0, 99))
def test_downscale_undoes_repeated_pixels(h, w, factor, seed):
    x = torch.randint(256, (1, 3, h, w), generator=torch.Generator().manual_seed(seed)) / 255
    larger = x.repeat_interleave(factor, 2).repeat_interleave(factor, 3)
    assert torch.allclose(downscale(Scene(larger, larger), factor=factor, kernel="area").x, x, atol=1e-6)


def test_errors():
    with pytest.raises(ValueError, match="'cubic' is none of bicubic"):
        resize(torch.rand(1, 1, 4, 4), (2, 2), "cubic")
    with pytest.raises(ValueError, match=r"\(4, 4\) to \(0, 2\)"):
        resize(torch.rand(1, 1, 4, 4), (0, 2))
