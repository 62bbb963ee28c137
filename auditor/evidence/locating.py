"""Where a region lies in the frame that the model saw: its share of it, its weights on the map's grid, its raster."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from auditor.evidence.measures import mark_centres
from auditor.geometry import coverage, project_boxes, project_mask
from auditor.records import RASTER, pack_grid, pack_raster

if TYPE_CHECKING:
    from auditor.evidence.preprocessing import PreparedRegion
    from auditor.geometry import BoolArray, FloatArray, Size


@dataclass(frozen=True)
class Located:
    """A region in the frame."""

    name: str
    area: float  # share of the frame, in [0, 1]
    box: tuple[float, float, float, float]  # bounding box as shares of the frame; zeros where nothing is seen
    weights: FloatArray  # (h, w), in pixels
    centres: BoolArray  # (h, w), cells whose centre is inside
    raster: FloatArray  # RASTER, coverage in [0, 1]

    def row(self, image_id: str) -> dict[str, object]:
        """Row of the regions table.

        Parameters
        ----------
        image_id
            The image.

        Returns
        -------
        dict
            Values by column.
        """
        x_min, y_min, x_max, y_max = self.box
        return {
            "image_id": image_id,
            "region": self.name,
            "area": self.area,
            "x_min": x_min,
            "y_min": y_min,
            "x_max": x_max,
            "y_max": y_max,
            "weights": pack_grid(self.weights, "float32"),
            "raster": pack_raster(self.raster),
        }


def locate(region: PreparedRegion, *, frame: Size, grid: Size) -> Located:
    """Project a prepared region on the grid and on the raster.

    Parameters
    ----------
    region
        Boxes and mask in pixels of the frame; their union counts.
    frame
        Height and width in pixels.
    grid
        Height and width of the map.

    Returns
    -------
    Located
        With area 0 where the crop left nothing of it.
    """
    centres = mark_centres(region.boxes, mask=region.mask, frame=frame, grid=grid)
    if region.mask is None and len(region.boxes) == 1:
        # One box needs no frame-sized array.
        box = region.boxes[0] / (frame[1], frame[0], frame[1], frame[0])
        area = float((box[2] - box[0]) * (box[3] - box[1]))
        raster = coverage(box * (RASTER[1], RASTER[0], RASTER[1], RASTER[0]), frame=RASTER)
        weights = project_boxes(region.boxes, frame=frame, grid=grid)[0]
        return Located(region.name, area, _edges(box), weights, centres, raster)
    covered = coverage(region.boxes, frame=frame)
    if region.mask is not None:
        np.maximum(covered, region.mask, out=covered)
    box = _bounding_box(covered)
    weights = project_mask(covered, grid=grid)
    return Located(region.name, float(covered.mean()), _edges(box), weights, centres, _shrunk(covered))


def _edges(box: FloatArray) -> tuple[float, float, float, float]:
    x_min, y_min, x_max, y_max = box.tolist()
    return x_min, y_min, x_max, y_max


def _bounding_box(covered: FloatArray) -> FloatArray:
    rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
    if rows.size == 0:
        return np.zeros(4)
    height, width = covered.shape
    return np.array([columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height])


def _shrunk(covered: FloatArray) -> FloatArray:
    """Mean coverage of each cell of the raster."""
    rows, columns = _averages(RASTER[0], covered.shape[0]), _averages(RASTER[1], covered.shape[1])
    shrunk: FloatArray = rows @ covered @ columns.T
    return shrunk


@lru_cache(maxsize=16)
def _averages(cells: int, pixels: int) -> FloatArray:
    """Weights of the mean over the pixels of each cell, fractions of a pixel included: (cells, pixels)."""
    edges = np.linspace(0, pixels, cells + 1)
    starts = np.arange(pixels)
    overlap = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    weights: FloatArray = np.clip(overlap, 0, None) * cells / pixels
    return weights
