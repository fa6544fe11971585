"""The discriminator as losses and penalties see it."""

from torch import Tensor, nn


class BatchCritic:
    """A discriminator at the labels of a batch.

    It scores the same tensor once, so what looks at scores (the adversarial loss, bCR, LeCam) shares them, random
    augmentation included. A `reconstruct` of the discriminator is its own as well.
    """

    def __init__(self, D: nn.Module, label: Tensor | None):
        self.D, self.label = D, label
        self.scored: list[tuple[Tensor, Tensor]] = []

    def __call__(self, x: Tensor) -> Tensor:
        for seen, score in self.scored:
            if seen is x:
                return score
        self.scored.append((x, self.D(x, self.label)))
        return self.scored[-1][1]

    def features(self, x: Tensor) -> Tensor:
        """N x F of x, whose score is then known as well."""
        features = self.D.features(x, self.label)  # type: ignore[operator]
        self.scored.append((x, self.D.score(features, self.label)))  # type: ignore[operator]
        return features

    def reconstruct(self, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        return self.D.reconstruct(x)  # type: ignore[operator]
