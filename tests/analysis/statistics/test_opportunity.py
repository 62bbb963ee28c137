from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency, entropy
from statsmodels.stats.proportion import confint_proportions_2indep

from auditor.analysis.statistics.association import measure_association
from auditor.analysis.statistics.independence import permutation_p
from auditor.analysis.statistics.information import (
    corrected_information,
    mutual_information,
    odds_ratio_limits,
    shared_information,
)
from auditor.analysis.statistics.opportunity import measure_opportunity

if TYPE_CHECKING:
    from types import SimpleNamespace

PAPER = np.array([[780.0, 220.0], [70.0, 930.0]])


def paper(build: SimpleNamespace, per_class: int = 1000) -> pd.DataFrame:
    """78 % of doctors are men and 93 % of nurses are women."""
    rows = []
    for label, men in (("doctor", 0.78), ("nurse", 0.07)):
        genders = ["man"] * round(men * per_class) + ["woman"] * round((1 - men) * per_class)
        rows += [{"label": label, "predicted": label, "gender": gender} for gender in genders]
    return build.images(rows)


def test_the_worked_example_of_doctors_and_nurses(build: SimpleNamespace) -> None:
    evidence = build.evidence(paper(build))
    rows = measure_opportunity(evidence)
    found = {row.statistic: row for row in rows}
    assert round(found["mutual_information"].estimate, 2) == 0.42
    assert round(found["normalised_mutual_information"].estimate, 2) == 0.42
    assert round(found["odds_ratio"].estimate) == 47
    assert (found["odds_ratio"].label, found["odds_ratio"].subgroup) == ("nurse", "woman")
    shares = {(r.label, r.subgroup): r.estimate for r in rows if r.statistic == "attribute_share"}
    assert shares["doctor", "man"] == 0.78
    assert shares["nurse", "woman"] == 0.93
    lifts = {(r.label, r.subgroup): r.estimate for r in rows if r.statistic == "lift"}
    assert lifts["doctor", "man"] == pytest.approx(0.78 / 0.425)
    basic = {row.statistic: row for row in measure_association(evidence)}
    assert round(basic["cramers_v"].estimate, 2) == 0.72
    assert basic["attribute_only_accuracy"].estimate == pytest.approx(0.855)
    assert basic["cramers_v"].p_value == pytest.approx(1 / 401)


@pytest.mark.parametrize("seed", range(3))
def test_information_against_scipy(seed: int) -> None:
    table = np.random.default_rng(seed).integers(0, 30, (3, 4)).astype(float)
    share = table / table.sum()
    outer = np.outer(share.sum(axis=1), share.sum(axis=0))
    assert mutual_information(table) == pytest.approx(entropy(share.ravel(), outer.ravel(), base=2))
    likelihood_ratio = chi2_contingency(table, correction=False, lambda_="log-likelihood")[0]
    assert mutual_information(table) == pytest.approx(likelihood_ratio / (2 * table.sum() * np.log(2)))


def test_information_is_corrected_for_what_chance_makes() -> None:
    generator = np.random.default_rng(0)
    tables = np.array([np.histogram2d(*generator.integers(0, 3, (2, 200)), bins=3)[0] for _ in range(2000)])
    plain = mutual_information(tables).mean()
    assert plain == pytest.approx(4 / (2 * 200 * np.log(2)), rel=0.1)
    assert corrected_information(tables, np.full(2000, 200.0)).mean() < plain / 2
    assert shared_information(PAPER, np.array(1e12)) == pytest.approx(mutual_information(PAPER))
    assert np.isnan(shared_information(np.array([[3.0, 4.0]]), np.array(7.0)))


@pytest.mark.parametrize("table", [PAPER, np.array([[5.0, 3.0], [9.0, 40.0]]), np.array([[1.0, 20.0], [30.0, 2.0]])])
def test_score_limits_of_the_odds_ratio_against_statsmodels(table: np.ndarray) -> None:
    expected = confint_proportions_2indep(
        *(table[0, 0], table[0].sum(), table[1, 0], table[1].sum()),
        compare="odds-ratio",
        method="score",
        correction=False,
    )
    assert odds_ratio_limits(table, confidence=0.95) == pytest.approx(expected, rel=1e-3)


def test_independent_columns_are_found_together_as_rarely_as_they_should_be() -> None:
    generator = np.random.default_rng(1)
    clusters = np.repeat(np.arange(40), 3)
    p = []
    for _ in range(250):
        labels, values = generator.integers(0, 2, 40)[clusters], generator.integers(0, 3, 40)[clusters]
        p.append(permutation_p(labels, values, clusters=clusters, draws=199, generator=generator))
    assert (np.array(p) <= 0.05).mean() < 0.05 + 2 * (0.05 * 0.95 / 250) ** 0.5
    assert (np.array(p) <= 0.5).mean() == pytest.approx(0.5, abs=0.1)


