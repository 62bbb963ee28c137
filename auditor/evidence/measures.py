"""What a map says of a region, in closed form on the map's own grid.

Everywhere ``maps`` is ``(..., T, h, w)``, non-negative and in any unit, and ``weights`` is ``(..., R, h, w)`` as
`auditor.geometry.project_boxes` and `auditor.geometry.project_mask` make them; leading dimensions broadcast, and what
comes back is ``(..., T, R)``. A map that is empty or not finite gives NaN: it holds no evidence to share out, and 0
would claim that the model looked elsewhere. A region that the crop removed gives 0, whatever the map: leave it out by
its area.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.geometry import frame_weights
from auditor.records import MEASURES, measure_column

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from auditor.geometry import BoolArray, FloatArray, Size

_TINY: Final = np.finfo(np.float64).tiny


def relevance_mass(maps: npt.ArrayLike, weights: npt.ArrayLike, *, frame: Size) -> FloatArray:
    """Share of each upsampled map's mass that falls inside each region.

    Parameters
    ----------
    maps
        ``(..., T, h, w)``.
    weights
        ``(..., R, h, w)``, in pixels.
    frame
        Height and width in pixels.

    Returns
    -------
    ndarray
        ``(..., T, R)`` in [0, 1]; NaN where the map is empty or not finite.

    See Also
    --------
    pointing_game : The same question, asked of the maximum alone.

    Notes
    -----
    A map that ignores the image scores the region's share of the frame, not 0: compare with that.

    References
    ----------
    Arras, Osman and Samek, "CLEVR-XAI: a benchmark dataset for the ground truth evaluation of neural network
    explanations", Information Fusion 81, 2022: "relevance mass accuracy".

    Examples
    --------
    >>> from auditor.geometry import project_boxes
    >>> maps = [[[3.0, 1.0], [0.0, 0.0]]]
    >>> left_half = project_boxes([[0, 0, 2, 4]], frame=(4, 4), grid=(2, 2))
    >>> relevance_mass(maps, left_half, frame=(4, 4))
    array([[0.6875]])
    """
    shares, regions = _shares(maps), np.asarray(weights, dtype=np.float64)
    whole = frame_weights(frame, _grid(regions))
    inside = _flat(shares) @ _flat(regions).swapaxes(-1, -2)
    total = _flat(shares) @ whole.ravel()
    mass: FloatArray = np.clip(inside / total[..., None], 0.0, 1.0)  # rounding may overshoot by a few ulp
    return mass


def pointing_game(maps: npt.ArrayLike, centres: npt.ArrayLike) -> FloatArray:
    """Whether each map's maximum lies in each region: the centre of its largest cell is inside.

    Parameters
    ----------
    maps
        ``(..., T, h, w)``.
    centres
        ``(..., R, h, w)``, as `mark_centres` makes it.

    Returns
    -------
    ndarray
        ``(..., T, R)``: 1 inside, 0 outside; where several cells share the maximum, the share of them that is inside;
        NaN where the map is empty or not finite.

    References
    ----------
    Zhang et al., "Top-down Neural Attention by Excitation Backprop", IJCV 126, 2018, section 4.1; without its tolerance
    of 15 pixels.

    Examples
    --------
    >>> pointing_game([[[3.0, 1.0], [0.0, 0.0]]], [[[True, False], [False, False]]])
    array([[1.]])
    """
    flat = _flat(_shares(maps))
    largest = (flat == flat.max(axis=-1, keepdims=True)).astype(np.float64)
    hits = largest @ _flat(np.asarray(centres, dtype=np.float64)).swapaxes(-1, -2)
    empty = np.isnan(flat[..., :1])
    share: FloatArray = np.where(empty, np.nan, hits / np.maximum(largest.sum(axis=-1, keepdims=True), 1.0))
    return share


def attention_iou(maps: npt.ArrayLike, weights: npt.ArrayLike, *, frame: Size) -> FloatArray:
    r"""Soft overlap of each map with each region, both scaled to sum 1 over the grid.

    .. math:: \frac{\sum A B}{\sum ((A + B) / 2)^2}, \quad A = \frac{M}{\sum M}, \quad B = \frac{m}{\sum m}

    where m is the share of each cell that the region covers.

    Parameters
    ----------
    maps
        ``(..., T, h, w)``.
    weights
        ``(..., R, h, w)``, in pixels.
    frame
        Height and width in pixels.

    Returns
    -------
    ndarray
        ``(..., T, R)`` in [0, 1]: 1 where map and region have the same shape; NaN where the map is empty or not finite.

    Notes
    -----
    A map without structure over a region that covers the share f of all cells scores ``4 f / (1 + 3 f)``, not f.

    References
    ----------
    "Attention IoU: Examining Biases in CelebA using Attention Maps", CVPR 2025: the mask score. Its maps are scaled
    from minimum to maximum first; ours are rectified and keep their zero.

    Examples
    --------
    >>> from auditor.geometry import frame_weights
    >>> left = frame_weights((4, 4), (2, 2)) * [[1, 0], [1, 0]]
    >>> attention_iou([[[1.0, 1.0], [1.0, 1.0]]], left[None], frame=(4, 4))
    array([[0.8]])
    """
    regions = np.asarray(weights, dtype=np.float64)
    a = _flat(_shares(maps))
    covered = _flat(regions / frame_weights(frame, _grid(regions)))
    b = covered / np.maximum(covered.sum(axis=-1, keepdims=True), _TINY)
    product = a @ b.swapaxes(-1, -2)
    squares = np.square(a).sum(axis=-1)[..., :, None] + np.square(b).sum(axis=-1)[..., None, :]
    iou: FloatArray = np.clip(4 * product / (squares + 2 * product), 0.0, 1.0)
    return iou


def mark_centres(boxes: npt.ArrayLike, *, mask: BoolArray | None, frame: Size, grid: Size) -> BoolArray:
    """Which cells of a grid have their centre inside a region.

    Parameters
    ----------
    boxes
        ``(n, 4)``: x_min, y_min, x_max, y_max in pixels of the frame; the lower edges are inside, the upper are not.
    mask
        ``(H, W)``; together with the boxes, their union counts.
    frame
        Height and width in pixels.
    grid
        Height and width of the map.

    Returns
    -------
    ndarray
        ``(h, w)``, True inside.

    Examples
    --------
    >>> mark_centres([[0, 0, 2, 4]], mask=None, frame=(4, 4), grid=(2, 2))
    array([[ True, False],
           [ True, False]])
    """
    y, x = _centres(grid[0], frame[0]), _centres(grid[1], frame[1])
    edges = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    rows = (edges[:, 1, None] <= y) & (y < edges[:, 3, None])  # (n, h)
    columns = (edges[:, 0, None] <= x) & (x < edges[:, 2, None])  # (n, w)
    inside: BoolArray = np.any(rows[:, :, None] & columns[:, None, :], axis=0)
    if mask is not None:
        np.logical_or(inside, mask[np.ix_(y.astype(int), x.astype(int))], out=inside)
    return inside


def measure_maps(
    maps: npt.ArrayLike, weights: Mapping[str, FloatArray], *, centres: Mapping[str, BoolArray], frame: Size
) -> dict[str, FloatArray]:
    """Every measure of every region on the maps of one image.

    Parameters
    ----------
    maps
        ``(T, h, w)``.
    weights
        By region: ``(h, w)``, in pixels.
    centres
        By region: ``(h, w)``, as `mark_centres` makes it.
    frame
        Height and width in pixels.

    Returns
    -------
    dict
        By column of the attention table, ``(T,)``.

    Examples
    --------
    >>> from auditor.geometry import project_boxes
    >>> box = [[0, 0, 2, 4]]
    >>> weights = {"face": project_boxes(box, frame=(4, 4), grid=(2, 2))[0]}
    >>> centres = {"face": mark_centres(box, mask=None, frame=(4, 4), grid=(2, 2))}
    >>> measure_maps([[[3.0, 1.0], [0.0, 0.0]]], weights, centres=centres, frame=(4, 4))["mass:face"]
    array([0.6875])
    """
    if not weights:
        return {}
    regions = np.stack(list(weights.values()))
    values = (
        relevance_mass(maps, regions, frame=frame),
        pointing_game(maps, np.stack([centres[name] for name in weights])),
        attention_iou(maps, regions, frame=frame),
    )
    return {
        measure_column(measure, name): value[:, r]
        for measure, value in zip(MEASURES, values, strict=True)
        for r, name in enumerate(weights)
    }


def _shares(maps: npt.ArrayLike) -> FloatArray:
    """Maps that sum to 1 over the grid; all NaN where one is empty or not finite."""
    given = np.asarray(maps, dtype=np.float64)
    peak = given.max(axis=(-1, -2), keepdims=True)
    usable = np.isfinite(peak) & (peak > 0)
    scaled = given / np.where(usable, peak, np.nan)  # first by the maximum: a sum of huge values could overflow
    shares: FloatArray = scaled / scaled.sum(axis=(-1, -2), keepdims=True)
    return shares


def _flat(grids: FloatArray) -> FloatArray:
    return grids.reshape(*grids.shape[:-2], -1)


def _grid(weights: FloatArray) -> Size:
    return weights.shape[-2], weights.shape[-1]


@lru_cache(maxsize=16)
def _centres(cells: int, pixels: int) -> FloatArray:
    """Centre of each cell in pixels."""
    centres = (np.arange(cells) + 0.5) * pixels / cells
    centres.flags.writeable = False
    return centres
