"""Aligned shifts of many cells at once, each with its test: the values of an attribute against values dealt anew."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from auditor.analysis.statistics.bootstrap import CLUSTERS_AT_ONCE, pick
from auditor.analysis.statistics.permutations import afford_draws, form_units, permute
from auditor.analysis.statistics.shifts import align, sum_sides
from auditor.analysis.statistics.signs import tail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.analysis.statistics.contrasts import Scale
    from auditor.analysis.statistics.grids import SingleArray
    from auditor.analysis.statistics.intervals import ByteArray, IntArray
    from auditor.analysis.statistics.permutations import Units
    from auditor.analysis.statistics.shifts import Shift
    from auditor.geometry import BoolArray, FloatArray

MIN_CLUSTERS: Final = 20
POOLED: Final = -1
"""In the place of a label: all labels that have both sides."""
_NUMBERS_AT_ONCE: Final = 20_000_000


@dataclass(frozen=True, kw_only=True)
class Board:
    """Shifts of one region and all that they are compared by.

    Attributes
    ----------
    shifts
        ``(n, k)`` one column per fill and contrast; NaN where an image takes no part.
    labels, clusters
        ``(n,)`` from 0; clusters are columns of the weights.
    areas
        ``(n,)`` of the region.
    scales
        One per column.
    weights
        ``(B, all clusters)`` of the bootstrap.
    min_clusters
        On each side of a label, for that label to count.
    """

    shifts: FloatArray
    labels: IntArray
    clusters: IntArray
    areas: FloatArray
    scales: Sequence[Scale]
    weights: ByteArray
    min_clusters: int = MIN_CLUSTERS

    @cached_property
    def present(self) -> tuple[IntArray, IntArray]:
        """Clusters on the board, and ``(n,)`` which of them each image is in."""
        return np.unique(self.clusters, return_inverse=True)

    @cached_property
    def taken(self) -> SingleArray | ByteArray:
        """``(B, clusters on the board)`` of the weights, ready to be multiplied where they are few."""
        taken = pick(self.weights, self.present[0])
        return taken.astype(np.float32) if taken.shape[1] <= CLUSTERS_AT_ONCE else taken

    @cached_property
    def narrowed(self) -> list[Scale]:
        """The scales, without clusters that are not on the board."""
        return [scale._replace(left=scale.left[self.present[0]]) for scale in self.scales]


class Cell(NamedTuple):
    """One aligned shift and its test.

    Attributes
    ----------
    column, label
        Of the board; `POOLED` for all labels together.
    shift
        With its draws.
    p_value
        Of the permutation test; NaN where nothing was evaluated.
    null
        ``(draws,)`` what chance made of it.
    fewest
        Over the labels, the largest number of clusters on the smaller side.
    """

    column: int
    label: int
    shift: Shift
    p_value: float
    null: FloatArray
    fewest: int


def compare_values(
    board: Board,
    values: IntArray,
    *,
    wanted: Sequence[int],
    within: Sequence[tuple[int, int]] = (),
    draws: int | None = None,
    generator: np.random.Generator,
) -> list[list[Cell]]:
    """Aligned shifts of values of an attribute against all its other values.

    Parameters
    ----------
    board
        What was measured.
    values
        ``(n,)`` from 0; -1 where an image takes no part.
    wanted
        The values to set against the others.
    within
        Columns and labels to look at alone, beside the pooled cells.
    draws
        Permutations, the same for all cells; by default as many as `afford_draws` gives. Without any there is no test.
    generator
        Source of the permutations: for another board, one of the same seed makes the same draws.

    Returns
    -------
    list of list of Cell
        Per value: one pooled cell per column, then those of `within`.
    """
    cells = [(column, POOLED) for column in range(board.shifts.shape[1])] + list(within)
    plans = [_plan(board, values, value=value, cells=cells) for value in wanted]
    nulls = [np.zeros((0, len(cells)))] * len(plans)
    if draws != 0:
        units = form_units(values, labels=board.labels, areas=board.areas, clusters=board.clusters)
        draws = afford_draws(len(units.value)) if draws is None else draws
        dealt = _deal_sums(units, plans, board=board, draws=draws, generator=generator)
        nulls = [_null(plan, sums) for plan, sums in zip(plans, dealt, strict=True)]
    return [_judge(plan, null=null, shifts=_shifts(board, plan)) for plan, null in zip(plans, nulls, strict=True)]


class _Plan(NamedTuple):
    """One value against the others: who is in which cell, and what a permutation is measured by."""

    value: int
    member: BoolArray
    cells: list[tuple[int, int]]
    labels: IntArray  # (n,) numbered anew, -1 where a label takes no part anywhere
    masks: FloatArray  # (cells, labels) 1 where the label counts in the cell
    fewest: IntArray  # (cells,)
    patterns: BoolArray  # (n, patterns) who takes part in a column
    pattern: IntArray  # (k,) pattern of each column


def _plan(board: Board, values: IntArray, *, value: int, cells: list[tuple[int, int]]) -> _Plan:
    inside, member = values >= 0, values == value
    patterns, pattern = _find_patterns(np.isfinite(board.shifts) & inside[:, None])
    seen = np.stack([_count_clusters(board, member=member, taking=taking) for taking in patterns.T])
    fewer = seen.min(axis=1)
    kept = np.flatnonzero((fewer >= board.min_clusters).any(axis=0))
    kept = kept if len(kept) else np.zeros(1, dtype=np.int64)  # no label counts: one stays, at weight 0
    renumbered = np.full(fewer.shape[1] + 1, -1)
    renumbered[kept] = np.arange(len(kept))
    column, label = (np.array(part, dtype=np.int64) for part in zip(*cells, strict=True))
    ours = (label[:, None] == POOLED) | (label[:, None] == np.arange(fewer.shape[1]))
    most = np.where(ours, fewer[pattern[column]], 0)
    labels = np.where(inside, renumbered[board.labels], -1)
    masks = (ours & (most >= board.min_clusters)).astype(np.float64)[:, kept]
    return _Plan(
        value=value,
        member=member,
        cells=cells,
        labels=labels,
        masks=masks,
        fewest=most.max(axis=1, initial=0),
        patterns=patterns,
        pattern=pattern,
    )


def _find_patterns(taking: BoolArray) -> tuple[BoolArray, IntArray]:
    """Columns that differ, and which of them each column is."""
    columns = [column.tobytes() for column in taking.T]
    order = {column: number for number, column in enumerate(sorted(set(columns)))}
    pattern = np.array([order[column] for column in columns], dtype=np.int64)
    first = [columns.index(column) for column in order]
    return taking[:, first], pattern


def _count_clusters(board: Board, *, member: BoolArray, taking: BoolArray) -> IntArray:
    """Clusters on each side of each label, ``(2, labels)``."""
    present, clusters = board.present
    n_labels = int(board.labels.max(initial=0)) + 1
    seen = np.zeros((2, n_labels, len(present)), dtype=bool)
    seen[member[taking].astype(np.int64), board.labels[taking], clusters[taking]] = True
    counts: IntArray = seen.sum(axis=2)
    return counts


def _deviate(board: Board, plan: _Plan) -> FloatArray:
    """Each shift minus the mean of its label, over the spread, ``(n, cells)``; 0 where an image takes no part."""
    n_labels, labels = plan.masks.shape[1], plan.labels
    found = np.zeros_like(board.shifts)
    for column, scale in enumerate(board.scales):
        taking = np.isfinite(board.shifts[:, column]) & (labels >= 0)
        ours, values = labels[taking], board.shifts[taking, column]
        mean = np.bincount(ours, values, minlength=n_labels) / np.maximum(np.bincount(ours, minlength=n_labels), 1)
        found[taking, column] = (values - mean[ours]) / (scale.value if scale.value > 0 else 1)
    padded = np.pad(plan.masks, ((0, 0), (0, 1)))  # label -1 reads the last column
    return found[:, [column for column, _ in plan.cells]] * padded[:, labels].T


def _deal_sums(
    units: Units, plans: Sequence[_Plan], *, board: Board, draws: int, generator: np.random.Generator
) -> list[FloatArray]:
    """Per plan: sums over the members of each draw, of the deviations and of the numbers of images by label."""
    n_units = len(units.value)
    at = np.flatnonzero(units.unit >= 0)
    gather = csr_array((np.ones(len(at)), (units.unit[at], at)), shape=(n_units, len(units.unit)))
    columns = [(gather @ np.hstack([_deviate(board, plan), _count_columns(plan)])).astype(np.float32) for plan in plans]
    parts: list[list[FloatArray]] = [[] for _ in plans]
    for dealt in permute(units, draws=draws, generator=generator):
        for plan, column, part in zip(plans, columns, parts, strict=True):
            part.append((dealt == plan.value).astype(np.float32) @ column)
    return [np.concatenate(part).astype(np.float64) for part in parts]


def _count_columns(plan: _Plan) -> FloatArray:
    """``(n, patterns * labels)``: 1 where the image takes part and has the label."""
    own = plan.labels[:, None] == np.arange(plan.masks.shape[1])
    both: FloatArray = (plan.patterns[:, :, None] & own[:, None, :]).reshape(len(own), -1).astype(np.float64)
    return both


def _null(plan: _Plan, sums: FloatArray) -> FloatArray:
    """Aligned shift of each cell in each draw, ``(draws, cells)``.

    Over the labels of a cell, n₁n₀/n times the difference of means is the sum of the members' deviations.
    """
    shape = (len(sums), plan.patterns.shape[1], plan.masks.shape[1])
    members = sums[:, len(plan.cells) :].reshape(shape)
    whole = _count_columns(plan).sum(axis=0).reshape(shape[1:])
    weight = members * (whole - members) / np.maximum(whole, 1)
    null = np.full((len(sums), len(plan.cells)), np.nan)
    for number, (column, _) in enumerate(plan.cells):
        total = weight[:, plan.pattern[column]] @ plan.masks[number]
        np.divide(sums[:, number], 2 * total, out=null[:, number], where=total > 0)
    return null


def _shifts(board: Board, plan: _Plan) -> list[Shift]:
    """Aligned shift of each cell, in slices of cells so that the sums over clusters stay small."""
    present, clusters = board.present
    everyone = np.arange(len(present))
    step = max(1, _NUMBERS_AT_ONCE // max(1, len(present) * 4 * plan.masks.shape[1]))
    found: list[Shift] = []
    for start in range(0, len(plan.cells), step):
        columns = [column for column, _ in plan.cells[start : start + step]]
        sums = sum_sides(board.shifts[:, columns], member=plan.member, labels=plan.labels, clusters=clusters)
        sums *= plan.masks[start : start + step, None, None, :]
        found += align(sums, clusters=everyone, scales=[board.narrowed[c] for c in columns], weights=board.taken)
    return found


def _judge(plan: _Plan, *, null: FloatArray, shifts: list[Shift]) -> list[Cell]:
    estimates = np.array([shift.estimate for shift in shifts])
    p = tail(estimates, null) if len(null) else np.full(len(shifts), np.nan)
    return [
        Cell(column, label, shift, float(p[i]), null[:, i], int(plan.fewest[i]))
        for i, ((column, label), shift) in enumerate(zip(plan.cells, shifts, strict=True))
    ]
