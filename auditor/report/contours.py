"""Outlines of regions as drawn paths: marching squares over the coarse raster that an audit keeps of each."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.records import RASTER, unpack_rasters

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.geometry import FloatArray

Point = tuple[float, float]
"""Across and down, in cells of the raster."""
_Edge = tuple[int, int, str]

LEVEL: Final = 0.49
"""Where the line runs; a softened raster holds multiples of a sixteenth, so that no cell lies on it."""
TOLERANCE: Final = 0.3
"""Cells by which the drawn line may leave the traced one."""
INSET: Final = 0.5
"""Cells that a line keeps from the edge of the frame, so that it is seen there."""
_MOVES: Final[dict[int, tuple[tuple[str, str], ...]]] = {
    1: (("L", "T"),), 2: (("T", "R"),), 3: (("L", "R"),), 4: (("R", "B"),), 5: (("L", "T"), ("R", "B")),
    6: (("T", "B"),), 7: (("L", "B"),), 8: (("B", "L"),), 9: (("B", "T"),), 10: (("T", "R"), ("B", "L")),
    11: (("B", "R"),), 12: (("R", "L"),), 13: (("R", "T"),), 14: (("T", "L"),),
}  # fmt: skip
"""By which corners lie inside (1 top left, 2 top right, 4 bottom right, 8 bottom left): from edge to edge."""


def outline(raster: str) -> str:
    """Trace a region.

    Parameters
    ----------
    raster
        Base64 of `records.pack_raster`.

    Returns
    -------
    str
        The ``d`` of an SVG path on a frame of 64 by 64 units; empty where the region is.

    References
    ----------
    Lorensen, W. E. and Cline, H. E. (1987). Marching cubes. SIGGRAPH '87, in the plane. Douglas, D. H. and Peucker,
    T. K. (1973). Algorithms for the reduction of the number of points. Cartographica 10(2).

    Examples
    --------
    >>> import base64, numpy as np
    >>> from auditor.records import pack_raster
    >>> cells = np.zeros((64, 64))
    >>> cells[8:40, 16:48] = 1
    >>> outline(base64.b64encode(pack_raster(cells)).decode())[:11]
    'M16.5 8.3L1'
    """
    cells = unpack_rasters([base64.b64decode(raster)])[0].reshape(RASTER).astype(np.float64)
    return "".join(_drawn(_simplified(loop)) for loop in trace(softened(cells)))


def softened(cells: FloatArray) -> FloatArray:
    """Average neighbours along both axes, so that the outline of a coarse raster is a smooth line.

    Parameters
    ----------
    cells
        ``(h, w)``.

    Returns
    -------
    ndarray
        ``(h, w)``, in the same unit.

    Examples
    --------
    >>> softened(np.array([[0.0, 0.0, 1.0, 1.0]]))
    array([[0.  , 0.25, 0.75, 1.  ]])
    """
    padded = np.pad(cells, 1, mode="edge")
    rows = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    return (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 4


def trace(field: FloatArray) -> Iterator[list[Point]]:
    """Follow the lines along which a field crosses `LEVEL`.

    Parameters
    ----------
    field
        ``(h, w)``: values at the centres of cells; beyond them it is 0.

    Yields
    ------
    list of tuple
        The corners of one closed line.

    Examples
    --------
    >>> [len(loop) for loop in trace(np.eye(2))]
    [4, 4]
    """
    padded = np.pad(field, 1)
    onward = dict(_segments(padded))
    while onward:
        first = edge = next(iter(onward))
        loop = []
        while edge in onward:
            loop.append(_crossing(padded, edge))
            edge = onward.pop(edge)
        if edge == first:
            yield loop


def _segments(field: FloatArray) -> Iterator[tuple[_Edge, _Edge]]:
    """The line within each square of four centres, with what lies inside on its left."""
    inside = (field > LEVEL).astype(int)
    codes = inside[:-1, :-1] + 2 * inside[:-1, 1:] + 4 * inside[1:, 1:] + 8 * inside[1:, :-1]
    for row, column in np.argwhere((codes > 0) & (codes < 15)).tolist():  # noqa: PLR2004 -- all four corners
        for start, end in _MOVES[int(codes[row, column])]:
            yield _edge(row, column, start), _edge(row, column, end)


def _edge(row: int, column: int, side: str) -> _Edge:
    """A side of a square, named alike by both squares that share it."""
    if side in "TB":
        return row + (side == "B"), column, "across"
    return row, column + (side == "R"), "down"


def _crossing(field: FloatArray, edge: _Edge) -> Point:
    row, column, way = edge
    down, across = (0, 1) if way == "across" else (1, 0)
    low, high = float(field[row, column]), float(field[row + down, column + across])
    part = (LEVEL - low) / (high - low)
    return column + part * across - 0.5, row + part * down - 0.5  # centres lie half a cell in, the padding one cell out


def _simplified(loop: Sequence[Point]) -> list[Point]:
    """A closed line with fewer corners: cut at its two ends that lie farthest apart, each half made plain."""
    far = max(range(len(loop)), key=lambda k: _apart(loop[0], loop[k]))
    return [*_plain(loop[: far + 1]), *_plain([*loop[far:], loop[0]])[1:-1]]


def _plain(line: Sequence[Point]) -> list[Point]:
    if len(line) <= 2:  # noqa: PLR2004 -- two ends
        return list(line)
    away = [_off(point, line[0], line[-1]) for point in line]
    worst = max(range(len(line)), key=away.__getitem__)
    if away[worst] <= TOLERANCE:
        return [line[0], line[-1]]
    return [*_plain(line[: worst + 1]), *_plain(line[worst:])[1:]]


def _apart(one: Point, other: Point) -> float:
    return float(np.hypot(other[0] - one[0], other[1] - one[1]))


def _off(point: Point, start: Point, end: Point) -> float:
    """Distance of a point from the line through two others, or from the one where they are the same."""
    length = _apart(start, end)
    if length == 0:
        return _apart(start, point)
    cross = (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])
    return abs(cross) / length


def _drawn(loop: Sequence[Point]) -> str:
    rows, columns = RASTER
    inner = ((min(max(x, INSET), columns - INSET), min(max(y, INSET), rows - INSET)) for x, y in loop)
    return "M" + "L".join(f"{x:.1f} {y:.1f}".replace(".0", "") for x, y in inner) + "Z"
