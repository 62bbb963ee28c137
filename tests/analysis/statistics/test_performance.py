from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from auditor.analysis.statistics.performance import contrasts, measure_performance

if TYPE_CHECKING:
    from types import SimpleNamespace


def test_every_number_against_pandas(build: SimpleNamespace) -> None:
    evidence = build.sample(300, per_cluster=3)
    rows = measure_performance(evidence)
    images = evidence.images.assign(right=evidence.images["label"] == evidence.images["predicted"])
    accuracy = [row for row in rows if row.statistic == "accuracy"]
    assert len(accuracy) == 1 + 2 + 2 + 4
    for row in accuracy:
        mine = images
        mine = mine[mine["label"] == row.label] if row.label else mine
        mine = mine[mine["gender"] == row.subgroup] if row.subgroup else mine
        assert row.estimate == pytest.approx(mine["right"].mean())
        assert (row.n, row.clusters) == (len(mine), mine["group_id"].nunique())
        assert row.ci_low < row.estimate < row.ci_high
    for row in (row for row in rows if row.statistic == "confusion"):
        mine = images[images["label"] == row.label]
        mine = mine[mine["gender"] == row.subgroup] if row.subgroup else mine
        assert row.estimate == pytest.approx((mine["predicted"] == row.predicted).mean())
        assert row.n == len(mine)
    for row in (row for row in rows if row.statistic == "accuracy_gap"):
        mine = images[images["label"] == row.label] if row.label else images
        means = mine.groupby("gender")["right"].mean()
        assert row.estimate == pytest.approx(means["woman"] - means["man"])


def test_two_subgroups_make_one_contrast_and_not_its_mirror(build: SimpleNamespace) -> None:
    rows = [row for row in measure_performance(build.sample()) if row.statistic == "accuracy_gap"]
    assert [(row.label, row.subgroup) for row in rows] == [(None, "woman"), ("doctor", "woman"), ("nurse", "woman")]
    assert "accuracy of woman minus accuracy of man" in rows[0].method


def test_three_subgroups_are_each_set_against_the_rest(build: SimpleNamespace) -> None:
    values = ["a", "b", "c", "a", "b", ""]
    images = build.images(
        [
            {"label": "doctor", "predicted": "doctor" if i % 2 else "nurse", "gender": value}
            for i, value in enumerate(values)
        ]
    )
    evidence = build.evidence(images)
    assert [name for name, _ in contrasts(evidence, "gender")] == ["a", "b", "c"]
    gap = {
        row.subgroup: row
        for row in measure_performance(evidence)
        if row.statistic == "accuracy_gap" and row.label is None
    }
    assert gap["a"].estimate == pytest.approx(1 / 2 - 1 / 3)
    assert gap["a"].n == 5


def test_not_recorded_is_a_subgroup_but_in_no_contrast(build: SimpleNamespace) -> None:
    values = ["man", "woman", None, np.nan, "", "man"]
    images = build.images([{"label": "nurse", "predicted": "nurse", "gender": value} for value in values])
    rows = measure_performance(build.evidence(images))
    counts = {r.subgroup: r.n for r in rows if r.statistic == "accuracy" and r.attribute and not r.label}
    assert counts == {"": 3, "man": 2, "woman": 1}
    assert {r.n for r in rows if r.statistic == "accuracy_gap"} == {3}


def test_a_subgroup_that_a_label_lacks_is_a_row_without_a_number(build: SimpleNamespace) -> None:
    images = build.images(
        [
            {"label": "doctor", "predicted": "doctor", "gender": "man"},
            {"label": "nurse", "predicted": "nurse", "gender": "woman"},
            {"label": "nurse", "predicted": "nurse", "gender": "man"},
        ]
    )
    rows = measure_performance(build.evidence(images))
    lacking = [r for r in rows if r.statistic == "accuracy" and (r.label, r.subgroup) == ("doctor", "woman")]
    assert [(r.n, np.isnan(r.estimate)) for r in lacking] == [(0, True)]
    gap = [r for r in rows if r.statistic == "accuracy_gap" and r.label == "doctor"]
    assert np.isnan(gap[0].estimate)


def test_many_classes_leave_out_pairs_that_never_occur(build: SimpleNamespace) -> None:
    classes = tuple(f"c{i:02d}" for i in range(30))
    images = build.images(
        [{"label": name, "predicted": classes[i // 2], "gender": "x"} for i, name in enumerate(classes)]
    )
    rows = [r for r in measure_performance(build.evidence(images, classes=classes)) if r.statistic == "confusion"]
    assert len([r for r in rows if r.attribute is None]) == 30
    assert all(r.estimate == 1 for r in rows)


def test_few_classes_show_every_pair_of_occurring_label_and_class(build: SimpleNamespace) -> None:
    images = build.images([{"label": "doctor", "predicted": "doctor", "gender": "x"}] * 3)
    images["image_id"] = ["a", "b", "c"]
    rows = [
        r for r in measure_performance(build.evidence(images)) if r.statistic == "confusion" and r.attribute is None
    ]
    assert [(r.label, r.predicted, r.estimate) for r in rows] == [("doctor", "doctor", 1), ("doctor", "nurse", 0)]
