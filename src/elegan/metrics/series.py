"""Measures of windows of a series, as the literature on generated ones has them (Yoon et al. 2019, section 5).

Windows are N x T x C in [0, 1]. The networks that learn here are small recurrent ones; each measure is the mean of several of
them, which differ in weights and in the split.
"""

from collections.abc import Callable

import torch
from scipy.special import stdtrit
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, l1_loss

from elegan.core import rng
from elegan.metrics.intervals import Estimate, Spread

TIMES = 5  # networks a measure
PASSES, STEPS, BATCH, RATE = 90, 2000, 128, 1e-3  # of the training of each
TEST = 0.2  # the share that is kept for testing the classifier
LAYERS, LEAST = 2, 8  # of the recurrent networks, and the least of their units


class Recurrent(nn.Module):
    """Two layers of gated recurrent units, then one number a step."""

    def __init__(self, columns: int):
        super().__init__()
        units = max(LEAST, columns)
        self.layers = nn.GRU(columns, units, LAYERS, batch_first=True)
        self.out = nn.Linear(units, 1)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.layers(x)
        number: Tensor = self.out(states).squeeze(2)
        return number


def discriminative(real: Tensor, fake: Tensor, seed: int = 0) -> Spread:
    """|accuracy - 1/2| of a classifier after the fact that tells real windows from generated ones, on windows that it did not
    learn from: 0 where it cannot, .5 where it always can (Yoon et al. 2019, section 5)."""
    return _spread([_told_apart(real, fake, seed, turn) for turn in range(TIMES)])


def predictive(real: Tensor, fake: Tensor, seed: int = 0) -> Spread:
    """The mean absolute error, on real windows, of a network that learnt from generated ones to predict the last column's next
    value from the other columns up to now; of a single column from itself (Yoon et al. 2019, section 5, and its authors' program)."""
    return _spread([_predicted(real, fake, seed, turn) for turn in range(TIMES)])


def correlations(real: Tensor, fake: Tensor) -> float:
    """The mean absolute difference between the correlations of columns, over all pairs; 0 for a single column."""
    columns = real.shape[2]
    pairs = torch.triu_indices(columns, columns, 1)
    if not pairs.shape[1]:
        return 0.0
    a, b = (_correlation(x.reshape(-1, columns).T)[pairs[0], pairs[1]] for x in (real, fake))
    return float((a - b).abs().mean())


def autocorrelation(real: Tensor, fake: Tensor) -> float:
    """The mean absolute difference between the autocorrelations within a window, over columns and lags 1 to T / 2."""
    a, b = (torch.stack([_lagged(x, lag) for lag in range(1, x.shape[1] // 2 + 1)]) for x in (real, fake))
    return float((a - b).abs().mean())


def resampled(
    measure: Callable[[Tensor, Tensor], float], real: Tensor, fake: Tensor, seed: int, times: int = 50
) -> Spread:
    """A measure and its standard deviation under the bootstrap of windows."""
    stream = rng.generator("series bootstrap", seed)
    draws = []
    for _ in range(times):
        a, b = (x[torch.randint(len(x), (len(x),), generator=stream)] for x in (real, fake))
        draws.append(measure(a, b))
    return Spread(measure(real, fake), float(torch.tensor(draws).std()))


def of_trainings(metric: str, found: Spread, n_real: int, n_fake: int) -> Estimate:
    """The interval of a mean over `TIMES` trainings, no end of it below 0."""
    how, half = f"Student's t over {TIMES} trainings", float(stdtrit(TIMES - 1, 0.975)) * found.error
    return Estimate(metric, found.value, max(0.0, found.value - half), found.value + half, how, n_real, n_fake)


def _told_apart(real: Tensor, fake: Tensor, seed: int, turn: int) -> float:
    stream = rng.generator("discriminative", seed, turn)
    parts = []
    for x in (real, fake):
        order = torch.randperm(len(x), generator=stream)
        kept = max(1, round(TEST * len(x)))
        parts.append((x[order[kept:]], x[order[:kept]]))
    (train_real, test_real), (train_fake, test_fake) = parts
    n = min(len(train_real), len(train_fake))
    x = torch.cat([train_real[:n], train_fake[:n]])
    y = torch.cat([torch.ones(n), torch.zeros(n)])
    net = _learnt(x, y, lambda out, y: binary_cross_entropy_with_logits(out[:, -1], y), stream)
    with torch.no_grad():
        right = [(net(test_real)[:, -1] > 0).float().mean(), (net(test_fake)[:, -1] <= 0).float().mean()]
    return abs(float(right[0] + right[1]) / 2 - 0.5)


def _predicted(real: Tensor, fake: Tensor, seed: int, turn: int) -> float:
    net = _learnt(*_question(fake), l1_loss, rng.generator("predictive", seed, turn))
    x, y = _question(real)
    with torch.no_grad():
        return float((net(x) - y).abs().mean())


def _question(windows: Tensor) -> tuple[Tensor, Tensor]:
    """(what is given, what is to be predicted) of windows."""
    given = windows[:, :-1, :-1] if windows.shape[2] > 1 else windows[:, :-1]
    return given, windows[:, 1:, -1]


def _learnt(x: Tensor, y: Tensor, loss: Callable[[Tensor, Tensor], Tensor], stream: torch.Generator) -> Recurrent:
    steps = min(STEPS, PASSES * -(-len(x) // BATCH))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**31, (1,), generator=stream)))
        net = Recurrent(x.shape[2])
    optimizer = torch.optim.Adam(net.parameters(), RATE)
    for _ in range(steps):
        rows = torch.randint(len(x), (min(BATCH, len(x)),), generator=stream)
        optimizer.zero_grad(set_to_none=True)
        loss(net(x[rows]), y[rows]).backward()
        optimizer.step()
    return net.eval()


def _spread(values: list[float]) -> Spread:
    found = torch.tensor(values, dtype=torch.float64)
    return Spread(float(found.mean()), float(found.std() / len(values) ** 0.5))


def _correlation(rows: Tensor) -> Tensor:
    centred = rows.double() - rows.double().mean(1, keepdim=True)
    unit = centred / centred.norm(dim=1, keepdim=True).clamp(min=1e-12)
    found: Tensor = unit @ unit.T
    return found


def _lagged(x: Tensor, lag: int) -> Tensor:
    """Correlation of each column with itself `lag` steps later, within windows around their own mean: C."""
    centred = x.double() - x.double().mean(1, keepdim=True)
    found: Tensor = (centred[:, lag:] * centred[:, :-lag]).sum((0, 1)) / centred.square().sum((0, 1)).clamp(min=1e-12)
    return found
