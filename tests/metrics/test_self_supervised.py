"""An eye for sets without labels: flaws drawn into pictures, features learnt from the pictures alone, and a classifier
that tells generated from real."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from elegan.core.errors import UserError
from elegan.core.grid import png
from elegan.data.damage import Scene, gaussian_blur
from elegan.metrics import extract, measure, open_extractor, self_supervised, table, two_sample
from elegan.metrics.evaluate import evaluate_folder
from elegan.metrics.flaws import FLAWS, flawed
from elegan.metrics.self_supervised import contrast, train_self, view
from elegan.metrics.two_sample import classifier_two_sample


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    """scikit-learn's 1,797 real digits, 8 x 8 grey, in a fixed random order."""
    images = (load_digits().images * 255 / 16).round().astype(np.uint8)[..., None]
    return images[np.random.default_rng(0).permutation(len(images))]


@pytest.fixture
def short(monkeypatch):
    """A hundredth of the training, of features and of the classifier."""
    monkeypatch.setattr(self_supervised, "SEEN", 800)
    monkeypatch.setattr(two_sample, "SEEN", 1200)


def stream(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noisy(images: np.ndarray, share: float, sigma: float = 25) -> np.ndarray:
    """A random `share` of the pictures with white noise."""
    rng = np.random.default_rng(7)
    rows, out = rng.permutation(len(images))[: round(share * len(images))], images.copy()
    noise = rng.normal(0, sigma, out[rows].shape)
    out[rows] = (out[rows] + noise).round().clip(0, 255).astype(np.uint8)
    return out


def gridded(images: np.ndarray, amplitude: float) -> np.ndarray:
    """A chequered pattern of single pixels over every picture."""
    pattern = 1 - 2 * (np.indices(images.shape[1:3]).sum(0) % 2)
    return (images + amplitude * pattern[..., None]).round().clip(0, 255).astype(np.uint8)


def blurred(images: np.ndarray, sigma: float) -> np.ndarray:
    x = torch.from_numpy(images).permute(0, 3, 1, 2) / 255
    y = gaussian_blur(Scene(x, x[:, :0]), sigma=(sigma, sigma)).x
    return (y * 255).round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()


DAMAGE = {blurred: (0.5, 1, 2), gridded: (4, 8, 16), noisy: (0.1, 0.25, 0.5)}  # rising


@pytest.mark.parametrize("flaw", FLAWS)
@pytest.mark.parametrize("shape", [(12, 12, 1), (24, 17, 3), (13, 48, 4)])
def test_a_flaw_grows_with_its_strength(flaw, shape):
    x = torch.rand(40, shape[2], *shape[:2], generator=stream()) - 0.5
    x = torch.nn.functional.avg_pool2d(x, 3, 1, 1) * 3  # neighbours alike, as in pictures
    weak, strong = (flaw(x, torch.full((40,), s), stream(1)) for s in (0.1, 0.9))
    assert weak.shape == x.shape
    changes = [(y - x).abs().mean((1, 2, 3)) for y in (weak, strong)]
    assert float(changes[0].min()) > 0
    assert float(changes[1].mean()) > 1.3 * float(changes[0].mean())


def test_each_kind_of_flaw_is_dealt_out_and_told():
    x = torch.rand(64, 3, 12, 12, generator=stream()) * 2 - 1
    y, told = flawed(x, stream(3))
    again, _ = flawed(x, stream(3))
    assert torch.equal(y, again)
    assert float(y.abs().max()) <= 1
    changed = (y != x).flatten(1).any(1)
    assert torch.equal(changed, told.any(1))
    assert ((told > 0).sum(1) <= 1).all()
    assert set((told > 0).sum(0).tolist()) <= {6, 7}
    assert 0.3 <= float(told[told > 0].min()) <= float(told.max()) <= 1


def test_a_view_is_a_window_at_the_pictures_own_scale():
    x = torch.linspace(-0.5, 0.5, 16 * 20).view(1, 1, 16, 20).repeat(30, 1, 1, 1)
    seen = view(x, stream())
    assert seen.shape == (30, 1, 12, 15)
    steps = seen.diff(dim=3).flatten(1)
    gain = steps.median(1, keepdim=True).values / (x[0, 0, 0, 1] - x[0, 0, 0, 0])
    assert torch.allclose(steps, steps.median(1, keepdim=True).values.expand_as(steps), atol=1e-5)
    assert 0.69 < float(gain.min()) < float(gain.max()) < 1.31
    assert len(seen[:, 0, 0, 0].unique()) == 30


def test_contrast_is_nt_xent():
    z = torch.nn.functional.normalize(torch.randn(6, 5, generator=stream()), dim=1)
    terms = []
    for i in range(6):
        others = [float(z[i] @ z[j]) / 0.2 for j in range(6) if j != i]
        terms.append(np.log(np.exp(others).sum()) - float(z[i] @ z[(i + 3) % 6]) / 0.2)
    assert float(contrast(3 * z)) == pytest.approx(np.mean(terms), rel=1e-5)


def test_it_learns_once_the_same_for_a_seed_and_is_named_by_its_weights(digits, short, tmp_path):
    real = digits[:300]
    first, again = (open_extractor("self:digits", real, cache=tmp_path) for _ in range(2))
    anew, other = open_extractor("self:digits", real), open_extractor("self", digits[1:301], cache=tmp_path)
    assert first.digest == again.digest == anew.digest != other.digest
    assert first.label("FD") == f"FD[self-digits:{first.digest[:8]}]"
    assert other.label("FD").startswith("FD[self:")
    assert len(list(tmp_path.glob("self-*.safetensors"))) == 2
    facts = [json.loads(path.read_text()) for path in tmp_path.glob("*.json")]
    assert {(fact["data"], fact["trained_on"]) for fact in facts} == {("digits", 300), ("", 300)}
    features, probabilities = first.features(real)
    assert torch.equal(features, again.features(real)[0])
    assert probabilities is None
    assert features.shape == (300, first.dims)
    assert torch.allclose(features.mean(0), torch.zeros(first.dims), atol=1e-4)
    assert float(features.std(0).max()) == pytest.approx(1, abs=1e-3)
    with pytest.raises(UserError, match="3 channels, the extractor's have 1"):
        first.features(real.repeat(3, 3))
    with pytest.raises(UserError, match="49 images are too few for 'self' to learn from; at least 50"):
        open_extractor("self", real[:49])
    with pytest.raises(UserError, match="'self' needs images"):
        open_extractor("self")


@pytest.mark.parametrize(("height", "width", "channels"), [(8, 8, 4), (33, 20, 3), (128, 128, 1)])
def test_it_learns_from_pictures_of_any_size(height, width, channels):
    images = np.random.default_rng(0).integers(0, 256, (60, height, width, channels), dtype=np.uint8)
    state = torch.get_rng_state()
    net = train_self(images, seen=256)
    assert torch.equal(state, torch.get_rng_state())
    assert all(bool(value.isfinite().all()) for value in net.state_dict().values())


def test_a_folder_without_classes_is_seen_by_what_it_teaches_and_a_tiny_one_says_why_not(tmp_path, digits, short):
    def folder(name: str, images: np.ndarray) -> str:
        (tmp_path / name).mkdir()
        for i, image in enumerate(images):
            (tmp_path / name / f"{i:03d}.png").write_bytes(png(image))
        return str(tmp_path / name)

    generated = folder("generated", digits[400:460])
    results = evaluate_folder(generated, folder("real", digits[:120]), metrics=["fd", "c2st"])
    assert results[0].label.startswith("FD[self-real:")
    c2st = results[1]
    assert (c2st.label, c2st.n_real, c2st.n_fake, c2st.floor, c2st.floor_n) == ("C2ST", 120, 60, 0.5, 0)
    assert "60 held-out images" in c2st.interval
    assert any("on 60 images a set C2ST's classifier learns little" in w for w in c2st.warnings)
    few = evaluate_folder(generated, folder("few", digits[:30]), metrics=["fd"])
    assert few[0].label == "FD[random:d1eb8ad2]"
    assert "warning: 30 images are too few to learn features from, below 50: these are random ones" in table(few)
    with pytest.raises(UserError, match="30 images are too few for 'self'"):
        evaluate_folder(generated, str(tmp_path / "few"), metrics=["fd"], extractor="self")


def test_seconds_of_learning_order_the_share_of_noisy_pictures(digits, monkeypatch):
    """A tenth of the training, on 8 x 8 pixels; the rest of the claim stands in the slow test below."""
    monkeypatch.setattr(self_supervised, "SEEN", 8_000)
    eye, real, fresh = open_extractor("self", digits[:900]), digits[:900], digits[900:]
    found = [measure(eye, real, noisy(fresh, share, 50), ["fd"])[0].value for share in (0, 0.1, 0.25, 0.5)]
    assert found == sorted(found)
    assert found[3] > 3 * found[0]


def test_a_classifier_tells_damaged_from_real_and_nothing_from_nothing(digits, monkeypatch):
    monkeypatch.setattr(two_sample, "SEEN", 6_000)
    real, fresh = digits[:400], digits[400:800]
    same, dark, half = (
        measure(open_extractor("random"), real, fake, ["c2st"])[0] for fake in (fresh, fresh // 2, noisy(fresh, 0.5))
    )
    assert same.low < 0.5 < same.high
    assert dark.low > 0.9
    assert 0.5 < half.low < 0.75 < half.high + 0.05  # half of the pictures are as good as real
    assert (same.label, same.floor, same.n_fake) == ("C2ST", 0.5, 400)
    (copied,) = measure(open_extractor("random"), real, real, ["c2st"])
    assert copied.high < 0.5
    assert any("repeat real ones" in w for w in copied.warnings)
    again = classifier_two_sample(real, fresh, seed=0)
    assert again == (same.value, 400)
    assert "C2ST 0.5" in table([same])


def test_what_the_classifier_refuses(digits):
    with pytest.raises(UserError, match=r"real images of \(8, 8, 1\) and generated ones of \(8, 4, 1\)"):
        classifier_two_sample(digits[:50], digits[:50, :, :4])
    with pytest.raises(UserError, match="3 images a set are too few"):
        classifier_two_sample(digits[:50], digits[:3])
    random = open_extractor("random")
    with pytest.raises(UserError, match="'c2st' needs at least 20 images a set; got 50 real and 19 generated"):
        measure(random, digits[:50], digits[:19], ["c2st"])
    with pytest.raises(UserError, match="'c2st' needs the pictures"):
        measure(random, extract(random, digits[:50]), extract(random, digits[:50]), ["c2st"])


@pytest.mark.slow
def test_the_interval_covers_one_half_where_both_sets_are_real(digits, monkeypatch):
    monkeypatch.setattr(two_sample, "SEEN", 6_000)
    covered = []
    for seed in range(40):
        order = np.random.default_rng(seed).permutation(len(digits))
        (r,) = measure(open_extractor("random"), digits[order[:200]], digits[order[200:400]], ["c2st"], seed)
        covered.append(r.low <= 0.5 <= r.high)
    print(f"{sum(covered)} of {len(covered)}")
    assert sum(covered) >= 36


@pytest.mark.slow
@pytest.mark.parametrize(("source", "size"), [("flowers64.zip", 32), ("flowers64.zip", 64), ("monet2photo.zip", 64)])
def test_damaged_copies_of_real_sets_are_ordered(test_data, source, size, tmp_path):
    """Each damage is worse than fresh real pictures and worse the stronger it is; random features fail in this."""
    images = some_of(test_data / source, size, tmp_path)
    real, fresh = images[: len(images) // 2], images[len(images) // 2 :][:1000]
    wrong = {}
    for eye in (open_extractor("self", real), open_extractor("random")):
        known = extract(eye, real)

        def of(made: np.ndarray, eye=eye, known=known) -> tuple[float, ...]:
            fd, precision, *_ = measure(eye, known, made, ["fd", "prdc"])
            return fd.value, precision.value

        floor, wrong[eye.name] = of(fresh), 0
        print(f"\n{source} {size} {eye.tag:16} real FD {floor[0]:.3f} precision {floor[1]:.3f}")
        for damage, strengths in DAMAGE.items():
            found = [floor, *(of(damage(fresh, strength)) for strength in strengths)]
            distances = [fd for fd, _ in found]
            wrong[eye.name] += distances != sorted(distances) or distances[1] < 1.05 * distances[0]
            if eye.name == "self":
                assert found[-1][1] < floor[1] - 0.1, "strong damage leaves the real balls"
            rows = (f"{s}: {fd / floor[0]:.2f} {p:.3f}" for s, (fd, p) in zip(strengths, found[1:], strict=True))
            print(f"  {damage.__name__:8} FD / real FD, precision  {'   '.join(rows)}")
    assert wrong["self"] == 0
    assert size == 32 or wrong["random"] > 0


def some_of(source: Path, size: int, folder: Path) -> np.ndarray:
    """Up to 6,000 pictures, in a random order and without their classes: of the paintings, or all of a zip."""
    from elegan.data import open_data

    if "monet" not in source.name:
        images = open_data(str(source), size, 3).images
    else:
        import zipfile

        with zipfile.ZipFile(source) as file:
            for name in file.namelist():
                if name.startswith("trainA/") and name.endswith(".jpg"):
                    (folder / Path(name).name).write_bytes(file.read(name))
        images = open_data(str(folder), size, 3).images
    return images[np.random.default_rng(0).permutation(len(images))[:6000]]
