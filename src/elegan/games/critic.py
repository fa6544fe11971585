"""The discriminator as losses and penalties see it."""

from typing import Any

import torch
from torch import Tensor, nn


class BatchCritic:
    """A discriminator at the labels of a batch.

    It scores the same images once, so what looks at scores (the adversarial loss, bCR, LeCam) shares them, random
    augmentation included; also with a penalty that differentiates them at the same precision and comes first. A
    `reconstruct` of the discriminator is its own as well.
    """

    def __init__(self, D: nn.Module, label: Tensor | None):
        self.D: Any = D  # which may also have features, score and reconstruct
        self.label = label
        self.scored: list[tuple[Tensor, bool, Tensor]] = []

    def __call__(self, x: Tensor) -> Tensor:
        autocast = torch.is_autocast_enabled(x.device.type)
        for seen, then, score in self.scored:
            if seen is x or (not x.requires_grad and x.is_set_to(seen) and then == autocast):
                return score
        return self._know(x, self.D(x, self.label))

    def features(self, x: Tensor) -> Tensor:
        """N x F of x, whose score is then known as well."""
        features: Tensor = self.D.features(x, self.label)
        self._know(x, self.D.score(features, self.label))
        return features

    def reconstruct(self, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        pairs: list[tuple[Tensor, Tensor]] = self.D.reconstruct(x)
        return pairs

    def _know(self, x: Tensor, score: Tensor) -> Tensor:
        self.scored.append((x, torch.is_autocast_enabled(x.device.type), score))
        return score
