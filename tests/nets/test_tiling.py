"""Tiles: cut or whole, a picture comes out the same."""

import pytest
import torch
from torch.nn import BatchNorm2d

from elegan.games.translate import _translation
from elegan.nets import resnet_translator, unet
from elegan.nets.tiling import in_tiles, shared_statistics

NETS = {
    "resnet, batch norm": lambda: resnet_translator(32, 3, 0, width=4, blocks=2, norm="batch"),
    "resnet, none, antialiased": lambda: resnet_translator(32, 3, 0, width=4, blocks=3, norm="none", antialias=True),
    "unet, batch norm": lambda: unet(32, 3, 0, width=4, depth=3),
}


def net_of(make):
    torch.manual_seed(0)
    net = make()
    for layer in net.modules():
        if isinstance(layer, BatchNorm2d):
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.5, 2)
    for p in net.parameters():  # initial weights are so small that a wrong pixel would hardly show
        p.data.mul_(4 if p.dim() > 1 else 1)
    return net.eval().requires_grad_(False)


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("size", [(150, 203), (64, 300)])
def test_tiled_equals_whole(name, size):
    net = net_of(NETS[name])
    translate = _translation("net", net.multiple)

    def function(x):
        return translate({"net": net}, x)

    x = torch.rand(1, 3, *size) * 2 - 1
    whole = in_tiles(function, x, net, tile=0)
    assert whole.shape == x.shape
    assert whole.std() > 0.02
    torch.testing.assert_close(in_tiles(function, x, net, tile=64), whole, rtol=0, atol=1e-5)
    # The reach is needed: with a quarter of it the seams would show.
    net.reach //= 4
    assert (in_tiles(function, x, net, tile=64) - whole).abs().max() > 1e-4


@pytest.mark.parametrize("norm", ["instance", "layer"])
def test_norms_over_the_picture_share_the_statistics_of_the_whole(norm):
    net = net_of(lambda: resnet_translator(32, 3, 0, width=4, blocks=2, norm=norm))
    x = torch.rand(1, 3, 128, 160) * torch.linspace(0.1, 2, 160) - 1  # dark to bright: tiles differ in their statistics
    tiled = in_tiles(net, x, net, tile=64)
    torch.testing.assert_close(tiled, net(x), rtol=0, atol=1e-4)
    with shared_statistics(net, net, x):
        torch.testing.assert_close(net(x), tiled, rtol=0, atol=1e-5)
    own = torch.cat([net(x[..., :80]), net(x[..., 80:])], 3)
    assert (own - tiled).abs().max() > 0.05


def test_tiles_are_halved_when_memory_does_not_suffice():
    net = net_of(NETS["resnet, batch norm"])
    sizes = []

    def scarce(x):
        sizes.append(x.shape[2] * x.shape[3])
        if sizes[-1] > 200 * 200:
            raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate")
        return net(x)

    x = torch.rand(1, 3, 256, 320) * 2 - 1
    torch.testing.assert_close(in_tiles(scarce, x, net), net(x), rtol=0, atol=1e-5)
    assert max(sizes) > 200 * 200

    def broken(x):
        raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        in_tiles(broken, x, net)
