"""The Inception network that FID, KID and IS are defined on: the 2015 TensorFlow weights, ported to torch.

The layers follow Szegedy et al. 2015 with the three departures of that release: average pooling does not count the
padding, the last block pools by maximum, and pictures are scaled by TensorFlow 1's bilinear rule. Names are those of
the published state dict, so that it loads as it is.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from elegan.core.pixels import to_colour
from elegan.metrics.extractor import Extractor
from elegan.metrics.weights import INCEPTION

SIDE = 299

Layer = tuple[str, int, int | tuple[int, int]]  # name, channels out, kernel
Chain = list[Layer | list[Layer]]


class Conv(nn.Module):
    """Convolution without bias, batch normalisation, ReLU; keeps the size unless `stride` is 2 or `pad` is false."""

    def __init__(self, i: int, o: int, kernel: int | tuple[int, int], stride: int = 1, pad: bool = True):
        super().__init__()
        height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (height // 2, width // 2) if pad and stride == 1 else 0
        self.conv = nn.Conv2d(i, o, (height, width), stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(o, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)))


class Mixed(nn.Module):
    """Branches side by side, each a chain of convolutions; one of two parallel last convolutions is a pair in the
    chain.

    `pool` is the last branch: `average` or `max` followed by a 1 x 1 convolution to `pooled` channels, or, where the
    block halves the picture (`stride` 2, on the last of each chain), the maximum alone.
    """

    def __init__(self, i: int, chains: list[Chain], pooled: int = 0, pool: str = "average", stride: int = 1):
        super().__init__()
        self.stride, self.pool, self.chains = stride, pool, []
        for chain in chains:
            width, names = i, []
            for position, step in enumerate(chain):
                last = stride if position == len(chain) - 1 else 1
                layers = step if isinstance(step, list) else [step]
                for name, o, kernel in layers:
                    self.add_module(name, Conv(width, o, kernel, last))
                names.append([name for name, _, _ in layers])
                width = layers[0][1]
            self.chains.append(names)
        if pooled:
            self.branch_pool = Conv(i, pooled, 1)

    def forward(self, x: Tensor) -> Tensor:
        outputs = []
        for chain in self.chains:
            y = [x]
            for names in chain:
                y = [getattr(self, name)(y[0]) for name in names]
            outputs += y
        return torch.cat([*outputs, self._pooled(x)], 1)

    def _pooled(self, x: Tensor) -> Tensor:
        if self.stride == 2:
            return F.max_pool2d(x, 3, 2)
        x = F.max_pool2d(x, 3, 1, 1) if self.pool == "max" else F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
        y: Tensor = self.branch_pool(x)
        return y


def _mixed5(i: int, pooled: int) -> Mixed:
    return Mixed(
        i,
        [
            [("branch1x1", 64, 1)],
            [("branch5x5_1", 48, 1), ("branch5x5_2", 64, 5)],
            [("branch3x3dbl_1", 64, 1), ("branch3x3dbl_2", 96, 3), ("branch3x3dbl_3", 96, 3)],
        ],
        pooled,
    )


def _mixed6(c: int) -> Mixed:
    row, column = (1, 7), (7, 1)
    double = [("branch7x7dbl_2", c, column), ("branch7x7dbl_3", c, row), ("branch7x7dbl_4", c, column)]
    return Mixed(
        768,
        [
            [("branch1x1", 192, 1)],
            [("branch7x7_1", c, 1), ("branch7x7_2", c, row), ("branch7x7_3", 192, column)],
            [("branch7x7dbl_1", c, 1), *double, ("branch7x7dbl_5", 192, row)],
        ],
        192,
    )


def _mixed7(i: int, pool: str) -> Mixed:
    def fork(name: str) -> list[Layer]:
        return [(f"{name}a", 384, (1, 3)), (f"{name}b", 384, (3, 1))]

    return Mixed(
        i,
        [
            [("branch1x1", 320, 1)],
            [("branch3x3_1", 384, 1), fork("branch3x3_2")],
            [("branch3x3dbl_1", 448, 1), ("branch3x3dbl_2", 384, 3), fork("branch3x3dbl_3")],
        ],
        192,
        pool,
    )


class Inception(nn.Module):
    """uint8 N x 3 x H x W to 2048 features and 1008 logits, these without bias as the Inception Score takes them."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = Conv(3, 32, 3, stride=2)
        self.Conv2d_2a_3x3 = Conv(32, 32, 3, pad=False)
        self.Conv2d_2b_3x3 = Conv(32, 64, 3)
        self.Conv2d_3b_1x1 = Conv(64, 80, 1)
        self.Conv2d_4a_3x3 = Conv(80, 192, 3, pad=False)
        self.Mixed_5b, self.Mixed_5c, self.Mixed_5d = _mixed5(192, 32), _mixed5(256, 64), _mixed5(288, 64)
        double: Chain = [("branch3x3dbl_1", 64, 1), ("branch3x3dbl_2", 96, 3), ("branch3x3dbl_3", 96, 3)]
        self.Mixed_6a = Mixed(288, [[("branch3x3", 384, 3)], double], stride=2)
        self.Mixed_6b, self.Mixed_6c = _mixed6(128), _mixed6(160)
        self.Mixed_6d, self.Mixed_6e = _mixed6(160), _mixed6(192)
        wide: Chain = [
            ("branch7x7x3_1", 192, 1),
            ("branch7x7x3_2", 192, (1, 7)),
            ("branch7x7x3_3", 192, (7, 1)),
            ("branch7x7x3_4", 192, 3),
        ]
        self.Mixed_7a = Mixed(768, [[("branch3x3_1", 192, 1), ("branch3x3_2", 320, 3)], wide], stride=2)
        self.Mixed_7b, self.Mixed_7c = _mixed7(1280, "average"), _mixed7(2048, "max")
        self.fc = nn.Linear(2048, 1008)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        x = (tensorflow_resize(images.float(), SIDE) - 128) / 128
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(F.max_pool2d(x, 3, 2)))
        x = F.max_pool2d(x, 3, 2)
        for name, block in self.named_children():
            if name.startswith("Mixed"):
                x = block(x)
        features = x.mean((2, 3))
        return features, features @ self.fc.weight.T


