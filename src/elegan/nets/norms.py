"""Normalisation by name: of activations (batch, instance, layer, none), of activations by class, and of weights (spectral)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import register_parametrization

from elegan.core.errors import UserError, nearest


class InstanceNorm(nn.GroupNorm):
    """A group a channel; for a single picture the batch norm of its pixels, which is the same and faster channels-last.

    The pixels are rows of a matrix, as torch (2.13, CPU) gives wrong gradients for a batch of one image, by instance norm and
    by batch norm alike, where the image and its gradient are laid out differently.
    """

    def __init__(self, channels: int):
        super().__init__(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        if n > 1:
            return super().forward(x)
        pixels = x.permute(0, 2, 3, 1).reshape(h * w, c)
        pixels = nn.functional.batch_norm(pixels, None, None, self.weight, self.bias, training=True, eps=self.eps)
        return pixels.view(1, h, w, c).permute(0, 3, 1, 2)


NORMS: dict[str, Callable[[int], nn.Module]] = {
    "batch": nn.BatchNorm2d,
    "instance": InstanceNorm,
    "layer": lambda channels: nn.GroupNorm(1, channels),
    "none": lambda channels: nn.Identity(),
}


def norm(name: str, channels: int) -> nn.Module:
    """The normalisation layer `name` for N x channels x H x W. Raises UserError for an unknown name."""
    if name not in NORMS:
        raise UserError(f"unknown norm {name!r}{nearest(name, NORMS)}")
    return NORMS[name](channels)


class ConditionalNorm(nn.Module):
    """A normalisation with a scale and a shift for each class (Dumoulin et al. 2017, equation 5), or none if `classes` is 0."""

    def __init__(self, name: str, channels: int, classes: int):
        super().__init__()
        self.norm = norm(name, channels)
        self.classes = classes
        if classes:
            self.scale = nn.Embedding(classes, channels)
            self.shift = nn.Embedding(classes, channels)
            nn.init.zeros_(self.scale.weight)
            nn.init.zeros_(self.shift.weight)

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        normalised: Tensor = self.norm(x)
        if not self.classes:
            return normalised
        conditioned: Tensor = normalised * (1 + self.scale(label)[..., None, None]) + self.shift(label)[..., None, None]
        return conditioned


class AdaptiveNorm(nn.Module):
    """A normalisation with scale and shift linear in a vector N x features (Brock et al. 2019, appendix B)."""

    def __init__(self, name: str, channels: int, features: int):
        super().__init__()
        self.norm = norm(name, channels)
        self.scale, self.shift = (nn.Linear(features, channels, bias=False) for _ in range(2))

    def forward(self, x: Tensor, vector: Tensor) -> Tensor:
        y: Tensor = self.norm(x) * (1 + self.scale(vector)[..., None, None]) + self.shift(vector)[..., None, None]
        return y


class _OverSpectralNorm(nn.Module):
    """Divides a weight by sigma(weight), which one power iteration each training pass finds (Miyato et al. 2018, algorithm 1)."""

    u: Tensor
    v: Tensor

    def __init__(self, weight: Tensor):
        super().__init__()
        matrix = weight.detach().flatten(1).float()
        u = nn.functional.normalize(torch.randn(matrix.shape[0]), dim=0)
        self.register_buffer("u", u)
        self.register_buffer("v", nn.functional.normalize(matrix.T @ u, dim=0))

    def forward(self, weight: Tensor) -> Tensor:
        with torch.autocast(weight.device.type, enabled=False):
            matrix = weight.flatten(1)
            if self.training:
                self._iterate(matrix)
            # Clones, because the next pass moves the buffers in place while this graph still needs them.
            return weight / torch.dot(self.u.clone(), matrix @ self.v.clone())

    @torch.no_grad()
    def _iterate(self, matrix: Tensor) -> None:
        self.v.copy_(nn.functional.normalize(matrix.T @ self.u, dim=0, eps=1e-12))
        self.u.copy_(nn.functional.normalize(matrix @ self.v, dim=0, eps=1e-12))


def spectral(module: nn.Module, embeddings: bool = True) -> nn.Module:
    """The module with every convolution, linear layer and embedding in it divided by its largest singular value.

    `embeddings` that start at zero, as those of `ConditionalNorm`, have none and are left out.
    """
    kinds = (nn.Conv2d, nn.Linear, nn.Embedding) if embeddings else (nn.Conv2d, nn.Linear)
    for layer in module.modules():
        if isinstance(layer, kinds):
            register_parametrization(layer, "weight", _OverSpectralNorm(layer.weight))
    return module
