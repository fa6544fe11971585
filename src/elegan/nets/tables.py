"""A pair of networks for the rows of a table, encoded as `elegan.data.tables.columns` says: as blocks, kinds last."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax, one_hot

from elegan.core.errors import UserError
from elegan.core.ranges import Count, Positive, Width


class Residual(nn.Module):
    """What comes in beside what a layer makes of it."""

    def __init__(self, inside: int, width: int):
        super().__init__()
        self.layer = nn.Sequential(nn.Linear(inside, width), nn.BatchNorm1d(width), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.layer(x), x], 1)


class TableGenerator(nn.Module):
    """Numbers by tanh, kinds by Gumbel's softmax (Jang et al. 2017, equation 2), whose noise is the end of the latent: a row
    follows from its latent and label alone."""

    def __init__(self, blocks: Sequence[int], classes: int, latent: int, width: int, depth: int, tau: float):
        super().__init__()
        self.blocks, self.classes, self.tau = tuple(blocks), classes, tau
        self.noise = sum(block for block in blocks if block > 1)
        self.latent = latent + self.noise
        widths = [latent + classes + level * width for level in range(depth + 1)]
        self.layers = nn.Sequential(*(Residual(inside, width) for inside in widths[:-1]))
        self.last = nn.Linear(widths[-1], sum(blocks))

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        own, noise = z.split([self.latent - self.noise, self.noise], 1)
        # A normal number's quantile, and that one's place among Gumbel's; neither end is reached in float32.
        gumbel = -(-torch.special.ndtr(noise.float()).clamp(1e-7, 1 - 1e-7).log()).log()
        kinds = iter(gumbel.split([block for block in self.blocks if block > 1], 1))
        parts = self._raw(own, label).float().split(self.blocks, 1)
        return torch.cat([((x + next(kinds)) / self.tau).softmax(1) if x.shape[1] > 1 else x.tanh() for x in parts], 1)

    def log_probability(self, z: Tensor, label: Tensor) -> Tensor:
        """log p of the kind that was asked for, N, in the rows that these latents make."""
        raw = self._raw(z[:, : self.latent - self.noise], label).float()
        logs = [log_softmax(x, 1) for x in raw.split(self.blocks, 1)]
        of_kinds = torch.cat(logs, 1)[:, -self.classes :]
        chosen: Tensor = of_kinds.gather(1, label[:, None]).squeeze(1)
        return chosen

    def _raw(self, z: Tensor, label: Tensor | None) -> Tensor:
        raw: Tensor = self.last(self.layers(_joined(z, label, self.classes)))
        return raw


class TableDiscriminator(nn.Module):
    """Scores `pack` rows at once (PacGAN: Lin et al. 2018), so that rows too much alike give themselves away: N rows to N / pack
    scores."""

    def __init__(self, row: int, classes: int, width: int, depth: int, pack: int):
        super().__init__()
        self.classes, self.pack = classes, pack
        widths = [pack * (row + classes), *[width] * depth]
        layers = [nn.Sequential(nn.Linear(a, b), nn.LeakyReLU(0.2), nn.Dropout()) for a, b in pairwise(widths)]
        self.layers = nn.Sequential(*layers, nn.Linear(width, 1))

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        if len(x) % self.pack:
            raise UserError(
                f"a part of {len(x)} rows is not divided by nets.discriminator.pack = {self.pack}; batch takes a multiple of it"
            )
        score: Tensor = self.layers(_joined(x, label, self.classes).reshape(len(x) // self.pack, -1)).squeeze(1)
        return score


def table_generator(
    blocks: Sequence[int],
    classes: int,
    *,
    latent: Width = 128,
    width: Width = 256,
    depth: Count = 2,
    tau: Positive = 0.2,
) -> nn.Module:
    """Fully connected layers with batch norm, each beside what it was given (Xu et al. 2019, section 4.4); `tau` is the
    temperature of kinds. Its latent is longer by as many numbers as there are kinds."""
    return TableGenerator(blocks, classes, latent, width, depth, tau)


def table_discriminator(
    blocks: Sequence[int], classes: int, *, width: Width = 256, depth: Count = 2, pack: Count = 10
) -> nn.Module:
    """Fully connected layers with dropout on `pack` rows at once (Xu et al. 2019, section 4.4)."""
    return TableDiscriminator(sum(blocks), classes, width, depth, pack)


def _joined(x: Tensor, label: Tensor | None, classes: int) -> Tensor:
    return x if label is None or not classes else torch.cat([x, one_hot(label, classes).to(x.dtype)], 1)
