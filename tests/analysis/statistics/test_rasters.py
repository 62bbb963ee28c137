from __future__ import annotations

import numpy as np
import pytest

from auditor.analysis.statistics.rasters import cover_packed, cover_rasters
from auditor.records import RASTER, pack_raster


def plain_cover(raster: np.ndarray, box: np.ndarray) -> float:
    """Cell by cell: the area of each set cell that lies inside of the box."""
    height, width = RASTER
    x0, y0, x1, y1 = box * np.array([width, height, width, height])
    inside = 0.0
    for row, column in np.argwhere(raster):
        across = max(0.0, min(x1, column + 1) - max(x0, column))
        down = max(0.0, min(y1, row + 1) - max(y0, row))
        inside += across * down
    return inside / raster.sum()


def test_cover_against_cell_by_cell() -> None:
    generator = np.random.default_rng(0)
    rasters = generator.random((3, *RASTER)) < 0.2
    low = generator.uniform(0, 0.6, (3, 4, 2))
    boxes = np.concatenate([low, low + generator.uniform(0, 0.4, (3, 4, 2))], axis=-1)
    boxes[0, 0], boxes[1, 0] = (0, 0, 1, 1), (0.25, 0.5, 0.75, 1)  # on the frame's edges and on those of cells
    covered, cells = cover_rasters(rasters, boxes)
    plain = [[plain_cover(raster, box) for box in own] for raster, own in zip(rasters, boxes, strict=True)]
    assert covered == pytest.approx(np.array(plain), abs=1e-6)
    assert covered[0, 0] == 1
    assert cells.tolist() == rasters.sum(axis=(1, 2)).tolist()


def test_nothing_of_an_empty_raster_is_covered() -> None:
    covered, cells = cover_rasters(np.zeros((1, *RASTER), dtype=bool), np.array([[[0.0, 0.0, 1.0, 1.0]]]))
    assert (covered.tolist(), cells.tolist()) == ([[0.0]], [0.0])


def test_packed_rasters_give_what_unpacked_ones_do() -> None:
    """Boxes take a shorter way than other shapes: one cell, the whole frame, a box with a hole, two boxes, nothing."""
    rasters = np.zeros((7, *RASTER), dtype=bool)
    rasters[0, 10:30, 5:64] = True
    rasters[1, 63, 0] = True
    rasters[2] = True
    rasters[3, 10:30, 20:40] = True
    rasters[3, 15, 25] = False
    rasters[4, 0:5, 0:5] = rasters[4, 40:60, 40:60] = True
    rasters[5] = np.random.default_rng(1).random(RASTER) < 0.3
    low = np.random.default_rng(2).uniform(0, 0.6, (7, 9, 2))
    boxes = np.concatenate([low, low + np.random.default_rng(3).uniform(0, 0.4, (7, 9, 2))], axis=-1)
    boxes[:, 0] = (0, 0, 1, 1)
    boxes[:, 1] = (5 / 64, 10 / 64, 1, 30 / 64)
    packed = [pack_raster(raster.astype(float)) for raster in rasters]
    covered, cells = cover_packed([*packed[:6], b""], boxes)
    plain, count = cover_rasters(rasters, boxes)
    assert covered == pytest.approx(plain, abs=1e-12)
    assert cells.tolist() == count.tolist()
    assert covered[:6, 0] == pytest.approx(1)
    assert (covered[0, 1], covered[6].tolist()) == (1, [0.0] * 9)
