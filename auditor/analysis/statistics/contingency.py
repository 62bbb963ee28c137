"""How strongly two columns of names hang together, with an interval over clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import csr_array

from auditor.analysis.statistics.bootstrap import limits, resample
from auditor.analysis.statistics.intervals import Intervals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from auditor.analysis.statistics.intervals import ByteArray, IntArray
    from auditor.geometry import FloatArray

    Measure = Callable[[FloatArray, FloatArray], FloatArray]
    Shape = tuple[int, int]

_AT_ONCE: Final = 20_000_000
_FEWEST: Final = 2
_NARROW: Final = 64


def corrected_v(tables: FloatArray, effective: FloatArray) -> FloatArray:
    """Bias-corrected Cramér's V of contingency tables.

    Parameters
    ----------
    tables
        ``(..., r, c)`` counts.
    effective
        ``(...)`` number of independent images, at most the sum of the table.

    Returns
    -------
    ndarray
        ``(...)`` in [0, 1]; NaN where a table has fewer than two rows or columns, or fewer than two images.

    References
    ----------
    Bergsma (2013), A bias-correction for Cramér's V and Tschuprow's T. Journal of the Korean Statistical Society 42,
    323-328, eq. 9 and 10.

    Examples
    --------
    >>> doctors_nurses = np.array([[780.0, 220.0], [70.0, 930.0]])
    >>> corrected_v(doctors_nurses, np.array(2000.0)).round(2)
    np.float64(0.72)
    """
    n = tables.sum(axis=(-2, -1))
    rows, columns = tables.shape[-2:]
    if min(rows, columns) < _FEWEST:
        return np.full(n.shape, np.nan)
    expected = tables.sum(axis=-1, keepdims=True) * tables.sum(axis=-2, keepdims=True)
    scaled = np.divide(tables**2, expected, out=np.zeros_like(tables), where=expected > 0).sum(axis=(-2, -1))
    phi2 = np.maximum(scaled - 1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        phi2 = np.maximum(phi2 - (rows - 1) * (columns - 1) / (effective - 1), 0)
        least = np.minimum(rows - (rows - 1) ** 2 / (effective - 1), columns - (columns - 1) ** 2 / (effective - 1)) - 1
        v = np.sqrt(phi2 / least)
    return np.where((effective > 1) & (least > 0), np.minimum(v, 1), np.nan)


def cramers_v(
    labels: IntArray, values: IntArray, *, clusters: IntArray, weights: ByteArray, confidence: float
) -> Intervals:
    """Bias-corrected Cramér's V with a bootstrap interval over clusters: `associate` with `corrected_v`."""
    return associate([corrected_v], labels, values, clusters=clusters, weights=weights, confidence=confidence)[0]


def associate(
    measures: Sequence[Measure],
    labels: IntArray,
    values: IntArray,
    *,
    clusters: IntArray,
    weights: ByteArray,
    confidence: float,
) -> list[Intervals]:
    """Measures of association with bootstrap intervals over clusters, all of the same draws.

    Its correction takes the images of a cluster for one observation: the effective number of images is the square of
    their number over the sum of the squared cluster sizes.

    Parameters
    ----------
    measures
        `corrected_v`, or those of `auditor.analysis.statistics.information`: of ``(..., r, c)`` counts and their
        effective number of images.
    labels, values, clusters
        ``(n,)`` numbers from 0 without gaps.
    weights
        ``(draws, clusters)`` of `auditor.analysis.statistics.bootstrap.draw_weights`.
    confidence
        Level, in (0, 1).

    Returns
    -------
    list of Intervals
        One cell per measure. Where the estimate is 0 the interval is made of plain quantiles of the draws, because no
        cluster has any pull there.
    """
    rows, columns, n_clusters = (int(part.max()) + 1 if len(part) else 0 for part in (labels, values, clusters))
    shape = (rows, columns)
    found = np.full((len(measures), 3), np.nan)
    if min(rows, columns, n_clusters) >= _FEWEST:
        at = (clusters, labels * columns + values)
        counts = csr_array((np.ones(len(labels)), at), shape=(n_clusters, rows * columns))
        draws = _draws(counts, weights, shape=shape, measures=measures)
        for numbers, measure, drawn in zip(found, measures, draws, strict=True):
            estimate = _of_sums(counts.sum(axis=0)[None], _squares(counts).sum()[None], shape=shape, measure=measure)
            ends = _limits(estimate, counts, drawn, shape=shape, measure=measure, confidence=confidence)
            numbers[:] = np.concatenate([estimate, *ends])
    n, seen = np.array([len(labels)]), np.array([n_clusters])
    return [Intervals(estimate=value, low=low, high=high, n=n, clusters=seen) for value, low, high in found[:, :, None]]


def _limits(
    estimate: FloatArray,
    counts: csr_array,
    draws: FloatArray,
    *,
    shape: Shape,
    measure: Measure,
    confidence: float,
) -> tuple[FloatArray, FloatArray]:
    if estimate[0] == 0:
        low, high = np.nanquantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2])
        return (np.array([low]), np.array([high])) if high > low else (np.full(1, np.nan), np.full(1, np.nan))
    return limits(
        estimate,
        draws=draws[:, None],
        jackknife=_left_out(counts, shape=shape, measure=measure)[:, None],
        clusters=np.array([float(counts.sum()) ** 2 / _squares(counts).sum()]),
        confidence=confidence,
    )


def _squares(counts: csr_array) -> FloatArray:
    """Squared size of each cluster."""
    squared: FloatArray = counts.sum(axis=1).astype(np.float64) ** 2
    return squared


def _of_sums(sums: FloatArray, squares: FloatArray, *, shape: Shape, measure: Measure) -> FloatArray:
    """The measure on flat tables, at the effective number of images."""
    effective = np.divide(sums.sum(axis=1) ** 2, squares, out=np.zeros_like(squares), where=squares > 0)
    return measure(sums.reshape(-1, *shape), effective)


def _draws(
    counts: csr_array, weights: ByteArray, *, shape: Shape, measures: Sequence[Measure] = (corrected_v,)
) -> FloatArray:
    """The measures in each draw, ``(measures, draws)``, in slices of draws."""
    squares = _squares(counts)
    parts: list[list[FloatArray]] = []
    for sums, squared in _draw_sums(counts, weights, squares=squares):
        parts.append([_of_sums(sums, squared, shape=shape, measure=measure) for measure in measures])
    return np.concatenate(parts, axis=1)


def _draw_sums(
    counts: csr_array, weights: ByteArray, *, squares: FloatArray
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Flat tables of some draws, and the sum of the squared sizes of their clusters."""
    if counts.shape[1] <= _NARROW:
        sums = resample(np.column_stack([counts.toarray(), squares]), np.arange(len(squares)), weights)
        yield sums[:, :-1], sums[:, -1]
        return
    turned = counts.T.tocsr()
    step = max(1, _AT_ONCE // max(counts.shape))
    for start in range(0, len(weights), step):
        taken = weights[start : start + step].astype(np.float64)
        yield (turned @ taken.T).T, taken @ squares


def _left_out(counts: csr_array, *, shape: Shape, measure: Measure = corrected_v) -> FloatArray:
    """The measure with each cluster left out, in slices of clusters."""
    squares, total = _squares(counts), counts.sum(axis=0)
    step = max(1, _AT_ONCE // counts.shape[1])
    parts = []
    for start in range(0, counts.shape[0], step):
        part = slice(start, start + step)
        left = total - counts[part].toarray()
        parts.append(_of_sums(left, squares.sum() - squares[part], shape=shape, measure=measure))
    return np.concatenate(parts)
