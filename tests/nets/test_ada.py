"""Adaptive augmentation: each family of transforms as an affine map of the image, and p against its formula."""

import numpy as np
import pytest
import torch

from elegan.core import ramp, rng
from elegan.core.errors import UserError
from elegan.nets.augment import ada, warp
from elegan.nets.augment.ada import FAMILIES, Adaptive, Probability
from elegan.nets.augment.diffaugment import Augmented
from elegan.recipes import find_recipe


def drawn(transform, x: torch.Tensor, p: float, total: int = 0, rows: range | None = None) -> torch.Tensor:
    total = total or len(x)
    with rng.drawing("ada", total=total, rows=rows or range(total)):
        return transform(x, torch.tensor(p))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_nothing_at_zero_and_something_at_one(family, channels):
    x = torch.rand(8, channels, 12, 12) * 2 - 1
    assert torch.equal(drawn(FAMILIES[family], x, 0.0), x)
    y = drawn(FAMILIES[family], x, 1.0)
    assert y.shape == x.shape
    assert y.isfinite().all()
    assert not torch.equal(y, x)


@pytest.mark.parametrize("family", FAMILIES)
def test_an_image_is_changed_alike_in_any_part_of_the_batch(family):
    x = torch.rand(8, 3, 9, 9)
    whole = drawn(FAMILIES[family], x, 0.7)
    parts = [drawn(FAMILIES[family], x[r.start : r.stop], 0.7, 8, r) for r in (range(0, 2), range(2, 8))]
    torch.testing.assert_close(torch.cat(parts), whole, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_transform_is_affine_in_the_image_and_its_gradients_are_its_adjoint(family):
    """With y = A x + b: y(x + v) - y(x) = A v, the gradient of <y, u> is A' u, and that gradient's is A again."""
    x, v = (torch.rand(4, 3, 10, 10) * 2 - 1 for _ in range(2))
    x.requires_grad_()
    u = torch.rand(4, 3, 10, 10, requires_grad=True)
    y = drawn(FAMILIES[family], x, 0.9)
    (adjoint,) = torch.autograd.grad((y * u).sum(), x, create_graph=True)
    (again,) = torch.autograd.grad((adjoint * v).sum(), u)
    forward = drawn(FAMILIES[family], x + v, 0.9) - y
    torch.testing.assert_close(again, forward, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close((adjoint * v).sum(), (forward * u).sum(), atol=1e-2, rtol=1e-3)


def test_blitting_moves_pixels_and_mixes_none():
    x = torch.arange(300 * 64.0).view(300, 1, 8, 8)
    y = drawn(ada.blit, x, 1.0)
    own = (y.flatten(1).floor() // 64).long() == torch.arange(300)[:, None]
    assert own.all()
    turned = [k for k in range(4) for f in (x, x.flip(3)) if (y == f.rot90(k, (2, 3))).flatten(1).all(1).any()]
    assert sorted(turned) == [0, 0, 1, 1, 2, 2, 3, 3]  # all eight symmetries of the square are there


@pytest.mark.parametrize("size", [8, 9])
def test_a_pixel_is_cut_out_where_it_is_nearer_than_a_quarter_to_the_middle_both_ways(size):
    x = torch.rand(200, 3, size, size) + 1
    y = drawn(ada.cutout, x, 0.6)
    with rng.drawing("ada", total=200, rows=range(200)):
        middle, chosen = rng.uniform(200, 2).numpy(), rng.uniform(200, 1).numpy() < 0.6
    centres = (np.arange(size) + 0.5) / size
    kept = np.maximum(*np.broadcast_arrays(
        abs(centres[:, None] - middle[:, :1, None]), abs(centres[None] - middle[:, 1:, None]),
    )) >= 0.25  # fmt: skip
    assert np.array_equal((y != 0).numpy(), np.repeat((kept | ~chosen[..., None])[:, None], 3, 1))
    assert Adaptive(find_recipe("r3gan").task.options["ada"]).steps[-1] is ada.cutout


def test_as_many_are_changed_as_the_probability_says():
    x = torch.rand(2000, 1, 4, 4)
    for transform, expected in ((ada.noise, 0.3), (ada.geometry, 1 - 0.7**4), (ada.spectrum, 1 - 0.7**4)):
        changed = (drawn(transform, x, 0.3) != x).flatten(1).any(1).float().mean()
        assert changed.item() == pytest.approx(expected, abs=0.04)


def test_grey_stays_grey_and_alpha_is_no_colour():
    grey, alpha = torch.rand(50, 1, 3, 3), torch.rand(50, 1, 3, 3)
    y = drawn(ada.color, torch.cat([grey.expand(-1, 3, -1, -1), alpha], 1), 1.0)
    torch.testing.assert_close(y[:, 3:], alpha)
    torch.testing.assert_close(y[:, :1].expand(-1, 3, -1, -1), y[:, :3], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(drawn(ada.color, grey, 1.0), y[:, :1], atol=1e-5, rtol=1e-5)


def test_hue_turns_about_the_grey_axis(monkeypatch):
    monkeypatch.setattr(ada, "_drawn", lambda x, p, n: torch.tensor([[False, False, False, True, False]] * len(x)))
    x = torch.rand(20, 3, 4, 4)
    y = drawn(ada.color, x, 1.0)
    torch.testing.assert_close(y.mean(1), x.mean(1))
    torch.testing.assert_close(y.norm(dim=1), x.norm(dim=1))
    assert not torch.allclose(y, x)


def test_the_wavelet_is_orthogonal_with_six_vanishing_moments():
    h = np.array(warp.SYM6)
    for lag in range(6):
        assert (h[2 * lag :] * h[: 12 - 2 * lag]).sum() == pytest.approx(float(lag == 0), abs=1e-10)
    k = np.arange(12.0)
    for moment in range(6):
        assert (h * (-1) ** k * k**moment).sum() == pytest.approx(0, abs=1e-8)
    x = torch.rand(2, 3, 9, 9)
    fine = torch.nn.functional.pad(warp.upsampled(x), (warp.LEAD,) * 4)
    torch.testing.assert_close(warp.downsampled(fine)[..., 3:-3, 3:-3], x[..., 3:-3, 3:-3], atol=1e-5, rtol=1e-5)


def test_a_shift_by_whole_pixels_is_one():
    x = torch.rand(1, 2, 16, 16)
    theta = torch.tensor([[[1.0, 0.0, 2 * 2 / 16], [0.0, 1.0, 0.0]]])  # shows what stands two pixels further right
    torch.testing.assert_close(warp.warped(x, theta)[..., 3:-5, 3:-7], x[..., 3:-5, 5:-5], atol=1e-5, rtol=1e-5)


def test_bands_are_octaves_that_add_up():
    bands = ada.BANDS
    identity = torch.zeros(43)
    identity[21] = 1
    torch.testing.assert_close(bands.sum(0), identity, atol=1e-6, rtol=0)
    response = torch.fft.rfft(bands, 1024).abs()
    for band, middle in enumerate((1 / 16, 3 / 16, 3 / 8, 3 / 4)):  # of the highest frequency
        assert response[:, round(512 * middle)].argmax() == band


def test_an_image_goes_on_mirrored_however_small_it_is():
    x = torch.tensor([1.0, 2.0, 3.0]).view(1, 1, 1, 3)
    assert warp.mirrored(x, 5, 3).flatten().tolist() == [2, 3, 3, 2, 1, 1, 2, 3, 3, 2, 1, 1, 2]


def test_p_follows_the_sign_of_the_overfitting_measure():
    """p += sign(E sign D - target) x images of four batches / speed, never below 0 nor above 1 (section 3.1)."""
    probability, expected, scores = Probability(0.6, images=1000), 0.0, torch.randn(60, 25) + 1.3
    scores[20:40] -= 3
    measures = scores.sign().view(15, 4, 25).mean((1, 2))
    for move, row in enumerate(scores):
        for part in (row[:10], row[10:]):
            probability.see(part.sign()[:, None])
        probability.settle(lambda sums: sums)
        if move % 4 == 3:
            expected = min(1, max(0, expected + np.sign(measures[move // 4].item() - 0.6) * 100 / 1000))
        assert probability.p.item() == pytest.approx(expected, abs=1e-6)
    assert {(m > 0.6).item() for m in measures} == {True, False}


def test_two_processes_count_the_images_of_both():
    probability = Probability(0.6, images=1000)
    for _ in range(4):
        probability.see(torch.ones(10, 1))
        probability.settle(lambda sums: 2 * sums)
    assert probability.p.item() == pytest.approx(0.08)


def test_p_may_follow_progress_instead():
    adaptive = Adaptive("blit", p=ramp.Ramp(0.0, 0.3, 0.5))
    for t, p in ((0.0, 0.0), (0.25, 0.15), (0.5, 0.3), (0.9, 0.3)):
        with ramp.progress(t):
            adaptive.judged(torch.full((10,), -1.0))
            adaptive.probability.settle(lambda sums: sums)
        assert adaptive.probability.p.item() == pytest.approx(p)
    assert Adaptive("blit", p=0.2).probability.p.item() == pytest.approx(0.2)


def test_the_discriminator_sees_what_p_says():
    class Spy(torch.nn.Module):
        def forward(self, x, label=None):
            self.x = x
            return x.sum((1, 2, 3))

    spy, x = Spy(), torch.rand(6, 3, 8, 8)
    D = Augmented(spy, adaptive=Adaptive("blit,geometry,color"))
    D(x)
    assert torch.equal(spy.x, x)
    D.adaptive.probability.p.fill_(1)
    with torch.autocast("cpu", torch.bfloat16):
        D(x.bfloat16())
    assert spy.x.dtype == torch.float32
    assert not torch.allclose(spy.x, x, atol=0.05)
    assert set(D.adaptive.judged(torch.tensor([1.0, -2.0, 3.0]))) == {"p", "overfitting"}
    assert D.adaptive.steps == [ada.blit, ada.geometry, ada.color]


def test_what_is_wrong_with_the_options_is_named():
    with pytest.raises(UserError, match="'colour' in task.ada.*did you mean 'color'"):
        Adaptive("blit,colour")
    with pytest.raises(UserError, match="ada_target = 2"):
        Adaptive("blit", target=2)
    with pytest.raises(UserError, match="ada_images = 0"):
        Adaptive("blit", images=0)
    with pytest.raises(UserError, match=r"ada_p = \[0.0, 1.5, 1.0\] must stay in 0..1"):
        Adaptive("blit", p=ramp.Ramp(0.0, 1.5))
