"""Statistics over all parts and processes of a move, followed from move to move."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

Total = Callable[[Tensor], Tensor]  # the sum over processes


class Running(nn.Module):
    """Rows of `features` numbers in `groups`, gathered in a move by `see` and used once when it is over.

    The trainer calls `settle` after every move, so that the result is the same however the batch was split.
    """

    sums: Tensor

    def __init__(self, features: int = 1, groups: int = 1):
        super().__init__()
        self.register_buffer("sums", torch.zeros(groups, features + 1), persistent=False)  # the last column counts
        self.seen = False

    @torch.no_grad()
    def see(self, rows: Tensor, group: Tensor | None = None) -> None:
        """Takes rows N x features and the group N (int64) of each, all of group 0 by default."""
        group = torch.zeros(len(rows), dtype=torch.long, device=rows.device) if group is None else group
        self.sums.index_add_(0, group, torch.cat([rows.float(), rows.new_ones(len(rows), 1).float()], 1))
        self.seen = True

    @torch.no_grad()
    def settle(self, total: Total) -> None:
        """Passes the means of a move that saw any rows to `follow`."""
        if self.seen:
            sums = total(self.sums)
            count = sums[:, -1:]
            self.follow(sums[:, :-1] / count.clamp(min=1), count)
            self.sums.zero_()
            self.seen = False

    def follow(self, mean: Tensor, count: Tensor) -> None:
        """Takes the `mean`, groups x features, of the move's `count` rows, groups x 1."""
        raise NotImplementedError


class RunningMean(Running):
    """The running `mean`, groups x features: the plain mean over the first moves, then an exponential one with `decay` a move."""

    mean: Tensor
    moves: Tensor

    def __init__(self, features: int = 1, groups: int = 1, decay: float = 0.99):
        super().__init__(features, groups)
        self.decay = decay
        self.register_buffer("mean", torch.zeros(groups, features))
        self.register_buffer("moves", torch.zeros(groups, 1))

    def follow(self, mean: Tensor, count: Tensor) -> None:
        self.moves += count > 0
        rate = (1 / self.moves.clamp(min=1)).clamp(min=1 - self.decay)
        self.mean.lerp_(mean, rate * (count > 0))
