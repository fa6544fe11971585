"""Degradations: the same from the same seed however the batch is split, and of the strength that they state."""

import inspect
import math
from functools import partial

import pytest
import torch
from PIL import Image
from pydantic import TypeAdapter
from sklearn.datasets import load_sample_image
from torch import Tensor

from elegan.core import rng
from elegan.data import damage
from elegan.data.damage import UNKNOWN, Scene
from elegan.data.damage.apply import damaged
from elegan.recipes import parts

DAMAGES = {name: f for name, f in vars(damage).items() if inspect.isfunction(f)}
FIXED = {"downscale", "greyscale"}  # nothing drawn
TELLING = ["creases", "dust", "holes", "missing_corners", "scratches"]


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)  # what is not within `drawn` draws from torch's own stream


def photos(n: int = 6, height: int = 48, width: int = 40, channels: int = 3) -> Tensor:
    pixels = torch.from_numpy(load_sample_image("china.jpg").copy()).permute(2, 0, 1)[:channels] / 255
    return torch.stack([pixels[:, 40 * k : 40 * k + height, 60 * k : 60 * k + width] for k in range(n)])


def scene(x: Tensor) -> Scene:
    return Scene(x, x[:, :0])


def flat(value: float, n: int = 4, side: int = 64, channels: int = 3) -> Scene:
    return scene(torch.full((n, channels, side, side), value))


def drawn(f, x: Tensor, seed: int = 0, total: int | None = None, start: int = 0) -> Scene:
    """f on x, which are the rows from `start` of a batch of `total`."""
    with rng.drawing("damage", seed, total=total or len(x), rows=range(start, start + len(x))):
        return f(scene(x))


def same(a: Scene, b: Scene) -> bool:
    return torch.equal(a.x, b.x) and torch.equal(a.hints, b.hints)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("height", "width"), [(48, 40), (8, 12)])
@pytest.mark.parametrize("name", DAMAGES)
def test_same_seed_same_damage_however_split(name, height, width, channels):
    f, x = DAMAGES[name], photos(6, height, width, channels)
    before, whole = x.clone(), drawn(f, x)
    assert same(whole, drawn(f, x))
    halves = [drawn(f, x[rows.start : rows.stop], total=6, start=rows.start) for rows in (range(2), range(2, 6))]
    assert same(whole, Scene(*(torch.cat(pair) for pair in zip(*halves, strict=True))))
    assert torch.equal(x, before)
    assert whole.x.dtype == torch.float32
    assert whole.x.shape[:2] == (6, channels)
    assert whole.x.shape[2:] == whole.hints.shape[2:]
    assert -2 < whole.x.min() <= whole.x.max() < 3  # also false for what is not finite


@pytest.mark.parametrize("name", sorted(DAMAGES.keys() - {"downscale"}))
def test_a_single_pixel_survives(name):
    assert DAMAGES[name](flat(0.5, n=2, side=1)).x.isfinite().all()


@pytest.mark.parametrize("name", sorted(DAMAGES.keys() - FIXED))
def test_another_seed_another_damage(name):
    x = photos()
    assert not torch.equal(drawn(DAMAGES[name], x, 0).x, drawn(DAMAGES[name], x, 1).x)


@pytest.mark.parametrize("name", DAMAGES)
def test_options_are_annotated_and_their_defaults_allowed(name):
    annotations = inspect.get_annotations(DAMAGES[name], eval_str=True)
    for option, value in parts.options(DAMAGES[name], {}, name).items():
        assert TypeAdapter(annotations[option]).validate_python(value) == value


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("gaussian_noise", {"sigma": [30, 10]}, "the lower end of the range must not be above the upper"),
        ("gaussian_noise", {"sigma": [-1, 10]}, "greater than or equal to 0"),
        ("jpeg", {"quality": [0, 50]}, "greater than or equal to 1"),
        ("salt_and_pepper", {"share": [0, 2]}, "less than or equal to 1"),
        ("downscale", {"kernel": "cubic"}, "should be 'bicubic'"),
        ("resize_randomly", {"kernels": []}, "at least 1 item"),
    ],
)
def test_bad_options_are_named(name, given, said):
    with pytest.raises(parts.UserError, match=said) as caught:
        parts.options(DAMAGES[name], given, "damage")
    assert f"damage.{next(iter(given))}" in str(caught.value)


def test_downscale_needs_multiples_and_takes_hints_along():
    with pytest.raises(ValueError, match="50 x 40 by 4"):
        damage.downscale(scene(photos(1, 50)))
    x = photos()
    hints = torch.cat([torch.ones(6, 1, 48, 40), torch.zeros(6, 1, 48, 40)], 1)
    small = damage.downscale(Scene(x, hints), factor=2).hints
    assert torch.equal(small, hints[..., ::2, ::2])


