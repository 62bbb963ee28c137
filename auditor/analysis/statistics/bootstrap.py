"""The bootstrap over clusters: drawn once, shared by every cell, corrected for bias and skew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri, stdtrit

from auditor.analysis.statistics.intervals import ByteArray, ClusterSums, IntArray, Intervals, sum_by_cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from auditor.analysis.statistics.grids import SingleArray
    from auditor.geometry import FloatArray

CLUSTERS_AT_ONCE: Final = 4096
"""Of which the weights are made floating-point numbers at a time."""
_NEGLIGIBLE = 1e-12
_LEAST_FREEDOM = 0.1


class Ratio(NamedTuple):
    """Columns whose sums are divided, and the column that counts the images behind it."""

    top: int
    bottom: int
    images: int


def draw_weights(n_clusters: int, *, draws: int, generator: np.random.Generator) -> ByteArray:
    """How often each draw takes each cluster.

    Parameters
    ----------
    n_clusters
        Clusters to draw from, as many as there are, with replacement.
    draws
        Number of draws.
    generator
        Source of the draws.

    Returns
    -------
    ndarray
        ``(draws, n_clusters)`` uint8; each row sums to `n_clusters`. The numbers of one cluster stand together in
        memory, since clusters are what is picked out.

    Examples
    --------
    >>> draw_weights(5, draws=3, generator=np.random.default_rng(0)).sum(axis=1)
    array([5, 5, 5], dtype=uint64)
    """
    weights = np.empty((draws, n_clusters), dtype=np.uint8)
    for row in weights:
        # a byte is enough: among 256 clusters or more, one that is taken 256 times has a chance below 1e-500
        row[:] = np.bincount(generator.integers(0, max(n_clusters, 1), n_clusters), minlength=n_clusters)
    return np.asfortranarray(weights)


def resample(sums: FloatArray, clusters: IntArray, weights: ByteArray | SingleArray) -> FloatArray:
    """Sums over clusters in each draw.

    Parameters
    ----------
    sums
        ``(rows, c)``, one row per cluster.
    clusters
        ``(rows,)`` the cluster of each row.
    weights
        ``(draws, clusters)`` of `draw_weights`.

    Returns
    -------
    ndarray
        ``(draws, c)``.
    """
    total = np.zeros((len(weights), sums.shape[1]))
    narrow = sums.astype(np.float32)
    for start in range(0, len(sums), CLUSTERS_AT_ONCE):
        part = slice(start, start + CLUSTERS_AT_ONCE)
        total += _pick_part(weights, clusters[part]).astype(np.float32, copy=False) @ narrow[part]
    return total


def pick(weights: npt.NDArray[Any], clusters: IntArray) -> npt.NDArray[Any]:
    """Weights of some clusters.

    Parameters
    ----------
    weights
        ``(draws, clusters)`` of `draw_weights`.
    clusters
        ``(rows,)`` which columns.

    Returns
    -------
    ndarray
        ``(draws, rows)``; the numbers of one cluster stand together in memory, since sums in single precision depend on
        that in their last digits.

    Examples
    --------
    >>> pick(np.array([[0, 2, 1], [1, 1, 1]], dtype=np.uint8), np.array([1, 0]))
    array([[2, 0],
           [1, 1]], dtype=uint8)
    """
    picked: npt.NDArray[Any] = weights.T.take(clusters, axis=0).T
    return picked


def _pick_part(weights: npt.NDArray[Any], clusters: IntArray) -> npt.NDArray[Any]:
    """`pick`, without a copy where the clusters follow one another."""
    first = int(clusters[0])
    if np.array_equal(clusters, np.arange(first, first + len(clusters))):
        return weights[:, first : first + len(clusters)]
    return pick(weights, clusters)


def _quantiles(ordered: FloatArray, levels: FloatArray, finite: IntArray) -> FloatArray:
    """Linear quantile of each column of sorted draws, of which only the first `finite` are numbers."""
    position = levels * np.maximum(finite - 1, 0)
    below = np.floor(position).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(finite - 1, 0))
    columns = np.arange(ordered.shape[1])
    low, high = ordered[below, columns], ordered[above, columns]
    quantile: FloatArray = low + (position - below) * (high - low)
    return quantile


def _skew(jackknife: FloatArray) -> FloatArray:
    """The acceleration constant of each column: Efron (1987), eq. 6.6, from leave-one-cluster-out values."""
    pull = jackknife.mean(axis=0) - jackknife
    squared = pull**2
    squares, cubes = squared.sum(axis=0), (squared * pull).sum(axis=0)
    skew: FloatArray = np.divide(cubes, 6 * squares**1.5, out=np.zeros_like(squares), where=squares > 0)
    return skew


def limits(
    estimate: FloatArray, *, draws: FloatArray, jackknife: FloatArray, clusters: FloatArray, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Bias-corrected and accelerated limits, column by column, widened for few clusters.

    A bootstrap of m clusters spreads too little, by sqrt((m - 1) / m), and knows nothing of Student's quantiles: the
    normal quantiles of the BCa formula are replaced by Student's at m - 1 degrees of freedom, times sqrt(m / (m - 1)).

    Parameters
    ----------
    estimate
        ``(k,)`` values on the whole data.
    draws
        ``(B, k)`` values in each draw; NaN where a draw misses the cell.
    jackknife
        ``(m, k)`` values with one cluster left out.
    clusters
        ``(k,)`` effective number of clusters.
    confidence
        Level, in (0, 1).

    Returns
    -------
    tuple of ndarray
        Lower and upper limits ``(k,)``; NaN where the clusters do not differ, so that a bootstrap says nothing.

    References
    ----------
    Efron (1987), Better bootstrap confidence intervals. JASA 82, 171-185. Clusters as units: Field & Welsh (2007),
    Bootstrapping clustered data. JRSS B 69, 369-390. Widening: Hesterberg (2015), What teachers should know about the
    bootstrap. The American Statistician 69, 371-386, expanded percentiles.
    """
    ordered = np.sort(draws, axis=0)
    finite = np.isfinite(ordered).sum(axis=0)
    below = (draws < estimate).sum(axis=0) + (draws == estimate).sum(axis=0) / 2
    share = np.clip(below / np.maximum(finite, 1), 0.5 / len(draws), 1 - 0.5 / len(draws))
    left = np.where(np.isfinite(jackknife), jackknife, np.nan_to_num(estimate))
    shift, skew = ndtri(share), _skew(left)
    ends = []
    freedom = np.maximum(np.nan_to_num(clusters) - 1, _LEAST_FREEDOM)
    widest = np.sqrt((freedom + 1) / freedom) * stdtrit(freedom, (1 + confidence) / 2)
    for tail in (-widest, widest):
        reach = shift + tail
        level = ndtr(shift + reach / np.maximum(1 - skew * reach, _NEGLIGIBLE))
        ends.append(_quantiles(ordered, level, finite))
    told = (np.ptp(left, axis=0) > _NEGLIGIBLE * np.abs(estimate)) & (finite > 0) & (ends[1] > ends[0])
    return np.where(told, ends[0], np.nan), np.where(told, ends[1], np.nan)


