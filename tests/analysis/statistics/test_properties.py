from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import stats

from auditor.analysis.statistics.properties import PERMUTATIONS, measure_properties
from auditor.properties import PROPERTIES

if TYPE_CHECKING:
    from types import SimpleNamespace

    from auditor.analysis.statistics.cells import Row

LABELS = ("doctor", "nurse")


def rows_of(build: SimpleNamespace, n: int = 200, *, seed: int = 0, **settings: Any) -> tuple[Any, list[Row]]:
    """Brighter nurses, JPEG quality known for a part, the same size everywhere."""
    random = np.random.default_rng(seed)
    images = build.random_images(n, random)
    nurse = (images["label"] == "nurse").to_numpy()
    quality = np.where(random.random(n) < 0.3, np.nan, random.integers(60, 96, n))
    bright = random.normal(0.5, 0.1, n) + 0.1 * nurse
    images = images.assign(brightness=bright, jpeg_quality=quality, megapixels=0.3)
    evidence = build.evidence(images, **settings)
    return evidence.read, measure_properties(evidence)


def pick(rows: list[Row], statistic: str, name: str, attribute: str | None = None) -> Row:
    (row,) = [r for r in rows if (r.statistic, r.region, r.attribute) == (statistic, f"({name})", attribute)]
    return row


@pytest.mark.parametrize("name", ["brightness", "jpeg_quality"])
@pytest.mark.parametrize("by", ["label", "gender"])
def test_two_names_give_the_area_of_mann_and_whitney(build: SimpleNamespace, name: str, by: str) -> None:
    read, rows = rows_of(build)
    row = pick(rows, "property_association", name, None if by == "label" else by)
    known = read[read[name].notna()]
    first, second = (known.loc[known[by] == value, name] for value in sorted(known[by].unique()))
    test = stats.mannwhitneyu(second, first)
    assert row.estimate == pytest.approx(test.statistic / len(first) / len(second), abs=1e-12)
    assert row.p_value == pytest.approx(test.pvalue, abs=0.05)
    assert row.n == row.clusters == len(known)
    assert row.ci_low < row.estimate < row.ci_high
    assert row.unit == "AUC"
    assert (row.label, row.subgroup) == (("nurse", None) if by == "label" else (None, "woman"))


def test_a_planted_cue_is_told_and_worded_as_what_could_be_done(build: SimpleNamespace) -> None:
    rows = rows_of(build, 400)[1]
    row = pick(rows, "property_association", "brightness")
    assert row.ci_low > 0.6
    assert row.p_value == 1 / (1 + PERMUTATIONS)
    assert "share of pairs in which the image of nurse has more brightness than that of doctor" in row.method
    only = pick(rows, "property_only_accuracy", "brightness")
    most = pick(rows, "property_majority_accuracy", "brightness")
    assert only.ci_low > most.estimate


def test_missing_values_are_counted(build: SimpleNamespace) -> None:
    read, rows = rows_of(build)
    lacking = int(read["jpeg_quality"].isna().sum())
    for statistic in ("property_association", "property_only_accuracy"):
        assert f"{lacking} images without a value left out" in pick(rows, statistic, "jpeg_quality").method
        assert "left out" not in pick(rows, statistic, "brightness").method


def test_a_property_that_never_varies_tells_nothing(build: SimpleNamespace) -> None:
    rows = rows_of(build)[1]
    row = pick(rows, "property_association", "megapixels")
    assert math.isnan(row.estimate)
    assert math.isnan(row.p_value)
    assert pick(rows, "property_only_accuracy", "megapixels").estimate <= 0.6


def test_more_labels_give_epsilon_squared(build: SimpleNamespace) -> None:
    random = np.random.default_rng(3)
    labels = random.choice(["a", "b", "c"], 150)
    values = random.normal(size=150) + (labels == "b")
    images = build.images([{"label": label, "predicted": label} for label in labels]).assign(brightness=values)
    evidence = build.evidence(images, classes=("a", "b", "c"), attributes=())
    row = pick(measure_properties(evidence), "property_association", "brightness")
    kruskal = stats.kruskal(*(values[labels == label] for label in "abc"))
    eta = kruskal.statistic / 149
    assert row.estimate == pytest.approx(1 - (1 - eta) * 149 / 147, abs=1e-12)
    assert row.unit == "share"
    assert row.p_value <= 0.01
    assert row.ci_low < row.estimate < row.ci_high


def test_tables_without_properties_and_empty_ones_give_no_rows(build: SimpleNamespace) -> None:
    assert measure_properties(build.sample(30)) == []
    nobody = build.random_images(10, np.random.default_rng(0)).assign(status="truncated", brightness=0.5)
    assert measure_properties(build.evidence(nobody)) == []


def test_the_order_of_the_rows_changes_nothing(build: SimpleNamespace) -> None:
    images = build.random_images(60, np.random.default_rng(0)).assign(brightness=np.random.default_rng(1).random(60))
    once, again = (
        measure_properties(build.evidence(table)) for table in (images, images.sample(frac=1, random_state=1))
    )
    assert repr(once) == repr(again)


def test_every_property_takes_part(build: SimpleNamespace) -> None:
    values = np.random.default_rng(1).random((40, len(PROPERTIES)))
    images = build.random_images(40, np.random.default_rng(0)).assign(**dict(zip(PROPERTIES, values.T, strict=True)))
    rows = measure_properties(build.evidence(images))
    assert {row.region for row in rows} == {f"({name})" for name in PROPERTIES}
    assert len(rows) == len(PROPERTIES) * 4
