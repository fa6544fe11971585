"""How exactly a training image, brought into a pose, explains a query: the last look, at the pixels."""

import torch
import torch.nn.functional as F
from torch import Tensor

from elegan.measure.copies import geometry
from elegan.measure.copies.thumbs import THUMB, colour, luma

DARK, BRIGHT = 0.02, 0.98  # beyond these a channel may have been clipped
GAIN = (0.25, 4.0)  # contrasts that a copy may have, relative to its source
FLAT = (0.25 / 255) ** 2  # below a quarter of a grey level there is no slope to judge by: the residual tends to 1
NOISE = (
    2.5 / 255
)  # root mean square, after the blur, of errors that pass for noise: Gaussian of 14 grey levels before it
NOISE_SHARE = 0.25  # of the slope's energy: in a faint picture any difference would pass for noise
BINOMIAL = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16


class Poses:
    """The poses of `Search` as maps of colour images: what a training image becomes when shifted, cropped or mirrored.

    Poses 0 to `count` - 1 are the boxes, the first of which is no change; the next `count` are the same mirrored.
    """

    def __init__(self, boxes: Tensor, side: int):
        size, top, left = boxes.T
        self.side, self.count = side, len(boxes)
        self.rows, self.rows_inside = geometry.cut(size, top, side)
        self.columns, self.columns_inside = geometry.cut(size, left, side)
        self.smooth = _smoothing(side)

    def residual(self, query: Tensor, training: Tensor, poses: Tensor) -> Tensor:
        """Pixels (of a thumbnail of 32 a side) by which edges of the posed training image would have to be misplaced to
        differ from the query as much as they do: 0 for a copy, near 1 for another image. Images: uint8, N x H x W x C.

        Root mean square of the difference over that of the slope, both weighted with the slope to the fourth, in luma
        after a slight blur. Brightness and contrast are fitted away (`_relit`). Noise and coding errors are as large
        where the picture is flat as at its edges, whereas a second photograph of a scene differs at the edges: what the
        flatter part shows is taken off, up to NOISE.
        """
        query, training, box = colour(query, self.side), colour(training, self.side), poses % self.count
        query = torch.where((poses >= self.count)[:, None, None, None], query.flip(3), query)
        posed = self.rows[box][:, None] @ training @ self.columns[box][:, None].transpose(2, 3)
        inside = self.rows_inside[box][:, :, None] * self.columns_inside[box][:, None, :]
        model = _relit(posed, query, inside[:, None])
        share = self._smoothed(inside).clamp(min=1e-6)
        error = (self._smoothed(luma(query - model) * inside) / share).square()
        valid = share > 0.5
        slope = _slope(self._smoothed(luma(model) * inside) / share, valid)
        signal = _mean(slope, slope.square())
        noise = _mean(error, valid & (slope <= _mean(slope, valid)[:, None, None]))
        noise = torch.minimum(noise, (signal * NOISE_SHARE).clamp(max=NOISE**2))
        unexplained = (_mean(error, slope.square()) - noise).clamp(min=0)
        return ((unexplained + FLAT) / (signal + FLAT)).sqrt()

    def _smoothed(self, x: Tensor) -> Tensor:
        return self.smooth @ x @ self.smooth.T


def _smoothing(side: int) -> Tensor:
    """Averages a row down to a thumbnail's pixels and blurs it with variance 1; outside counts as zero."""
    small = min(THUMB, side)
    blur = F.conv1d(F.pad(torch.eye(small), (2, 2))[:, None], BINOMIAL[None, None])[:, 0]
    return blur @ geometry.average(side, small)


def _relit(posed: Tensor, query: Tensor, inside: Tensor) -> Tensor:
    """clip(a posed + b), a and b the same for all channels: least squares where the query cannot have been clipped."""
    fair = inside * ((query > DARK) & (query < BRIGHT))
    n = _sum(fair).clamp(min=1)
    query_mean, posed_mean = _sum(fair * query) / n, _sum(fair * posed) / n
    centred = fair * (posed - posed_mean)
    gain = (_sum(centred * query) / _sum(centred * posed).clamp(min=1e-6)).clamp(*GAIN)
    return (query_mean + gain * (posed - posed_mean)).clamp(0, 1)


def _sum(x: Tensor) -> Tensor:
    return x.sum((1, 2, 3), keepdim=True)


def _mean(x: Tensor, weight: Tensor) -> Tensor:
    return (weight * x).sum((1, 2)) / weight.sum((1, 2)).clamp(min=1e-12)


def _slope(x: Tensor, inside: Tensor) -> Tensor:
    """Squared slope per pixel by central differences, N x H x W; zero where a neighbour is outside."""
    down = (x[:, 2:] - x[:, :-2]).square() * (inside[:, 2:] & inside[:, :-2])
    right = (x[:, :, 2:] - x[:, :, :-2]).square() * (inside[:, :, 2:] & inside[:, :, :-2])
    return (F.pad(down, (0, 0, 1, 1)) + F.pad(right, (1, 1))) * inside / 4
