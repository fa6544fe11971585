"""Extractors by name: they turn pictures into the features that a distance between sets is taken in.

`open_extractor` knows `self[:DATA]`, `random`, `pixel`, `classifier[:DATA]`, `inception[:FILE]`, `FILE.onnx`, `package.module:name`.
"""

import hashlib
import inspect
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from elegan.core.errors import UserError, nearest
from elegan.core.pixels import as_pictures, resized, to_floats, to_rgba
from elegan.metrics.extractor import BATCH, Extractor, Forward, weights_digest
from elegan.metrics.model import check_model
from elegan.recipes import parts


def open_extractor(
    name: str,
    images: Any = None,
    labels: Any = None,
    classes: Sequence[str] = (),
    holdout: tuple[Any, Any] | None = None,
    cache: Path | None = None,
    device: str = "cpu",
    trusted: Collection[str] = (),
) -> Extractor:
    """The extractor called `name`.

    - `self` or `self:DATA`: small network that learns from `images` alone, once; kept in the folder `cache`.
    - `random`: convolutional network of fixed random weights; needs nothing.
    - `pixel`: pixels, reduced to 128 principal components of `images` (uint8, N x H x W x C) where they are many.
    - `classifier` or `classifier:DATA`: small network trained once on `images` and `labels` (N integers), `classes`
      being their names; kept in the folder `cache`. Its accuracy is taken on `holdout` (images, labels), or a tenth
      set aside.
    - `inception` or `inception:FILE`: the original network; weights from FILE, $ELEGAN_INCEPTION, `cache`, or
      downloaded.
    - `FILE.onnx`: float32 N x C x H x W in [0, 1] to features and, as a second output, probabilities; needs
      onnx and onnxruntime. Standard operators alone, no files outside its folder: see `elegan.metrics.model`.
    - `package.module:name`: your own function of uint8 N x H x W x C, or a class or function without arguments that makes
      one (or an `nn.Module`), of a module that is among `trusted`; returns features, or features and probabilities.

    Raises UserError for an unknown name, missing images or labels, unusable weights.
    """
    kind, _, rest = name.partition(":")
    if kind == "random" and not rest:
        return _random(device)
    if kind == "pixel" and not rest:
        return _pixel(images)
    if kind == "self":
        from elegan.metrics.self_supervised import open_self

        return open_self(rest, images, cache, device)
    if kind == "classifier":
        from elegan.metrics.classifier import open_classifier

        return open_classifier(rest, images, labels, classes, holdout, cache, device)
    if kind == "inception":
        from elegan.metrics.inception import open_inception

        return open_inception(rest, cache, device)
    if name.endswith(".onnx"):
        return _onnx(Path(name))
    if rest:
        return _module(name, trusted, device)
    raise UserError(f"no extractor {name!r}{nearest(name, ['self', 'random', 'pixel', 'classifier', 'inception'])}")


def stacked(one: Extractor) -> Extractor:
    """Three grey pictures stacked as channels (Stacked MNIST) in the eyes of a classifier of ten grey classes.

    Features stand side by side; the probabilities are those of the 1000 triples. Raises UserError, when used, for
    other pictures or another classifier.
    """

    def forward(images: Tensor) -> tuple[Tensor, Tensor]:
        if images.shape[3] != 3:
            raise UserError(f"stacked images have 3 channels; got {images.shape[3]}")
        features, probabilities = zip(*(one.forward(images[..., i : i + 1]) for i in range(3)), strict=True)
        if any(p is None or p.shape[1] != 10 for p in probabilities):
            raise UserError(f"{one.name!r} does not classify ten digits; use a classifier of MNIST")
        return torch.cat(features, 1), torch.einsum("na,nb,nc->nabc", *probabilities).flatten(1)

    accuracy = None if one.accuracy is None else one.accuracy**3  # of a whole triple
    name = f"stacked-{one.name.removeprefix('classifier-')}"
    return replace(one, name=name, dims=3 * one.dims, forward=forward, accuracy=accuracy, classes=())


def _random_weights(seed: int = 2014) -> list[Tensor]:
    """Three 3 x 3 convolutions, He-normal. From numpy's stream, because it is the same on every machine."""
    rng = np.random.default_rng(seed)
    draws = (rng.standard_normal((o, i, 3, 3)) * (2 / (9 * i)) ** 0.5 for i, o in ((4, 16), (16, 32), (32, 64)))
    return [torch.from_numpy(w.astype(np.float32)) for w in draws]


