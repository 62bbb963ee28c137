"""What chance alone would do to paired differences: their signs flipped, cluster by cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import bdtr

if TYPE_CHECKING:
    from auditor.analysis.statistics.grids import SingleArray
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import FloatArray

DRAWS: Final = 9_999
ENUMERATED: Final = 13
"""With so few clusters that pull at all, every arrangement of their signs is tried."""
_AT_ONCE: Final = 8_000_000
_ROUNDING: Final = 1e-5  # draws are summed in single precision: what is nearly as far out counts as being as far out
_NEGLIGIBLE: Final = 1e-12


def tail(observed: FloatArray, null: FloatArray) -> FloatArray:
    """Two-sided p-value of each column: the share of draws at least as far from 0 as what was observed.

    Parameters
    ----------
    observed
        ``(k,)``.
    null
        ``(draws, k)``; a draw that is no number counts against the finding.

    Returns
    -------
    ndarray
        ``(k,)``: (1 + number of such draws) / (draws + 1); NaN where nothing was observed.

    References
    ----------
    Phipson & Smyth (2010), Permutation p-values should never be zero. Statistical Applications in Genetics and
    Molecular Biology 9, article 39.

    Examples
    --------
    >>> tail(np.array([2.0]), np.array([[1.0], [-2.5], [0.0]]))
    array([0.5])
    """
    least = np.abs(observed) * (1 - _ROUNDING) - _NEGLIGIBLE
    beyond = (~(np.abs(null) < least)).sum(axis=0)
    return np.where(np.isfinite(observed), (1 + beyond) / (len(null) + 1), np.nan)


def mcnemar(first: IntArray, second: IntArray) -> FloatArray:
    """Exact two-sided p-value of McNemar's test.

    Parameters
    ----------
    first, second
        ``(k,)`` numbers of pairs in which only the first, and only the second, occurred.

    Returns
    -------
    ndarray
        ``(k,)``; 1 where there are none.

    References
    ----------
    McNemar (1947), Note on the sampling error of the difference between correlated proportions. Psychometrika 12,
    153-157, with the binomial distribution in place of its approximation.

    Examples
    --------
    >>> mcnemar(np.array([8]), np.array([1])).round(4)
    array([0.0391])
    """
    p: FloatArray = np.minimum(2 * bdtr(np.minimum(first, second).astype(np.float64), first + second, 0.5), 1.0)
    return p


def flip_signs(sums: FloatArray, *, draws: int = DRAWS, generator: np.random.Generator) -> FloatArray:
    """Column sums with the sign of each row drawn at random, the same for all columns.

    Parameters
    ----------
    sums
        ``(m, k)`` sums of paired differences, one row per cluster.
    draws
        Number of draws.
    generator
        Source of the signs.

    Returns
    -------
    ndarray
        ``(draws, k)``.
    """
    narrow = sums.astype(np.float32)
    step = max(1, _AT_ONCE // max(len(sums), 1))
    parts = [_signs(min(step, draws - at), len(sums), generator=generator) @ narrow for at in range(0, draws, step)]
    return np.concatenate(parts).astype(np.float64)


def _signs(rows: int, columns: int, *, generator: np.random.Generator) -> SingleArray:
    bits = np.unpackbits(np.frombuffer(generator.bytes(rows * columns // 8 + 1), dtype=np.uint8))
    return bits[: rows * columns].reshape(rows, columns).astype(np.float32) * 2 - 1


def enumerate_signs(sums: FloatArray) -> FloatArray:
    """Column sums under every arrangement of signs.

    Parameters
    ----------
    sums
        ``(m, k)``, few rows.

    Returns
    -------
    ndarray
        ``(2**m, k)``; the first row is the data as they are.

    Examples
    --------
    >>> enumerate_signs(np.array([[1.0], [2.0]])).ravel()
    array([ 3.,  1., -1., -3.])
    """
    arrangements = (np.arange(2 ** len(sums))[:, None] >> np.arange(len(sums))) & 1
    every: FloatArray = (1.0 - 2.0 * arrangements) @ sums
    return every


def sign_flip_p(sums: FloatArray, *, draws: int = DRAWS, generator: np.random.Generator) -> FloatArray:
    """Two-sided p-value of each column, of paired differences that lie around 0 if nothing is the matter.

    Parameters
    ----------
    sums
        ``(m, k)`` sums of paired differences, one row per cluster.
    draws
        Of random signs, where they are needed.
    generator
        Source of the signs.

    Returns
    -------
    ndarray
        ``(k,)``. Exact where all rows that are not 0 are equally large (McNemar's test) and where at most `ENUMERATED`
        are not 0; else from `flip_signs`. 1 where every row is 0.
    """
    size = np.abs(sums)
    largest = size.max(axis=0, initial=0)
    pulls = size > _NEGLIGIBLE * np.maximum(largest, 1)
    p = mcnemar((pulls & (sums > 0)).sum(axis=0), (pulls & (sums < 0)).sum(axis=0))
    alike = (~pulls | (size >= (1 - _NEGLIGIBLE) * largest)).all(axis=0)
    few = ~alike & (pulls.sum(axis=0) <= ENUMERATED)
    for column in np.flatnonzero(few):
        every = enumerate_signs(sums[pulls[:, column], column, None])[:, 0]
        p[column] = (np.abs(every) >= np.abs(every[0]) * (1 - _NEGLIGIBLE) - _NEGLIGIBLE).mean()
    rest = ~alike & ~few
    if rest.any():
        p[rest] = tail(sums[:, rest].sum(axis=0), flip_signs(sums[:, rest], draws=draws, generator=generator))
    return p
