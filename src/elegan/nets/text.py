"""A pair of networks for items of text: places in a vocabulary one after another, the first of which is the end of an item.

The generator draws each place from the probabilities that it gives after those before it. The draw is a number's quantile, so an
item follows from its latent alone; gradients pass it by the straight-through Gumbel softmax.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, dropout, embedding, leaky_relu, linear, one_hot

from elegan.core import ramp, rng
from elegan.core.ranges import AboveZeroAlong, BelowOne, Depth, Width

END, UNKNOWN = 0, 1  # as in elegan.data.text.vocabulary


class TextGenerator(nn.Module):
    """Gated recurrent units between an embedding and its transpose (Press & Wolf 2017)."""

    def __init__(self, steps: int, places: int, width: int, layers: int, drop: float, tau: ramp.Number):
        super().__init__()
        self.latent = self.steps = steps
        self.places, self.drop, self.tau = places, drop, tau
        self.embedding = nn.Parameter(torch.randn(places, width) * width**-0.5)
        self.bias = nn.Parameter(torch.zeros(places))
        self.recurrent = nn.GRU(width, width, layers, batch_first=True, dropout=drop if layers > 1 else 0.0)
        self.read = nn.Linear(width, width)

    def nats(self, places: Tensor) -> Tensor:
        """-log p of each place, N x T to the same, after those before it; 0 after an item's end."""
        before = nn.functional.pad(places[:, :-1], (1, 0), value=END)
        drop = self.drop if self.training else 0.0
        states, _ = self.recurrent(dropout(embedding(before, self.embedding), drop))
        there = (places == END).cumsum(1) - (places == END).long() == 0
        # Ends follow ends: only what stands before is worth the product with the vocabulary.
        found = cross_entropy(self._logits(dropout(states[there], drop)), places[there], reduction="none")
        return torch.zeros(places.shape, device=places.device).masked_scatter(there, found)

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """Items N x V x T of single ones, with the gradients of the Gumbel softmax at temperature `tau`."""
        chosen, made, state = None, [], None
        given = self.embedding[END].expand(len(z), -1)
        over = torch.zeros(len(z), 1, dtype=torch.bool, device=z.device)
        for quantile in torch.special.ndtr(z.float()).unbind(1):
            log_p, state = self._next(given, state)
            chosen = one_hot(_drawn(log_p, quantile), self.places).float()
            if torch.is_grad_enabled():
                soft = ((log_p + _gumbel(log_p, chosen)) / ramp.now(self.tau)).softmax(1)
                chosen = chosen + (soft - soft.detach())  # in this order exactly single ones
            end = one_hot(torch.zeros_like(over[:, 0], dtype=torch.long), self.places).float()
            chosen = torch.where(over, end, chosen)
            over = over | (chosen[:, END : END + 1] > 0.5)
            made.append(chosen)
            given = chosen @ self.embedding
        return torch.stack(made, 2)

    def write(self, z: Tensor, temperature: float = 1.0) -> Tensor:
        """Items N x T as places (int64), of probabilities to the power of 1 / temperature."""
        made, state = [], None
        place = torch.zeros(z.shape[0], dtype=torch.long, device=z.device)
        over = torch.zeros(z.shape[0], dtype=torch.bool, device=z.device)
        for quantile in torch.special.ndtr(z.float()).unbind(1):
            log_p, state = self._next(embedding(place, self.embedding), state, temperature)
            place = _drawn(log_p, quantile).masked_fill(over, END)
            over = over | (place == END)
            made.append(place)
        return torch.stack(made, 1)

    def _next(self, given: Tensor, state: Tensor | None, temperature: float = 1.0) -> tuple[Tensor, Tensor]:
        """(log p of each place, N x V, the state after it)."""
        states, after = self.recurrent(given[:, None], state)
        unknown = torch.zeros(self.places, device=given.device)
        unknown[UNKNOWN] = -torch.inf
        return ((self._logits(states[:, 0]) + unknown) / temperature).log_softmax(1), after

    def _logits(self, states: Tensor) -> Tensor:
        return linear(leaky_relu(self.read(states), 0.2), self.embedding.to(states.dtype), self.bias).float()


def _drawn(log_p: Tensor, quantile: Tensor) -> Tensor:
    """The place at which the sum of probabilities passes the quantile, N."""
    total = log_p.exp().cumsum(1)
    last = total[:, -1:]  # 1 but for rounding
    return (total <= quantile[:, None] * last).sum(1).clamp(max=log_p.shape[1] - 1)


def _gumbel(log_p: Tensor, chosen: Tensor) -> Tensor:
    """Gumbel noise N x V, given that with it `chosen` (N x V, of single ones) is the greatest (Paulus et al. 2021, equation 5)."""
    waits = -rng.uniform(*log_p.shape, device=log_p.device).clamp(1e-7, 1 - 1e-7).log()
    least = (waits * chosen).sum(1, keepdim=True)
    log_p = log_p.detach().clamp(min=-60)
    others = waits * (-log_p).exp() + least
    return torch.where(chosen > 0.5, -least.log(), -others.log()) - log_p


class TextDiscriminator(nn.Module):
    """Convolutions over an embedding; the greatest and the mean of each channel over the item are scored (after Nie et al. 2019)."""

    def __init__(self, places: int, width: int, layers: int):
        super().__init__()
        self.embed = nn.Conv1d(places, width, 1, bias=False)
        nn.init.normal_(self.embed.weight, std=1.0)
        widths = [width, *[2 * width] * layers]
        self.layers = nn.ModuleList(
            nn.Conv1d(inside, outside, 3, padding=2**level, dilation=2**level)
            for level, (inside, outside) in enumerate(pairwise(widths))
        )
        self.joined = nn.Linear(4 * width, 2 * width)
        self.score = nn.Linear(2 * width, 1)

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        h = self.embed(x)
        for layer in self.layers:
            h = leaky_relu(layer(h), 0.2)
        pooled = torch.cat([h.amax(2), h.mean(2)], 1)
        score: Tensor = self.score(leaky_relu(self.joined(pooled), 0.2)).squeeze(1)
        return score


def text_generator(
    steps: int,
    places: int,
    classes: int,
    *,
    width: Width = 256,
    layers: Depth = 1,
    drop: BelowOne = 0.1,
    tau: AboveZeroAlong = 1.0,
) -> nn.Module:
    """Gated recurrent units with one embedding for what goes in and what comes out; `drop` holds while likelihood is learnt, `tau` is the
    temperature of the Gumbel softmax that gradients of a discriminator pass."""
    return TextGenerator(steps, places, width, layers, drop, tau)


def text_discriminator(steps: int, places: int, classes: int, *, width: Width = 64, layers: Depth = 3) -> nn.Module:
    """Dilated convolutions over an embedding of `width`, twice as wide, without norm; the greatest and the mean over an item."""
    return TextDiscriminator(places, width, layers)