def tensorflow_resize(x: Tensor, side: int) -> Tensor:
    """TensorFlow 1's bilinear resizing of N x C x H x W: no half-pixel centres, no antialiasing."""
    rows, columns = (_interpolation(n, side).to(x) for n in x.shape[2:])
    return rows @ x @ columns.T


def _interpolation(n: int, side: int) -> Tensor:
    """side x n matrix whose row i mixes the two neighbours of i n / side."""
    position = torch.arange(side) * (n / side)
    low = position.floor().long()
    weights = torch.zeros(side, n)
    weights.scatter_add_(1, low[:, None], (1 - (position - low))[:, None])
    return weights.scatter_add_(1, (low + 1).clamp(max=n - 1)[:, None], (position - low)[:, None])


def open_inception(given: str, cache: Path | None = None, device: str = "cpu") -> Extractor:
    """The verified Inception extractor. `given` is a path to the weights, or empty; see `open_extractor`.

    Raises UserError for a missing or another file, Failure where the download fails.
    """
    path = INCEPTION.find(given, cache)
    net = Inception()
    net.load_state_dict(torch.load(path, weights_only=True))
    net = net.eval().to(device)

    def forward(images: Tensor) -> tuple[Tensor, Tensor]:
        features, logits = net(to_colour(images).permute(0, 3, 1, 2).to(device))
        return features, logits.softmax(1)

    return Extractor("inception", INCEPTION.sha256, f"tensorflow1-bilinear-{SIDE}", 2048, forward, verified=True)
