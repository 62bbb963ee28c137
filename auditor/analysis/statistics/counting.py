"""Which numbers occur, and how many: without sorting, as clusters and cells are numbered from 0 without large gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from auditor.analysis.statistics.intervals import IntArray

_SPARSE: Final = 16
"""Times as many possible numbers as there are numbers: beyond, sorting is faster."""


def number_anew(values: IntArray, *, most: int) -> tuple[IntArray, IntArray]:
    """Values that occur, and which of them each is.

    Parameters
    ----------
    values
        ``(n,)`` from 0 to below `most`.
    most
        Bound of the values.

    Returns
    -------
    tuple of ndarray
        Those that occur, sorted, and ``(n,)`` their positions: what `numpy.unique` gives with the inverse.

    Examples
    --------
    >>> number_anew(np.array([5, 2, 5]), most=6)
    (array([2, 5]), array([1, 0, 1]))
    """
    if most > _SPARSE * max(len(values), 1):
        return np.unique(values, return_inverse=True)
    occurs = np.zeros(most, dtype=bool)
    occurs[values] = True
    return np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[values]


def count_distinct(values: IntArray) -> int:
    """Number of different values.

    Parameters
    ----------
    values
        ``(n,)`` from 0, such as the cluster of each image.

    Returns
    -------
    int
        As many as occur.

    Examples
    --------
    >>> count_distinct(np.array([5, 2, 5]))
    2
    """
    return int(np.count_nonzero(np.bincount(values)))


def count_clusters(groups: IntArray, clusters: IntArray, *, n_groups: int) -> IntArray:
    """Clusters that have an image in each group.

    Parameters
    ----------
    groups
        ``(n,)`` from 0 to below `n_groups`; -1 where an image is in none.
    clusters
        ``(n,)`` cluster of each image, from 0.
    n_groups
        Number of groups.

    Returns
    -------
    ndarray
        ``(n_groups,)``.

    Examples
    --------
    >>> count_clusters(np.array([0, 0, 1, -1]), np.array([7, 7, 7, 8]), n_groups=2)
    array([1, 1])
    """
    width = int(clusters.max(initial=-1)) + 1
    inside = groups >= 0
    pairs = number_anew(groups[inside] * width + clusters[inside], most=n_groups * width)[0]
    return np.bincount(pairs // max(width, 1), minlength=n_groups)