def _random(device: str) -> Extractor:
    """Root mean square of every channel at 32, 16 and 8 pixels, and the last channels' mean.

    Of five designs tried this saw noise, blur, contrast and missing classes best: on CIFAR-10 a blur of 0.6 pixels is
    50 times the floor, where random features averaged over positions stay at 1.3 times.
    """
    weights = [w.to(device) for w in _random_weights()]

    def forward(images: Tensor) -> tuple[Tensor, None]:
        x, energies = resized(to_floats(to_rgba(images.to(device))), 32, 32), []
        for w in weights:
            x = F.leaky_relu(F.conv2d(x, w, padding=1), 0.2)
            energies.append(x.square().mean((2, 3)).sqrt())
            x = F.max_pool2d(x, 2)
        return torch.cat([*energies, x.mean((2, 3))], 1), None

    digest = weights_digest({str(i): w for i, w in enumerate(weights)})
    return Extractor("random", digest, "bilinear-antialias-32x32-rgba", 176, forward)


def _pixel(images: Any, dims: int = 128) -> Extractor:
    if images is None:
        raise UserError("the extractor 'pixel' needs the real images for its principal components")
    x = as_pictures(np.asarray(images)[:: max(1, len(images) // 5000)])
    size = min(x.shape[1], 16), min(x.shape[2], 16)

    def pixels(images: Tensor) -> Tensor:
        if images.shape[3] != x.shape[3]:
            raise UserError(f"these images have {images.shape[3]} channels, the extractor's have {x.shape[3]}")
        return F.adaptive_avg_pool2d(to_floats(images), size).flatten(1)

    flat = torch.cat([pixels(batch) for batch in x.split(BATCH)])
    axes = torch.eye(flat.shape[1])
    if flat.shape[1] > 2 * dims:
        axes = torch.linalg.eigh(torch.cov(flat.double().T))[1][:, -dims:].float()
    digest = hashlib.sha256(np.ascontiguousarray(x.numpy()).data).hexdigest()  # eigenvectors may differ by a sign
    return Extractor(
        "pixel", digest, f"area-{size[0]}x{size[1]}", axes.shape[1], lambda images: (pixels(images) @ axes, None)
    )


def _onnx(path: Path) -> Extractor:
    try:
        import onnx  # noqa: F401
        import onnxruntime
    except ImportError as error:
        raise UserError(f"{path} needs {error.name}; pip install 'elegan[onnx]'") from None
    if not path.is_file():
        raise UserError(f"no ONNX file {str(path)!r}")
    try:
        check_model(path)
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{path} is no usable ONNX model: {str(error).splitlines()[0]}") from None
    (inp, *more), outputs = session.get_inputs(), [o.name for o in session.get_outputs()][:2]
    if more or len(inp.shape) != 4:
        raise UserError(
            f"{path} must take one input, N x C x H x W; it takes {[i.shape for i in session.get_inputs()]}"
        )
    _, channels, *size = inp.shape
    fixed = all(isinstance(side, int) for side in size)

    def forward(images: Tensor) -> tuple[Tensor, Tensor | None]:
        x = (to_floats(images) + 1) / 2
        x = x.expand(-1, 3, -1, -1) if channels == 3 and x.shape[1] == 1 else x
        x = resized(x, *size) if fixed else x
        features, *probabilities = session.run(outputs, {inp.name: x.numpy()})
        return torch.from_numpy(features).flatten(1), torch.from_numpy(probabilities[0]) if probabilities else None

    dims = _dims(forward, path.name, size if fixed else (32, 32), channels if isinstance(channels, int) else 3)
    resizer = f"bilinear-antialias-{size[0]}x{size[1]}" if fixed else "none"
    return Extractor(path.stem, hashlib.sha256(path.read_bytes()).hexdigest(), resizer, dims, forward)


def _module(name: str, trusted: Collection[str], device: str) -> Extractor:
    function: Any = parts.foreign("extractor", name, trusted)
    if not inspect.signature(function).parameters:
        function = function()
    if isinstance(function, nn.Module):
        function = function.to(device).eval()
        digest = weights_digest(function.state_dict())
    else:
        digest = hashlib.sha256(inspect.getsource(function).encode()).hexdigest()

    def forward(images: Tensor) -> tuple[Tensor, Tensor | None]:
        out = function(images.to(device))
        features, probabilities = out if isinstance(out, tuple) else (out, None)
        return features.flatten(1), probabilities

    return Extractor(name.replace(":", "."), digest, "own", _dims(forward, name, (32, 32), 3), forward)


def _dims(forward: Forward, name: str, size: Iterable[int], channels: int) -> int:
    """Dimensions of the features, from one black picture."""
    try:
        with torch.inference_mode():
            return forward(torch.zeros(1, *size, channels, dtype=torch.uint8))[0].shape[1]
    except Exception as error:
        raise UserError(f"the extractor {name} fails on a picture: {str(error).splitlines()[0]}") from None
