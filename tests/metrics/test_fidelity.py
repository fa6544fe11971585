"""PSNR, SSIM and MS-SSIM: closed forms on real photographs, inputs that do not fit."""

import math

import numpy as np
import pytest
import torch
from sklearn.datasets import load_sample_images

from elegan.core.errors import UserError
from elegan.metrics.fidelity import luma, ms_ssim, psnr, ssim


@pytest.fixture(scope="module")
def photographs() -> tuple[np.ndarray, np.ndarray]:
    """Two real photographs, and the same with noise."""
    images = np.stack(load_sample_images().images)[:, 100:300, 200:420]
    noise = np.random.default_rng(0).normal(0, 15, images.shape)
    return images, (images + noise).clip(0, 255).round().astype(np.uint8)


def test_psnr_is_the_mean_over_images_and_not_of_the_pooled_error():
    references = np.full((2, 8, 8, 3), 100, np.uint8)
    images = references + np.array([1, 50], np.uint8)[:, None, None, None]
    one = 20 * math.log10(255)
    assert psnr(images, references) == pytest.approx((one + one - 20 * math.log10(50)) / 2)
    assert psnr(references, references) == math.inf


def test_luminance_is_bt601_in_the_limited_range():
    colours = torch.tensor([[0, 0, 0], [255, 255, 255], [255, 0, 0]]).double()[:, :, None, None]
    assert luma(colours).flatten().tolist() == pytest.approx([16, 235, 16 + 65.481])
    grey = torch.full((1, 1, 2, 2), 40.0)
    assert luma(grey) is grey


def test_the_border_is_shaved():
    references = np.zeros((1, 12, 10, 1), np.uint8)
    images = references.copy()
    images[:, 0], images[:, :, -1] = 255, 255
    assert psnr(images, references, shave=1) == math.inf


@pytest.mark.parametrize("metric", [ssim, ms_ssim])
def test_similarity_of_equals_and_order_of_damage(metric, photographs):
    images, noisy = photographs
    assert metric(images, images) == pytest.approx(1, abs=1e-12)
    assert metric(images, noisy) == pytest.approx(metric(noisy, images), abs=1e-12)
    flat = np.full_like(images, 128)
    assert metric(flat, images) < metric(noisy, images) < 1
    assert metric(noisy, images, luminance=True, shave=4) != metric(noisy, images, luminance=True)


def test_similarity_of_constants_has_a_closed_form():
    x, y = np.full((1, 16, 16, 1), 100, np.uint8), np.full((1, 16, 16, 1), 50, np.uint8)
    c1 = (0.01 * 255) ** 2
    assert ssim(x, y) == pytest.approx((2 * 100 * 50 + c1) / (100**2 + 50**2 + c1))


def test_images_that_do_not_fit(photographs):
    images, _ = photographs
    with pytest.raises(UserError, match="must have one shape"):
        psnr(images, images[:1])
    with pytest.raises(UserError, match="not be empty"):
        psnr(images[:0], images[:0])
    with pytest.raises(UserError, match="8x8 pixels without the border are too few; at least 11"):
        ssim(images[:, :10, :10], images[:, :10, :10], shave=1)
    with pytest.raises(UserError, match="at least 176"):
        ms_ssim(images[:, :175], images[:, :175])
    with pytest.raises(UserError, match="must be uint8"):
        psnr(images / 255, images / 255)
