from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from auditor.analysis.statistics.harm import compare_rates, measure_harm
from auditor.analysis.statistics.performance import MOST_CLASSES_IN_FULL

if TYPE_CHECKING:
    from types import SimpleNamespace

    from auditor.analysis.statistics.base import Evidence


def test_rates_and_gaps_against_pandas(build: SimpleNamespace) -> None:
    evidence = build.sample(300, per_cluster=3)
    images = evidence.images
    rows = [row for row in measure_harm(evidence) if row.statistic.startswith(("false_positive", "precision"))]
    assert len(rows) == 2 * 2 * (1 + 2 + 1)
    for row in rows:
        positive = images["predicted"] == row.predicted
        right = images["label"] == row.predicted
        base, hits = (~right, positive) if row.statistic.startswith("false") else (positive, right)
        member = images["gender"] == row.subgroup
        if row.statistic.endswith("_gap"):
            expected = hits[base & member].mean() - hits[base & ~member].mean()
        else:
            base &= member | (row.subgroup is None)
            expected = hits[base].mean()
        assert row.estimate == pytest.approx(expected)
        assert row.n == base.sum()
        assert row.ci_low < row.estimate < row.ci_high


def test_every_part_of_the_question_is_answered(build: SimpleNamespace) -> None:
    found = {row.statistic for row in measure_harm(build.sample())}
    assert {"precision", "precision_gap", "false_positive_rate", "false_positive_rate_gap", "selection_ratio"} < found


def test_the_same_tables_in_another_order_give_the_same_rows(build: SimpleNamespace) -> None:
    evidence = build.sample(200, per_cluster=2)
    again = replace(evidence, images=evidence.images.sample(frac=1, random_state=1))
    for one, two in zip(measure_harm(evidence), measure_harm(again), strict=True):
        assert one[:9] == two[:9]
        assert one[9:15] == pytest.approx(two[9:15], nan_ok=True)


def rated(build: SimpleNamespace, hits: dict[str, tuple[int, int]], **settings: int) -> Evidence:
    rows = [
        {"label": "doctor", "predicted": "doctor" if i < right else "nurse", "gender": group}
        for group, (right, n) in hits.items()
        for i in range(n)
    ]
    return build.evidence(build.images(rows), **settings)


def test_ratios_to_the_subgroup_with_the_highest_rate(build: SimpleNamespace) -> None:
    evidence = rated(build, {"a": (50, 100), "b": (30, 100), "c": (45, 90), "": (10, 10)}, draws=2000)
    rows = {(r.statistic, r.predicted, r.subgroup): r for r in measure_harm(evidence) if "selection" in r.statistic}
    ratio, below = (rows[name, "doctor", "b"] for name in ("selection_ratio", "selection_ratio_below_four_fifths"))
    assert ratio.estimate == pytest.approx(0.6)
    assert 0.35 < ratio.ci_low < 0.6 < ratio.ci_high < 0.9
    assert below.estimate > 0.9
    assert ratio.n == 200
    assert ("selection_ratio", "doctor", "a") not in rows
    assert "over that of a, the highest" in ratio.method
    assert "smallest subgroup: 90 images" in ratio.method
    assert rows["selection_ratio", "nurse", "a"].estimate == pytest.approx(0.5 / 0.7)


def test_a_class_that_nobody_gets_has_no_ratio(build: SimpleNamespace) -> None:
    evidence = rated(build, {"a": (50, 50), "b": (60, 60)})
    rows = [r for r in measure_harm(evidence) if "selection" in r.statistic and r.predicted == "nurse"]
    assert rows
    assert all(np.isnan([r.estimate, r.ci_low]).all() for r in rows)


def test_four_fifths_of_equal_groups_is_not_held_against_the_model(build: SimpleNamespace) -> None:
    """At equal rates of 10 % and 100 images each, the bare rule speaks of adverse impact in six audits of ten."""
    generator = np.random.default_rng(0)
    bare, ours = [], []
    for _ in range(100):
        a, b = (int(x) for x in generator.binomial(100, 0.1, 2))
        evidence = rated(build, {"a": (a, 100), "b": (b, 100)}, draws=200)
        member = evidence.texts("gender")[:, None] == np.array(["a", "b"])
        hits = member & (evidence.texts("predicted") == "doctor")[:, None]
        best = int(hits.sum(axis=0).argmax())
        ratio, _ = compare_rates(evidence, member=member, hits=hits, best=best)
        bare.append(ratio.estimate[1 - best] < 0.8)
        ours.append(ratio.high[1 - best] < 0.8)
    assert np.mean(bare) > 0.5
    assert np.mean(ours) < 0.12


def test_a_ratio_covers_where_persons_have_many_pictures(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(1)
    covered = []
    for _ in range(80):
        gender = np.repeat(["man", "woman"], 60)
        chance = generator.beta(2 * np.where(gender == "man", 0.6, 0.45), 2 * np.where(gender == "man", 0.4, 0.55))
        each = np.repeat(np.arange(120), 3)
        drawn = np.where(generator.random(360) < chance[each], "doctor", "nurse")
        table = pd.DataFrame(
            {"label": "doctor", "predicted": drawn, "gender": gender[each], "group_id": each.astype(str)}
        )
        evidence = build.evidence(build.images(table.to_dict("records")), draws=400)
        member = evidence.texts("gender")[:, None] == np.array(["man", "woman"])
        hits = member & (evidence.texts("predicted") == "doctor")[:, None]
        ratio, _ = compare_rates(evidence, member=member, hits=hits, best=0)
        covered.append(ratio.low[1] <= 0.75 <= ratio.high[1])
    assert np.mean(covered) >= 0.95 - 2.5 * (0.05 * 0.95 / 80) ** 0.5


def test_the_gap_of_a_group_can_be_nothing(build: SimpleNamespace) -> None:
    """An interval of the largest difference never holds 0; ours, of one difference against the rest, does."""
    generator = np.random.default_rng(2)
    holds, largest = [], []
    for _ in range(25):
        hits = {group: (int(generator.binomial(100, 0.8)), 100) for group in "abcd"}
        largest.append(np.ptp([right for right, _ in hits.values()]) > 0)
        rows = measure_harm(rated(build, hits, draws=20))
        gaps = [r for r in rows if r.statistic == "false_positive_rate_gap" and r.predicted == "nurse"]
        assert len(gaps) == 4
        holds += [r.ci_low <= 0 <= r.ci_high for r in gaps]
    assert np.mean(largest) > 0.95
    assert np.mean(holds) >= 0.9


def test_many_classes_are_left_to_the_confusion_table(build: SimpleNamespace) -> None:
    classes = tuple(f"c{i:02d}" for i in range(MOST_CLASSES_IN_FULL + 1))
    rows = [{"label": name, "predicted": name, "gender": "ab"[i % 2]} for i, name in enumerate(classes * 4)]
    found = {row.statistic for row in measure_harm(build.evidence(build.images(rows), classes=classes))}
    assert found == set()


def test_no_images_at_all_give_no_error(build: SimpleNamespace) -> None:
    evidence = build.sample(20)
    nobody = replace(evidence, images=evidence.images.assign(status="unreadable"))
    assert all(row.n == 0 for row in measure_harm(nobody))
