"""Ranks against names: how far a number tells a label, with an interval and a test that know of clusters."""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import csc_array, csr_array
from scipy.stats import rankdata

from auditor.analysis.statistics.bootstrap import limits, pick
from auditor.analysis.statistics.counting import number_anew
from auditor.analysis.statistics.intervals import Intervals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from auditor.analysis.statistics.intervals import ByteArray, IntArray
    from auditor.geometry import BoolArray, FloatArray

BINS: Final = 64
"""Parts of equal size into which ranks are put while the interval is drawn."""
MOST_CELLS: Final = 8192
"""With many labels the parts are fewer, down to ten."""
_LEAST_BINS: Final = 10
_PAIR: Final = 2
_SLACK: Final = 1e-9
_AT_ONCE: Final = 8_000_000
_MOVED_AT_ONCE: Final = 1_000_000


def strength(tables: FloatArray) -> FloatArray:
    """How far the rows of a table, in their order, tell its columns.

    Parameters
    ----------
    tables
        ``(..., values, labels)`` counts; the values in ascending order.

    Returns
    -------
    ndarray
        ``(...)``. Of two labels the probability that an image of the second has the larger value, ties counted half,
        in [0, 1]: the area under the ROC curve. Of more labels epsilon squared, the share of the variance of the ranks
        that lies between labels, corrected for their number, in [0, 1]. NaN where fewer than two labels have images or
        all values are one.

    References
    ----------
    Mann & Whitney (1947), On a test of whether one of two random variables is stochastically larger than the other.
    Annals of Mathematical Statistics 18, 50-60. Kruskal & Wallis (1952), Use of ranks in one-criterion variance
    analysis. JASA 47, 583-621, eq. 1.2. Epsilon squared: Kelley (1935), An unbiased correlation ratio measure. PNAS 21,
    554-559, on ranks.

    Examples
    --------
    >>> float(strength(np.array([[3.0, 1.0], [1.0, 3.0]])))
    0.75
    """
    per_value = tables.sum(axis=-1)
    ranks = np.cumsum(per_value, axis=-1) - (per_value - 1) / 2  # the middle of the ties
    sums = (tables * ranks[..., None]).sum(axis=-2)
    sizes = tables.sum(axis=-2)
    told = ((sizes > 0).sum(axis=-1) >= _PAIR) & ((per_value > 0).sum(axis=-1) >= _PAIR)
    with np.errstate(divide="ignore", invalid="ignore"):
        if tables.shape[-1] == _PAIR:
            larger = sums[..., 1] - sizes[..., 1] * (sizes[..., 1] + 1) / 2
            return np.where(told, larger / (sizes[..., 0] * sizes[..., 1]), np.nan)
        n = sizes.sum(axis=-1)
        spread = (per_value * (ranks - (n[..., None] + 1) / 2) ** 2).sum(axis=-1)
        means = sums / sizes - (n[..., None] + 1) / 2
        between = np.where(sizes > 0, sizes * means**2, 0).sum(axis=-1) / spread
        groups = (sizes > 0).sum(axis=-1)
        epsilon = 1 - (1 - between) * (n - 1) / (n - groups)
        return np.where(told & (n > groups), np.clip(epsilon, 0, 1), np.nan)


