"""Frozen networks in whose features pictures are compared (Johnson et al. 2016). They map pictures N x C x H x W in [-1, 1] to
a list of feature maps.
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from elegan.core import paths
from elegan.core.errors import UserError
from elegan.data.damage import UNKNOWN
from elegan.nets import pretrained


class RestorerFeatures(nn.Module):
    """A restorer's features of a picture, at several depths, of unit length at each place (Zhang et al. 2018, section 3)."""

    def __init__(self, restorer: nn.Module):
        super().__init__()
        self.restorer = restorer

    def forward(self, x: Tensor) -> list[Tensor]:
        hints = x.new_full((len(x), self.restorer.hints, *x.shape[2:]), UNKNOWN)  # type: ignore[arg-type]  # a number
        return [normalize(h, dim=1) for h in self.restorer.features(torch.cat([x, hints], 1))]  # type: ignore[operator]  # checked below


def restorer_features(channels: int, *, model: str = "denoise") -> nn.Module:
    """The features of a shipped or packed model. Raises UserError where it has other channels or no features."""
    restorer, _ = pretrained.unpack(model)
    if restorer.channels != channels or not hasattr(restorer, "features"):
        raise UserError(f"nets.features.model = {model!r} has no features of pictures with {channels} channels")
    return RestorerFeatures(restorer)


STAGES = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))  # channels and convolutions between halvings


class VGGFeatures(nn.Module):
    """The last convolution of each of VGG-19's five stages, before its ReLU (Wang et al. 2018, section 3.3)."""

    mean: Tensor
    deviation: Tensor
    features: nn.Sequential

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406])[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor([0.229, 0.224, 0.225])[:, None, None], persistent=False)
        layers: list[nn.Module] = []
        inside, self.taken = 3, []
        for width, count in STAGES:
            layers += [nn.MaxPool2d(2)] if layers else []
            for _ in range(count):
                layers += [nn.Conv2d(inside, width, 3, 1, 1), nn.ReLU()]
                inside = width
            self.taken.append(len(layers) - 2)
        self.features = nn.Sequential(*layers[:-1])

    def forward(self, x: Tensor) -> list[Tensor]:
        h, maps = (x / 2 + 0.5 - self.mean) / self.deviation, []
        for number, layer in enumerate(self.features.children()):
            h = layer(h)
            if number in self.taken:
                maps.append(h)
        return maps


def vgg_features(channels: int, *, weights: str) -> nn.Module:
    """VGG-19 (Simonyan & Zisserman 2015) with `weights` from a file: ImageNet's as torchvision names them, .safetensors or
    .pth. Raises UserError for another file, and for pictures that are not RGB.
    """
    if channels != 3:
        raise UserError(f"nets.features = 'vgg_features' needs pictures with 3 channels; these have {channels}")
    net, path = VGGFeatures(), Path(weights)
    try:
        paths.check_regular(path.stat().st_mode)
        tensors = _read(path)
        net.load_state_dict({k: v for k, v in tensors.items() if k.startswith("features.")})
    except Exception as error:  # a file from elsewhere makes readers raise nearly anything
        raise UserError(f"nets.features.weights = {weights!r}: {str(error).splitlines()[0]}") from None
    return net.eval()


def _read(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    tensors: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return tensors
