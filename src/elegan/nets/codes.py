"""InfoGAN's codes as a part of the latent (Chen et al. 2016, section 4), so that a seed determines them with the noise."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

SET = 8.0  # value of the column of a category that is asked for: no normal draw reaches it


@dataclass(frozen=True)
class Codes:
    """The last columns of a normal latent read as codes: K for each K in `categories`, then one for each of `continuous`.

    The largest of K columns names the category, so each is equally likely, also in a truncated latent; the normal
    distribution function, as 2 Phi(z) - 1 = erf(z / sqrt 2), makes a continuous code uniform in (-1, 1).
    """

    latent: int
    categories: tuple[int, ...]
    continuous: int

    @property
    def noise(self) -> int:
        """The number of columns that are not a code."""
        return self.latent - sum(self.categories) - self.continuous

    @property
    def rows(self) -> int:
        """The rows of a table of pictures: the first code's categories, or one row without such a code."""
        return self.categories[0] if self.categories else 1

    def split(self, z: Tensor) -> tuple[Tensor, list[Tensor], Tensor]:
        """Splits N x latent into noise, the columns of each categorical code, and the columns of the continuous codes."""
        noise, *blocks, rest = z.split([self.noise, *self.categories, self.continuous], 1)
        return noise, blocks, rest

    def read(self, z: Tensor) -> tuple[list[Tensor], Tensor]:
        """The categories, int64 N each, and the continuous codes, N x `continuous` in (-1, 1)."""
        _, blocks, rest = self.split(z)
        return [block.argmax(1) for block in blocks], torch.erf(rest / math.sqrt(2))

    def given(self, z: Tensor) -> Tensor:
        """The generator's input, N x latent: noise, one-hot categories, continuous codes."""
        noise, blocks, _ = self.split(z)
        categories, continuous = self.read(z)
        marks = [one_hot(c, block.shape[1]).to(z.dtype) for c, block in zip(categories, blocks, strict=True)]
        return torch.cat([noise, *marks, continuous], 1)

    def sweep(self, z: Tensor, code: int, columns: int) -> Tensor:
        """Latents of a table, row by row, from the latent z of one picture, `latent`.

        There are `rows` rows. Along a row the continuous code of number `code` goes through the middles of `columns` equal
        parts of (-1, 1); without continuous codes there is one column. All else stays as it is.
        """
        columns = columns if self.continuous else 1
        table = z.repeat(self.rows, columns, 1)
        if self.categories:
            table[:, :, self.noise : self.noise + self.rows] = (SET * torch.eye(self.rows)).to(z)[:, None]
        if not self.continuous:
            return table.flatten(0, 1)
        quantiles = (torch.arange(columns, dtype=torch.float64) + 0.5) / columns
        table[:, :, self.latent - self.continuous + code] = torch.special.ndtri(quantiles).to(z)
        return table.flatten(0, 1)


class Coded(nn.Module):
    """A generator whose latent ends in codes."""

    def __init__(self, generator: nn.Module, codes: Codes):
        super().__init__()
        self.generator, self.codes, self.latent = generator, codes, codes.latent
        self.classes: int = getattr(generator, "classes", 0)

    @property
    def bare(self) -> nn.Module:
        """The generator itself."""
        return self.generator

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        images: Tensor = self.generator(self.codes.given(z), label)
        return images
