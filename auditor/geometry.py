"""Boxes and masks against a coarse map: the transpose of bilinear upsampling, in closed form.

A class activation map lives on a grid of, say, 7 × 7 cells; a region is given in the pixels of the frame that the model
saw. Bilinear upsampling is linear and separable, ``U = Wy M Wxᵀ``, so the sum of the upsampled map over a region is a
weighted sum over the grid, ``Σ_R U = Σ M · (Wyᵀ R Wx)``: exact, and no frame-sized map is ever made.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Size = tuple[int, int]
"""Height and width."""


@lru_cache(maxsize=64)
def interpolation_matrix(cells: int, pixels: int) -> FloatArray:
    """Weights of one-dimensional bilinear upsampling with half-pixel centres (``align_corners=False``).

    Parameters
    ----------
    cells
        Length of the grid.
    pixels
        Length of the frame.

    Returns
    -------
    ndarray
        Read-only ``(pixels, cells)``; each row sums to 1.

    Examples
    --------
    >>> interpolation_matrix(2, 4)
    array([[1.  , 0.  ],
           [0.75, 0.25],
           [0.25, 0.75],
           [0.  , 1.  ]])
    """
    position = np.clip((np.arange(pixels) + 0.5) * cells / pixels - 0.5, 0, cells - 1)
    low = np.floor(position).astype(int)
    high = np.minimum(low + 1, cells - 1)
    fraction = position - low
    weights = np.zeros((pixels, cells))
    rows = np.arange(pixels)
    np.add.at(weights, (rows, low), 1 - fraction)
    np.add.at(weights, (rows, high), fraction)
    weights.flags.writeable = False
    return weights


@lru_cache(maxsize=64)
def _cumulative(cells: int, pixels: int) -> tuple[FloatArray, FloatArray]:
    """Weights summed over the first k pixels, (pixels + 1, cells), and what each pixel adds to them."""
    total = np.vstack([np.zeros(cells), np.cumsum(interpolation_matrix(cells, pixels), axis=0)])
    step = np.diff(total, axis=0)
    total.flags.writeable = step.flags.writeable = False
    return total, step


def project_intervals(low: FloatArray, high: FloatArray, *, cells: int, pixels: int) -> FloatArray:
    """Grid weights of intervals along one axis: those of a box are the products of its two axes'.

    Parameters
    ----------
    low, high
        ``(n,)`` edges in pixels, fractions of a pixel included; what lies outside of the frame does not count.
    cells
        Length of the grid.
    pixels
        Length of the frame.

    Returns
    -------
    ndarray
        ``(n, cells)``, in pixels.

    Examples
    --------
    >>> project_intervals(np.array([0.0]), np.array([2.0]), cells=2, pixels=4)
    array([[1.75, 0.25]])
    """
    total, step = _cumulative(cells, pixels)

    def upto(edge: FloatArray) -> FloatArray:
        edge = np.clip(edge, 0, pixels)
        whole = np.minimum(edge.astype(np.int64), pixels - 1)
        weights: FloatArray = step.take(whole, axis=0)
        weights *= (edge - whole)[:, None]
        weights += total.take(whole, axis=0)
        return weights

    return upto(high) - upto(low)


def project_boxes(boxes: npt.ArrayLike, *, frame: Size, grid: Size) -> FloatArray:
    """Grid weights of each box: the sum of the upsampled map inside the box is ``(map * weights).sum()``.

    Parameters
    ----------
    boxes
        ``(n, 4)``: x_min, y_min, x_max, y_max in pixels of the frame, edges may be fractional; what lies outside
        of the frame does not count.
    frame
        Height and width in pixels of what the model saw.
    grid
        Height and width of the map.

    Returns
    -------
    ndarray
        ``(n, h, w)``, in pixels.

    Examples
    --------
    >>> project_boxes([[0, 0, 2, 4]], frame=(4, 4), grid=(2, 2))[0]
    array([[3.5, 0.5],
           [3.5, 0.5]])
    """
    edges = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    rows = project_intervals(edges[:, 1], edges[:, 3], cells=grid[0], pixels=frame[0])
    columns = project_intervals(edges[:, 0], edges[:, 2], cells=grid[1], pixels=frame[1])
    weights: FloatArray = rows[:, :, None] * columns[:, None, :]
    return weights


def project_mask(mask: npt.NDArray[np.generic], *, grid: Size) -> FloatArray:
    """Grid weights of a mask or of a soft coverage.

    Parameters
    ----------
    mask
        ``(H, W)``, boolean or coverage in [0, 1].
    grid
        Height and width of the map.

    Returns
    -------
    ndarray
        ``(h, w)``, in pixels: the sum of the upsampled map inside the mask is ``(map * weights).sum()``.

    Examples
    --------
    >>> mask = np.zeros((4, 4), dtype=bool)
    >>> mask[:, :2] = True
    >>> project_mask(mask, grid=(2, 2))
    array([[3.5, 0.5],
           [3.5, 0.5]])
    """
    rows = interpolation_matrix(grid[0], mask.shape[0])
    columns = interpolation_matrix(grid[1], mask.shape[1])
    projected: FloatArray = rows.T @ mask.astype(np.float64) @ columns
    return projected


@lru_cache(maxsize=64)
def frame_weights(frame: Size, grid: Size) -> FloatArray:
    """Grid weights of the whole frame: ``(map * weights).sum()`` is the sum of the upsampled map.

    Parameters
    ----------
    frame
        Height and width in pixels.
    grid
        Height and width of the map.

    Returns
    -------
    ndarray
        Read-only ``(h, w)``, in pixels.

    Examples
    --------
    >>> frame_weights((4, 4), (2, 2))
    array([[4., 4.],
           [4., 4.]])
    """
    rows = interpolation_matrix(grid[0], frame[0]).sum(axis=0)
    columns = interpolation_matrix(grid[1], frame[1]).sum(axis=0)
    weights: FloatArray = np.outer(rows, columns)
    weights.flags.writeable = False
    return weights


def coverage(boxes: npt.ArrayLike, *, frame: Size) -> FloatArray:
    """How much of each pixel the union of some boxes covers.

    Parameters
    ----------
    boxes
        ``(n, 4)``: x_min, y_min, x_max, y_max in pixels of the frame, edges may be fractional.
    frame
        Height and width in pixels.

    Returns
    -------
    ndarray
        ``(H, W)`` in [0, 1]; where boxes share a pixel, the largest share counts.

    Examples
    --------
    >>> coverage([[0.5, 0, 2, 1]], frame=(1, 3))
    array([[0.5, 1. , 0. ]])
    """
    edges = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    starts_y, starts_x = np.arange(frame[0]), np.arange(frame[1])
    covered = np.zeros(frame)
    for x_min, y_min, x_max, y_max in edges:
        rows = np.clip(np.minimum(y_max, starts_y + 1) - np.maximum(y_min, starts_y), 0, 1)
        columns = np.clip(np.minimum(x_max, starts_x + 1) - np.maximum(x_min, starts_x), 0, 1)
        np.maximum(covered, np.outer(rows, columns), out=covered)
    return covered
