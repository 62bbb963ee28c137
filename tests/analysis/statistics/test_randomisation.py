"""Maps against those of random copies: plain loops, and enrichment over the very boxes of the audit."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from auditor.analysis.statistics.lending import borrow
from auditor.analysis.statistics.randomisation import measure_randomisation
from auditor.geometry import frame_weights
from auditor.records import pack_grid, unpack_grids

if TYPE_CHECKING:
    from types import SimpleNamespace

    from auditor.analysis.statistics.base import Evidence
    from auditor.geometry import FloatArray

KINDS = ("model", *(f"head-{k}" for k in range(20)), *(f"cascade-{s}" for s in range(1, 4)))


def randomised(evidence: Evidence, maps: dict[str, FloatArray]) -> Evidence:
    """Evidence with maps ``(n, h, w)`` by kind on the first n images."""
    ids = evidence.read["image_id"].tolist()
    rows: list[dict[str, Any]] = []
    for kind, grids in maps.items():
        for name, grid in zip(ids, grids, strict=False):
            peak = float(grid.max())
            cam = pack_grid(grid / peak if peak > 0 else np.zeros_like(grid), "float16")
            facts = {"grid_height": grid.shape[0], "grid_width": grid.shape[1], "cam_sum": float(grid.sum())}
            rows.append({"image_id": name, "kind": kind, "cam": cam, "cam_max": peak, **facts})
    return dataclasses.replace(evidence, randomised=pd.DataFrame(rows))


def rounded(maps: FloatArray) -> FloatArray:
    """As stored."""
    stored: FloatArray = (maps / maps.max(axis=(1, 2), keepdims=True)).astype(np.float16).astype(np.float64)
    return stored


def test_medians_are_those_of_a_plain_loop(build: SimpleNamespace) -> None:
    random = np.random.default_rng(0)
    maps = {kind: random.random((30, 7, 7)) for kind in KINDS}
    maps["cascade-2"] = maps["model"] + 0.3 * maps["cascade-2"]
    rows = {row.statistic: row for row in measure_randomisation(randomised(build.sample(60), maps)) if not row.region}
    stored = {kind: rounded(grids) for kind, grids in maps.items()}

    def correlate(kind: str, i: int) -> float:
        return float(stats.spearmanr(stored["model"][i].ravel(), stored[kind][i].ravel()).statistic)

    heads = [np.mean([correlate(f"head-{k}", i) for k in range(20)]) for i in range(30)]
    assert rows["map_correlation_heads"].estimate == pytest.approx(np.median(heads), abs=1e-9)
    for s in (1, 2, 3):
        each = [correlate(f"cascade-{s}", i) for i in range(30)]
        assert rows[f"map_correlation_cascade_{s}"].estimate == pytest.approx(np.median(each), abs=1e-9)
    assert rows["map_correlation_cascade_2"].estimate > 0.8 > rows["map_correlation_cascade_3"].estimate
    assert rows["map_similarity_cascade_2"].estimate > 0.8 > rows["map_similarity_cascade_3"].estimate
    assert {row.n for row in rows.values()} == {30}


def test_the_same_maps_are_the_same(build: SimpleNamespace) -> None:
    maps = np.random.default_rng(0).random((20, 7, 7))
    for row in measure_randomisation(randomised(build.sample(40), dict.fromkeys(KINDS, maps))):
        if not row.region:
            assert row.estimate == row.ci_low == row.ci_high == pytest.approx(1)


def test_an_empty_map_takes_no_part(build: SimpleNamespace) -> None:
    maps = {kind: np.random.default_rng(len(kind)).random((20, 7, 7)) for kind in ("model", "head-0", "cascade-1")}
    maps["model"][0] = 0
    maps["cascade-1"][1:4] = 0
    rows = {row.statistic: row.n for row in measure_randomisation(randomised(build.sample(40), maps))}
    assert rows["map_correlation_heads"] == 19
    assert rows["map_correlation_cascade_1"] == rows["map_similarity_cascade_1"] == 16


def test_enrichment_is_that_over_the_borrowed_boxes(build: SimpleNamespace) -> None:
    random = np.random.default_rng(1)
    evidence = build.sample(120)
    maps = {kind: random.random((40, 7, 7)) for kind in KINDS}
    evidence = randomised(evidence, maps)
    rows = {(row.statistic, row.region): row for row in measure_randomisation(evidence) if row.region}
    over_frame = frame_weights(evidence.settings.frame, evidence.settings.grid)
    for region in ("coat", "face"):
        loan, view = borrow(evidence, region), evidence.region(region)
        table = evidence.regions[evidence.regions["region"] == region].set_index("image_id")["weights"]
        ratios = {}
        for kind in KINDS:
            inside = beside = 0.0
            for i in range(40):
                if not (view.seen[i] and loan.placed[i]):
                    continue
                weights = unpack_grids([table[evidence.read["image_id"][i]]], grid=(7, 7), dtype="float32")[0]
                cam = rounded(maps[kind])[i]
                cam = cam / (cam * over_frame).sum()
                inside, beside = inside + (cam * weights).sum(), beside + (cam * loan.weights[i]).sum()
            ratios[kind] = inside / beside
        heads = [ratios[f"head-{k}"] for k in range(20)]
        assert rows["enrichment_probed", region].estimate == pytest.approx(ratios["model"], rel=1e-6)
        assert rows["enrichment_random_heads", region].estimate == pytest.approx(np.median(heads), rel=1e-6)
        assert rows["enrichment_random_heads", region].ci_high == pytest.approx(np.quantile(heads, 0.975), rel=1e-6)
        reached = sum(head >= ratios["model"] for head in heads)
        assert rows["enrichment_probed", region].p_value == pytest.approx((1 + reached) / 21)


def test_an_aligned_region_is_set_against_its_area(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(2)
    images = build.random_images(60, generator)
    evidence = build.evidence(images, boxes={"face": np.tile([0.25, 0.25, 0.75, 0.75], (60, 1))})
    assert borrow(evidence, "face").aligned
    flat = np.ones((30, 7, 7))
    inner = flat.copy()
    inner[:, 2:5, 2:5] = 4
    maps = {kind: inner if kind == "model" else flat for kind in KINDS}
    rows = {row.statistic: row for row in measure_randomisation(randomised(evidence, maps)) if row.region}
    assert rows["enrichment_random_heads"].ci_high == pytest.approx(1, abs=1e-6)
    assert rows["enrichment_probed"].estimate > 1.5
    assert "aligned" in rows["enrichment_probed"].method


def test_nothing_tried_gives_nothing_and_unread_images_are_left_out(build: SimpleNamespace) -> None:
    evidence = build.sample(30)
    assert measure_randomisation(evidence) == []
    maps = {kind: np.random.default_rng(0).random((30, 7, 7)) for kind in ("model", "head-0")}
    evidence = randomised(evidence, maps)
    images = evidence.images.assign(status=["broken"] * 3 + ["read"] * 27)
    rows = measure_randomisation(dataclasses.replace(evidence, images=images))
    assert {row.n for row in rows} == {27}
    assert all(math.isnan(row.p_value) for row in rows)
