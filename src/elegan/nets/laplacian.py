"""LAPGAN's generators of a picture's fine detail from its coarse part and noise (Denton et al. 2015, section 3.2)."""

from torch import Tensor, cat, nn

from elegan.core.ranges import Few, Width
from elegan.core.sizes import Resolution, size_of
from elegan.nets.activations import Activation, activation
from elegan.nets.layers import ImageInput, check_condition, normal_weights
from elegan.nets.norms import norm


class Refiner(nn.Module):
    """A network from noise N x H W, one more plane, and a blurred picture to the detail that it lacks."""

    def __init__(
        self,
        resolution: Resolution,
        channels: int,
        planes: int,
        width: int,
        layers: int,
        norm_name: str,
        act: Activation,
    ):
        super().__init__()
        self.size = size_of(resolution)
        self.latent, self.classes = self.size.area, planes
        self.input = ImageInput(resolution, channels + 1, planes)
        parts: list[nn.Module] = []
        inside = self.input.channels
        for _ in range(layers):
            parts += [nn.Conv2d(inside, width, 5, 1, 2), norm(norm_name, width), activation(act, inplace=True)]
            inside = width
        self.layers = nn.Sequential(*parts, nn.Conv2d(inside, channels, 5, 1, 2))
        normal_weights(self)

    def forward(self, z: Tensor, low: Tensor, label: Tensor | None = None) -> Tensor:
        noise = z.view(-1, 1, *self.size).to(low.dtype)
        detail: Tensor = self.layers(self.input(cat([low, noise], 1), label))
        return detail


def laplacian_refiner(
    resolution: Resolution,
    channels: int,
    classes: int,
    *,
    width: Width = 64,
    layers: Few = 2,
    norm: str = "batch",
    condition: str = "none",
    activation: Activation = "relu",
) -> nn.Module:
    """Convolutions of 5 x 5 at full size, `layers` hidden ones. `condition`: none, or embedding (one more plane)."""
    check_condition(condition, ("none", "embedding"), classes)
    planes = classes if condition == "embedding" else 0
    return Refiner(resolution, channels, planes, width, layers, norm, activation)