def test_pictures_of_one_person_do_not_count_as_many() -> None:
    generator = np.random.default_rng(2)
    labels, values = np.array([0, 0, 1, 1, 0, 1] * 2), np.array([0, 0, 1, 1, 1, 0] * 2)
    once = permutation_p(labels, values, clusters=np.arange(12), draws=1999, generator=generator)
    many = np.repeat(np.arange(12), 20)
    clustered = permutation_p(labels[many], values[many], clusters=many, draws=1999, generator=generator)
    naive = permutation_p(labels[many], values[many], clusters=np.arange(240), draws=1999, generator=generator)
    assert clustered == pytest.approx(once, abs=0.05)
    assert naive < 0.01


def test_a_majority_class_is_no_association(build: SimpleNamespace) -> None:
    """A random property beside a majority class of 80 %: a peer that divides by the wrong baseline flags nearly all."""
    generator = np.random.default_rng(3)
    flagged = []
    for _ in range(60):
        labels = np.where(np.arange(300) < 240, "doctor", "nurse")
        genders = generator.choice(["man", "woman"], 300)
        images = pd.DataFrame({"label": labels, "predicted": labels, "gender": genders})
        (row,) = (
            row
            for row in measure_association(build.evidence(build.images(images.to_dict("records")), draws=200))
            if row.statistic == "cramers_v"
        )
        flagged.append(row.p_value <= 0.05)
    assert np.mean(flagged) <= 0.12


def test_odds_and_lift_cover_where_persons_have_many_pictures(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(4)
    hits = {"odds_ratio": [], "lift": []}
    for _ in range(80):
        labels = np.repeat(generator.choice(["doctor", "nurse"], 80), 3)
        women = np.repeat(generator.random(80) < np.where(labels[::3] == "nurse", 0.7, 0.4), 3)
        rows = [
            {"label": y, "predicted": y, "gender": "woman" if w else "man", "group_id": str(i // 3)}
            for i, (y, w) in enumerate(zip(labels, women, strict=True))
        ]
        found = measure_opportunity(build.evidence(build.images(rows), draws=20))
        for row in found:
            if (row.label, row.subgroup) == ("nurse", "woman") and row.statistic in hits:
                truth = {"odds_ratio": 0.7 / 0.3 / (0.4 / 0.6), "lift": 0.7 / 0.55}[row.statistic]
                hits[row.statistic].append(row.ci_low <= truth <= row.ci_high)
    assert len(hits["odds_ratio"]) == 80
    for covered in hits.values():
        assert np.mean(covered) > 0.95 - 2.5 * (0.05 * 0.95 / 80) ** 0.5


def test_presence_of_a_region_against_the_label(build: SimpleNamespace) -> None:
    images = paper(build, per_class=100)
    boxes = build.random_boxes(200, np.random.default_rng(0))
    boxes[np.r_[0:20, 100:160]] = np.nan
    evidence = build.evidence(
        images, boxes={"stethoscope": boxes, "face": build.random_boxes(200, np.random.default_rng(1))}
    )
    rows = [row for row in measure_opportunity(evidence) if row.region]
    assert {row.region for row in rows} == {"stethoscope"}
    found = {(row.statistic, row.label): row.estimate for row in rows}
    assert found["odds_ratio", "nurse"] == pytest.approx((40 / 60) / (80 / 20))
    assert found["presence_share", "doctor"] == 0.8
    assert found["lift", "nurse"] == pytest.approx(0.4 / 0.6)
    assert 0.3 < found["cramers_v", None] < 0.5


def test_an_empty_count_has_no_odds(build: SimpleNamespace) -> None:
    rows = [{"label": x, "predicted": x, "gender": g} for x, g in (("doctor", "man"), ("nurse", "woman")) * 30]
    (odds,) = (r for r in measure_opportunity(build.evidence(build.images(rows * 30))) if r.statistic == "odds_ratio")
    assert np.isnan([odds.estimate, odds.ci_low]).all()
    assert "a count is 0" in odds.method


@pytest.mark.parametrize("gender", ["man", ""])
def test_one_value_or_none_gives_no_rows(build: SimpleNamespace, gender: str) -> None:
    images = build.images([{"label": x, "predicted": x, "gender": gender} for x in ("doctor", "nurse", "nurse")])
    assert measure_opportunity(build.evidence(images)) == []


def test_three_labels_and_values_are_each_set_against_the_rest(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(5)
    names = ("doctor", "nurse", "porter")
    rows = [{"label": x, "predicted": x, "gender": str(generator.choice(list("abc")))} for x in names * 40]
    found = measure_opportunity(build.evidence(build.images(rows), classes=names))
    table = pd.DataFrame(rows)
    odds = [row for row in found if row.statistic == "odds_ratio"]
    assert len(odds) == 9
    for row in odds:
        counts = pd.crosstab(table["label"] == row.label, table["gender"] == row.subgroup).to_numpy(dtype=float)
        assert row.estimate == pytest.approx(counts[1, 1] * counts[0, 0] / (counts[0, 1] * counts[1, 0]))
