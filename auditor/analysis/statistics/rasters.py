"""Regions as coarse rasters: how much of each lies inside of boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditor.records import RASTER, unpack_rasters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.analysis.statistics.grids import SingleArray
    from auditor.analysis.statistics.intervals import ByteArray, IntArray
    from auditor.geometry import BoolArray, FloatArray

_EMPTY = bytes(RASTER[0] * RASTER[1] // 8)
_UPTO = np.tri(RASTER[0] + 1, RASTER[0], -1, dtype=np.float32)
_LEFT_OF = np.tri(RASTER[1] + 1, RASTER[1], -1, dtype=np.float32).T


def cover_packed(rasters: Sequence[bytes], boxes: FloatArray) -> tuple[FloatArray, IntArray]:
    """`cover_rasters` of packed rasters, faster where they are boxes themselves.

    Parameters
    ----------
    rasters
        n of `auditor.records.pack_raster`; empty bytes where nothing is inside.
    boxes
        ``(n, k, 4)``: x_min, y_min, x_max, y_max as shares of the frame, inside of it.

    Returns
    -------
    covered
        ``(n, k)`` in [0, 1].
    cells
        ``(n,)`` cells that are set.
    """
    packed = np.frombuffer(b"".join(raster or _EMPTY for raster in rasters), dtype=np.uint8)
    packed = packed.reshape(-1, RASTER[0], RASTER[1] // 8)
    cells: IntArray = np.bitwise_count(packed).sum(axis=(1, 2), dtype=np.int64)
    edges = _find_edges(packed)
    covered = _overlap(boxes * np.tile(RASTER[::-1], 2), edges) / np.maximum(cells, 1)[:, None]
    ragged = np.flatnonzero((edges[:, 2:] - edges[:, :2]).prod(axis=1) != cells)
    if len(ragged):
        covered[ragged] = cover_rasters(unpack_rasters(row.tobytes() for row in packed[ragged]), boxes[ragged])[0]
    return covered, cells


def _find_edges(packed: ByteArray) -> IntArray:
    """Bounding boxes in cells, ``(n, 4)``; of empty rasters 0, 0, 0, 0."""
    down: BoolArray = np.any(packed, axis=2)
    across = np.unpackbits(np.bitwise_or.reduce(packed, axis=1), axis=1).view(bool)
    ends = [np.where(line.any(axis=1), line.shape[1] - line[:, ::-1].argmax(axis=1), 0) for line in (across, down)]
    edges: IntArray = np.column_stack([across.argmax(axis=1), down.argmax(axis=1), *ends])
    return edges


def _overlap(boxes: FloatArray, own: IntArray) -> FloatArray:
    """Area that each box shares with the one box of its image."""
    sides = [
        np.minimum(boxes[..., axis + 2], own[:, None, axis + 2]) - np.maximum(boxes[..., axis], own[:, None, axis])
        for axis in (0, 1)
    ]
    shared: FloatArray = np.maximum(sides[0], 0) * np.maximum(sides[1], 0)
    return shared


def cover_rasters(rasters: BoolArray, boxes: FloatArray) -> tuple[FloatArray, SingleArray]:
    """Share of each raster that each of its boxes covers.

    Parameters
    ----------
    rasters
        ``(n, *RASTER)``, True inside.
    boxes
        ``(n, k, 4)``: x_min, y_min, x_max, y_max as shares of the frame.

    Returns
    -------
    covered
        ``(n, k)`` in [0, 1]; within a cell it grows with the area that the box covers.
    cells
        ``(n,)`` cells that are set; where there are none, nothing is covered.

    Examples
    --------
    >>> full = np.ones((1, *RASTER), dtype=bool)
    >>> cover_rasters(full, np.array([[[0.0, 0.0, 0.5, 0.25]]]))
    (array([[0.125]]), array([4096.], dtype=float32))
    """
    rows = np.matmul(_UPTO, rasters.astype(np.float32)).reshape(-1, RASTER[1])
    below = (rows @ _LEFT_OF).reshape(len(rasters), RASTER[0] + 1, RASTER[1] + 1)
    cells = below[:, -1, -1]
    return _integrate(below, boxes) / np.maximum(cells, 1)[:, None], cells


def _integrate(below: SingleArray, boxes: FloatArray) -> FloatArray:
    """Covered raster cells inside of boxes, linear within a cell, from those above and left of each point."""
    width = RASTER[1] + 1
    flat = below.reshape(-1)
    first = np.arange(len(below))[:, None] * (width * (RASTER[0] + 1))
    columns = [_split(boxes[..., edge] * RASTER[1], RASTER[1]) for edge in (0, 2)]
    found = []
    for row, down, up in (_split(boxes[..., edge] * RASTER[0], RASTER[0]) for edge in (3, 1)):
        for column, right, left in reversed(columns):
            at = first + row * width + column
            upper = flat.take(at) * left + flat.take(at + 1) * right
            lower = flat.take(at + width) * left + flat.take(at + width + 1) * right
            found.append(upper * up + lower * down)
    inside: FloatArray = found[0] - found[1] - found[2] + found[3]
    return inside


def _split(place: FloatArray, cells: int) -> tuple[IntArray, FloatArray, FloatArray]:
    """The cell that a place is in, and how far it is from the cell's beginning and end."""
    cell = np.clip(place.astype(np.int64), 0, cells - 1)
    return cell, place - cell, 1 - (place - cell)
