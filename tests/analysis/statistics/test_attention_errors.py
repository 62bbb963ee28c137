"""Attention and errors against statsmodels on columns made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import statsmodels.api as sm

from auditor.analysis.statistics.attention_errors import measure_attention_errors
from auditor.analysis.statistics.borrowing import pair_masses
from auditor.analysis.statistics.conflict import mark_conflicts

if TYPE_CHECKING:
    from types import SimpleNamespace

    import pandas as pd

    from auditor.analysis.statistics.base import Evidence
    from auditor.geometry import FloatArray

PLACE = np.array([0.25, 0.25, 0.75, 0.75])


def confounded(build: SimpleNamespace, n: int = 600, *, seed: int = 0, per_cluster: int = 1) -> pd.DataFrame:
    """Doctors are mostly men and nurses mostly women; the model errs in one image of five."""
    generator = np.random.default_rng(seed)
    images = build.random_images(n, generator, per_cluster=per_cluster)
    usual = np.where(images["label"] == "doctor", "man", "woman")
    other = np.where(images["label"] == "doctor", "woman", "man")
    table: pd.DataFrame = images.assign(gender=np.where(generator.random(n) < 0.7, usual, other))
    return table


def design(evidence: Evidence, region: str) -> tuple[FloatArray, ...]:
    """Errors, the columns of the model with one intercept per label, and clusters."""
    pair = next(one for one in pair_masses(evidence) if (one.region, one.target) == (region, "predicted"))
    attention = pair.own if pair.aligned else pair.mass - pair.borrowed
    marks = mark_conflicts(evidence, "gender")
    used = np.isfinite(attention) & (marks >= 0)
    e = (attention[used] - attention[used].mean()) / attention[used].std()
    conflict, area = marks[used].astype(float), np.log(evidence.region(region).area[used])
    labels = evidence.texts("label")[used]
    intercepts = (labels[:, None] == np.unique(labels)).astype(float)
    columns = np.column_stack([e, conflict, e * conflict, *([area] if np.ptp(area) > 1e-9 else []), intercepts])
    return (~evidence.correct[used]).astype(float), columns, evidence.clusters[used]


@pytest.mark.parametrize("per_cluster", [1, 3])
@pytest.mark.parametrize("aligned", [False, True])
def test_odds_are_those_of_statsmodels(build: SimpleNamespace, per_cluster: int, aligned: bool) -> None:  # noqa: FBT001
    images = confounded(build, per_cluster=per_cluster)
    boxes = np.tile(PLACE, (600, 1)) if aligned else build.random_boxes(600, np.random.default_rng(1))
    evidence = build.evidence(images, boxes={"face": boxes})
    rows = {row.statistic: row for row in measure_attention_errors(evidence)}
    wrong, columns, clusters = design(evidence, "face")
    fit = sm.Logit(wrong, columns).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False}
    )
    m = len(np.unique(clusters))
    covariance = fit.cov_params() * m / (m - columns.shape[1])
    for statistic, weights in (("attention_error_odds", [1, 0, 1]), ("attention_error_interaction", [0, 0, 1])):
        full = np.pad(np.array(weights, dtype=float), (0, columns.shape[1] - 3))
        row, error = rows[statistic], np.sqrt(full @ covariance @ full)
        assert row.estimate == pytest.approx(np.exp(full @ fit.params), rel=1e-6)
        assert np.log(row.ci_high / row.ci_low) / 2 / error == pytest.approx(1.97, abs=0.02)
        assert (row.n, row.clusters, row.unit) == (len(wrong), m, "ratio")
        assert "an association, descriptive" in row.method


def test_attention_that_goes_with_errors_in_conflict_is_seen(build: SimpleNamespace) -> None:
    images = confounded(build, 800, seed=2)
    generator = np.random.default_rng(3)
    conflict = (images["gender"] == "woman") == (images["label"] == "doctor")
    wrong = generator.random(800) < np.where(conflict, 0.35, 0.15)
    images["predicted"] = np.where(wrong == (images["label"] == "doctor"), "nurse", "doctor")
    images["correct"] = (images["label"] == images["predicted"]).astype("boolean")
    maps = generator.random((800, 7, 7))
    maps[(conflict & wrong).to_numpy(), 2:5, 2:5] += 0.3
    evidence = build.evidence(images, boxes={"face": np.tile(PLACE, (800, 1))}, maps=maps)
    rows = {row.statistic: row for row in measure_attention_errors(evidence)}
    assert rows["attention_error_odds"].ci_low > 1.5
    assert rows["attention_error_interaction"].ci_low > 1
    assert rows["attention_error_odds"].p_value < 0.001


def test_separated_errors_are_not_evaluated(build: SimpleNamespace) -> None:
    images = confounded(build, 400, seed=4)
    maps = np.random.default_rng(5).random((400, 7, 7))
    maps[(images["label"] != images["predicted"]).to_numpy(), 2:5, 2:5] += 5
    evidence = build.evidence(images, boxes={"face": np.tile(PLACE, (400, 1))}, maps=maps)
    for row in measure_attention_errors(evidence):
        assert np.isnan(row.estimate)
        assert "not evaluated: right and wrong answers are separated" in row.method


def test_few_errors_are_not_evaluated(build: SimpleNamespace) -> None:
    images = confounded(build, 400, seed=6)
    boxes = {"face": build.random_boxes(400, np.random.default_rng(7))}
    right = images.assign(predicted=images["label"])
    assert all(
        np.isnan(row.estimate) and row.n == 0 for row in measure_attention_errors(build.evidence(right, boxes=boxes))
    )
    some = images.assign(predicted=images["predicted"].where(images.index < 60, images["label"]))
    rows = measure_attention_errors(build.evidence(some, boxes=boxes))
    assert all("independent errors in conflict, 10 are needed" in row.method for row in rows)


def test_attention_that_never_varies_is_not_evaluated(build: SimpleNamespace) -> None:
    images = confounded(build, 400, seed=8)
    evidence = build.evidence(images, boxes={"face": np.tile(PLACE, (400, 1))}, maps=np.ones((400, 7, 7)))
    rows = measure_attention_errors(evidence)
    assert all("attention does not vary among images in conflict" in row.method for row in rows)
    assert all(np.isnan(row.estimate) for row in rows)