def test_resized_at_random_keeps_the_picture_but_not_its_detail():
    x = photos(4, 96, 96)
    back = drawn(partial(damage.resize_randomly, scale=(0.25, 0.5)), x).x
    assert (back.mean((2, 3)) - x.mean((2, 3))).abs().max() < 0.01
    detail = [(p - damage.gaussian_blur(scene(p), sigma=(2, 2)).x).std((1, 2, 3)) for p in (back, x)]
    assert (detail[0] < 0.9 * detail[1]).all()


# Noise.


@pytest.mark.parametrize("sigma", [5, 25, 50])
def test_gaussian_noise_has_its_sigma_and_is_not_clipped(sigma):
    noisy = damage.gaussian_noise(flat(1.0), sigma=(sigma, sigma)).x - 1
    assert noisy.std() * 255 == pytest.approx(sigma, rel=0.02)
    assert noisy.mean().abs() * 255 < 4 * sigma / math.sqrt(noisy.numel())


def test_the_level_is_told_or_hidden():
    told = damage.gaussian_noise(flat(0.5, n=200, side=32), sigma=(5, 50), tell=True, hidden=0.3)
    level, plane = (told.x - 0.5).std((1, 2, 3)), told.hints[:, 0, 0, 0]
    assert told.hints.shape == (200, 1, 32, 32)
    hidden = plane == UNKNOWN
    assert 0.15 < hidden.float().mean() < 0.45
    assert torch.allclose(plane[~hidden], level[~hidden], rtol=0.1)


@pytest.mark.parametrize("light", [0.0, 0.02, 0.2, 1.0])
def test_poisson_noise_counts_photons(light):
    noisy = damage.poisson_noise(flat(light), photons=(50, 50)).x
    assert torch.allclose((noisy * 50).round(), noisy * 50, atol=1e-4)
    assert noisy.mean() == pytest.approx(light, rel=0.02)
    assert noisy.var() == pytest.approx(light / 50, rel=0.05)


def test_speckle_goes_with_the_light():
    dark, bright = (damage.speckle(flat(v), sigma=(0.1, 0.1)).x.std() for v in (0.2, 0.8))
    assert dark == pytest.approx(0.02, rel=0.03)
    assert bright == pytest.approx(0.08, rel=0.03)


def test_salt_and_pepper_have_their_share():
    x = damage.salt_and_pepper(flat(0.5), share=(0.2, 0.2)).x
    assert torch.equal(x[:, 0], x[:, 1])
    assert (x == 0).float().mean() == pytest.approx(0.1, abs=0.01)
    assert (x == 1).float().mean() == pytest.approx(0.1, abs=0.01)


def test_grain_is_grey_and_strongest_in_the_middle_tones():
    grain = partial(damage.grain, sigma=(20, 20))
    middle = grain(flat(0.5)).x
    assert torch.equal(middle[:, 0], middle[:, 1])
    assert (middle.std() * 255) == pytest.approx(20, rel=0.02)
    assert grain(flat(0.1)).x.std() == pytest.approx(0.6 * 20 / 255, rel=0.02)
    assert torch.equal(grain(flat(1.0)).x, flat(1.0).x)


def test_grain_grows_with_its_size():
    def neighbours_agree(size: float) -> float:
        x = damage.grain(flat(0.5), sigma=(20, 20), size=(size, size)).x[:, 0] - 0.5
        return ((x[..., 1:] * x[..., :-1]).mean() / x.square().mean()).item()

    assert neighbours_agree(0.1) < 0.05 < 0.5 < neighbours_agree(1.0) < neighbours_agree(2.0)


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_loses_more_at_lower_quality(channels):
    x = photos(channels=channels)
    errors = [(damage.jpeg(scene(x), quality=(q, q)).x - x).square().mean() for q in (10, 40, 95)]
    assert errors[0] > 2 * errors[1] > 4 * errors[2] > 0


# Blurs.


def impulse(blur) -> tuple[float, float, float]:
    """What a blur makes of a single point: its sum, and the greatest and the least standard deviation of any direction."""
    x = torch.zeros(1, 1, 65, 65)
    x[..., 32, 32] = 1
    spot = blur(scene(x)).x[0, 0]
    at = torch.arange(65) - 32.0
    down, across, mixed = ((spot * f).sum() for f in (at[:, None] ** 2, at**2, at[:, None] * at))
    spread = torch.linalg.eigvalsh(torch.stack([down, mixed, mixed, across]).view(2, 2)).clamp(min=0).sqrt()
    return spot.sum().item(), spread[1].item(), spread[0].item()


