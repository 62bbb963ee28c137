"""Where a region lies: boxes by the short way and by the long one, masks, and what the crop removed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.evidence.locating import locate
from auditor.evidence.preprocessing import PreparedRegion
from auditor.geometry import coverage, frame_weights
from auditor.records import RASTER

FRAME, GRID = (96, 80), (6, 5)


def region(*boxes: tuple[float, ...], mask: np.ndarray | None = None) -> PreparedRegion:
    return PreparedRegion("face", np.array(boxes, dtype=float).reshape(-1, 4), mask)


edges = st.tuples(st.floats(0, 79), st.floats(0, 95), st.floats(1, 79), st.floats(1, 95))


@given(edges)
def test_one_box_agrees_with_its_own_pixels(box: tuple[float, float, float, float]) -> None:
    x, y, width, height = box
    edge = (x, y, min(x + width, 80.0), min(y + height, 96.0))
    short = locate(region(edge), frame=FRAME, grid=GRID)
    long = locate(region(edge, edge), frame=FRAME, grid=GRID)
    np.testing.assert_allclose(short.weights, long.weights, atol=1e-9)
    assert short.area == pytest.approx(long.area, abs=1e-9)
    assert short.area == pytest.approx(short.weights.sum() / (96 * 80), abs=1e-9)


def test_a_union_counts_shared_pixels_once() -> None:
    both = locate(region((0, 0, 40, 96), (20, 0, 60, 96)), frame=FRAME, grid=GRID)
    assert both.area == pytest.approx(60 / 80)
    assert both.box == pytest.approx((0, 0, 60 / 80, 1))


def test_a_mask_and_a_box_are_a_union() -> None:
    mask = np.zeros(FRAME, dtype=bool)
    mask[:, 40:] = True
    both = locate(region((0, 0, 40, 96), mask=mask), frame=FRAME, grid=GRID)
    assert both.area == pytest.approx(1)
    np.testing.assert_allclose(both.weights, frame_weights(FRAME, GRID))


def test_nothing_left_by_the_crop_is_area_zero() -> None:
    nothing = locate(region(), frame=FRAME, grid=GRID)
    assert nothing.area == 0
    assert nothing.box == (0, 0, 0, 0)
    assert not nothing.weights.any()
    row = nothing.row("a.jpg")
    assert row["region"] == "face"


def test_the_raster_averages_pixels() -> None:
    random = np.random.default_rng(0)
    mask = random.random((RASTER[0] * 3, RASTER[1] * 2)) > 0.5
    located = locate(region(mask=mask), frame=mask.shape, grid=GRID)
    np.testing.assert_allclose(located.raster, mask.reshape(RASTER[0], 3, RASTER[1], 2).mean(axis=(1, 3)), atol=1e-12)


def test_the_raster_of_a_box_is_its_share_of_each_cell() -> None:
    box = (13.0, 7.0, 51.0, 80.0)
    short = locate(region(box), frame=FRAME, grid=GRID).raster
    fine = coverage([[13 * 8, 7 * 8, 51 * 8, 80 * 8]], frame=(96 * 8, 80 * 8))
    slow = fine.reshape(RASTER[0], 12, RASTER[1], 10).mean(axis=(1, 3))
    np.testing.assert_allclose(short, slow, atol=1e-9)
