"""Heads that read more than a score from a discriminator's features."""

from torch import nn

from elegan.core.ranges import Columns
from elegan.nets.layers import normal_weights


def head(features: int, outputs: int, *, width: Columns = 0) -> nn.Module:
    """A head from features N x F to N x outputs: linear, with a hidden layer of `width` where that is not 0."""
    if not width:
        return normal_weights(nn.Linear(features, outputs))
    hidden = nn.Linear(features, width)
    return normal_weights(nn.Sequential(hidden, nn.LeakyReLU(0.2, inplace=True), nn.Linear(width, outputs)))
