"""How much of a map lies on several regions together, what lies in more than one of them counted once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.geometry import frame_weights, interpolation_matrix
from auditor.records import RASTER, unpack_rasters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import FloatArray

_AT_ONCE: Final = 2048
_EMPTY: Final = bytes(RASTER[0] * RASTER[1] // 8)


def sum_mass(evidence: Evidence, regions: Sequence[str]) -> FloatArray:
    """Share of the predicted class's map that lies on any of several regions.

    Parameters
    ----------
    evidence
        The tables.
    regions
        Names, at least one.

    Returns
    -------
    ndarray
        ``(n,)`` in [0, 1]; NaN where none of them is seen or the map is empty. Shares of regions are exact, and what
        several of them share is taken off as their coarse rasters tell.
    """
    each = np.column_stack([read_mass(evidence, region) for region in regions])
    known = np.isfinite(each)
    total = np.where(known, each, 0).sum(axis=1)
    several = np.flatnonzero(known.sum(axis=1) > 1)
    for start in range(0, len(several), _AT_ONCE):
        part = several[start : start + _AT_ONCE]
        total[part] -= _count_twice(evidence, regions, part)
    return np.where(known.any(axis=1), np.clip(total, 0, 1), np.nan)


def read_mass(evidence: Evidence, region: str, *, target: str = "predicted") -> FloatArray:
    """Share of a map that lies on a region, ``(n,)``; NaN where the region is not seen or the map is empty."""
    mass = evidence.target(target).measure("mass", region)
    return np.where(evidence.region(region).seen, mass, np.nan)


def _count_twice(evidence: Evidence, regions: Sequence[str], images: IntArray) -> FloatArray:
    """What a sum over the regions counts more than once, per image."""
    packed = ([raster or _EMPTY for raster in evidence.region(region).rasters[images]] for region in regions)
    times = np.sum([unpack_rasters(rasters) for rasters in packed], axis=0, dtype=np.float32)
    beyond = np.maximum(times - 1, 0)
    grid = evidence.settings.grid
    down, across = (interpolation_matrix(cells, pixels) for cells, pixels in zip(grid, RASTER, strict=True))
    maps = evidence.target("predicted").maps[images].astype(np.float64)
    weights = np.einsum("npq,ph,qw->nhw", beyond, down, across, optimize=True)
    whole = (maps * frame_weights(RASTER, grid)).sum(axis=(1, 2))
    shared: FloatArray = (maps * weights).sum(axis=(1, 2)) / np.where(whole > 0, whole, 1)
    return shared
