from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from auditor.analysis.statistics import contingency
from auditor.analysis.statistics.association import FOLDS, deal, guess, measure_association
from auditor.analysis.statistics.bootstrap import draw_weights
from auditor.analysis.statistics.contingency import corrected_v, cramers_v

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import SimpleNamespace

    import pandas as pd

    from auditor.analysis.statistics.intervals import ByteArray


def weights_of(n: int, draws: int = 400) -> ByteArray:
    return draw_weights(n, draws=draws, generator=np.random.default_rng(0))


def paper(build: SimpleNamespace, per_class: int = 1000) -> pd.DataFrame:
    """78 % of doctors are men and 93 % of nurses are women."""
    rows = []
    for label, men in (("doctor", 0.78), ("nurse", 0.07)):
        genders = ["man"] * round(men * per_class) + ["woman"] * round((1 - men) * per_class)
        rows += [{"label": label, "predicted": label, "gender": gender} for gender in genders]
    return build.images(rows)


def test_the_worked_example_of_doctors_and_nurses(build: SimpleNamespace) -> None:
    found = {row.statistic: row for row in measure_association(build.evidence(paper(build)))}
    assert round(found["cramers_v"].estimate, 2) == 0.72
    assert 0.68 < found["cramers_v"].ci_low < 0.7
    assert 0.73 < found["cramers_v"].ci_high < 0.76
    assert found["attribute_only_accuracy"].estimate == pytest.approx(0.855)
    assert found["majority_accuracy"].estimate == 0.5
    assert all(row.n == row.clusters == 2000 for row in found.values())


def plain_v(table: list[list[float]], n: float) -> float:
    """Bergsma (2013), written out."""
    rows, columns = len(table), len(table[0])
    total = sum(map(sum, table))
    chi = 0.0
    for i in range(rows):
        for j in range(columns):
            expected = sum(table[i]) * sum(row[j] for row in table) / total
            chi += (table[i][j] - expected) ** 2 / expected
    phi = max(0.0, chi / total - (rows - 1) * (columns - 1) / (n - 1))
    return (phi / min(rows - (rows - 1) ** 2 / (n - 1) - 1, columns - (columns - 1) ** 2 / (n - 1) - 1)) ** 0.5


@pytest.mark.parametrize("table", [[[30, 10], [5, 25]], [[12, 9, 4], [3, 8, 20]], [[5, 5], [5, 5]]])
def test_v_against_the_formula_written_out(table: list[list[float]]) -> None:
    n = sum(map(sum, table))
    assert corrected_v(np.array(table, dtype=float), np.array(float(n))) == pytest.approx(plain_v(table, n))


def test_every_draw_and_every_left_out_cluster_against_plain_tables() -> None:
    generator = np.random.default_rng(1)
    clusters, labels, values = generator.integers(0, 15, 60), generator.integers(0, 3, 60), generator.integers(0, 2, 60)
    clusters = np.unique(clusters, return_inverse=True)[1]
    counts = contingency.csr_array((np.ones(60), (clusters, labels * 2 + values)), shape=(clusters.max() + 1, 6))
    weights = weights_of(clusters.max() + 1, draws=4)

    def plain(times: Sequence[int]) -> float:
        table, squares = np.zeros((3, 2)), 0
        for cluster, number in enumerate(times):
            mine = clusters == cluster
            squares += number * mine.sum() ** 2
            np.add.at(table, (labels[mine], values[mine]), number)
        return plain_v(table.tolist(), table.sum() ** 2 / squares)

    (draws,) = contingency._draws(counts, weights, shape=(3, 2))
    assert draws == pytest.approx([plain(row.tolist()) for row in weights])
    left = contingency._left_out(counts, shape=(3, 2))
    everything = np.ones(clusters.max() + 1, dtype=int)
    assert left[3] == pytest.approx(plain(everything - (np.arange(len(everything)) == 3)))


def test_no_association_is_zero_with_an_interval_that_begins_there() -> None:
    n = 200
    labels, values = np.arange(n) % 2, np.arange(n) // 2 % 2
    found = cramers_v(labels, values, clusters=np.arange(n), weights=weights_of(n), confidence=0.95)
    assert found.estimate[0] == found.low[0] == 0
    assert 0 < found.high[0] < 0.25


def test_images_that_occur_twice_in_their_cluster_change_nothing() -> None:
    generator = np.random.default_rng(2)
    labels = generator.integers(0, 2, 80)
    values = np.where(generator.random(80) < 0.3, 1 - labels, labels)
    clusters, weights = np.arange(80), weights_of(80)
    once = cramers_v(labels, values, clusters=clusters, weights=weights, confidence=0.95)
    twice = cramers_v(
        *(np.repeat(x, 2) for x in (labels, values)), clusters=np.repeat(clusters, 2), weights=weights, confidence=0.95
    )
    for name in ("estimate", "low", "high"):
        assert getattr(twice, name)[0] == pytest.approx(getattr(once, name)[0])


def test_a_cluster_is_never_divided_between_parts() -> None:
    clusters = np.repeat(np.arange(37), 3)
    folds = deal(clusters, generator=np.random.default_rng(0))
    assert all(len(set(folds[clusters == cluster])) == 1 for cluster in range(37))
    assert np.ptp(np.bincount(folds[::3], minlength=FOLDS)) <= 1


def test_guessing_against_a_plain_loop() -> None:
    generator = np.random.default_rng(3)
    labels, values, folds = (generator.integers(0, k, 70) for k in (3, 4, 5))
    found = guess(labels, values, folds=folds)
    for i in range(70):
        others = [labels[j] for j in range(70) if folds[j] != folds[i] and values[j] == values[i]]
        others = others or [labels[j] for j in range(70) if folds[j] != folds[i]]
        rule = max(range(3), key=lambda label: (others.count(label), -label))
        assert found[i] == (rule == labels[i])


def test_the_majority_is_the_true_one(build: SimpleNamespace) -> None:
    images = build.images(
        [{"label": "doctor" if i < 90 else "nurse", "predicted": "doctor", "gender": "ab"[i % 2]} for i in range(100)]
    )
    found = {row.statistic: row.estimate for row in measure_association(build.evidence(images))}
    assert found["majority_accuracy"] == found["attribute_only_accuracy"] == 0.9
    assert found["cramers_v"] == 0


def test_images_without_a_value_take_no_part_and_are_counted(build: SimpleNamespace) -> None:
    images = paper(build, per_class=100)
    images.loc[::2, "gender"] = None
    rows = measure_association(build.evidence(images))
    assert {row.n for row in rows} == {100}
    assert all("100 images without a recorded value left out" in row.method for row in rows)


@pytest.mark.parametrize("gender", ["man", ""])
def test_one_value_or_none_has_no_association(build: SimpleNamespace, gender: str) -> None:
    images = build.images([{"label": x, "predicted": x, "gender": gender} for x in ("doctor", "nurse", "nurse")])
    found = {row.statistic: row for row in measure_association(build.evidence(images))}
    assert np.isnan(found["cramers_v"].estimate)
    assert found["cramers_v"].n == (3 if gender else 0)
