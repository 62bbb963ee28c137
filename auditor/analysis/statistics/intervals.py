"""Intervals that know that pictures of one person are not independent.

Images come in clusters: a person, a source. Every mean, share and ratio here is a ratio of sums over clusters. Shares
get a Wilson interval at the effective number of images; other ratios get the bootstrap of `bootstrap`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtrit

from auditor.analysis.statistics.counting import number_anew

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.geometry import BoolArray, FloatArray

IntArray = npt.NDArray[np.int64]
ByteArray = npt.NDArray[np.uint8]
_NEGLIGIBLE = 1e-12


@dataclass(frozen=True, kw_only=True)
class Intervals:
    """One number and its interval per cell.

    Attributes
    ----------
    estimate, low, high
        ``(cells,)``; NaN where not computed.
    n, clusters
        ``(cells,)``: images and clusters that the number rests on.
    p_value
        ``(cells,)`` of the test that the method names; NaN where there is none, None where nothing was tested.
    """

    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    n: IntArray
    clusters: IntArray
    p_value: FloatArray | None = None


@dataclass(frozen=True, kw_only=True)
class ClusterSums:
    """Sums of some columns per cell and cluster, sorted by cell.

    Attributes
    ----------
    cell, cluster
        ``(rows,)``.
    sums
        ``(rows, columns)``.
    n_cells
        Number of cells, empty ones included.
    """

    cell: IntArray
    cluster: IntArray
    sums: FloatArray
    n_cells: int

    def per_cell(self, values: npt.NDArray[np.generic]) -> FloatArray:
        """Sum of one value per row over the rows of each cell, ``(n_cells,)``."""
        total = np.bincount(self.cell, weights=values.astype(np.float64), minlength=self.n_cells)
        return total.astype(np.float64)

    def slices(self) -> Iterator[slice]:
        """The rows of each cell."""
        edges = np.searchsorted(self.cell, np.arange(self.n_cells + 1))
        return (slice(low, high) for low, high in pairwise(edges.tolist()))


def sum_by_cluster(columns: FloatArray, *, codes: IntArray, clusters: IntArray, n_cells: int) -> ClusterSums:
    """Sum columns per cell and cluster.

    Parameters
    ----------
    columns
        ``(n, c)``, one row per image.
    codes
        ``(n,)`` cell of each image, -1 for none.
    clusters
        ``(n,)`` cluster of each image.
    n_cells
        Number of cells.

    Returns
    -------
    ClusterSums
        A row per cell and cluster that occur together.
    """
    inside = codes >= 0
    width = int(clusters.max()) + 1 if len(clusters) else 1
    pairs, inverse = number_anew(codes[inside] * width + clusters[inside], most=n_cells * width)
    return ClusterSums(
        cell=pairs // width, cluster=pairs % width, sums=_add(columns[inside], inverse, n=len(pairs)), n_cells=n_cells
    )


def _add(values: FloatArray, rows: IntArray, *, n: int) -> FloatArray:
    """Sums of values by row, every row having at least one; where each has one, they only change places."""
    sums = np.empty((n, values.shape[1]))
    if n == len(values):
        sums[rows] = values
        return sums
    for column in range(values.shape[1]):
        sums[:, column] = np.bincount(rows, weights=values[:, column], minlength=n)
    return sums


def wilson(share: FloatArray, n: FloatArray, *, confidence: float) -> tuple[FloatArray, FloatArray]:
    """Wilson score interval of a share.

    Parameters
    ----------
    share
        Observed shares, in [0, 1].
    n
        Number of images, or effective number.
    confidence
        Level, in (0, 1).

    Returns
    -------
    tuple of ndarray
        Lower and upper limits; NaN where n is 0.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference. JASA 22, 209-212.

    Examples
    --------
    >>> low, high = wilson(np.array([0.5]), np.array([10.0]), confidence=0.95)
    >>> low.round(4), high.round(4)
    (array([0.2366]), array([0.7634]))
    """
    z = float(ndtri(0.5 + confidence / 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = 1 + z**2 / n
        centre = (share + z**2 / (2 * n)) / scale
        half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / scale
    return np.where(share == 0, 0.0, centre - half), np.where(share == 1, 1.0, centre + half)


def _quotient(top: FloatArray, bottom: FloatArray) -> FloatArray:
    quotient: FloatArray = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)
    return quotient


def _shares(
    table: ClusterSums, *, count: int, hits: int, confidence: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Per cell the share and its effective number of images; per row the residual of the share."""
    size, hit = table.sums[:, count], table.sums[:, hits]
    n = table.per_cell(size)
    share = _quotient(table.per_cell(hit), n)
    residual = hit - np.nan_to_num(share)[table.cell] * size
    variance = _quotient(table.per_cell(residual**2), n**2)
    as_clusters = _quotient(n**2, table.per_cell(size**2))
    varies = variance > _NEGLIGIBLE * share * (1 - share)
    effective = np.divide(share * (1 - share), variance, out=as_clusters.copy(), where=varies)
    doubted = np.maximum(effective * _doubt(as_clusters, confidence), _NEGLIGIBLE)
    effective = np.where(_plain(table, size=size, hit=hit), effective, doubted)
    return share, np.minimum(effective, n), residual


def _plain(table: ClusterSums, *, size: FloatArray, hit: FloatArray) -> BoolArray:
    """Whether the clusters of a cell are plain trials: equally large, and their images agree."""
    largest = np.zeros(table.n_cells)
    np.maximum.at(largest, table.cell, size)
    odd = (size > 0) & ((size != largest[table.cell]) | ((hit > 0) & (hit < size)))
    plain: BoolArray = table.per_cell(odd) == 0
    return plain


