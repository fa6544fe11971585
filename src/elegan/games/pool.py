"""A pool of what the generator just made, kept for the discriminator's move, now and then exchanged for something older."""

from collections import deque

import torch
from torch import Tensor, nn

from elegan.core import rng
from elegan.core.errors import UserError
from elegan.core.sizes import Resolution, size_of


class Pool(nn.Module):
    """A history of pictures, from which half of those that the discriminator sees come (Shrivastava et al. 2017, section 2.3).

    `put` in the generator's move, `take` in the discriminator's move of the same step, so nothing is made twice. `size`
    pictures are remembered (50 in CycleGAN); 0 hands on the new ones alone.
    """

    images: Tensor
    filled: Tensor

    def __init__(self, size: int, channels: int, resolution: Resolution):
        super().__init__()
        self.register_buffer("images", torch.zeros(size, channels, *size_of(resolution)))
        self.register_buffer("filled", torch.zeros(size, dtype=torch.bool))
        self.fresh: deque[Tensor] = deque()

    def put(self, images: Tensor) -> None:
        self.fresh.append(images.detach().float())

    @torch.no_grad()
    def take(self) -> Tensor:
        """Pictures for the discriminator, as many as were put, in that order."""
        fresh, size = self.fresh.popleft(), len(self.images)
        if not size:
            return fresh
        places = rng.places(len(fresh), size).to(fresh.device)
        swap = (rng.uniform(len(fresh), device=fresh.device) < 0.5) & self.filled[places]
        held, choose = self.images[places], swap[:, None, None, None]
        keep = self.filled[places] & ~swap
        self.images[places] = torch.where(keep[:, None, None, None], held, fresh)
        self.filled[places] = True
        return torch.where(choose, held, fresh)


def check_pool(size: int, batch: int) -> None:
    """Raises UserError where the rows of a batch could not each have a place of their own."""
    if 0 < size < batch:
        raise UserError(f"task.pool = {size} is smaller than batch = {batch}; 0 is none")


def one_process(size: int) -> str:
    """The reason why a game with a pool of this size is played by one process alone; "" where it need not be."""
    return "task.pool remembers the pictures of one process; with several set task.pool=0" if size else ""