@pytest.mark.parametrize("sigma", [1.0, 2.0, 4.0])
def test_gaussian_blur_has_its_sigma(sigma):
    total, wide, narrow = impulse(partial(damage.gaussian_blur, sigma=(sigma, sigma)))
    assert total == pytest.approx(1, abs=1e-5)
    assert wide == pytest.approx(narrow, rel=1e-3)
    assert wide == pytest.approx(sigma, rel=0.03)


def test_anisotropic_blur_is_oval():
    _, wide, narrow = impulse(partial(damage.gaussian_blur, sigma=(0.5, 6), anisotropic=1.0))
    assert wide > 1.3 * narrow


def test_motion_blur_is_a_line_of_its_length():
    total, wide, narrow = impulse(partial(damage.motion_blur, length=(15, 15)))
    assert total == pytest.approx(1, abs=1e-5)
    assert wide == pytest.approx(15 / math.sqrt(12), rel=0.05)
    assert narrow < 0.6


def test_defocus_blur_is_a_disc_of_its_radius():
    total, wide, narrow = impulse(partial(damage.defocus_blur, radius=(5, 5)))
    assert total == pytest.approx(1, abs=1e-5)
    assert wide == pytest.approx(narrow, rel=1e-3)
    assert wide == pytest.approx(5 / 2, rel=0.05)


@pytest.mark.parametrize("name", ["gaussian_blur", "motion_blur", "defocus_blur"])
def test_blurs_keep_the_mean(name):
    x = photos(4, 96, 96)
    blurred = DAMAGES[name](scene(x)).x
    assert (blurred.mean((1, 2, 3)) - x.mean((1, 2, 3))).abs().max() < 0.01
    assert torch.allclose(DAMAGES[name](flat(0.3)).x, torch.tensor(0.3), atol=1e-5)


# Holes and wear.


@pytest.mark.parametrize("name", TELLING)
def test_the_plane_tells_exactly_what_changed(name):
    x = photos(6, 96, 96) * 0.5 + 0.2  # neither 0.5 nor the tones of paper
    worn = drawn(partial(DAMAGES[name], tell=True), x)
    changed = (worn.x != x).any(1)
    plane = worn.hints[:, 0]
    assert changed.any((1, 2)).all()
    assert 0 <= plane.min() < plane.max() <= 1
    assert not changed[plane == 0].any()
    assert changed[plane > 0.1].all()


def test_holes_have_their_share_and_are_grey():
    x = photos(6, 96, 96).repeat(10, 1, 1, 1) * 0.4
    worn = drawn(partial(damage.holes, share=(0.1, 0.3)), x)
    share = worn.hints.mean((1, 2, 3))
    assert 0.1 <= share.min() < 0.15 < 0.2 < share.max() <= 0.3
    assert set(worn.hints.unique().tolist()) == {0.0, 1.0}
    assert (worn.x[worn.hints.bool().expand_as(worn.x)] == 0.5).all()


def test_holes_from_files(tmp_path):
    mask = torch.zeros(20, 10, dtype=torch.uint8)
    mask[:5] = 255
    Image.fromarray(mask.numpy()).save(tmp_path / "top.png")
    worn = drawn(partial(damage.holes, masks=str(tmp_path)), torch.zeros(12, 3, 40, 40))
    places = {tuple(h[0].mean(1).nonzero().flatten().tolist()) for h in worn.hints}
    assert places == {tuple(range(10)), tuple(range(30, 40))}
    with pytest.raises(ValueError, match="no masks in"):
        damage.holes(scene(photos()), masks=str(tmp_path / "nothing"))


def test_holes_of_one_kind():
    x = photos(1, 96, 96)
    box = drawn(partial(damage.holes, boxes=1, strokes=0, share=(0, 1)), x).hints[0, 0]
    down, across = box.any(1).sum(), box.any(0).sum()
    assert box.sum() == down * across
    stroke = drawn(partial(damage.holes, boxes=0, strokes=1, share=(0, 1)), x).hints[0, 0]
    assert stroke.sum() < 0.8 * stroke.any(1).sum() * stroke.any(0).sum()
    with pytest.raises(ValueError, match="boxes or strokes"):
        damage.holes(scene(x), boxes=0, strokes=0)


def test_scratches_are_thin_and_run_down():
    x = torch.full((40, 1, 96, 96), 0.5)
    plane = drawn(partial(damage.scratches, count=(1, 1), width=(1, 1), tell=True), x).hints[:, 0] > 0.02
    tall, wide = plane.any(2).sum(1), plane.any(1).sum(1)
    assert (tall > wide).float().mean() > 0.6
    assert plane.float().mean() < 0.03