def tell(
    values: FloatArray,
    labels: IntArray,
    *,
    clusters: IntArray,
    weights: ByteArray,
    confidence: float,
    generator: np.random.Generator,
) -> Intervals:
    """How far a number tells a label, with a bootstrap interval over clusters.

    Parameters
    ----------
    values
        ``(n,)`` finite.
    labels
        ``(n,)`` numbers from 0 without gaps.
    clusters
        ``(n,)`` columns of the weights.
    weights
        ``(draws, clusters)`` of `auditor.analysis.statistics.bootstrap.draw_weights`, whole.
    confidence
        Level, in (0, 1).
    generator
        Source of the draws among clusters of one image.

    Returns
    -------
    Intervals
        One cell: `strength` of the values, exactly. For the interval alone, ranks are put into at most `BINS` parts.
    """
    n = len(values)
    n_labels = int(labels.max(initial=-1)) + 1
    present, clusters = number_anew(clusters, most=weights.shape[1])
    found = np.full((3, 1), np.nan)
    if n_labels >= _PAIR:
        parts = max(_LEAST_BINS, min(BINS, MOST_CELLS // n_labels))
        exact = strength(_tabulate(np.unique(values, return_inverse=True)[1], labels))
        binned = np.unique((rankdata(values) - 1) * parts // n, return_inverse=True)[1]
        table = _tabulate(binned, labels)
        cells = binned * n_labels + labels
        shift = exact - strength(table)
        found[0] = exact
        several = np.bincount(clusters) > 1
        taken = pick(weights, present[several])
        alone = _count_taken(weights, present) - taken.sum(axis=1, dtype=np.int64)
        drawn = shift + _draws(cells, clusters, taken, alone=alone, shape=table.shape, generator=generator)
        if n_labels > _PAIR and exact == 0:  # cut off at 0: no cluster has any pull there
            found[1:, 0] = np.nanquantile(np.maximum(drawn, 0), [(1 - confidence) / 2, (1 + confidence) / 2])
        else:
            found[1:] = limits(
                found[0],
                draws=drawn[:, None],
                jackknife=shift + _left_out(cells, clusters, shape=table.shape)[:, None],
                clusters=np.array([n**2 / (np.bincount(clusters) ** 2).sum()]),
                confidence=confidence,
            )
    seen = np.array([len(present)])
    return Intervals(estimate=found[0], low=found[1], high=found[2], n=np.array([n]), clusters=seen)


def _tabulate(values: IntArray, labels: IntArray) -> FloatArray:
    """Counts of values and labels, both numbered from 0."""
    shape = (int(values.max()) + 1, int(labels.max()) + 1)
    return np.bincount(values * shape[1] + labels, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)


def _count_taken(weights: ByteArray, present: IntArray) -> IntArray:
    """How many of the clusters that are there each draw takes: all that it takes, but for those that are not."""
    missing = np.ones(weights.shape[1], dtype=bool)
    missing[present] = False
    few = missing.sum() < len(present)
    taken: IntArray = pick(weights, np.flatnonzero(missing) if few else present).sum(axis=1, dtype=np.int64)
    return weights.shape[1] - taken if few else taken


def _draws(
    cells: IntArray,
    clusters: IntArray,
    taken: ByteArray,
    *,
    alone: IntArray,
    shape: tuple[int, ...],
    generator: np.random.Generator,
) -> FloatArray:
    """Strength in each draw. Clusters of one image are alike: of these it is enough to draw how many fall in a cell."""
    grouped, single = _divide(cells, clusters, size=math.prod(shape))
    step = max(1, _AT_ONCE // max(taken.shape[1], single.size))
    parts = []
    for start in range(0, len(taken), step):
        part = slice(start, start + step)
        sums = (grouped.T @ taken[part].T.astype(np.float64)).T
        if single.any():
            sums += generator.multinomial(alone[part], single / single.sum())
        parts.append(strength(sums.reshape(-1, *shape)))
    return np.concatenate(parts)


def _left_out(cells: IntArray, clusters: IntArray, *, shape: tuple[int, ...]) -> FloatArray:
    """Strength with each cluster left out; clusters of one image in one cell are computed once."""
    grouped, alone = _divide(cells, clusters, size=math.prod(shape))
    total = grouped.sum(axis=0) + alone
    single = np.flatnonzero(alone)
    ones = csr_array((np.ones(len(single)), (np.arange(len(single)), single)), shape=(len(single), alone.size))
    step = max(1, _AT_ONCE // alone.size)
    left = []
    for counts in (grouped, ones):
        parts = (counts[start : start + step].toarray() for start in range(0, counts.shape[0], step))
        left += [strength((total - part).reshape(-1, *shape)) for part in parts]
    times = np.concatenate([np.ones(grouped.shape[0], dtype=np.int64), alone[single].astype(np.int64)])
    return np.repeat(np.concatenate(left), times)


def _divide(cells: IntArray, clusters: IntArray, *, size: int) -> tuple[csr_array, FloatArray]:
    """Counts per cell of each cluster of several images, and of all clusters of one image together."""
    sizes = np.bincount(clusters)
    several = sizes[clusters] > 1
    number = np.cumsum(sizes > 1) - 1
    at = (number[clusters[several]], cells[several])
    grouped = csr_array((np.ones(several.sum()), at), shape=(int((sizes > 1).sum()), size))
    return grouped, np.bincount(cells[~several], minlength=size).astype(np.float64)


def shuffle(clusters: IntArray, *, permutations: int, generator: np.random.Generator) -> Iterator[IntArray]:
    """Exchange clusters of the same size, as wholes.

    Parameters
    ----------
    clusters
        ``(n,)`` numbers from 0 without gaps.
    permutations
        How many to make.
    generator
        Source of the order.

    Yields
    ------
    ndarray
        ``(n,)`` for each position the image that is put there. A cluster whose size no other has stays in place.

    Examples
    --------
    >>> next(shuffle(np.array([0, 0, 1, 2, 2]), permutations=1, generator=np.random.default_rng(3)))
    array([3, 4, 2, 0, 1])
    """
    order = np.argsort(clusters, kind="stable")
    sizes = np.bincount(clusters)
    starts = np.cumsum(sizes) - sizes
    blocks = [order[starts[sizes == size][:, None] + np.arange(size)] for size in np.unique(sizes[sizes > 0])]
    for _ in range(permutations):
        index = np.empty(len(clusters), dtype=np.int64)
        for block in blocks:
            index[block] = block[generator.permutation(len(block))]
        yield index


def permutation_p(values: FloatArray, targets: Sequence[IntArray], *, orders: Iterable[IntArray]) -> list[FloatArray]:
    """Chance of differences between labels as large as those found, if values and labels are independent.

    Parameters
    ----------
    values
        ``(n, k)`` columns; NaN where missing.
    targets
        Labels ``(n,)`` numbered from 0, -1 where not known, for each question.
    orders
        Of `shuffle`, shared by all columns and questions.

    Returns
    -------
    list of ndarray
        For each question ``(k,)`` in (0, 1]: one more than the permutations whose squares between labels, of ranks,
        are at least as large, over one more than all permutations. With two labels this is the two-sided test of Mann
        and Whitney, with more that of Kruskal and Wallis.
    """
    observed = np.isfinite(values)
    ranks = np.zeros_like(values)
    for column, there in zip(range(values.shape[1]), observed.T, strict=True):
        ranks[there, column] = (rankdata(values[there, column]) - (there.sum() + 1) / 2) / max(there.sum(), 1)
    questions = [_Question(codes, ranks, observed) for codes in targets]
    least = [question.between(np.arange(len(values))[None])[0] * (1 - _SLACK) for question in questions]
    exceeded = np.ones((len(questions), values.shape[1]))
    made, turns = 1, iter(orders)
    while part := list(islice(turns, max(1, _MOVED_AT_ONCE // max(len(values), 1)))):
        made += len(part)
        together = np.stack(part)
        exceeded += [
            (question.between(together) >= bar).sum(axis=0) for question, bar in zip(questions, least, strict=True)
        ]
    return list(exceeded / made)


class _Question:
    """Squares between labels of permuted ranks, for one set of labels."""

    def __init__(self, codes: IntArray, ranks: FloatArray, observed: BoolArray) -> None:
        self.known = codes >= 0
        self.n_labels = int(codes.max(initial=-1)) + 1
        self.codes = np.where(self.known, codes, self.n_labels)  # one column more, for what has no label
        self.gaps = ~observed.all(axis=0)
        self.columns, self.width = np.column_stack([ranks, observed[:, self.gaps]]), ranks.shape[1]
        sizes = np.bincount(codes[self.known], minlength=self.n_labels).astype(np.float64)
        self.counts = np.repeat(sizes[:, None], self.width, axis=1)

    def between(self, orders: IntArray) -> FloatArray:
        """``(m, k)`` squares between labels, if the labels are put in each of these m orders."""
        shape = (len(orders), self.n_labels + 1)
        rows = self.codes[orders].T + np.arange(shape[0]) * shape[1]
        edges = np.arange(len(self.codes) + 1) * shape[0]
        member = csc_array((np.ones(rows.size), rows.ravel(), edges), shape=(math.prod(shape), len(self.codes)))
        sums = (member @ self.columns).reshape(*shape, -1)[:, : self.n_labels]
        ranks, counts = sums[..., : self.width], np.repeat(self.counts[None], shape[0], axis=0)
        counts[..., self.gaps] = sums[..., self.width :]
        squares: FloatArray = np.divide(ranks**2, counts, out=np.zeros_like(ranks), where=counts > 0).sum(axis=1)
        centre: FloatArray = ranks.sum(axis=1) ** 2 / np.maximum(counts.sum(axis=1), 1)
        between: FloatArray = squares - centre
        return between
