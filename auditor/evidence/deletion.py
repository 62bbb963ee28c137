"""Which tenth of a picture to delete: the one that a map names, and others as large that know nothing of the map."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import ndimage

from auditor.geometry import interpolation_matrix

if TYPE_CHECKING:
    from auditor.geometry import BoolArray, FloatArray, Size

SHARE: Final = 0.1
"""Share of the frame that is deleted."""
_DIGITS: Final = 9  # what differs by rounding alone is equal


def choose_places(cam: FloatArray, grey: FloatArray, *, random: np.random.Generator) -> dict[str, BoolArray]:
    """Choose the tenth of the frame that a map puts first, and three others of exactly as many pixels.

    Where pixels are equal, as where a map is zero, smooth noise decides between them: single pixels strewn about would
    be another kind of change, and a stronger one.

    Parameters
    ----------
    cam
        ``(h, w)``, not negative.
    grey
        ``(H, W)`` brightness of what the model sees, on any scale.
    random
        Of this image alone.

    Returns
    -------
    dict
        ``(H, W)`` bool by kind: ``map``, the top tenth of the map as bilinear upsampling enlarges it; ``blob``, of
        smooth noise with the map's resolution; ``centre``, of a Gaussian about the middle of the frame; ``edges``, of
        smoothed edge energy.

    References
    ----------
    Deletion: Petsiuk, Das & Saenko (2018), RISE: Randomized input sampling for explanation of black-box models, BMVC,
    section 4.1, at one point of their curve.

    Examples
    --------
    >>> cam = np.array([[1.0, 0.0], [0.0, 0.0]])
    >>> places = choose_places(cam, np.zeros((10, 10)), random=np.random.default_rng(0))
    >>> [int(place.sum()) for place in places.values()]
    [10, 10, 10, 10]
    >>> bool(places["map"][:3, :3].all())
    True
    """
    size: Size = (grey.shape[0], grey.shape[1])
    cell = (size[0] / cam.shape[0], size[1] / cam.shape[1])
    blob, ties = (_smooth(random.standard_normal(size), cell) for _ in range(2))
    values = {"map": upsample(cam, size), "blob": blob, "centre": _centred(size), "edges": _edges(grey, cell)}
    return {kind: _take_top(value, ties=ties) for kind, value in values.items()}


def upsample(cam: FloatArray, frame: Size) -> FloatArray:
    """Enlarge a map to the frame by bilinear interpolation with half-pixel centres.

    Parameters
    ----------
    cam
        ``(h, w)``.
    frame
        Height and width in pixels.

    Returns
    -------
    ndarray
        ``(H, W)``.

    Examples
    --------
    >>> upsample(np.array([[0.0, 1.0]]), (1, 4))
    array([[0.  , 0.25, 0.75, 1.  ]])
    """
    rows, columns = interpolation_matrix(cam.shape[0], frame[0]), interpolation_matrix(cam.shape[1], frame[1])
    enlarged: FloatArray = rows @ cam @ columns.T
    return enlarged


def _take_top(values: FloatArray, *, ties: FloatArray) -> BoolArray:
    """The highest pixels, as many as make up the share; at least one."""
    count = max(1, round(SHARE * values.size))
    largest = float(np.abs(values).max())
    flat = (values / largest if largest > 0 else values).ravel().round(_DIGITS)
    last = np.partition(flat, -count)[-count]
    chosen: BoolArray = np.asarray(flat > last)
    equal = np.flatnonzero(flat == last)
    wanted = count - int(chosen.sum())
    chosen[equal[np.argsort(ties.ravel()[equal], kind="stable")[-wanted:]]] = True
    return chosen.reshape(values.shape)


def _smooth(values: FloatArray, cell: tuple[float, float]) -> FloatArray:
    smooth: FloatArray = ndimage.gaussian_filter(values, cell, mode="reflect", truncate=3.0)
    return smooth


def _centred(size: Size) -> FloatArray:
    y, x = (((np.arange(length) + 0.5) / length - 0.5) ** 2 for length in size)
    gaussian: FloatArray = np.exp(-8 * (y[:, None] + x))
    return gaussian


def _edges(grey: FloatArray, cell: tuple[float, float]) -> FloatArray:
    """Sobel edge energy with a blur of half a cell of the map, so that it forms areas as a map does."""
    energy = ndimage.sobel(grey, axis=0) ** 2 + ndimage.sobel(grey, axis=1) ** 2
    return _smooth(np.sqrt(energy), (cell[0] / math.sqrt(2) / 2, cell[1] / math.sqrt(2) / 2))