def _doubt(clusters: FloatArray, confidence: float) -> FloatArray:
    """What is kept of an effective number of images whose variance was estimated from few clusters."""
    freedom = np.maximum(clusters - 1, _NEGLIGIBLE)
    normal, student = ndtri(0.5 + confidence / 2), stdtrit(freedom, 0.5 + confidence / 2)
    kept: FloatArray = (normal / student) ** 2 * freedom / (freedom + 1)
    return kept


def proportions(hits: BoolArray, *, codes: IntArray, clusters: IntArray, n_cells: int, confidence: float) -> Intervals:
    """Shares with Wilson intervals at the effective number of images.

    The variance of a share over clusters, divided by the variance over independent images, is the design effect; the
    interval is Wilson's at n over the design effect, which is never taken below 1. Because the design effect is an
    estimate, n is lowered further by (m - 1) / m and by the squared ratio of the normal to Student's quantile at m - 1
    degrees of freedom, m = (sum of cluster sizes)² / sum of their squares. No estimate is needed, and this is plainly
    Wilson's interval at the number of clusters, where clusters are equally large and their images agree: so where every
    image is its own cluster, and where each occurs twice. If all images of unequal clusters agree, m stands for n.

    Parameters
    ----------
    hits
        ``(n,)`` whether each image counts.
    codes, clusters
        ``(n,)`` cell (-1 for none) and cluster of each image.
    n_cells
        Number of cells.
    confidence
        Level, in (0, 1).

    Returns
    -------
    Intervals
        Without interval in cells of fewer than two clusters.

    References
    ----------
    Rao & Scott (1992), A simple method for the analysis of clustered binary data. Biometrics 48, 577-585.
    Korn & Graubard (1998), Confidence intervals for proportions with small expected number of positive counts
    estimated from survey data. Survey Methodology 24, 193-201. Dean & Pagano (2015), Evaluating confidence interval
    methods for binomial proportions in clustered surveys. Journal of Survey Statistics and Methodology 3, 484-503.

    Examples
    --------
    >>> hits, each = np.array([True, False, True, True]), np.arange(4)
    >>> found = proportions(hits, codes=np.zeros(4, int), clusters=each, n_cells=1, confidence=0.95)
    >>> found.estimate, found.low.round(3), found.high.round(3)
    (array([0.75]), array([0.301]), array([0.954]))
    """
    columns = np.column_stack([np.ones(len(hits)), hits])
    table = sum_by_cluster(columns, codes=codes, clusters=clusters, n_cells=n_cells)
    share, effective, _ = _shares(table, count=0, hits=1, confidence=confidence)
    low, high = wilson(share, effective, confidence=confidence)
    count = np.bincount(table.cell, minlength=n_cells)
    known = count > 1
    return Intervals(
        estimate=share,
        low=np.where(known, low, np.nan),
        high=np.where(known, high, np.nan),
        n=table.per_cell(table.sums[:, 0]).astype(np.int64),
        clusters=count,
    )


def differences(
    hits: BoolArray, *, member: BoolArray, codes: IntArray, clusters: IntArray, n_cells: int, confidence: float
) -> Intervals:
    """Share among members minus share among the rest, with Newcombe's interval.

    The limits combine the Wilson limits of the two shares. Where clusters have images on both sides, the correlation
    of the two shares over clusters enters; else it is 0 and this is Newcombe's method 10.

    Parameters
    ----------
    hits, member
        ``(n,)`` whether each image counts, and on which side it is.
    codes, clusters
        ``(n,)`` cell (-1 for none) and cluster of each image.
    n_cells
        Number of cells.
    confidence
        Level, in (0, 1).

    Returns
    -------
    Intervals
        NaN where a side is empty; no interval where a side has fewer than two clusters.

    References
    ----------
    Newcombe (1998), Interval estimation for the difference between independent proportions. Statistics in Medicine
    17, 873-890, method 10. Zou & Donner (2008), Construction of confidence limits about effect measures: a general
    approach. Statistics in Medicine 27, 1693-1702.
    """
    columns = np.column_stack([member, member & hits, ~member, ~member & hits]).astype(np.float64)
    table = sum_by_cluster(columns, codes=codes, clusters=clusters, n_cells=n_cells)
    (one, n_one, z_one), (two, n_two, z_two) = (
        _shares(table, count=c, hits=c + 1, confidence=confidence) for c in (0, 2)
    )
    low_one, high_one = wilson(one, n_one, confidence=confidence)
    low_two, high_two = wilson(two, n_two, confidence=confidence)
    spread = np.sqrt(table.per_cell(z_one**2) * table.per_cell(z_two**2))
    together = np.nan_to_num(_quotient(table.per_cell(z_one * z_two), spread))
    known = np.minimum(*(table.per_cell(table.sums[:, c] > 0) for c in (0, 2))) > 1

    def reach(first: FloatArray, second: FloatArray) -> FloatArray:
        squared = first**2 - 2 * together * first * second + second**2
        return np.where(known, np.sqrt(np.maximum(squared, 0)), np.nan)

    return Intervals(
        estimate=one - two,
        low=one - two - reach(one - low_one, high_two - two),
        high=one - two + reach(high_one - one, two - low_two),
        n=table.per_cell(table.sums[:, 0] + table.sums[:, 2]).astype(np.int64),
        clusters=np.bincount(table.cell, minlength=n_cells),
    )
