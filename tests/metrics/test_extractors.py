"""Extractors: any picture in, stated features out; names, hashes, caching, and errors that say what to do."""

import json

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from elegan.core.errors import UserError
from elegan.metrics import METRICS, classifier, open_extractor
from elegan.metrics.classes import classification_accuracy_score
from elegan.metrics.extractors import stacked
from elegan.metrics.inception import Inception, open_inception, tensorflow_resize


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's 1,797 real digits, 8 x 8 grey."""
    data = load_digits()
    return (data.images * 255 / 16).round().astype(np.uint8)[..., None], data.target


@pytest.fixture
def short(monkeypatch):
    """A twentieth of the classifier's training."""
    monkeypatch.setattr(classifier, "SEEN", classifier.SEEN // 20)


@pytest.mark.parametrize(("height", "width", "channels"), [(8, 8, 1), (28, 28, 1), (33, 20, 3), (128, 128, 4)])
def test_random_takes_any_picture(height, width, channels):
    extractor = open_extractor("random")
    features, probabilities = extractor.features(noise(300, height, width, channels))
    assert features.shape == (300, extractor.dims)
    assert features.dtype == torch.float32
    assert probabilities is None


def test_random_is_the_same_everywhere():
    """The hash is part of every published number: it must depend neither on the machine nor on torch."""
    assert open_extractor("random").label("FD") == "FD[random:d1eb8ad2]"


def test_grey_is_colour_and_missing_transparency_is_opaque():
    extractor = open_extractor("random")
    grey = noise(5, 16, 16, 1)
    opaque = np.concatenate([grey.repeat(3, 3), np.full((5, 16, 16, 1), 255, np.uint8)], 3)
    assert torch.equal(extractor.features(grey)[0], extractor.features(grey.repeat(3, 3))[0])
    assert torch.equal(extractor.features(grey)[0], extractor.features(opaque)[0])


def test_features_do_not_depend_on_the_batch():
    extractor, images = open_extractor("random"), noise(300, 8, 8, 3)
    apart = torch.cat([extractor.features(images[:7])[0], extractor.features(images[7:])[0]])
    torch.testing.assert_close(extractor.features(images)[0], apart, rtol=1e-5, atol=1e-5)


def test_pixel_keeps_the_distances_of_small_pictures():
    images = noise(50, 8, 8, 1)
    features, _ = open_extractor("pixel", images).features(images)
    pixels = torch.from_numpy(images).flatten(1).double()
    torch.testing.assert_close(torch.cdist(features.double(), features.double()) * 127.5, torch.cdist(pixels, pixels))


def test_pixel_reduces_large_pictures_to_their_principal_components():
    images = noise(300, 32, 32, 3)
    extractor = open_extractor("pixel", images)
    features, _ = extractor.features(images)
    assert features.shape == (300, 128)
    variances = torch.cov(features.T)
    assert torch.allclose(variances, variances.diagonal().diag(), atol=1e-4)
    with pytest.raises(UserError, match="1 channels, the extractor's have 3"):
        extractor.features(noise(5, 32, 32, 1))
    with pytest.raises(UserError, match="needs the real images"):
        open_extractor("pixel")


def test_classifier_is_trained_once_and_named_by_its_weights(digits, short, tmp_path):
    images, labels = digits
    first = open_extractor("classifier:digits", images, labels, tuple("0123456789"), cache=tmp_path)
    again = open_extractor("classifier:digits", images, labels, tuple("0123456789"), cache=tmp_path)
    assert first.accuracy > 0.95
    assert (again.accuracy, again.digest) == (first.accuracy, first.digest)
    assert again.label("FD") == f"FD[classifier-digits:{first.digest[:8]}]"
    features, probabilities = again.features(images)
    assert torch.equal(features, first.features(images)[0])
    assert probabilities.sum(1).allclose(torch.ones(len(images)), atol=1e-5)
    assert (probabilities.argmax(1).numpy() == labels).mean() > 0.97
    (facts,) = tmp_path.glob("*.json")
    assert json.loads(facts.read_text())["accuracy"] == first.accuracy
    triples = np.random.default_rng(0).integers(0, len(images), (100, 3))
    stacks = np.concatenate([images[triples[:, c]] for c in range(3)], 3)
    expected = labels[triples] @ [100, 10, 1]
    triple = stacked(again)
    features, probabilities = triple.features(stacks)
    assert (probabilities.argmax(1).numpy() == expected).mean() > 0.9
    assert (triple.name, triple.dims, probabilities.shape) == ("stacked-digits", features.shape[1], (100, 1000))
    assert triple.accuracy == pytest.approx(again.accuracy**3)
    with pytest.raises(UserError, match="stacked images have 3 channels; got 1"):
        triple.features(images)
    with pytest.raises(UserError, match="'random' does not classify ten digits"):
        stacked(open_extractor("random")).features(stacks)


def test_another_set_is_another_classifier(digits, tmp_path, monkeypatch):
    monkeypatch.setattr(classifier, "SEEN", 256)
    images, labels = digits
    open_extractor("classifier", images, labels, cache=tmp_path)
    open_extractor("classifier", images, (labels + 1) % 10, cache=tmp_path)
    open_extractor("classifier", images[:-1], labels[:-1], holdout=(images[-1:], labels[-1:]), cache=tmp_path)
    assert len(list(tmp_path.glob("*.safetensors"))) == 3


def test_classifier_needs_labelled_pictures(digits):
    images, labels = digits
    for bad, words in (
        ((images, None), "needs labelled images"),
        ((images, labels[:5]), "5 labels do not fit 1797 images"),
        ((images[:9], labels[:9]), "9 images of 9 classes cannot train"),
        ((images, labels * 0), "1797 images of 1 classes cannot train"),
        ((images, labels * 0.5), "labels must be integers from 0"),
    ):
        with pytest.raises(UserError, match=words):
            open_extractor("classifier", *bad)


def test_accuracy_score_of_real_and_of_useless_images(digits):
    images, labels = digits
    test, test_labels = images[1500:], labels[1500:]
    useless, first, second = (noise(1000, 8, 8, 1), np.arange(1000) % 10), slice(750), slice(750, 1500)
    sets = useless, (images[first], labels[first]), (images[second], labels[second])
    score, ceiling, other_half = (classification_accuracy_score(*s, test, test_labels, seen=4_000) for s in sets)
    assert abs(ceiling - other_half) < 0.15
    assert score < 0.4
    assert ceiling > 0.7


@pytest.mark.slow
def test_mnist_classifier_reaches_98_percent(test_data):
    from elegan.data import open_data

    train, test = (open_data(str(test_data / "mnist.zip"), 28, 1, "crop", split) for split in ("train", "test"))
    extractor = open_extractor("classifier:mnist", train.images, train.labels, holdout=(test.images, test.labels))
    assert extractor.accuracy > 0.98


def test_tensorflow_resizing():
    x = torch.rand(2, 3, 7, 9)
    assert torch.equal(tensorflow_resize(x, 9)[..., 0, :], x[..., 0, :])
    ramp = torch.arange(8.0).expand(1, 1, 8, 8)
    assert tensorflow_resize(ramp, 16)[0, 0, 0].tolist() == [i / 2 for i in range(15)] + [7.0]


def test_inception_weights_must_be_the_original(tmp_path, monkeypatch):
    path = tmp_path / "weights.pth"
    with pytest.raises(UserError, match="no Inception weights at"):
        open_extractor(f"inception:{path}")
    torch.save(Inception().state_dict(), path)
    with pytest.raises(UserError, match="is not the 2015 Inception file: its SHA-256 is"):
        open_extractor(f"inception:{path}")
    monkeypatch.setenv("ELEGAN_INCEPTION", str(path))
    with pytest.raises(UserError, match="is not the 2015"):
        open_inception("")


def test_only_verified_inception_may_say_fid():
    from dataclasses import replace

    extractor = open_extractor("random")
    inception = replace(extractor, verified=True)
    for line, published in (
        ("FD", "FID"),
        ("KD", "KID"),
        ("IS", "IS"),
        ("FD-infinity", "FID-infinity"),
        ("FD:a", "FID:a"),
    ):
        names = [metric.published for metric in METRICS.values() if getattr(metric, "published", None)]
        (called,) = {name for name in names if name[0] == line.partition(":")[0]}
        assert inception.label(line, called) == published
        assert extractor.label(line, called) == f"{line}[{extractor.tag}]"
    assert inception.label("precision").startswith("precision[")
    assert inception.label("intra-FD", ("FD", "FID")).startswith("intra-FD[")


def test_your_own_module(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(
        "import torch\n"
        "class Net(torch.nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.w = torch.nn.Parameter(torch.ones(3, 5))\n"
        "    def forward(self, images):\n"
        "        return images.float().mean((1, 2)) @ self.w\n"
        "def halves(images):\n"
        "    x = images.float().mean((1, 2, 3))[:, None]\n"
        "    return x, torch.cat([x * 0 + 0.5, x * 0 + 0.5], 1)\n"
        "def broken(images):\n"
        "    raise RuntimeError('no such layer')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    trusted = {"mine", "nowhere"}
    net = open_extractor("mine:Net", trusted=trusted)
    assert net.dims == 5
    assert net.features(np.full((2, 4, 4, 3), 10, np.uint8))[0].tolist() == [[30.0] * 5] * 2
    assert open_extractor("mine:halves", trusted=trusted).features(noise(4, 8, 8, 3))[1].tolist() == [[0.5, 0.5]] * 4
    assert net.digest != open_extractor("mine:halves", trusted=trusted).digest
    for name, words in (
        ("mine:Nett", "mine defines no function or class 'Nett'; did you mean 'Net'"),
        ("nowhere:Net", "cannot be imported"),
        ("mine:broken", "fails on a picture: no such layer"),
        ("randon", "no extractor 'randon'; did you mean 'random'"),
    ):
        with pytest.raises(UserError, match=words):
            open_extractor(name, trusted=trusted)


def test_onnx_file(tmp_path):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    path = tmp_path / "mean.onnx"
    value = onnx.helper.make_tensor_value_info
    node = onnx.helper.make_node("ReduceMean", ["x"], ["y"], axes=[2, 3], keepdims=0)
    shapes = value("x", 1, ["n", 3, "h", "w"]), value("y", 1, ["n", 3])
    graph = onnx.helper.make_graph([node], "mean", [shapes[0]], [shapes[1]])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, path)
    extractor = open_extractor(str(path))
    images = noise(5, 6, 7, 3)
    expected = torch.from_numpy(images).double().mean((1, 2)) / 255
    torch.testing.assert_close(extractor.features(images)[0].double(), expected, rtol=1e-5, atol=1e-6)
    path.write_bytes(b"nothing")
    with pytest.raises(UserError, match="no usable ONNX model"):
        open_extractor(str(path))


def test_pictures_that_are_none():
    extractor = open_extractor("random")
    for bad, words in (
        (noise(2, 8, 8, 1).astype(float), "must be uint8"),
        (noise(2, 8, 8, 2), "1, 3 or 4 channels"),
        (noise(8, 8, 3), "N x H x W x C"),
        (noise(0, 8, 8, 3), "no images"),
    ):
        with pytest.raises(UserError, match=words):
            extractor.features(bad)


def test_a_function_that_makes_a_module_is_an_extractor_too(monkeypatch, tmp_path):
    (tmp_path / "made.py").write_text("from torch import nn\ndef flat():\n    return nn.Sequential(nn.Flatten())\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert open_extractor("made:flat", trusted={"made"}).dims == 32 * 32 * 3
