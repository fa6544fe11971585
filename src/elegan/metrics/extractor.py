"""An extractor as one object: pictures to features, and all that names it in a record."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from elegan.core.errors import UserError
from elegan.core.pixels import as_pictures

Forward = Callable[[Tensor], tuple[Tensor, Tensor | None]]
BATCH = 256


@dataclass(frozen=True)
class Extractor:
    """A feature extractor and all that names it in a record."""

    name: str
    digest: str  # hex, of the weights
    resizer: str  # what happens to a picture before the network
    dims: int
    forward: Forward  # uint8 N x H x W x C -> features N x dims, class probabilities N x K or None
    accuracy: float | None = None  # of a classifier, on images held out of its training
    classes: tuple[str, ...] = ()
    note: str = ""  # what a reader of its numbers must know
    verified: bool = False  # the original Inception weights: the only ones that may call a distance FID or KID

    def features(self, images: Any) -> tuple[Tensor, Tensor | None]:
        """float32 features N x dims and class probabilities N x K, or None where there is no classifier.

        `images` is uint8, N x H x W x C. Raises UserError for other types and shapes, or no image at all.
        """
        x = as_pictures(images)
        if not len(x):
            raise UserError("there are no images to extract features from")
        with torch.inference_mode():
            parts = [self.forward(batch) for batch in x.split(BATCH)]
        probabilities = [p for _, p in parts if p is not None]
        return (
            torch.cat([f for f, _ in parts]).float().cpu().clone(),
            torch.cat(probabilities).float().cpu().clone() if probabilities else None,
        )

    @property
    def tag(self) -> str:
        """The name and the first 8 digits of the hash, `random:1a2b3c4d`."""
        return f"{self.name}:{self.digest[:8]}"

    def label(self, line: str, published: tuple[str, str] | None = None) -> str:
        """The name that a line in these features is printed by: `FD[random:1a2b3c4d]`, but on verified Inception the
        `published` one (for ("FD", "FID") `FID`, and `FID:class` of a class)."""
        kind, *of_class = line.split(":", 1)
        if self.verified and published and kind == published[0]:
            return ":".join([published[1], *of_class])
        return f"{line}[{self.tag}]"


def weights_digest(weights: dict[str, Tensor]) -> str:
    """SHA-256 over names, types, shapes and bytes of the tensors, in order of their names."""
    h = hashlib.sha256()
    for name, value in sorted(weights.items()):
        h.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        h.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return h.hexdigest()
