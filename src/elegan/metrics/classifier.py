"""A small classifier trained on the data's own labels, for features where no published network fits."""

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from elegan.core import files
from elegan.core.errors import UserError
from elegan.core.pixels import as_pictures, resized, to_floats
from elegan.core.progress import counted
from elegan.metrics.extractor import BATCH, Extractor, weights_digest

VERSION = 1  # of everything below that changes the trained weights
SEEN = 120_000  # images seen in training, repeats included: under two minutes on two cores at 32 x 32
LEAST_SIDE, MOST_SIDE = 16, 32  # smaller and larger pictures are resized to these; 8 x 8 digits gain 2 % at 16
WIDTHS = (32, 64, 128, 128)


class Classifier(nn.Module):
    """Four convolutions, of which the first three halve the picture, and a linear layer on the mean over positions.

    Takes float N x C x H x W in [-1, 1], any H and W; returns features N x 128 and logits N x K.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        shapes = zip((channels, *WIDTHS), WIDTHS, (5, 3, 3, 3), (2, 2, 2, 1), strict=False)
        self.convs = nn.ModuleList(nn.Conv2d(i, o, k, stride, k // 2, bias=False) for i, o, k, stride in shapes)
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in WIDTHS)
        self.out = nn.Linear(WIDTHS[-1], classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = F.relu(norm(conv(x)))
        features = x.mean((2, 3))
        return features, self.out(features)


def input_size(images: Any) -> tuple[int, int]:
    """Height and width that pictures N x H x W x C are classified at: each side between 16 and 32."""
    height, width = (min(max(side, LEAST_SIDE), MOST_SIDE) for side in images.shape[1:3])
    return height, width


def prepared(images: Any, size: tuple[int, int]) -> Tensor:
    """uint8 N x H x W x C to the classifier's input: float N x C x `size` in [-1, 1]."""
    return resized(to_floats(as_pictures(images)), *size)


def shifted(x: Tensor, most: int, rng: torch.Generator) -> Tensor:
    """The batch moved by up to `most` pixels each way, the border repeated; one move a batch costs next to nothing."""
    height, width = x.shape[2:]
    dy, dx = torch.randint(0, 2 * most + 1, (2,), generator=rng).tolist()
    return F.pad(x, (most,) * 4, mode="replicate")[:, :, dy : dy + height, dx : dx + width]


