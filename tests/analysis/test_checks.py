"""The audit's own instruments: each check can fail, can pass, and can say that it does not know."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from auditor.analysis.checks import run_checks, share_too_small
from auditor.analysis.overlap import OVERLAP
from auditor.analysis.statistics.cells import COLUMNS
from auditor.analysis.statistics.faithfulness import measure_faithfulness
from auditor.analysis.statistics.randomisation import measure_randomisation
from auditor.records import pack_grid
from auditor.trials import DELETION_KINDS, HEADS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import SimpleNamespace

    from auditor.analysis.statistics.base import Evidence
    from auditor.documents.ladder import Check
    from auditor.geometry import FloatArray


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    """Estimates with defaults."""
    base = dict.fromkeys(COLUMNS) | {"ci_low": np.nan, "ci_high": np.nan, "p_value": np.nan, "n": 64, "clusters": 64}
    return pd.DataFrame([base | row for row in rows], columns=list(COLUMNS))


def likeness(name: str, value: float) -> dict[str, Any]:
    return {"statistic": f"map_correlation_{name}", "estimate": value, "ci_low": value - 0.1, "ci_high": value + 0.1}


def enrichment(own: float, limit: float, *, region: str = "face", clusters: int = 64) -> tuple[dict[str, Any], ...]:
    facts = {"region": region, "clusters": clusters}
    heads = {"statistic": "enrichment_random_heads", "estimate": 1.0, "ci_low": 0.5, "ci_high": limit}
    return {"statistic": "enrichment_probed", "estimate": own, **facts}, heads | facts


def pick(checks: Sequence[Check], name: str, region: str | None = None) -> Check:
    (check,) = (check for check in checks if (check.name, check.region) == (name, region))
    return check


@pytest.fixture
def evidence(build: SimpleNamespace) -> Evidence:
    sample: Evidence = build.sample(200)
    return sample


def with_maps(evidence: Evidence, maps: dict[str, FloatArray]) -> Evidence:
    ids = evidence.read["image_id"].tolist()
    rows = [
        {
            "image_id": name,
            "kind": kind,
            "cam": pack_grid(grid / max(grid.max(), 1e-9), "float16"),
            "grid_height": 7,
            "grid_width": 7,
            "cam_max": float(grid.max()),
            "cam_sum": float(grid.sum()),
        }
        for kind, grids in maps.items()
        for name, grid in zip(ids, grids, strict=False)
    ]
    return dataclasses.replace(evidence, randomised=pd.DataFrame(rows))


def test_nothing_measured_is_nothing_known(evidence: Evidence) -> None:
    checks = run_checks(evidence, table())
    for name in ("model-specific maps", "faithful maps", "positive control"):
        check = pick(checks, name)
        assert check.passed is None
        assert check.withholds is None


@pytest.mark.parametrize(
    ("rows", "passed"),
    [
        ((likeness("heads", 0.2), likeness("cascade_1", 0.9), likeness("cascade_6", 0.1)), True),
        ((likeness("heads", 0.2), likeness("cascade_1", 0.1), likeness("cascade_6", 0.9)), False),
        ((likeness("heads", 0.2), likeness("cascade_9", 0.1), likeness("cascade_10", 0.9)), False),
        ((likeness("heads", 0.9), likeness("cascade_6", 0.1)), False),
        ((likeness("heads", 0.9), likeness("cascade_6", 0.1), *enrichment(3.0, 2.0)), True),
        ((likeness("heads", 0.9), likeness("cascade_6", 0.1), *enrichment(1.5, 2.0)), False),
        ((likeness("heads", 0.2), likeness("cascade_6", 0.9), *enrichment(3.0, 2.0)), False),
    ],
)
def test_maps_must_change_with_the_weights(
    evidence: Evidence, rows: tuple[dict[str, Any], ...], *, passed: bool
) -> None:
    check = pick(run_checks(evidence, table(*rows)), "model-specific maps")
    assert check.passed is passed
    assert check.withholds == (None if passed else "attention")
    assert ("not model-specific" in check.consequence) is not passed
    assert "median rank correlation with the maps of copies with a random head 0." in check.statistic


def test_a_model_whose_maps_ignore_the_head_fails(evidence: Evidence) -> None:
    random = np.random.default_rng(0)
    own = random.random((64, 7, 7))
    maps = {"model": own} | {f"head-{k}": own * 0.5 for k in range(HEADS)} | {"cascade-1": random.random((64, 7, 7))}
    tried = with_maps(evidence, maps)
    check = pick(run_checks(tried, pd.DataFrame(measure_randomisation(tried))), "model-specific maps")
    assert check.passed is False
    assert check.withholds == "attention"
    maps |= {f"head-{k}": random.random((64, 7, 7)) for k in range(HEADS)}
    tried = with_maps(evidence, maps)
    assert pick(run_checks(tried, pd.DataFrame(measure_randomisation(tried))), "model-specific maps").passed


def test_a_region_that_random_heads_look_at_is_named_and_not_withheld(evidence: Evidence) -> None:
    rows = (likeness("heads", 0.1), *enrichment(1.9, 2.0), *enrichment(1.1, 2.0, region="coat"))
    checks = run_checks(evidence, table(*rows))
    face, coat = (pick(checks, "model-specific maps", region) for region in ("face", "coat"))
    assert (face.passed, face.withholds) == (False, None)
    assert "random heads look at face as much" in face.consequence
    assert coat.passed
    few = run_checks(evidence, table(*enrichment(1.9, 2.0, clusters=19)))
    assert pick(few, "model-specific maps", "face").passed is None


@pytest.mark.parametrize(("gain", "passed"), [(1.0, True), (0.0, False)])
def test_a_map_that_is_right_is_faithful_and_a_random_one_is_not(
    evidence: Evidence, *, gain: float, passed: bool
) -> None:
    random = np.random.default_rng(1)
    rows = [
        {"image_id": name, "kind": kind, "margin_before": 2.0, "margin": 2 - random.normal() - gain * (kind == "map")}
        for name in evidence.read["image_id"][:100]
        for kind in DELETION_KINDS
    ]
    images = evidence.images.assign(margin=random.exponential(size=200))
    tried = dataclasses.replace(evidence, images=images, deletions=pd.DataFrame(rows))
    check = pick(run_checks(tried, pd.DataFrame(measure_faithfulness(tried))), "faithful maps")
    assert check.passed is passed
    assert check.withholds == (None if passed else "attention")
    assert "100 images" in check.statistic


@pytest.mark.parametrize("kind", ["blob", "centre", "edges"])
def test_one_control_that_does_as_well_is_enough_to_fail(evidence: Evidence, kind: str) -> None:
    good = {"estimate": 0.5, "ci_low": 0.3, "ci_high": 0.7, "p_value": 0.001}
    bad = {"estimate": 0.1, "ci_low": -0.1, "ci_high": 0.3, "p_value": 0.2}
    rows = [
        {"statistic": f"faithfulness_{name}"} | (bad if name == kind else good) for name in ("blob", "centre", "edges")
    ]
    assert pick(run_checks(evidence, table(*rows)), "faithful maps").passed is False
    assert pick(run_checks(evidence, table(*[row | good for row in rows])), "faithful maps").passed
    assert pick(run_checks(evidence, table(*rows[:2])), "faithful maps").passed is None


@pytest.mark.parametrize(("small", "passed"), [(10, True), (11, False)])
def test_a_region_below_a_cell_is_withheld_for_itself(build: SimpleNamespace, small: int, *, passed: bool) -> None:
    images = build.random_images(100, np.random.default_rng(0))
    boxes = np.tile([0.1, 0.1, 0.4, 0.4], (100, 1))
    boxes[:small, 2] = 0.2
    made = build.evidence(images, boxes={"tag": boxes, "unseen": np.full((100, 4), np.nan)})
    checks = run_checks(made, table())
    check = pick(checks, "resolution", "tag")
    assert check.passed is passed
    assert check.withholds == (None if passed else "attention")
    assert f"{small}% of 100 images" in check.statistic
    assert not [check for check in checks if check.name == "resolution" and check.region == "unseen"]


def test_a_box_of_exactly_a_cell_is_no_smaller() -> None:
    cell = np.array([[1 / 7, 0, 2 / 7, 1 / 7], [0, 0, 1 / 8, 1], [0, 0, 1, 1]])
    assert share_too_small(cell, np.array([1 / 49, 1 / 8, 1 / 50]), grid=(7, 7)) == pytest.approx(2 / 3)


def test_empty_maps_are_listed_by_group_and_outcome(build: SimpleNamespace) -> None:
    images = build.random_images(400, np.random.default_rng(0))
    maps = np.random.default_rng(1).random((400, 7, 7))
    full = pick(run_checks(build.evidence(images, maps=maps), table()), "empty maps")
    assert full.passed
    hit = ((images["label"] == "doctor") & (images["gender"] == "woman") & images["correct"]).to_numpy(dtype=bool)
    maps[np.flatnonzero(hit)[:10]] = 0
    check = pick(run_checks(build.evidence(images, maps=maps), table()), "empty maps")
    assert check.passed is False
    assert check.withholds is None
    assert f"doctor, woman, correct (label: {10 / hit.sum():.0%} of {hit.sum()})" in check.statistic
    assert "nurse" not in check.statistic


def excess(statistic: str, region: str, low: float, **more: object) -> dict[str, Any]:
    row = {"statistic": statistic, "region": region, "fill": "noise", "estimate": low + 0.1, "ci_low": low}
    return row | {"ci_high": low + 0.2} | more


def test_hiding_a_core_region_must_do_something(build: SimpleNamespace) -> None:
    sample = build.sample(100, roles={"coat": "core", "face": "protected"})
    weak, strong = excess("flip_excess", "coat", -0.05), excess("occlusion_excess", "coat", 0.2)
    other = excess("occlusion_excess", "face", 0.5)
    assert pick(run_checks(sample, table(weak, strong)), "positive control").passed
    failed = pick(run_checks(sample, table(weak, other)), "positive control")
    assert failed.passed is False
    assert failed.withholds == "interventions"
    assert "check the preprocessing" in failed.consequence
    split = excess("occlusion_excess", "coat", 0.2, label="doctor")
    few = excess("occlusion_excess", "coat", 0.2, clusters=19)
    assert pick(run_checks(sample, table(split, few, other)), "positive control").passed is None


def test_thin_groups_are_named(build: SimpleNamespace) -> None:
    images = build.random_images(300, np.random.default_rng(0))
    full = pick(run_checks(build.evidence(images), table()), OVERLAP)
    assert full.passed
    rare = np.flatnonzero((images["label"] == "doctor") & (images["gender"] == "woman"))
    thin = pick(run_checks(build.evidence(images.drop(index=rare[5:])), table()), OVERLAP)
    assert thin.passed is False
    assert "fewer than 20 independent images or persons of doctor, woman (5)" in thin.statistic
    nobody = pick(run_checks(build.evidence(images.assign(gender="")), table()), OVERLAP)
    assert nobody.passed is None


def test_regions_of_unlike_size_are_named_by_table_and_without_it(build: SimpleNamespace) -> None:
    random = np.random.default_rng(2)
    images = build.random_images(900, random)
    boxes = build.random_boxes(900, random)
    like = build.evidence(images, boxes={"face": boxes})
    assert pick(run_checks(like, table()), OVERLAP, "face").passed
    larger = boxes.copy()
    women = (images["gender"] == "woman").to_numpy()
    larger[women, 2:] = larger[women, :2] + 1.5 * (boxes[women, 2:] - boxes[women, :2])
    unlike = build.evidence(images, boxes={"face": np.clip(larger, 0, 1)})
    check = pick(run_checks(unlike, table()), OVERLAP, "face")
    assert check.passed is False
    assert check.withholds is None
    assert "area by gender (woman): +" in check.statistic
    keys = {"region": "face", "attribute": "gender", "subgroup": "woman"}
    told = table(
        {"statistic": "area_balance", "estimate": 0.1, **keys},
        {"statistic": "eccentricity_balance", "estimate": 0.0, **keys},
    )
    assert pick(run_checks(unlike, told), OVERLAP, "face").passed


def test_a_failed_check_alone_withholds(build: SimpleNamespace) -> None:
    for check in run_checks(build.sample(60), table(likeness("heads", 0.95), *enrichment(1.0, 2.0))):
        assert check.withholds is None or check.passed is False
        assert check.statistic
        assert check.consequence


def test_a_run_that_read_nothing_is_checked_without_a_fault(build: SimpleNamespace) -> None:
    sample = build.sample(20)
    nothing = dataclasses.replace(sample, images=sample.images.assign(status="broken"))
    assert {check.passed for check in run_checks(nothing, table())} <= {None, True}
