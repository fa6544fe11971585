"""Residuals: how exactly a training image, brought into a pose, explains a query's pixels. This is the last look."""

import torch
import torch.nn.functional as F
from torch import Tensor

from elegan.core.pixels import luma
from elegan.metrics.copies import geometry
from elegan.metrics.copies.geometry import Placements
from elegan.metrics.copies.thumbs import THUMB, colour, lightness

DARK, BRIGHT = 0.02, 0.98  # beyond these a value may have been clipped
GAIN = (0.25, 4.0)  # contrasts that a copy may have, relative to its source; negatives have them below zero
FLAT = (0.25 / 255) ** 2  # below a quarter of a grey level there is no slope to judge by: the residual tends to 1
# Root mean square, after the blur, of errors that pass for noise: Gaussian of 14 grey levels before it.
NOISE = 2.5 / 255
NOISE_SHARE = 0.25  # of the slope's energy: in a faint picture any difference would pass for noise
BINOMIAL = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16


class Poses:
    """The poses of `Search` as maps of colour images, which place and mirror a training image.

    Poses 0 to `count` - 1 are the placements, the first of which is no change; the next `count` are the same mirrored.
    """

    def __init__(self, placements: Placements, side: int):
        self.side, self.count = side, len(placements)
        points = geometry.pixels(torch.arange(side), side)
        sources = placements.sources(points)
        seen = _within(sources, placements.angle, side) & placements.uncovered(points)
        self.sources = (2 * sources.flip(2) - 1).unflatten(1, (side, side))  # torch counts x first, from -1 to 1
        self.inside = seen.unflatten(1, (side, side)).float()
        self.smooth = _smoothing(side)
        self.share = self._smoothed(self.inside).clamp(min=1e-6)

    def residual(self, query: Tensor, training: Tensor, poses: Tensor) -> Tensor:
        """Pixels (of a thumbnail of 32 a side) by which edges of the posed training image would have to be misplaced to
        differ from the query as much as it does: 0 for a copy, near 1 for another image. Images: uint8, N x H x W x C.

        Brightness and contrast are fitted away (`_relit`), from all channels, from luma or from lightness, whichever
        leaves least: all channels show what is clipped in one of them, the others ignore colour.
        """
        query, training, box = colour(query, self.side), colour(training, self.side), poses % self.count
        query = torch.where((poses >= self.count)[:, None, None, None], query.flip(3), query)
        posed = F.grid_sample(training, self.sources[box], padding_mode="border", align_corners=False)
        inside = self.inside[box][:, None]
        models = [(luma, _relit(posed, posed, query, inside))]
        models += [(kind, _relit(posed, kind(posed), kind(query), inside)) for kind in (luma, lightness)]
        each = [self._misplaced(kind(model), kind(query), box) for kind, model in models]
        return torch.stack(each).amin(0)

    def _misplaced(self, model: Tensor, query: Tensor, box: Tensor) -> Tensor:
        """The residual of a brightness, N x 1 x side x side.

        It is the root mean square of the difference over that of the slope, both weighted by the slope's fourth power, after a
        slight blur. Noise and coding errors are as large where the picture is flat as at its edges, whereas a second
        photograph of a scene differs at the edges: the error of the flatter part is taken off, up to NOISE.
        """
        share = self.share[box]
        model, query = (self._smoothed(x[:, 0] * self.inside[box]) / share for x in (model, query))
        valid, error = share > 0.5, (query - model).square()
        slope = _slope(model, valid)
        signal = _mean(slope, slope.square())
        noise = _mean(error, valid & (slope <= _mean(slope, valid)[:, None, None]))
        noise = torch.minimum(noise, (signal * NOISE_SHARE).clamp(max=NOISE**2))
        unexplained = (_mean(error, slope.square()) - noise).clamp(min=0)
        return ((unexplained + FLAT) / (signal + FLAT)).sqrt()

    def _smoothed(self, x: Tensor) -> Tensor:
        return self.smooth @ x @ self.smooth.T


def _smoothing(side: int) -> Tensor:
    """The map that averages a row to a thumbnail's pixels and blurs it with variance 1; outside counts as zero."""
    small = min(THUMB, side)
    blur = F.conv1d(F.pad(torch.eye(small), (2, 2))[:, None], BINOMIAL[None, None])[:, 0]
    return blur @ geometry.average(side, small)


def _within(sources: Tensor, angle: Tensor, side: int) -> Tensor:
    """A mask V x M of the pixels that come from the image, without the edge of a turned one, which blends with its outside."""
    reach = torch.where(angle == 0, 0.51, 0.0)[:, None, None] / side
    edge = 0.5 / side - reach
    return ((sources > edge) & (sources < 1 - edge)).all(2)


def _relit(posed: Tensor, have: Tensor, want: Tensor, inside: Tensor) -> Tensor:
    """The posed image in the query's light, clip(a posed + b), with a and b the same for all channels: the least squares of
    `want` by `have` (N x 1 or 3 x H x W) where `want` cannot have been clipped.
    """
    fair = inside * ((want > DARK) & (want < BRIGHT))
    n = _sum(fair).clamp(min=1)
    want_mean, have_mean = _sum(fair * want) / n, _sum(fair * have) / n
    centred = fair * (have - have_mean)
    gain = _sum(centred * want) / _sum(centred * have).clamp(min=1e-6)
    gain = gain.abs().clamp(*GAIN).copysign(gain)
    return (want_mean + gain * (posed - have_mean)).clamp(0, 1)


def _sum(x: Tensor) -> Tensor:
    return x.sum((1, 2, 3), keepdim=True)


def _mean(x: Tensor, weight: Tensor) -> Tensor:
    return (weight * x).sum((1, 2)) / weight.sum((1, 2)).clamp(min=1e-12)


def _slope(x: Tensor, inside: Tensor) -> Tensor:
    """Squared slope per pixel by central differences, N x H x W; zero where a neighbour is outside."""
    down = (x[:, 2:] - x[:, :-2]).square() * (inside[:, 2:] & inside[:, :-2])
    right = (x[:, :, 2:] - x[:, :, :-2]).square() * (inside[:, :, 2:] & inside[:, :, :-2])
    return (F.pad(down, (0, 0, 1, 1)) + F.pad(right, (1, 1))) * inside / 4