def _divide(top: FloatArray, bottom: FloatArray) -> FloatArray:
    quotient: FloatArray = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)
    return quotient


def ratios(
    columns: FloatArray,
    wanted: Sequence[Ratio],
    *,
    codes: IntArray,
    clusters: IntArray,
    n_cells: int,
    weights: ByteArray,
    confidence: float,
) -> list[Intervals]:
    """Ratios of sums per cell, with bootstrap intervals over clusters.

    Parameters
    ----------
    columns
        ``(n, c)``, one row per image; 0 where an image does not take part.
    wanted
        Which columns to divide: a mean is a column over its count.
    codes, clusters
        ``(n,)`` cell (-1 for none) and cluster of each image.
    n_cells
        Number of cells.
    weights
        Of `draw_weights`, over all clusters: cells share their draws.
    confidence
        Level, in (0, 1).

    Returns
    -------
    list of Intervals
        One per ratio; NaN where the bottom is 0; no interval below two clusters or where clusters do not differ.
    """
    table = sum_by_cluster(columns, codes=codes, clusters=clusters, n_cells=n_cells)
    rows = list(table.slices())
    return divide_sums(
        table,
        wanted,
        draw=lambda cell: resample(table.sums[rows[cell]], table.cluster[rows[cell]], weights),
        confidence=confidence,
    )


def divide_sums(
    table: ClusterSums, wanted: Sequence[Ratio], *, draw: Callable[[int], FloatArray], confidence: float
) -> list[Intervals]:
    """Ratios of sums per cell, from what each cluster adds to them and from their draws.

    Parameters
    ----------
    table
        Of `sum_by_cluster`.
    wanted
        Which columns to divide.
    draw
        Gives the sums of a cell in each draw, ``(draws, columns)``; asked once per cell that has images.
    confidence
        Level, in (0, 1).

    Returns
    -------
    list of Intervals
        As `ratios` has them.
    """
    tops, bottoms, counts = (np.array(part) for part in zip(*wanted, strict=True))
    found = np.full((3, table.n_cells, len(wanted)), np.nan)
    n = np.zeros((table.n_cells, len(wanted)), dtype=np.int64)
    seen = np.zeros_like(n)
    for cell, rows in enumerate(table.slices()):
        sums = table.sums[rows]
        total = sums.sum(axis=0)
        n[cell], seen[cell] = total[counts], (sums[:, counts] > 0).sum(axis=0)
        found[0, cell] = _divide(total[tops], total[bottoms])
        if n[cell].any():
            left = total - sums
            drawn = draw(cell)
            found[1:, cell] = limits(
                found[0, cell],
                draws=_divide(drawn[:, tops], drawn[:, bottoms]),
                jackknife=_divide(left[:, tops], left[:, bottoms]),
                clusters=_divide(n[cell] ** 2.0, (sums[:, counts] ** 2).sum(axis=0)),
                confidence=confidence,
            )
    found[1:, seen < 2] = np.nan  # noqa: PLR2004 -- one cluster alone cannot vary
    return [
        Intervals(estimate=found[0, :, r], low=found[1, :, r], high=found[2, :, r], n=n[:, r], clusters=seen[:, r])
        for r in range(len(wanted))
    ]
