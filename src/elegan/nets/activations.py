"""Activations by name, for networks whose paper does not fix theirs by mathematics.

Where it does there is no choice: an equalised learning rate, Fixup's start and StyleGAN's gain count on a leaky ReLU's variance,
and gated units are activations themselves.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal, get_args

from torch import nn

SLOPE = 0.2  # of a leaky ReLU below zero (Radford et al. 2016, section 3)

Activation = Literal["relu", "leaky_relu", "silu", "swish", "gelu", "elu", "tanh"]

KINDS: dict[Activation, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": partial(nn.LeakyReLU, SLOPE),
    "silu": nn.SiLU,
    "swish": nn.SiLU,  # the same by its other name (Ramachandran et al. 2017)
    "gelu": nn.GELU,
    "elu": nn.ELU,
    "tanh": nn.Tanh,
}
assert set(KINDS) == set(get_args(Activation))


def activation(name: Activation, inplace: bool = False) -> nn.Module:
    """The activation as a layer without weights; `inplace` where its gradient allows that, which saves memory.

    >>> import torch
    >>> activation("leaky_relu")(torch.tensor([-1.0, 2.0]))
    tensor([-0.2000,  2.0000])
    """
    layer = KINDS[name]()
    if inplace and isinstance(layer, nn.ReLU | nn.LeakyReLU):
        layer.inplace = True
    return layer
