"""How much one column of names tells of another, and by how much it changes the odds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri, xlogy

if TYPE_CHECKING:
    from auditor.geometry import FloatArray

_FEWEST: Final = 2
_WIDEST: Final = 15.0  # of an odds ratio's logarithm to either side
_EDGE: Final = 1e-14


def mutual_information(tables: FloatArray) -> FloatArray:
    """Mutual information of rows and columns.

    Parameters
    ----------
    tables
        ``(..., r, c)`` counts.

    Returns
    -------
    ndarray
        ``(...)`` in bit, at least 0; NaN where a table is empty.

    References
    ----------
    Cover & Thomas (2006), Elements of Information Theory, 2nd edition, eq. 2.28.

    Examples
    --------
    >>> doctors_nurses = np.array([[780.0, 220.0], [70.0, 930.0]])
    >>> mutual_information(doctors_nurses).round(2)
    np.float64(0.42)
    """
    flat = tables.reshape(*tables.shape[:-2], -1)
    both = entropy(tables.sum(axis=-1)) + entropy(tables.sum(axis=-2)) - entropy(flat)
    return np.maximum(both, 0)


def entropy(counts: FloatArray) -> FloatArray:
    """Entropy of shares.

    Parameters
    ----------
    counts
        ``(..., k)``.

    Returns
    -------
    ndarray
        ``(...)`` in bit; NaN where all counts are 0.

    Examples
    --------
    >>> entropy(np.array([1.0, 1.0, 2.0]))
    np.float64(1.5)
    """
    total = counts.sum(axis=-1, keepdims=True)
    share = np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)
    bits: FloatArray = -xlogy(share, share).sum(axis=-1) / np.log(2)
    return bits


def corrected_information(tables: FloatArray, effective: FloatArray) -> FloatArray:
    """`mutual_information` less what it is above 0 by chance, on average, in so many independent images.

    Parameters
    ----------
    tables
        ``(..., r, c)`` counts.
    effective
        ``(...)`` number of independent images.

    Returns
    -------
    ndarray
        ``(...)`` in bit, at least 0.

    References
    ----------
    Miller (1955), Note on the bias of information estimates. In: Information Theory in Psychology, 95-100.
    """
    rows, columns = tables.shape[-2:]
    if min(rows, columns) < _FEWEST:
        return np.full(tables.shape[:-2], np.nan)
    chance = (rows - 1) * (columns - 1) / (np.log(4) * np.where(effective > 0, effective, np.nan))
    bits: FloatArray = np.maximum(mutual_information(tables) - chance, 0)
    return bits


def shared_information(tables: FloatArray, effective: FloatArray) -> FloatArray:
    """`corrected_information` as a share of the entropy of the rows: Theil's uncertainty coefficient, in [0, 1]."""
    whole = np.asarray(entropy(tables.sum(axis=-1)))
    bits = corrected_information(tables, effective)
    share: FloatArray = np.minimum(np.divide(bits, whole, out=np.full(bits.shape, np.nan), where=whole > 0), 1)
    return share


def odds_ratio_limits(table: FloatArray, *, confidence: float) -> tuple[float, float]:
    """Score interval of the odds ratio of a two-by-two table of independent images.

    Parameters
    ----------
    table
        ``(2, 2)`` counts, none of them 0.
    confidence
        Level, in (0, 1).

    Returns
    -------
    tuple of float
        Odds ratios that Pearson's chi-squared test, against the counts expected at that ratio, does not reject.

    References
    ----------
    Cornfield (1956), A statistical problem arising from retrospective studies. Proceedings of the third Berkeley
    symposium 4, 135-148, without correction for continuity.

    Examples
    --------
    >>> limits = odds_ratio_limits(np.array([[780.0, 220.0], [70.0, 930.0]]), confidence=0.95)
    >>> [round(limit, 1) for limit in limits]
    [35.4, 62.6]
    """
    observed = float(np.log(table[0, 0] * table[1, 1] / (table[0, 1] * table[1, 0])))
    reach = float(ndtri(0.5 + confidence / 2))

    def find(side: float) -> float:
        return float(brentq(lambda x: _score(table, x) - side, observed - _WIDEST, observed + _WIDEST))

    low, high = find(reach), find(-reach)
    return float(np.exp(low)), float(np.exp(high))


def _score(table: FloatArray, log_ratio: float) -> float:
    """Standard errors by which the first count exceeds what is expected at an odds ratio and the table's margins."""
    row, column, n = table[0].sum(), table[:, 0].sum(), table.sum()
    least, most = max(0.0, row + column - n), min(row, column)

    def excess(count: float) -> float:
        odds = np.log(count) + np.log(n - row - column + count) - np.log(row - count) - np.log(column - count)
        return float(odds) - log_ratio

    room = _EDGE * (most - least)
    expected = brentq(excess, least + room, most - room)
    parts = (expected, row - expected, column - expected, n - row - column + expected)
    return float((table[0, 0] - expected) * np.sqrt(sum(1 / part for part in parts)))
