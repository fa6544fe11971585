"""Pictures that the networks of a game make: uint8 N x H x W x C, a batch at a time."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from elegan.core.pixels import to_bytes, to_tensor
from elegan.core.rng import latents
from elegan.data.sides import Direction
from elegan.games.abilities import (
    Draws,
    Generates,
    MakesSound,
    Paint,
    Reconstructs,
    Restores,
    Tabulates,
    Translates,
    Writes,
)

BATCH = 64
MANY = 1024  # windows of a series or rows of a table, which are small


class Generator(nn.Module):
    """The generator of a game of images as a module of its own: `G(z)`, or of one that knows `classes` `G(z, label)`.

    z: N x `latent`, standard normal; label: N (int64), places in `classes`, which is empty where none can be asked for. Gives
    N x C x H x W in [-1, 1]. Raises ValueError where a label is needed and not given.
    """

    def __init__(self, generates: Generates, nets: nn.ModuleDict, classes: Sequence[str] = ()):
        super().__init__()
        self.nets, self.latent, self.classes = nets, generates.latent, list(classes)
        self.generate = generates.generate

    def forward(self, z: torch.Tensor, label: torch.Tensor | None = None) -> torch.Tensor:
        if self.classes and label is None:
            raise ValueError(f"this generator also takes a label for each latent, of {len(self.classes)} classes")
        return self.generate(self.nets, z, label)


@torch.no_grad()
def paint(
    generates: Generates,
    nets: nn.ModuleDict,
    seeds: Sequence[int],
    labels: torch.Tensor | None,
    device: torch.device,
    truncation: float | None = None,
) -> np.ndarray:
    """Images of these seeds, uint8 N x H x W x C, by networks in evaluation mode."""
    labels = None if labels is None else labels.to(device)
    if truncation is not None and generates.truncate:
        z = latents(seeds, generates.latent).to(device)
        return to_bytes(generates.truncate(nets, z, labels, truncation))
    z = latents(seeds, generates.latent, truncation).to(device)
    return to_bytes(generates.generate(nets, z, labels))


@torch.no_grad()
def drawn(
    draws: Draws, nets: nn.ModuleDict, seeds: Sequence[int], device: torch.device, truncation: float | None = None
) -> np.ndarray:
    """Windows of these seeds, float32 N x T x C in [-1, 1]."""
    parts = []
    for start in range(0, len(seeds), MANY):
        z = latents(seeds[start : start + MANY], draws.latent, truncation).to(device)
        parts.append(draws.draw(nets, z).float().transpose(1, 2).cpu().numpy())
    return np.concatenate(parts)


@torch.no_grad()
def tabulated(
    tabulates: Tabulates, nets: nn.ModuleDict, seeds: Sequence[int], labels: torch.Tensor | None, device: torch.device
) -> np.ndarray:
    """Encoded rows of these seeds, float32 N x W."""
    parts = []
    for start in range(0, len(seeds), MANY):
        z = latents(seeds[start : start + MANY], tabulates.latent).to(device)
        label = None if labels is None else labels[start : start + MANY].to(device)
        parts.append(tabulates.tabulate(nets, z, label).float().cpu().numpy())
    return np.concatenate(parts)


@torch.no_grad()
def written(
    writes: Writes, nets: nn.ModuleDict, seeds: Sequence[int], device: torch.device, temperature: float = 1.0
) -> np.ndarray:
    """Items of text of these seeds, int64 N x T, as places in the vocabulary."""
    parts = []
    for start in range(0, len(seeds), MANY):
        z = latents(seeds[start : start + MANY], writes.latent).to(device)
        parts.append(writes.write(nets, z, temperature).cpu().numpy())
    return np.concatenate(parts)


@torch.no_grad()
def heard(
    makes: MakesSound,
    make: Paint,
    nets: nn.ModuleDict,
    seeds: Sequence[int],
    labels: torch.Tensor | None,
    device: torch.device,
    truncation: float | None = None,
) -> torch.Tensor:
    """What `make`, one of the functions of `makes`, gives for these seeds, float32 on the CPU."""
    parts = []
    for start in range(0, len(seeds), BATCH):
        z = latents(seeds[start : start + BATCH], makes.latent, truncation).to(device)
        label = None if labels is None else labels[start : start + BATCH].to(device)
        parts.append(make(nets, z, label).float().cpu())
    return torch.cat(parts)


@torch.no_grad()
def reconstructed(
    reconstructs: Reconstructs, nets: nn.ModuleDict, images: np.ndarray, labels: np.ndarray | None, device: torch.device
) -> np.ndarray:
    """Images made again, uint8 N x H x W x C to the same."""
    batches = []
    for part in (slice(start, start + BATCH) for start in range(0, len(images), BATCH)):
        label = None if labels is None else torch.from_numpy(labels[part]).to(device)
        batches.append(to_bytes(reconstructs.reconstruct(nets, to_tensor(images[part], device), label)))
    return np.concatenate(batches)


@torch.no_grad()
def translated(
    translates: Translates, nets: nn.ModuleDict, way: Direction, images: np.ndarray, device: torch.device
) -> np.ndarray:
    """Pictures translated, uint8 N x H x W x C to the same, a few at a time."""
    parts = (to_tensor(images[i : i + 8], device) for i in range(0, len(images), 8))
    return np.concatenate([to_bytes(translates.ways[way](nets, part)) for part in parts])


@torch.no_grad()
def restored(restores: Restores, nets: nn.ModuleDict, x: torch.Tensor) -> np.ndarray:
    """Pictures restored, a few at a time: damaged ones and hints, N x (C + hints) x H x W, to uint8 N x H x W x C."""
    return np.concatenate([to_bytes(restores.restore(nets, part)) for part in x.split(8)])
