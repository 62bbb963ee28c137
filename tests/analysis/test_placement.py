from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from auditor.analysis import placement
from auditor.analysis.placement import ALIKE, place_controls
from auditor.records import pack_raster, unpack_rasters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import SimpleNamespace

    from auditor.analysis.placement import Controls
    from auditor.analysis.statistics.base import Evidence
    from auditor.geometry import FloatArray


def place(evidence: Evidence, region: str, controls: int = 3) -> Controls:
    rows = np.flatnonzero(evidence.region(region).seen)
    return place_controls(evidence, region, rows=rows, controls=controls)


def covered_share(raster: FloatArray, box: Sequence[float]) -> float:
    """Cell by cell."""
    x_min, y_min, x_max, y_max = (64 * edge for edge in box)
    total = 0.0
    for y, x in zip(*np.nonzero(raster), strict=True):
        total += max(min(y_max, y + 1) - max(y_min, y), 0) * max(min(x_max, x + 1) - max(x_min, x), 0)
    return total / raster.sum()


def overlap(one: FloatArray, two: FloatArray) -> float:
    sides = [min(one[i + 2], two[i + 2]) - max(one[i], two[i]) for i in (0, 1)]
    shared = max(sides[0], 0) * max(sides[1], 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, two)]
    return float(shared / (sum(areas) - shared))


@pytest.mark.parametrize("region", ["coat", "face"])
def test_controls_are_as_large_lie_beside_and_apart(build: SimpleNamespace, region: str) -> None:
    evidence = build.sample(120, per_cluster=2)
    view, found = evidence.region(region), place(evidence, region)
    rows = np.flatnonzero(view.seen)
    boxes = found.boxes
    area = (boxes[..., 2:] - boxes[..., :2]).prod(axis=-1)
    assert found.used.mean() > 0.97
    assert np.abs(area - view.area[rows, None])[found.used].max() < 1e-9
    assert np.isnan(boxes[~found.used]).all()
    assert boxes[found.used].min() >= 0
    assert boxes[found.used].max() <= 1 + 1e-12
    rasters = unpack_rasters(view.rasters[rows])
    for i in range(len(rows)):
        chosen = boxes[i, found.used[i]]
        assert max(covered_share(rasters[i], box) for box in chosen) <= 0.1 + 1e-4
        assert max(overlap(chosen[j], chosen[k]) for j in range(len(chosen)) for k in range(j)) <= ALIKE
    assert (found.used[:, :-1] >= found.used[:, 1:]).all()
    assert not (found.borrowed & ~found.used).any()
    assert found.borrowed.sum() > 0.7 * found.used.sum()


def test_lenders_share_label_area_and_distance_but_no_cluster(build: SimpleNamespace) -> None:
    evidence = build.sample(900, per_cluster=3)
    view = evidence.region("coat")
    rows = np.arange(900)
    lenders = placement._find_lenders(
        evidence, view=view, rows=rows, uniform=np.random.default_rng(0).random((900, 20, 2))
    )
    labels, clusters = evidence.texts("label"), evidence.clusters
    assert (labels[lenders] == labels[:, None]).all()
    assert (clusters[lenders] != clusters[:, None]).all()
    away = np.hypot(*((view.boxes[:, :2] + view.boxes[:, 2:]) / 2 - 0.5).T)
    for values, near, any_distance in ((view.area, 0.1, 0.1), (away, 0.2, 0.4)):
        ranks = values.argsort().argsort() / 900
        apart = np.abs(ranks[lenders] - ranks[:, None])
        assert np.median(apart[:, :20]) < near
        assert np.median(apart[:, 20:]) < any_distance


