"""The modes of a column of numbers."""

import warnings
from dataclasses import replace

import numpy as np

from elegan.data.tables.columns import Column, Kinds

MOST = 10  # modes of a column
SHARE = 0.005  # of a column's numbers that a mode accounts for
SAMPLE = 10_000  # numbers that a mixture is fitted to


def with_modes(column: Column, values: np.ndarray) -> Column:
    """A column with the modes of its numbers, N (NaN where one is missing); of kinds as it is."""
    if isinstance(column, Kinds):
        return column
    means, deviations = modes(values[np.isfinite(values)])
    return replace(column, means=means, deviations=deviations)


def modes(values: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The means and standard deviations of the modes of finite numbers, by a variational mixture of normal distributions (Xu et al.
    2019, section 4.2)."""
    from sklearn.mixture import BayesianGaussianMixture

    sample = np.random.default_rng(0).permutation(values)[:SAMPLE]
    centre, scale = sample.mean(), sample.std() or 1.0
    mixture = BayesianGaussianMixture(
        n_components=min(MOST, len(np.unique(sample))),
        weight_concentration_prior_type="dirichlet_process",
        weight_concentration_prior=0.001,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a fit that is not at its end, which does no harm
        mixture.fit((sample[:, None] - centre) / scale)
    kept = np.flatnonzero(mixture.weights_ > SHARE)
    means = centre + scale * mixture.means_[kept, 0]
    # A mode of equal numbers has no width of its own.
    deviations = scale * np.sqrt(mixture.covariances_[kept, 0, 0]).clip(min=1e-3)
    order = means.argsort()
    return tuple(means[order].tolist()), tuple(deviations[order].tolist())
