"""Projections on the grid against plain upsampling of the map, and of masks against counting pixels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.geometry import (
    BoolArray,
    FloatArray,
    Size,
    coverage,
    frame_weights,
    interpolation_matrix,
    project_boxes,
    project_mask,
)

sizes = st.tuples(st.integers(4, 60), st.integers(4, 60))
grids = st.tuples(st.integers(1, 16), st.integers(1, 16))
seeds = st.integers(0, 2**32 - 1)


def upsample(cam: FloatArray, frame: Size) -> FloatArray:
    """The whole map in pixels, by the way that we avoid."""
    given_map = torch.from_numpy(cam)[None, None]
    return torch.nn.functional.interpolate(given_map, frame, mode="bilinear", align_corners=False)[0, 0].numpy()


def share_inside(box: FloatArray, frame: Size) -> FloatArray:
    """How much of each pixel a box covers, pixel by pixel."""
    covered = np.zeros(frame)
    for y in range(frame[0]):
        for x in range(frame[1]):
            height = max(0.0, min(box[3], y + 1) - max(box[1], y))
            width = max(0.0, min(box[2], x + 1) - max(box[0], x))
            covered[y, x] = height * width
    return covered


def draw_box(random: np.random.Generator, frame: Size) -> FloatArray:
    """A box with fractional edges that may stick out of the frame."""
    x, y = np.sort(random.uniform(-5, frame[1] + 5, 2)), np.sort(random.uniform(-5, frame[0] + 5, 2))
    return np.array([x[0], y[0], x[1], y[1]])


@given(sizes, grids, seeds)
def test_the_matrices_upsample_as_torch_does(frame: Size, grid: Size, seed: int) -> None:
    cam = np.random.default_rng(seed).random(grid)
    ours = interpolation_matrix(grid[0], frame[0]) @ cam @ interpolation_matrix(grid[1], frame[1]).T
    np.testing.assert_allclose(ours, upsample(cam, frame), atol=1e-7)


@settings(max_examples=40)
@given(sizes, grids, seeds)
def test_boxes_with_fractional_edges_sum_exactly(frame: Size, grid: Size, seed: int) -> None:
    random = np.random.default_rng(seed)
    cam, box = random.random(grid), draw_box(random, frame)
    weights = project_boxes(box, frame=frame, grid=grid)[0]
    expected = (upsample(cam, frame) * share_inside(box, frame)).sum()
    np.testing.assert_allclose((cam * weights).sum(), expected, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(weights.sum(), share_inside(box, frame).sum(), atol=1e-9)


@given(sizes, grids, seeds)
def test_masks_sum_exactly(frame: Size, grid: Size, seed: int) -> None:
    random = np.random.default_rng(seed)
    cam, mask = random.random(grid), random.random(frame) < random.random()
    expected = upsample(cam, frame)[mask].sum()
    np.testing.assert_allclose((cam * project_mask(mask, grid=grid)).sum(), expected, rtol=1e-7, atol=1e-7)
    soft = random.random(frame)
    expected = (upsample(cam, frame) * soft).sum()
    np.testing.assert_allclose((cam * project_mask(soft, grid=grid)).sum(), expected, rtol=1e-7, atol=1e-7)


@given(sizes, grids, seeds)
def test_the_frame_is_the_box_and_the_mask_of_everything(frame: Size, grid: Size, seed: int) -> None:
    cam = np.random.default_rng(seed).random(grid)
    whole = frame_weights(frame, grid)
    np.testing.assert_allclose((cam * whole).sum(), upsample(cam, frame).sum(), rtol=1e-7)
    np.testing.assert_allclose(project_boxes([0, 0, frame[1], frame[0]], frame=frame, grid=grid)[0], whole, atol=1e-9)
    np.testing.assert_allclose(project_mask(np.ones(frame, dtype=bool), grid=grid), whole, atol=1e-9)


@pytest.mark.parametrize("grid", [(7, 7), (14, 14), (13, 13), (8, 8)])
def test_sums_at_full_size(grid: Size) -> None:
    random = np.random.default_rng(0)
    cam, box, mask = random.random(grid), np.array([31.4, 15.9, 126.5, 135.8]), random.random((224, 224)) < 0.3
    big = upsample(cam, (224, 224))
    in_box = (big * share_inside(box, (224, 224))).sum()
    np.testing.assert_allclose((cam * project_boxes(box, frame=(224, 224), grid=grid)[0]).sum(), in_box, rtol=1e-7)
    np.testing.assert_allclose((cam * project_mask(mask, grid=grid)).sum(), big[mask].sum(), rtol=1e-7)


@settings(max_examples=40)
@given(sizes, seeds, st.integers(1, 4))
def test_coverage_of_a_union_counts_each_pixel_once(frame: Size, seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    boxes = np.stack([draw_box(random, frame) for _ in range(count)])
    each = np.stack([share_inside(box, frame) for box in boxes])
    np.testing.assert_allclose(coverage(boxes, frame=frame), each.max(axis=0), atol=1e-9)
    whole = np.round(boxes)
    union: BoolArray = np.stack([share_inside(box, frame) for box in whole]).any(axis=0)
    np.testing.assert_allclose(coverage(whole, frame=frame), union)


def test_boxes_outside_of_the_frame_weigh_nothing() -> None:
    outside = [[-9, -9, -1, -1], [300, 0, 400, 10], [5, 5, 5, 9]]
    assert not project_boxes(outside, frame=(224, 224), grid=(7, 7)).any()
    assert not coverage(outside, frame=(224, 224)).any()
    assert project_boxes(np.empty((0, 4)), frame=(224, 224), grid=(7, 7)).shape == (0, 7, 7)


def test_shared_arrays_cannot_be_written() -> None:
    for shared in (interpolation_matrix(7, 224), frame_weights((224, 224), (7, 7))):
        with pytest.raises(ValueError, match="read-only"):
            shared[0] = 1.0
