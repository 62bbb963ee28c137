"""Each measure against a slow, plain one on the upsampled map, and against published constructed maps."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.evidence.measures import attention_iou, mark_centres, measure_maps, pointing_game, relevance_mass
from auditor.geometry import BoolArray, FloatArray, Size, frame_weights, project_boxes, project_mask
from auditor.records import MEASURES, measure_column

sizes = st.tuples(st.integers(8, 60), st.integers(8, 60))
grids = st.tuples(st.integers(2, 8), st.integers(2, 8))
seeds = st.integers(0, 2**32 - 1)
FRAME: Size = (48, 64)
GRID: Size = (3, 4)


def upsample(cam: FloatArray, frame: Size) -> FloatArray:
    given_map = torch.from_numpy(cam)[None, None]
    return torch.nn.functional.interpolate(given_map, frame, mode="bilinear", align_corners=False)[0, 0].numpy()


@settings(max_examples=60)
@given(sizes, grids, seeds)
def test_mass_is_the_share_of_the_upsampled_map(frame: Size, grid: Size, seed: int) -> None:
    random = np.random.default_rng(seed)
    maps = np.maximum(random.normal(size=(2, *grid)), 0) * 10.0 ** random.integers(-6, 6)
    masks = random.random((3, *frame)) < random.random((3, 1, 1))
    weights = np.stack([project_mask(mask, grid=grid) for mask in masks])
    mass = relevance_mass(maps, weights, frame=frame)
    assert mass.shape == (2, 3)
    for t, cam in enumerate(maps):
        big = upsample(cam, frame)
        for r, mask in enumerate(masks):
            expected = big[mask].sum() / big.sum() if cam.max() > 0 else math.nan
            np.testing.assert_allclose(mass[t, r], expected, rtol=1e-7, atol=1e-9)


@given(sizes, grids, seeds)
def test_a_map_that_ignores_the_image_scores_the_area(frame: Size, grid: Size, seed: int) -> None:
    mask = np.random.default_rng(seed).random(frame) < 0.4
    mass = relevance_mass(np.full((1, *grid), 3.0), project_mask(mask, grid=grid)[None], frame=frame)
    np.testing.assert_allclose(mass[0, 0], mask.mean(), atol=1e-12)


@given(sizes, grids, seeds)
def test_measures_stay_in_their_range_and_the_frame_has_all(frame: Size, grid: Size, seed: int) -> None:
    random = np.random.default_rng(seed)
    maps = np.maximum(random.normal(size=(2, *grid)), 0).astype(np.float32) + 1e-3
    weights = np.stack([frame_weights(frame, grid), project_mask(random.random(frame) < 0.5, grid=grid)])
    mass, iou = relevance_mass(maps, weights, frame=frame), attention_iou(maps, weights, frame=frame)
    assert ((mass >= 0) & (mass <= 1) & (iou >= 0) & (iou <= 1)).all()
    np.testing.assert_allclose(mass[:, 0], 1.0, atol=1e-12)


# Constructed maps of Quantus' tests for localisation metrics: 100 × 100 pixels, known answers.
QUANTUS = (100, 100)


def rectangle(rows: slice, columns: slice) -> FloatArray:
    area = np.zeros(QUANTUS)
    area[rows, columns] = 1.0
    return area


@pytest.mark.parametrize(
    ("cam", "mask", "mass", "pointing"),
    [
        (rectangle(slice(50, 100), slice(50, 100)), rectangle(slice(0, 50), slice(0, 50)), 0.0, 0.0),
        (rectangle(slice(0, 50), slice(0, 50)), rectangle(slice(0, 50), slice(0, 50)), 1.0, 1.0),
        (rectangle(slice(0, 100), slice(75, 100)), rectangle(slice(0, 50), slice(50, 100)), 0.5, 0.5),
    ],
)
def test_constructed_maps_of_quantus(cam: FloatArray, mask: FloatArray, mass: float, pointing: float) -> None:
    weights = project_mask(mask, grid=QUANTUS)[None]
    assert relevance_mass(cam[None], weights, frame=QUANTUS)[0, 0] == pytest.approx(mass)
    centres = mark_centres(np.empty((0, 4)), mask=mask.astype(bool), frame=QUANTUS, grid=QUANTUS)
    assert pointing_game(cam[None], centres[None])[0, 0] == pytest.approx(pointing)


def test_an_empty_map_points_nowhere_and_an_empty_region_holds_nothing() -> None:
    maps = np.stack([np.zeros(GRID), np.full(GRID, np.nan), np.full(GRID, np.inf), np.eye(*GRID)])
    weights = np.stack([np.zeros(GRID), frame_weights(FRAME, GRID)])
    centres = np.stack([np.zeros(GRID, dtype=bool), np.ones(GRID, dtype=bool)])
    for values in (
        relevance_mass(maps, weights, frame=FRAME),
        pointing_game(maps, centres),
        attention_iou(maps, weights, frame=FRAME),
    ):
        assert np.isnan(values[:3]).all()
        assert values[3, 0] == 0
        assert values[3, 1] > 0


def test_one_bad_cell_spoils_its_own_map_alone() -> None:
    maps = np.ones((2, *GRID))
    maps[0, 1, 1] = np.nan
    mass = relevance_mass(maps, frame_weights(FRAME, GRID)[None], frame=FRAME)
    assert np.isnan(mass[0, 0])
    assert mass[1, 0] == pytest.approx(1)


def test_huge_and_tiny_maps_are_shared_out_alike() -> None:
    shape = np.random.default_rng(0).random((1, *GRID))
    weights = project_boxes([3, 5, 40, 31], frame=FRAME, grid=GRID)
    for scale in (1e-300, 1e-30, 1.0, 1e30, 1e307):
        for measure in (relevance_mass, attention_iou):
            expected = measure(shape, weights, frame=FRAME)
            np.testing.assert_allclose(measure(shape * scale, weights, frame=FRAME), expected, rtol=1e-9)


@given(grids, seeds)
def test_pointing_shares_ties(grid: Size, seed: int) -> None:
    random = np.random.default_rng(seed)
    maps = random.integers(0, 3, size=(2, *grid)).astype(float)
    centres = random.random((3, *grid)) < 0.5
    values = pointing_game(maps, centres)
    for t, cam in enumerate(maps):
        for r, inside in enumerate(centres):
            tied = [inside[cell] for cell in np.ndindex(grid) if cam[cell] == cam.max()]
            expected = sum(tied) / len(tied) if cam.max() > 0 else math.nan
            np.testing.assert_allclose(values[t, r], expected)


@given(sizes, grids, seeds)
def test_centres_are_tested_one_by_one(frame: Size, grid: Size, seed: int) -> None:
    random = np.random.default_rng(seed)
    boxes = np.sort(random.uniform(0, min(frame), (3, 2, 2)), axis=1).reshape(3, 4)
    mask: BoolArray = random.random(frame) < 0.1
    marked = mark_centres(boxes, mask=mask, frame=frame, grid=grid)
    for row, column in np.ndindex(grid):
        y, x = (row + 0.5) * frame[0] / grid[0], (column + 0.5) * frame[1] / grid[1]
        in_box = any(x_min <= x < x_max and y_min <= y < y_max for x_min, y_min, x_max, y_max in boxes)
        assert marked[row, column] == (in_box or mask[int(y), int(x)])


def test_the_maximum_of_the_upsampled_map_is_at_the_centre_of_the_largest_cell() -> None:
    cam = np.random.default_rng(0).random((7, 7))
    cam[3, 2] = 2.0
    y, x = np.unravel_index(upsample(cam, (224, 224)).argmax(), (224, 224))
    box = [[x - 1, y - 1, x + 2, y + 2]]
    centres = mark_centres(box, mask=None, frame=(224, 224), grid=(7, 7))
    assert pointing_game(cam[None], centres[None])[0, 0] == 1


def slow_attention_iou(cam: FloatArray, coverage: FloatArray) -> float:
    a, b = cam / cam.sum(), coverage / coverage.sum()
    above = below = 0.0
    for cell in np.ndindex(cam.shape):
        above += a[cell] * b[cell]
        below += ((a[cell] + b[cell]) / 2) ** 2
    return above / below


@given(sizes, grids, seeds)
def test_attention_iou_by_its_formula(frame: Size, grid: Size, seed: int) -> None:
    random = np.random.default_rng(seed)
    maps = random.random((2, *grid))
    masks = random.random((3, *frame)) < 0.5
    masks[:, 0, 0] = True
    weights = np.stack([project_mask(mask, grid=grid) for mask in masks])
    values = attention_iou(maps, weights, frame=frame)
    for t, cam in enumerate(maps):
        for r, region in enumerate(weights):
            np.testing.assert_allclose(values[t, r], slow_attention_iou(cam, region / frame_weights(frame, grid)))


@pytest.mark.parametrize("cells", range(1, 13))
def test_attention_iou_of_a_map_without_structure(cells: int) -> None:
    inside = (np.arange(12) < cells).reshape(GRID)
    share = cells / 12
    value = attention_iou(np.ones((1, *GRID)), (inside * frame_weights(FRAME, GRID))[None], frame=FRAME)
    assert value[0, 0] == pytest.approx(4 * share / (1 + 3 * share))


def test_attention_iou_is_one_for_the_same_shape_and_zero_apart() -> None:
    left = np.zeros(GRID)
    left[:, :2] = 1.0
    weights = np.stack([left, 1 - left]) * frame_weights(FRAME, GRID)
    np.testing.assert_allclose(attention_iou(left[None] * 7, weights, frame=FRAME), [[1.0, 0.0]], atol=1e-12)


def test_leading_dimensions_are_images() -> None:
    random = np.random.default_rng(0)
    maps, boxes = random.random((5, 2, *GRID)), [[[3, 5, 40 + k, 31], [9, 0, 64, 20 + k]] for k in range(5)]
    weights = np.stack([project_boxes(pair, frame=FRAME, grid=GRID) for pair in boxes])
    centres = np.stack([[mark_centres(box, mask=None, frame=FRAME, grid=GRID) for box in pair] for pair in boxes])
    for whole, single in (
        (relevance_mass(maps, weights, frame=FRAME), lambda k: relevance_mass(maps[k], weights[k], frame=FRAME)),
        (attention_iou(maps, weights, frame=FRAME), lambda k: attention_iou(maps[k], weights[k], frame=FRAME)),
        (pointing_game(maps, centres), lambda k: pointing_game(maps[k], centres[k])),
    ):
        assert whole.shape == (5, 2, 2)
        np.testing.assert_allclose(whole, np.stack([single(k) for k in range(5)]))


def test_the_columns_of_one_image() -> None:
    maps = np.random.default_rng(0).random((2, *GRID)).astype(np.float32)
    boxes = {"face": [[3, 5, 40, 31]], "coat": [[9, 0, 64, 20]]}
    weights = {name: project_boxes(box, frame=FRAME, grid=GRID)[0] for name, box in boxes.items()}
    centres = {name: mark_centres(box, mask=None, frame=FRAME, grid=GRID) for name, box in boxes.items()}
    measured = measure_maps(maps, weights, centres=centres, frame=FRAME)
    assert measured.keys() == {measure_column(measure, name) for measure in MEASURES for name in boxes}
    coat = weights["coat"][None]
    np.testing.assert_array_equal(measured["mass:coat"], relevance_mass(maps, coat, frame=FRAME)[:, 0])
    np.testing.assert_array_equal(measured["attention_iou:coat"], attention_iou(maps, coat, frame=FRAME)[:, 0])
    np.testing.assert_array_equal(measured["pointing:coat"], pointing_game(maps, centres["coat"][None])[:, 0])
    assert measure_maps(maps, {}, centres={}, frame=FRAME) == {}
