"""From whom content or a place is taken: images of a group, but never of one's own cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import FloatArray

NOBODY: Final = -1
_DECIMALS: Final = 9  # else boxes of one size would be told apart by rounding, that is, by where they lie


class Pool:
    """Members in groups, to draw from those of a group that are not of one's own cluster.

    Parameters
    ----------
    groups
        ``(n,)`` the group of each member, 0 or more.
    clusters
        ``(n,)`` the cluster of each member, 0 or more.

    Examples
    --------
    >>> pool = Pool(np.array([0, 0, 1]), np.array([0, 1, 2]))
    >>> pool.draw(np.array([0, 1]), np.array([0, 2]), uniform=np.array([[0.9], [0.9]])).tolist()
    [[1], [-1]]
    """

    def __init__(self, groups: IntArray, clusters: IntArray) -> None:
        self._base = int(clusters.max(initial=0)) + 1
        keys = groups.astype(np.int64) * self._base + clusters
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]

    def count(self, groups: IntArray, clusters: IntArray) -> IntArray:
        """Members of a group and of other clusters.

        Parameters
        ----------
        groups
            ``(m,)`` the group that each of m images asks; a negative one is empty.
        clusters
            ``(m,)`` the cluster of each.

        Returns
        -------
        ndarray
            ``(m,)``.
        """
        _, size, (low, high) = self._find(groups, clusters)
        others: IntArray = size - (high - low)
        return others

    def draw(self, groups: IntArray, clusters: IntArray, *, uniform: FloatArray) -> IntArray:
        """Draw members of a group and of other clusters, each as likely, with putting back.

        Parameters
        ----------
        groups
            ``(m,)`` the group that each of m images asks; a negative one is empty.
        clusters
            ``(m,)`` the cluster of each.
        uniform
            ``(m, k)`` random numbers in [0, 1).

        Returns
        -------
        ndarray
            ``(m, k)`` positions of members, `NOBODY` where there is none.
        """
        start, size, (low, high) = self._find(groups, clusters)
        others = size - (high - low)
        step = (uniform * others[:, None]).astype(np.int64)
        step += np.where(step >= (low - start)[:, None], (high - low)[:, None], 0)
        if len(self._order) == 0:
            return np.full(uniform.shape, NOBODY)
        at = np.minimum(start[:, None] + step, len(self._order) - 1)
        return np.where(others[:, None] > 0, self._order[at], NOBODY)

    def _find(self, groups: IntArray, clusters: IntArray) -> tuple[IntArray, IntArray, tuple[IntArray, IntArray]]:
        """Start and size of a group's stretch, and the stretch of one's own cluster in it."""
        first = groups.astype(np.int64) * self._base
        start = np.searchsorted(self._keys, first)
        size = np.searchsorted(self._keys, first + self._base) - start
        low = np.searchsorted(self._keys, first + clusters)
        high = np.searchsorted(self._keys, first + clusters, side="right")
        return start, size, (low, high)


class Circle(NamedTuple):
    """A pool, and the group of it that each image asks."""

    pool: Pool
    groups: IntArray


def draw_nearest(circles: Sequence[Circle], *, clusters: IntArray, uniform: FloatArray, fewest: int) -> IntArray:
    """Draw from the narrowest circle that has enough members, from the widest where none has.

    Parameters
    ----------
    circles
        From narrow to wide, all of the same members.
    clusters
        ``(m,)`` the cluster of each image that asks.
    uniform
        ``(m, k)`` random numbers in [0, 1).
    fewest
        Members of other clusters that a circle must have, the widest aside.

    Returns
    -------
    ndarray
        ``(m, k)`` positions of members, `NOBODY` where even the widest has none.
    """
    *narrow, widest = circles
    drawn = widest.pool.draw(widest.groups, clusters, uniform=uniform)
    for circle in reversed(narrow):
        enough = circle.pool.count(circle.groups, clusters) >= fewest
        closer = circle.pool.draw(circle.groups, clusters, uniform=uniform)
        drawn = np.where(enough[:, None], closer, drawn)
    return drawn


def choose_evenly(pool: Pool, offered: IntArray, *, clusters: IntArray, uniform: FloatArray) -> IntArray:
    """Choose one of the offered groups that have members of other clusters, each as likely.

    Parameters
    ----------
    pool
        The members.
    offered
        ``(m, g)`` groups; negative ones are not on offer.
    clusters
        ``(m,)`` the cluster of each image that asks.
    uniform
        ``(m,)`` random numbers in [0, 1).

    Returns
    -------
    ndarray
        ``(m,)`` groups, `NOBODY` where none has a member.
    """
    if offered.shape[1] == 0:
        return np.full(len(offered), NOBODY)
    has = np.column_stack([pool.count(groups, clusters) > 0 for groups in offered.T])
    wanted = (uniform * has.sum(axis=1)).astype(np.int64)
    at = (has & (has.cumsum(axis=1) == wanted[:, None] + 1)).argmax(axis=1)
    return np.where(has.any(axis=1), offered[np.arange(len(offered)), at], NOBODY)


def cut_parts(groups: IntArray, values: FloatArray, *, parts: int) -> IntArray:
    """Cut each group into equal parts by a value.

    Parameters
    ----------
    groups
        ``(n,)`` the group of each member, 0 or more.
    values
        ``(n,)``; ties, to nine decimals, are cut in the order given.
    parts
        Parts per group.

    Returns
    -------
    ndarray
        ``(n,)`` in 0 to `parts` - 1.

    Examples
    --------
    >>> cut_parts(np.array([0, 0, 0, 1]), np.array([3.0, 1.0, 2.0, 0.0]), parts=3)
    array([2, 0, 1, 0])
    """
    order = np.lexsort((values.round(_DECIMALS), groups))
    sizes = np.bincount(groups, minlength=1)
    ranks = np.empty(len(groups), dtype=np.int64)
    ranks[order] = np.arange(len(groups)) - (np.cumsum(sizes) - sizes)[groups[order]]
    cut: IntArray = ranks * parts // sizes[groups]
    return cut