def test_a_borrowed_control_lies_where_another_image_has_the_region(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(0)
    centres = np.array([[0.2, 0.2], [0.8, 0.2], [0.2, 0.8], [0.8, 0.8]])
    centre = centres[generator.integers(0, 4, 200)]
    evidence = build.evidence(
        build.random_images(200, generator), boxes={"tag": np.hstack([centre - 0.1, centre + 0.1])}
    )
    found = place(evidence, "tag")
    assert found.borrowed.all()
    middle = (found.boxes[..., :2] + found.boxes[..., 2:]) / 2
    nearest = np.abs(middle[:, :, None] - centres).sum(axis=-1).argmin(axis=-1)
    assert np.abs(middle - centres[nearest]).max() < 1e-9
    own = np.abs(centre[:, None] - centres).sum(axis=-1).argmin(axis=-1)
    corners = np.column_stack([own, nearest])
    assert [sorted(row) for row in corners.tolist()] == [[0, 1, 2, 3]] * 200  # all three others, none twice


def test_controls_leave_other_regions_alone_where_there_is_room(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(0)
    centres = np.array([[0.2, 0.2], [0.8, 0.2], [0.2, 0.8], [0.8, 0.8]])
    corners = generator.permuted(np.tile(np.arange(4), (1200, 1)), axis=1)
    boxes = {}
    for k, name in enumerate(("tag", "logo")):
        centre = centres[corners[:, k]] + generator.uniform(-0.05, 0.05, (1200, 2))
        boxes[name] = np.hstack([centre - 0.1, centre + 0.1])
    evidence = build.evidence(build.random_images(1200, generator), boxes=boxes)
    found = place(evidence, "tag", controls=2)
    assert found.used.all()
    assert found.borrowed.all()
    hidden = [
        max(overlap(box, logo) for box in chosen) for chosen, logo in zip(found.boxes, boxes["logo"], strict=True)
    ]
    assert np.mean(np.array(hidden) > 0.1) < 0.01  # drawn regardless, two of three images would have one
    assert place(evidence, "tag", controls=3).used.all()  # without other room a control may hide another region


def test_an_aligned_region_has_controls_at_random_places(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(3)
    box = np.tile([0.35, 0.2, 0.6, 0.5], (80, 1)) + generator.uniform(-0.01, 0.01, (80, 4))
    evidence = build.evidence(build.random_images(80, generator), boxes={"face": box})
    found = place(evidence, "face")
    assert found.overlap > 0.6
    assert not found.borrowed.any()
    assert found.used.all()
    size, own = found.boxes[..., 2:] - found.boxes[..., :2], (box[:, 2:] - box[:, :2])[:, None]
    assert np.abs(size - own).max() < 1e-9
    assert len(np.unique(found.boxes[..., :2].reshape(-1, 2), axis=0)) == 240


def test_one_image_has_controls_at_random_places(build: SimpleNamespace) -> None:
    evidence = build.sample(1)
    found = place(evidence, "coat")
    assert np.isnan(found.overlap)
    assert found.used.all()
    assert not found.borrowed.any()


def test_no_room_no_control(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(4)
    low = generator.uniform(0.0, 0.25, (60, 2))
    evidence = build.evidence(build.random_images(60, generator), boxes={"room": np.hstack([low, low + 0.75])})
    found = place(evidence, "room")
    assert not found.used.any()
    assert np.isnan(found.boxes).all()


def test_little_room_means_fewer_controls(build: SimpleNamespace) -> None:
    images = build.random_images(40, np.random.default_rng(5))
    evidence = build.evidence(images, boxes={"half": np.tile([0.0, 0.0, 1.0, 0.5], (40, 1))})
    found = place(evidence, "half")
    assert set(found.used.sum(axis=1).tolist()) <= {0, 1}  # below there is room for one alone
    assert found.used.any()


def test_a_mask_of_another_shape_than_its_box(build: SimpleNamespace) -> None:
    evidence = build.sample(60)
    table = evidence.regions.copy()
    corner = np.zeros((64, 64))
    corner[:40, :10] = corner[30:40, :40] = 1  # an L: its bounding box is mostly free
    edges = ["x_min", "y_min", "x_max", "y_max"]
    coat = table["region"] == "coat"
    table.loc[coat, ["area", *edges]] = [corner.mean(), 0.0, 0.0, 40 / 64, 40 / 64]
    table.loc[coat, "raster"] = [pack_raster(corner)] * int(coat.sum())
    evidence = type(evidence)(
        images=evidence.images, attention=evidence.attention, regions=table, settings=evidence.settings
    )
    found = place(evidence, "coat")
    size = found.boxes[..., 2:] - found.boxes[..., :2]
    assert found.used.all()
    assert np.abs(size.prod(axis=-1) - corner.mean()).max() < 1e-9
    assert max(covered_share(corner, box) for box in found.boxes.reshape(-1, 4)) <= 0.1 + 1e-4


def test_no_image_has_the_same_form(build: SimpleNamespace) -> None:
    found = place_controls(build.sample(10), "coat", rows=np.zeros(0, dtype=np.int64), controls=3)
    assert found.boxes.shape == (0, 3, 4)
    assert found.used.shape == found.borrowed.shape == (0, 3)