def test_only_corners_go_missing():
    x = photos(5, 96, 96).repeat(4, 1, 1, 1)
    plane = drawn(partial(damage.missing_corners, corners=(4, 4), size=(0.1, 0.2), tell=True), x).hints[:, 0]
    assert plane[:, 32:-32].sum() + plane[..., 32:-32].sum() == 0
    for corner in (plane[:, :2, :2], plane[:, :2, -2:], plane[:, -2:, :2], plane[:, -2:, -2:]):
        assert (corner > 0.99).all()


def test_dust_has_its_density():
    def covered(density: float) -> float:
        dust = partial(damage.dust, density=(density, density), tell=True)
        return drawn(dust, torch.full((20, 1, 100, 100), 0.5)).hints.mean().item()

    assert covered(0) == 0
    assert covered(20) == pytest.approx(4 * covered(5), rel=0.4)


# Tones.


def test_fading_takes_contrast():
    x = photos()
    faded = damage.fading(scene(x), strength=(0.6, 0.6), uneven=(0, 0)).x
    assert torch.allclose(faded.std((1, 2, 3)), 0.4 * x.std((1, 2, 3)), rtol=1e-4)
    assert faded.min() > 0.2


def test_sepia_of_a_grey_is_brown_and_of_one_channel_nothing():
    red, green, blue = damage.sepia(flat(0.5), strength=(1, 1)).x[0, :, 0, 0].tolist()
    assert 0.5 >= red > green > blue > 0.2
    assert torch.equal(damage.sepia(flat(0.5), strength=(0, 0)).x, flat(0.5).x)
    assert torch.equal(damage.sepia(flat(0.5, channels=1)).x, flat(0.5, channels=1).x)


def test_greyscale_keeps_the_lightness():
    grey = damage.greyscale(scene(photos())).x
    assert torch.equal(grey[:, 0], grey[:, 2])
    assert torch.allclose(damage.greyscale(scene(grey)).x, grey, atol=1e-6)


def test_vignette_darkens_the_corners():
    x = damage.vignette(flat(0.8, side=65), strength=(0.5, 0.5)).x
    assert x[0, 0, 32, 32] == pytest.approx(0.8)
    assert torch.allclose(x[..., [0, 0, -1, -1], [0, -1, 0, -1]], torch.tensor(0.4))


# One after another.

# The second-order model of Real-ESRGAN: the same kinds of damage twice over, each with its own odds, then smaller.
SECOND_ORDER = [
    (partial(damage.gaussian_blur, sigma=(0.2, 3), anisotropic=0.5), 1.0),
    (partial(damage.resize_randomly, scale=(0.25, 1.5)), 1.0),
    (partial(damage.gaussian_noise, sigma=(1, 30)), 0.5),
    (partial(damage.poisson_noise, photons=(50, 1000)), 0.5),
    (partial(damage.jpeg, quality=(30, 95)), 1.0),
    (partial(damage.gaussian_blur, sigma=(0.2, 1.5), anisotropic=0.5), 0.8),
    (partial(damage.resize_randomly, scale=(0.5, 1.2)), 1.0),
    (partial(damage.gaussian_noise, sigma=(1, 25)), 0.5),
    (partial(damage.downscale, factor=4), 1.0),
    (partial(damage.jpeg, quality=(30, 95)), 1.0),
]


def both(steps):
    return lambda scene: damaged(steps, scene.x)


def test_second_order_is_one_list_and_splits_like_its_parts():
    x = photos(6, 64, 48)
    whole = drawn(both(SECOND_ORDER), x)
    assert whole.x.shape == (6, 3, 16, 12)
    halves = [drawn(both(SECOND_ORDER), part, total=6, start=at) for at, part in ((0, x[:3]), (3, x[3:]))]
    assert same(whole, Scene(*(torch.cat(pair) for pair in zip(*halves, strict=True))))
    clean = damage.downscale(scene(x)).x
    assert 0.01 < (whole.x - clean).square().mean().sqrt() < 0.3


def test_a_step_falls_on_its_share_of_the_pictures():
    x = torch.full((400, 1, 8, 8), 0.5)
    worn = drawn(both([(partial(damage.gaussian_noise, sigma=(10, 10)), 0.25)]), x).x
    hit = (worn != 0.5).flatten(1)
    assert torch.equal(hit.any(1), hit.float().mean(1) > 0.9)
    assert 0.18 < hit.any(1).float().mean() < 0.32


def test_steps_that_change_the_shape_are_for_all():
    x = photos()
    with pytest.raises(ValueError, match="3x48x40 with 0 hints into 3x12x10 with 0 hints"):
        damaged([(damage.downscale, 0.5)], x)
    with pytest.raises(ValueError, match="with 1 hints"):
        damaged([(damage.holes, 0.5)], x)
    assert damaged([(damage.holes, 1.0), (damage.downscale, 1.0)], x).hints.shape == (6, 1, 12, 10)
    assert torch.equal(damaged([], x).x, x)
