"""ESRGAN's network: begins with the enlarged picture, sees as far as it says, doubles only."""

import pytest
import torch
from torch.nn.functional import interpolate

from elegan.core.errors import UserError
from elegan.nets import rrdb_restorer


def test_it_begins_with_bicubic_enlargement_and_learns_a_change():
    torch.manual_seed(0)
    net = rrdb_restorer(3, 0, 4, width=8, blocks=1, growth=4)
    x = torch.rand(2, 3, 9, 12)
    enlarged = interpolate(x, scale_factor=4, mode="bicubic", align_corners=False)
    torch.testing.assert_close(net(x), enlarged, rtol=0, atol=0)
    net(x).square().mean().backward()
    with torch.no_grad():
        for p in net.parameters():
            p -= 0.1 * p.grad if p.grad is not None else 0
    assert net(x).square().mean() < enlarged.square().mean()


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_pixel_depends_on_no_more_than_its_reach(scale):
    torch.manual_seed(0)
    net = rrdb_restorer(1, 0, scale, width=4, blocks=1, growth=2).double()
    with torch.no_grad():
        for p in net.parameters():  # nothing is lost on the way, nor cut by the ReLU
            p.copy_(p.abs() + 0.5)
    side = 2 * net.reach + 9
    x = torch.ones(1, 1, side, side, dtype=torch.float64, requires_grad=True)
    middle = scale * (side // 2)
    net(x)[0, 0, middle, middle].backward()
    seen = x.grad[0, 0].nonzero()
    furthest = (seen - side // 2).abs().max().item()
    assert net.reach - 4 <= furthest <= net.reach


def test_what_does_not_double_is_refused():
    with pytest.raises(UserError, match="3 is no power of two; use residual_restorer"):
        rrdb_restorer(3, 0, 3)
