"""A small network that learns from pictures without labels, for features where no published network fits.

It learns two things at once: to see the flaws that were drawn into a picture and how strong each is (`flaws`), and to know
a picture again from another part of it (NT-Xent: SimCLR, Chen et al. 2020). The first keeps fine texture in the
features, which random ones and those of a classifier lose; the second keeps what the picture shows.
"""

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from elegan.core import files
from elegan.core.errors import UserError
from elegan.core.pixels import as_pictures
from elegan.core.progress import counted
from elegan.metrics.classifier import LEAST_SIDE, WIDTHS, Classifier, fingerprint, prepared
from elegan.metrics.extractor import BATCH, Extractor, weights_digest
from elegan.metrics.flaws import FLAWS, flawed

VERSION = 1  # of everything below, and in `flaws`, that changes the trained weights
SEEN = 80_000  # images seen at 32 x 32, repeats included, each in two views; fewer of larger ones
LEAST = 50  # images: fewer than a batch's say nothing about each other
MOST_SIDE = 64  # larger pictures are shrunk to this; smaller ones than LEAST_SIDE are enlarged
WINDOW = 0.75  # of each side, seen at a time
CONTRAST = 0.05  # weight of NT-Xent beside the squared error of the flaws' strengths
TEMPERATURE = 0.2  # of NT-Xent
SCALED = 10_000  # images whose features' mean and deviation become 0 and 1


