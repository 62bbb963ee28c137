"""Independence: whether two columns of names could hang together as they do by chance alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.stats import random_table

from auditor.analysis.statistics.permutations import form_units, permute

if TYPE_CHECKING:
    from auditor.analysis.statistics.grids import SingleArray
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.analysis.statistics.permutations import ShortArray
    from auditor.geometry import FloatArray

_PAIR: Final = 2
_FEWEST_DRAWS: Final = 499
_MOST_WORK: Final = 20_000_000  # units dealt out in all draws together
_ROUNDING: Final = 1e-9


def permutation_p(
    labels: IntArray, values: IntArray, *, clusters: IntArray, draws: int, generator: np.random.Generator
) -> float:
    """P-value of the hypothesis that two columns of names have nothing to do with each other.

    Parameters
    ----------
    labels, values, clusters
        ``(n,)`` numbers from 0 without gaps.
    draws
        Permutations of the values over clusters; fewer, but not below 499, where very many clusters have to move.
    generator
        Source of the permutations.

    Returns
    -------
    float
        (1 + draws with at least the chi-squared of the data) / (draws + 1); NaN where a column has one name. Where each
        image is its own cluster, tables are drawn from their distribution at the margins of the data.

    References
    ----------
    Patefield (1981), Algorithm AS 159: an efficient method of generating random r × c tables with given row and column
    totals. Applied Statistics 30, 91-97.

    Examples
    --------
    >>> labels = np.repeat([0, 1], 50)
    >>> permutation_p(labels, labels, clusters=np.arange(100), draws=999, generator=np.random.default_rng(0))
    0.001
    """
    shape = (int(labels.max(initial=-1)) + 1, int(values.max(initial=-1)) + 1)
    if min(shape) < _PAIR:
        return float("nan")
    table = count(labels, values, shape)
    if int(clusters.max()) + 1 == len(clusters):
        rows, columns = (table.sum(axis=side).astype(np.int64) for side in (1, 0))
        null = random_table.rvs(rows, columns, size=draws, random_state=generator)
    else:
        zeros = np.zeros(len(labels), dtype=np.int64)
        units = form_units(values, labels=zeros, areas=zeros.astype(np.float64), clusters=clusters)
        sizes = count(units.unit, labels, (len(units.value), shape[0])).astype(np.float32)
        affordable = max(_FEWEST_DRAWS, _MOST_WORK // len(units.value))
        parts = permute(units, draws=min(draws, affordable), generator=generator)
        null = np.concatenate([_deal_out(sizes, part, shape[1]) for part in parts])
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    observed = float((table**2 / expected).sum())
    beyond = int(((null**2 / expected).sum(axis=(1, 2)) >= observed * (1 - _ROUNDING)).sum())
    return (1 + beyond) / (len(null) + 1)


def _deal_out(sizes: SingleArray, dealt: ShortArray, n_values: int) -> FloatArray:
    """Images by label and value in each draw, from the images of each label in each unit."""
    columns = [(dealt == value).astype(np.float32) @ sizes for value in range(n_values)]
    return np.stack(columns, axis=2).astype(np.float64)


def count(labels: IntArray, values: IntArray, shape: tuple[int, int]) -> FloatArray:
    """Images by label and value.

    Parameters
    ----------
    labels, values
        ``(n,)`` numbers from 0.
    shape
        Number of labels and of values.

    Returns
    -------
    ndarray
        ``(labels, values)``.
    """
    flat = np.bincount(labels * shape[1] + values, minlength=shape[0] * shape[1])
    return flat.reshape(shape).astype(np.float64)
