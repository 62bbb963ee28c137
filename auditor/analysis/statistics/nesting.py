"""Ratios in the cells of several margins: the smallest parts are resampled once, and added up to every cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.analysis.statistics.bootstrap import divide_sums, ratios, resample
from auditor.analysis.statistics.intervals import sum_by_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.analysis.statistics.bootstrap import Ratio
    from auditor.analysis.statistics.cells import Cells
    from auditor.analysis.statistics.intervals import ByteArray, IntArray, Intervals
    from auditor.geometry import FloatArray

_MOST_NUMBERS: Final = 32_000_000
"""Drawn sums that are kept at a time: a quarter of a gigabyte."""
_PARTS_PER_CELL: Final = 2
"""More parts than this would cost more than they save."""


def ratios_by_margin(
    columns: FloatArray,
    wanted: Sequence[Ratio],
    margins: Sequence[Cells],
    *,
    clusters: IntArray,
    weights: ByteArray,
    confidence: float,
) -> list[list[Intervals]]:
    """`auditor.analysis.statistics.bootstrap.ratios` in every margin, at little more than the cost of one.

    A sum over a cell is the sum over its parts, in each draw as well: parts that lie in one cell of every margin are
    resampled, and the cells of all margins added up from them.

    Parameters
    ----------
    columns
        ``(n, c)``, one row per image; 0 where an image does not take part.
    wanted
        Which columns to divide.
    margins
        Cells of the images, such as labels, and labels by subgroup.
    clusters
        ``(n,)`` cluster of each image.
    weights
        Of `auditor.analysis.statistics.bootstrap.draw_weights`, over all clusters.
    confidence
        Level, in (0, 1).

    Returns
    -------
    list of list of Intervals
        Per margin one per ratio; those of `ratios`, but for the last digits of single precision in the limits.
    """
    found: list[list[Intervals]] = []
    for group in _group(margins, numbers=len(weights) * columns.shape[1]):
        if len(group) == 1:
            found.append(
                ratios(
                    columns,
                    wanted,
                    codes=group[0].codes,
                    clusters=clusters,
                    n_cells=len(group[0].keys),
                    weights=weights,
                    confidence=confidence,
                )
            )
            continue
        drawn = _draw(columns, group, clusters=clusters, weights=weights)
        for cells, sums in zip(group, drawn, strict=True):
            table = sum_by_cluster(columns, codes=cells.codes, clusters=clusters, n_cells=len(cells.keys))
            found.append(divide_sums(table, wanted, draw=sums.__getitem__, confidence=confidence))
    return found


def _group(margins: Sequence[Cells], *, numbers: int) -> Iterator[list[Cells]]:
    """Margins that are drawn together: as long as their parts are few, and their sums fit in memory."""
    group: list[Cells] = []
    parts: IntArray | None = None
    for margin in margins:
        both = _refine(parts, margin)
        n_cells = sum(len(cells.keys) for cells in [*group, margin])
        if group and (int(both.max(initial=0)) >= _PARTS_PER_CELL * n_cells or n_cells * numbers > _MOST_NUMBERS):
            yield group
            group, both = [], _refine(None, margin)
        group.append(margin)
        parts = both
    if group:
        yield group


def _refine(parts: IntArray | None, margin: Cells) -> IntArray:
    """Number of each image's part when parts are cut by a margin as well; images outside of it are in a part, too."""
    codes = margin.codes + 1
    if parts is not None:
        codes = parts * (len(margin.keys) + 1) + codes
    return np.unique(codes, return_inverse=True)[1]


def _draw(columns: FloatArray, margins: Sequence[Cells], *, clusters: IntArray, weights: ByteArray) -> list[FloatArray]:
    """Per margin the sums of its cells in each draw, ``(cells, draws, columns)``."""
    parts = _refine(None, margins[0])
    for margin in margins[1:]:
        parts = _refine(parts, margin)
    _, first = np.unique(parts, return_index=True)
    table = sum_by_cluster(columns, codes=parts, clusters=clusters, n_cells=len(first))
    sums = [np.zeros((len(margin.keys), len(weights), columns.shape[1])) for margin in margins]
    for lead, rows in zip(first.tolist(), table.slices(), strict=True):
        drawn = resample(table.sums[rows], table.cluster[rows], weights)
        for margin, total in zip(margins, sums, strict=True):
            if margin.codes[lead] >= 0:
                total[margin.codes[lead]] += drawn
    return sums