class Learner(nn.Module):
    """The classifier's convolutions, with a linear layer that tells the flaws and a small network for NT-Xent on top.

    Takes float N x C x H x W in [-1, 1]; returns features N x 128, strengths N x len(FLAWS) and projections N x 64.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.net = Classifier(channels, len(FLAWS))
        self.project = nn.Sequential(nn.Linear(WIDTHS[-1], 128), nn.ReLU(), nn.Linear(128, 64))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        features, strengths = self.net(x)
        return features, strengths, self.project(features)


def input_size(images: Any) -> tuple[int, int]:
    """Height and width that pictures N x H x W x C are seen at: each side between 16 and 64."""
    height, width = (min(max(side, LEAST_SIDE), MOST_SIDE) for side in images.shape[1:3])
    return height, width


def images_seen(seen: int, size: tuple[int, int]) -> int:
    """Number of images of this `size` to learn from in place of `seen` of 32 x 32, in at most half as much time again."""
    return max(1, int(seen * min(1.0, (32 / max(size)) ** 1.5)))


def contrast(projections: Tensor) -> Tensor:
    """NT-Xent of 2 N projections, of which i and i + N show one picture (Chen et al. 2020, equation 1)."""
    z = F.normalize(projections, dim=1)
    likeness = (z @ z.T / TEMPERATURE).fill_diagonal_(-torch.inf)
    return F.cross_entropy(likeness, torch.arange(len(z), device=z.device).roll(len(z) // 2))


def view(x: Tensor, rng: torch.Generator) -> Tensor:
    """A window of each picture, at another place in each, with a little more or less light, contrast and colour.

    Windows are never scaled: that would blur, and the flaws are to be told from whole pictures.
    """
    (n, c), (h, w) = x.shape[:2], (max(1, int(side * WINDOW)) for side in x.shape[2:])
    top, left = (
        torch.randint(0, side - span + 1, (n, 1), generator=rng) for side, span in zip(x.shape[2:], (h, w), strict=True)
    )
    rows, columns = (top + torch.arange(h))[:, :, None], (left + torch.arange(w))[:, None]
    seen = x[torch.arange(n)[:, None, None], :, rows, columns].permute(0, 3, 1, 2)
    gain, light = 1 + 0.3 * _even(n, rng), 0.2 * _even(n, rng)
    return (seen * gain + light + 0.1 * torch.randn(n, c, 1, 1, generator=rng)).clamp(-1, 1)


def _even(n: int, rng: torch.Generator) -> Tensor:
    return torch.rand(n, 1, 1, 1, generator=rng) * 2 - 1


def train_self(images: Any, seen: int | None = None, seed: int = 0, device: str = "cpu", batch: int = 64) -> Classifier:
    """A network that has learnt from `images` (uint8 N x H x W x C), the same for a seed; its logits are flaws' strengths.

    `seen` counts images of 32 x 32 (default SEEN); of larger ones it is fewer. It is trained by AdamW with a one-cycle rate.
    """
    size, rng = input_size(images), torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        learner = Learner(images.shape[3])
    learner.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in torch's overloads
    learner.train()
    batch = min(batch, len(images))
    steps = max(1, images_seen(seen or SEEN, size) // batch)
    optimizer = torch.optim.AdamW(learner.parameters(), lr=3e-3, weight_decay=1e-2, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    for rows in counted(_batches(len(images), batch, steps, rng), "learning features", steps):
        x = prepared(images[rows.numpy()], size)
        whole, (spoilt, strengths) = view(x, rng), flawed(view(x, rng), rng)
        target = torch.cat([torch.zeros_like(strengths), strengths]).to(device)
        views = torch.cat([whole, spoilt]).to(device, memory_format=torch.channels_last)
        _, told, projections = learner(views)
        loss = (told - target).square().sum(1).mean() + CONTRAST * contrast(projections)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return learner.net.eval()


def _batches(count: int, batch: int, steps: int, rng: torch.Generator) -> list[Tensor]:
    """Indices of different images a batch, in their order; each pass leaves out what fills no batch."""
    passes, each = -(-steps // (count // batch)), count // batch
    orders = (torch.randperm(count, generator=rng)[: each * batch].view(each, batch) for _ in range(passes))
    return [rows.sort().values for order in orders for rows in order][:steps]


@torch.inference_mode()
def scaling(net: Classifier, images: Any, device: str = "cpu") -> dict[str, Tensor]:
    """Mean and deviation of each feature over the images, or SCALED of them; what hardly varies is not blown up."""
    seen, size = images[:: -(-len(images) // SCALED)], input_size(images)
    parts = [net(prepared(seen[i : i + BATCH], size).to(device))[0].cpu() for i in range(0, len(seen), BATCH)]
    features = torch.cat(parts)
    deviation = features.std(0)
    return {"mean": features.mean(0), "deviation": deviation.clamp(min=max(0.1 * float(deviation.mean()), 1e-6))}


def open_self(data: str, images: Any, cache: Path | None = None, device: str = "cpu") -> Extractor:
    """The network that has learnt from `images`, from the folder `cache` or trained now; see `open_extractor`.

    Features are those of the network with mean 0 and deviation 1 over the images. Raises UserError for fewer than LEAST.
    """
    images = _checked(images)
    size, net = input_size(images), Classifier(images.shape[3], len(FLAWS)).eval()
    about = f"self {VERSION} {SEEN} {MOST_SIDE} {WINDOW} {CONTRAST} {TEMPERATURE} {WIDTHS}"
    path = cache / f"self-{fingerprint(images, about=about)[:16]}.safetensors" if cache else None
    if path and path.is_file():
        weights, _ = files.read_tensors(path)
    else:
        weights, seconds = _train(images, device)
        if path:
            facts = {"data": data, "trained_on": len(images), "seconds": seconds}
            files.write_json(path.with_suffix(".json"), facts)
            files.write_tensors(path, weights, facts)
    digest = weights_digest(weights)
    mean, deviation = (weights.pop(name).to(device) for name in ("mean", "deviation"))
    net.load_state_dict(weights)
    net.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in torch's overloads

    def forward(pictures: Tensor) -> tuple[Tensor, None]:
        if pictures.shape[3] != images.shape[3]:
            raise UserError(f"these images have {pictures.shape[3]} channels, the extractor's have {images.shape[3]}")
        return (net(prepared(pictures, size).to(device))[0] - mean) / deviation, None

    name = f"self-{data}" if data else "self"
    return Extractor(name, digest, f"bilinear-antialias-{size[0]}x{size[1]}", WIDTHS[-1], forward)


def _checked(images: Any) -> Any:
    if images is None:
        raise UserError("the extractor 'self' needs images to learn from; else use 'random'")
    as_pictures(images[:1])
    if len(images) < LEAST:
        raise UserError(
            f"{len(images)} images are too few for 'self' to learn from; at least {LEAST} are needed, or use 'random'"
        )
    return images if isinstance(images, np.ndarray) else np.asarray(images)


def _train(images: np.ndarray, device: str) -> tuple[dict[str, Tensor], float]:
    start = time.monotonic()
    net = train_self(images, device=device)
    weights = {name: value.cpu() for name, value in net.state_dict().items()} | scaling(net, images, device)
    return weights, round(time.monotonic() - start, 1)