def shifts(x: Tensor, rng: torch.Generator) -> Tensor:
    """The batch moved by up to a sixteenth of its shorter side."""
    return shifted(x, min(x.shape[2:]) // 16, rng)


def train_classifier(
    images: Any,
    labels: Any,
    classes: int,
    seen: int = SEEN,
    seed: int = 0,
    device: str = "cpu",
    batch: int = 128,
    size: tuple[int, int] | None = None,
    change: Callable[[Tensor, torch.Generator], Tensor] | None = shifts,
) -> Classifier:
    """A `Classifier` trained by AdamW on `seen` images (one-cycle rate, each batch through `change`), the same for a seed.

    `images` are uint8 N x H x W x C and stay where they are, `labels` N integers below `classes`. They are seen at the
    height and width `size`, by default `input_size`.
    """
    labels, size = torch.as_tensor(np.asarray(labels)).long(), size or input_size(images)
    rng = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = Classifier(images.shape[3], classes)
    net.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in torch's overloads
    net.train()
    steps = max(1, seen // batch)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2, weight_decay=1e-2, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=steps)
    order = torch.cat([torch.randperm(len(labels), generator=rng) for _ in range(-(-steps * batch // len(labels)))])
    for i in counted(range(steps), "training a classifier", steps):
        rows = order[i * batch : (i + 1) * batch].sort().values
        x = prepared(images[rows.numpy()], size)
        x = (change(x, rng) if change else x).to(device, memory_format=torch.channels_last)
        loss = F.cross_entropy(net(x)[1], labels[rows].to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return net.eval()


@torch.inference_mode()
def accuracy(
    net: Classifier, images: Any, labels: Any, device: str = "cpu", size: tuple[int, int] | None = None
) -> float:
    """Share of `images` (uint8 N x H x W x C), seen at `size`, whose largest logit is their label."""
    return int((_said(net, images, device, size) == np.asarray(labels)).sum()) / len(labels)


def confusion(net: Classifier, images: Any, labels: np.ndarray, classes: int, device: str = "cpu") -> np.ndarray:
    """How many `images` of each class (row) were taken for which (column), classes x classes."""
    table = np.zeros((classes, classes), np.int64)
    np.add.at(table, (labels, _said(net, images, device)), 1)
    return table


def _said(net: Classifier, images: Any, device: str, size: tuple[int, int] | None = None) -> np.ndarray:
    """The class of the largest logit of each image, N."""
    size = size or input_size(images)
    pages = (images[start : start + BATCH] for start in range(0, len(images), BATCH))
    return np.concatenate([net(prepared(page, size).to(device))[1].argmax(1).cpu().numpy() for page in pages])


def set_aside(images: Any, labels: np.ndarray, seed: int = 0) -> tuple[tuple[Any, np.ndarray], tuple[Any, np.ndarray]]:
    """(training, held-out) parts of a labelled set: a random tenth, at most 10,000 images, is held out."""
    order = np.random.default_rng(seed).permutation(len(labels))
    held = min(max(len(labels) // 10, 1), 10_000)
    train, test = np.sort(order[held:]), np.sort(order[:held])
    return (images[train], labels[train]), (images[test], labels[test])


def fingerprint(*arrays: Any, about: str = "") -> str:
    """SHA-256 of the shapes and bytes of arrays and of the way the network is trained, the classifier's by default."""
    h = hashlib.sha256((about or f"classifier {VERSION} {SEEN} {LEAST_SIDE} {MOST_SIDE} {WIDTHS}").encode())
    for a in map(np.asarray, arrays):
        h.update(f"{a.dtype} {a.shape}".encode())
        for i in range(0, len(a), 4096):
            h.update(np.ascontiguousarray(a[i : i + 4096]).data)
    return h.hexdigest()


def open_classifier(
    data: str,
    images: Any,
    labels: Any,
    classes: Sequence[str] = (),
    holdout: tuple[Any, Any] | None = None,
    cache: Path | None = None,
    device: str = "cpu",
) -> Extractor:
    """The classifier of a labelled set, from the folder `cache` or trained now; see `open_extractor`.

    The accuracy stands in the weights' file and, for people, in the .json beside it.
    """
    images, labels = _checked(images, labels)
    count, size = max(len(classes), int(labels.max()) + 1), input_size(images)
    key = fingerprint(images, labels, *(holdout or ()))[:16]
    path = cache / f"classifier-{key}.safetensors" if cache else None
    if path and path.is_file():
        weights, facts = files.read_tensors(path)
        net = Classifier(images.shape[3], count).eval()
        net.load_state_dict(weights)
    else:
        net, facts = _train(images, labels, count, holdout, device)
        if path:
            files.write_json(path.with_suffix(".json"), facts | {"data": data, "classes": list(classes)})
            files.write_tensors(path, net.state_dict(), facts)
    net.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in torch's overloads

    def forward(pictures: Tensor) -> tuple[Tensor, Tensor]:
        if pictures.shape[3] != images.shape[3]:
            raise UserError(f"these images have {pictures.shape[3]} channels, the classifier's have {images.shape[3]}")
        features, logits = net(prepared(pictures, size).to(device))
        return features, logits.softmax(1)

    name = f"classifier-{data}" if data else "classifier"
    return Extractor(
        name=name,
        digest=weights_digest(net.state_dict()),
        resizer=f"bilinear-antialias-{size[0]}x{size[1]}",
        dims=WIDTHS[-1],
        forward=forward,
        accuracy=facts["accuracy"],
        classes=tuple(classes),
    )


def _checked(images: Any, labels: Any) -> tuple[Any, np.ndarray]:
    if images is None or labels is None:
        raise UserError("the extractor 'classifier' needs labelled images: sub-folders, one a class; else use 'random'")
    labels = np.asarray(labels)
    as_pictures(images[:1])
    if len(labels) != len(images):
        raise UserError(f"{len(labels)} labels do not fit {len(images)} images")
    if len(labels) < 20 or len(np.unique(labels)) < 2:
        raise UserError(
            f"{len(labels)} images of {len(np.unique(labels))} classes cannot train a classifier; "
            "at least 20 images and 2 classes are needed, or use 'random'"
        )
    if labels.dtype.kind not in "iu" or labels.min() < 0:
        raise UserError("labels must be integers from 0")
    return images if isinstance(images, np.ndarray) else np.asarray(images), labels


def _train(
    images: np.ndarray, labels: np.ndarray, count: int, holdout: tuple[Any, Any] | None, device: str
) -> tuple[Classifier, dict[str, Any]]:
    train, test = ((images, labels), holdout) if holdout else set_aside(images, labels)
    start = time.monotonic()
    net = train_classifier(train[0], train[1], count, SEEN, device=device)
    seconds = time.monotonic() - start
    return net, {
        "accuracy": accuracy(net, test[0], test[1], device),
        "held_out": len(test[1]),
        "trained_on": len(train[1]),
        "seconds": round(seconds, 1),
    }
