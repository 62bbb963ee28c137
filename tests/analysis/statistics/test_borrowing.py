from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from auditor.analysis.statistics import lending
from auditor.analysis.statistics.borrowing import measure_enrichment
from auditor.analysis.statistics.lending import borrow, mean_overlap
from auditor.geometry import frame_weights, project_boxes
from auditor.records import unpack_rasters

if TYPE_CHECKING:
    from types import SimpleNamespace

    from auditor.analysis.statistics.cells import Row


def overall(rows: list[Row], statistic: str, region: str, target: str = "predicted") -> Row:
    return next(
        r
        for r in rows
        if (r.statistic, r.region, r.target) == (statistic, region, target)
        and not any((r.label, r.attribute, r.outcome))
    )


def test_a_borrowed_box_has_the_area_the_shape_and_the_frame() -> None:
    generator = np.random.default_rng(0)
    donors = np.sort(generator.random((200, 5, 2, 2)), axis=2).reshape(200, 5, 4)
    area = generator.uniform(0.01, 0.3, 200)
    boxes, inside = lending.fit_boxes(donors, area=area)
    size, shape = boxes[..., 2:] - boxes[..., :2], donors[..., 2:] - donors[..., :2]
    assert size.prod(axis=-1)[inside] == pytest.approx(np.broadcast_to(area[:, None], inside.shape)[inside])
    assert (size[..., 0] / size[..., 1])[inside] == pytest.approx((shape[..., 0] / shape[..., 1])[inside])
    assert boxes[inside].min() >= 0
    assert boxes[inside].max() <= 1 + 1e-12
    centre = (boxes[..., :2] + boxes[..., 2:]) / 2
    home = (donors[..., :2] + donors[..., 2:]) / 2
    free = inside & (home - size / 2 >= 0).all(axis=-1) & (home + size / 2 <= 1).all(axis=-1)
    assert free.sum() > 100
    assert centre[free] == pytest.approx(home[free])


def test_overlap_on_the_raster_against_a_plain_loop(build: SimpleNamespace) -> None:
    evidence = build.sample(12)
    view, own = evidence.region("coat"), np.arange(12)
    boxes = np.random.default_rng(1).random((12, 3, 4))
    boxes = np.concatenate([np.minimum(boxes[..., :2], boxes[..., 2:]), np.maximum(boxes[..., :2], boxes[..., 2:])], -1)
    found = lending.measure_cover(boxes, view=view, own=own)
    for i, raster in enumerate(unpack_rasters(view.rasters)):
        for k, (x_min, y_min, x_max, y_max) in enumerate(boxes[i] * 64):
            total = 0.0
            for y, x in zip(*np.nonzero(raster), strict=True):
                high, wide = min(y_max, y + 1) - max(y_min, y), min(x_max, x + 1) - max(x_min, x)
                total += max(high, 0) * max(wide, 0)
            assert found[i, k] == pytest.approx(total / raster.sum(), abs=1e-4)


def test_mean_weights_are_those_of_the_geometry() -> None:
    generator = np.random.default_rng(2)
    boxes = np.sort(generator.random((6, 4, 2, 2)), axis=2).reshape(6, 4, 4)
    fits = generator.random((6, 4)) < 0.6
    fits[0] = False
    found = lending._mean_weights(boxes, fits=fits, frame=(40, 56), grid=(5, 7))
    for i in range(6):
        if not fits[i].any():
            assert (found[i] == 0).all()
            continue
        exact = project_boxes(boxes[i][fits[i]] * [56, 40, 56, 40], frame=(40, 56), grid=(5, 7))
        assert found[i] == pytest.approx(exact.mean(axis=0))


def test_borrowed_weights_have_the_area_of_the_own_region(build: SimpleNamespace) -> None:
    evidence = build.sample(150)
    loan, view = borrow(evidence, "coat"), evidence.region("coat")
    total = loan.weights.sum(axis=(1, 2)) / frame_weights((56, 56), (7, 7)).sum()
    assert loan.placed.mean() > 0.95
    assert total[loan.placed] == pytest.approx(view.area[loan.placed], rel=1e-4)


def test_donors_are_of_the_same_label_and_size_and_never_of_the_own_cluster(build: SimpleNamespace) -> None:
    evidence = build.sample(400, per_cluster=4)
    view = evidence.region("face")
    rows = np.flatnonzero(view.seen)
    pools = lending._pools(evidence, view=view, rows=rows)
    donors = rows[pools.draw(np.arange(len(rows)), evidence, np.random.default_rng(0))]
    labels = evidence.texts("label")
    assert not pools.widened.any()
    assert (labels[donors] == labels[rows][:, None]).all()
    spread = np.ptp(view.area[donors], axis=1)
    assert np.median(spread) < np.ptp(view.area[rows]) / 2
    # a box of the own cluster is drawn now and then, and must not be used: with one cluster nothing is left
    alone = build.sample(30, per_cluster=30)
    assert not borrow(alone, "coat").placed.any()


