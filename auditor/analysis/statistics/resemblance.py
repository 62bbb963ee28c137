"""How much two maps resemble each other, and the median of that over images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binom, rankdata

from auditor.analysis.statistics.intervals import Intervals

if TYPE_CHECKING:
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import FloatArray

_C1, _C2 = 0.01**2, 0.03**2


def rank_correlation(one: FloatArray, two: FloatArray) -> FloatArray:
    """Spearman's rank correlation of maps, cell by cell; equal cells share the mean of their ranks.

    Parameters
    ----------
    one, two
        ``(n, h, w)``.

    Returns
    -------
    ndarray
        ``(n,)`` in [-1, 1]; NaN where a map is missing or the same in all cells.

    References
    ----------
    Spearman (1904), The proof and measurement of association between two things. The American Journal of Psychology
    15, 72-101.

    Examples
    --------
    >>> rank_correlation(np.array([[[0.0, 1.0, 2.0]]]), np.array([[[0.0, 5.0, 9.0]]]))
    array([1.])
    """
    first, second = (rankdata(maps.reshape(len(maps), -1), axis=1, nan_policy="propagate") for maps in (one, two))
    first, second = (ranks - ranks.mean(axis=1, keepdims=True) for ranks in (first, second))
    spread = np.sqrt((first**2).sum(axis=1) * (second**2).sum(axis=1))
    joint = (first * second).sum(axis=1)
    correlation: FloatArray = np.divide(joint, spread, out=np.full(len(one), np.nan), where=spread > 0)
    return np.clip(correlation, -1, 1)


def structural_similarity(one: FloatArray, two: FloatArray) -> FloatArray:
    r"""Structural similarity of maps with a maximum of 1, the whole grid as one window.

    .. math:: \frac{(2 \mu_x \mu_y + C_1) (2 \sigma_{xy} + C_2)}
              {(\mu_x^2 + \mu_y^2 + C_1) (\sigma_x^2 + \sigma_y^2 + C_2)}

    with C₁ = 0.01² and C₂ = 0.03².

    Parameters
    ----------
    one, two
        ``(n, h, w)`` in [0, 1].

    Returns
    -------
    ndarray
        ``(n,)``, at most 1; NaN where a map is missing.

    References
    ----------
    Wang, Bovik, Sheikh & Simoncelli (2004), Image quality assessment: from error visibility to structural similarity.
    IEEE Transactions on Image Processing 13, 600-612, equation 13; variances over n, not n - 1.

    Examples
    --------
    >>> maps = np.array([[[0.0, 1.0], [0.5, 0.0]]])
    >>> structural_similarity(maps, maps)
    array([1.])
    """
    x, y = one.reshape(len(one), -1), two.reshape(len(two), -1)
    mean_x, mean_y = x.mean(axis=1), y.mean(axis=1)
    joint = ((x - mean_x[:, None]) * (y - mean_y[:, None])).mean(axis=1)
    top = (2 * mean_x * mean_y + _C1) * (2 * joint + _C2)
    bottom = (mean_x**2 + mean_y**2 + _C1) * (x.var(axis=1) + y.var(axis=1) + _C2)
    similarity: FloatArray = top / bottom
    return similarity


def median_interval(values: FloatArray, *, clusters: IntArray, confidence: float) -> Intervals:
    """Median over clusters of the median within each, with the interval between two of them in order.

    Parameters
    ----------
    values
        ``(n,)``; NaN where an image takes no part.
    clusters
        ``(n,)`` cluster of each image.
    confidence
        Level, in (0, 1); the interval keeps it whatever the distribution.

    Returns
    -------
    Intervals
        One cell; without interval where there are too few clusters for the level (below 6 for 95 %).

    References
    ----------
    Conover (1999), Practical nonparametric statistics, 3rd edition, section 3.2.

    Examples
    --------
    >>> found = median_interval(np.arange(9.0), clusters=np.arange(9), confidence=0.95)
    >>> found.estimate, found.low, found.high
    (array([4.]), array([1.]), array([7.]))
    """
    told = np.isfinite(values)
    numbers = np.unique(clusters[told])
    each = np.sort([np.median(values[told & (clusters == number)]) for number in numbers])
    rank = int(binom.ppf((1 - confidence) / 2, len(each), 0.5)) if len(each) else 0
    ends = (each[rank - 1], each[-rank]) if rank > 0 else (np.nan, np.nan)
    return Intervals(
        estimate=np.array([np.median(each) if len(each) else np.nan]),
        low=np.array([ends[0]]),
        high=np.array([ends[1]]),
        n=np.array([told.sum()]),
        clusters=np.array([len(each)]),
    )