def test_few_donors_widen_the_circle_and_the_method_says_so(build: SimpleNamespace) -> None:
    row = overall(measure_enrichment(build.sample(24)), "enrichment", "coat")
    assert "had too few such donors" in row.method
    assert row.n > 15


def test_nothing_depends_on_the_attention_elsewhere_or_the_order(build: SimpleNamespace) -> None:
    evidence = build.sample(60)
    shuffled = type(evidence)(
        images=evidence.images.sample(frac=1, random_state=1),
        attention=evidence.attention.sample(frac=1, random_state=2),
        regions=evidence.regions[evidence.regions["region"] == "coat"].sample(frac=1, random_state=3),
        settings=evidence.settings,
    )
    assert (borrow(evidence, "coat").weights == borrow(shuffled, "coat").weights).all()


def test_a_region_at_one_place_cannot_be_borrowed(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(3)
    images = build.random_images(80, generator)
    box = np.tile([0.3, 0.2, 0.7, 0.6], (80, 1)) + generator.uniform(-0.01, 0.01, (80, 4))
    evidence = build.evidence(images, boxes={"face": box})
    assert mean_overlap(evidence, "face") > 0.9
    for name in ("borrowed_mass", "enrichment"):
        row = overall(measure_enrichment(evidence), name, "face")
        assert (row.n, np.isnan(row.estimate), np.isnan(row.ci_low)) == (0, True, True)
        assert row.method.count("not computed: the region lies at nearly one place")


def test_a_region_too_large_to_lie_beside_itself_has_no_number(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(4)
    low = generator.choice([0.0, 0.25], (60, 2))
    evidence = build.evidence(build.random_images(60, generator), boxes={"room": np.hstack([low, low + 0.75])})
    row = overall(measure_enrichment(evidence), "enrichment", "room")
    assert np.isnan(row.estimate)
    assert "60 of 60 images have no place" in row.method or "not computed" in row.method


def test_a_model_that_looks_at_the_face_is_seen_to(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(5)
    images = build.random_images(150, generator)
    boxes = {"coat": build.random_boxes(150, generator), "face": build.random_boxes(150, generator)}
    maps = project_boxes(boxes["face"] * 56, frame=(56, 56), grid=(7, 7))
    rows = measure_enrichment(build.evidence(images, boxes=boxes, maps=maps))
    face, coat = overall(rows, "enrichment", "face"), overall(rows, "enrichment", "coat")
    assert face.ci_low > 3
    assert coat.ci_low < 1.1


def test_enrichment_is_the_quotient_on_the_same_images(build: SimpleNamespace) -> None:
    evidence = build.sample(150)
    loan, view = borrow(evidence, "face"), evidence.target("predicted")
    mass = view.measure("mass", "face")
    used = loan.placed & np.isfinite(mass)
    borrowed = (view.maps[used] * loan.weights[used]).sum(axis=(1, 2), dtype=float)
    room = loan.room[used]
    rows = measure_enrichment(evidence)
    assert overall(rows, "borrowed_mass", "face").estimate == pytest.approx((room * borrowed).sum() / room.sum())
    row = overall(rows, "enrichment", "face")
    assert row.estimate == pytest.approx((room * mass[used]).sum() / (room * borrowed).sum())
    assert row.n == used.sum()


def test_random_maps_and_regions_give_one_about_95_times_in_100(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(6)
    audits, each = 200, 60  # boxes are borrowed within a label, so each label is an audit of its own
    names = tuple(f"audit {i:03d}" for i in range(audits))
    images = build.images([{"label": name, "predicted": names[0]} for name in names for _ in range(each)])
    boxes = {"tag": build.random_boxes(audits * each, generator)}
    maps = generator.gamma(0.3, size=(audits * each, 7, 7))
    rows = measure_enrichment(build.evidence(images, boxes=boxes, maps=maps, attributes=(), classes=names))
    found = [r for r in rows if r.statistic == "enrichment" and r.target == "label" and r.label and not r.outcome]
    assert len(found) == audits
    assert 0.9 <= np.mean([row.ci_low <= 1 <= row.ci_high for row in found]) <= 0.99
    assert np.mean([row.estimate for row in found]) == pytest.approx(1, abs=0.02)


def test_a_liking_for_the_middle_that_map_and_region_share_is_no_enrichment(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(7)
    n = 3000
    boxes = build.random_boxes(n, generator)
    size = boxes[:, 2:] - boxes[:, :2]
    centre = np.clip(0.5 + generator.normal(0, 0.15, (n, 2)), size / 2, 1 - size / 2)
    away = np.hypot(*np.mgrid[-3:4, -3:4])
    evidence = build.evidence(
        build.random_images(n, generator),
        boxes={"tag": np.hstack([centre - size / 2, centre + size / 2])},
        maps=generator.gamma(0.3, size=(n, 7, 7)) * np.exp(-(away**2) / 8),
    )
    row = overall(measure_enrichment(evidence), "enrichment", "tag")
    assert row.ci_low < 1 < row.ci_high
    assert row.estimate == pytest.approx(1, abs=0.04)
