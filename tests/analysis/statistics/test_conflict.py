from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable

from auditor.analysis.statistics import conflict
from auditor.analysis.statistics.conflict import NEITHER, Strata, compare_shares, mark_conflicts, measure_conflict

if TYPE_CHECKING:
    from types import SimpleNamespace


def draw_strata(generator: np.random.Generator, *, clusters: int, per: int, chances: tuple[float, float]) -> Strata:
    """Two labels, a third in conflict; errors of a cluster are alike in two of three pictures."""
    n = clusters * per
    each = np.repeat(np.arange(clusters), per)
    label, side = generator.integers(0, 2, clusters)[each], (generator.random(clusters) < 1 / 3)[each].astype(int)
    common, own = generator.random(clusters)[each], generator.random(n)
    chance = np.take(chances, 1 - side) * (1 + label / 2)
    alike = (generator.random(n) < 2 / 3) & (per > 1)
    return Strata(label, side, (np.where(alike, common, own) < chance).astype(int), each)


def tables(strata: Strata) -> list[np.ndarray]:
    """One table per label, with conflict and wrong first."""
    return [table[::-1, ::-1] for table in strata.counts()]


@pytest.mark.parametrize("seed", range(4))
def test_odds_ratio_and_error_against_statsmodels(seed: int) -> None:
    strata = draw_strata(np.random.default_rng(seed), clusters=200, per=1, chances=(0.3, 0.15))
    oracle = StratifiedTable(tables(strata))
    ratio, error = conflict.pooled_odds_ratio(strata.counts())
    assert ratio == pytest.approx(oracle.oddsratio_pooled)
    assert error == pytest.approx(oracle.logodds_pooled_se)
    found, _ = conflict._odds(strata, confidence=0.95)
    m = len(np.unique(strata.cluster))
    wider = stats.t.ppf(0.975, m - 1) / stats.norm.ppf(0.975) * np.sqrt(m / (m - 1))  # the spread is not known
    assert np.log(found[1:] / ratio) == pytest.approx(
        np.log(np.array(oracle.oddsratio_pooled_confint()) / ratio) * wider
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_score_test_of_independent_images_against_statsmodels(seed: int) -> None:
    strata = draw_strata(np.random.default_rng(seed), clusters=4000, per=1, chances=(0.2, 0.2))
    oracle = StratifiedTable(tables(strata)).test_null_odds()
    assert conflict._no_link(strata) == pytest.approx(oracle.pvalue, rel=0.1)


def test_pulls_are_the_slopes_of_the_estimates() -> None:
    strata = draw_strata(np.random.default_rng(5), clusters=80, per=2, chances=(0.4, 0.2))
    ratio, _ = conflict.pooled_odds_ratio(strata.counts())
    pulls = conflict._odds_pulls(strata)
    step = 1e-6
    for i in range(0, 160, 17):
        counts = strata.counts()
        counts[strata.label[i], strata.side[i], strata.wrong[i]] += step
        assert pulls[i] == pytest.approx(
            np.log(conflict.pooled_odds_ratio(counts)[0] / ratio) / step, rel=1e-3, abs=1e-6
        )


def plain_gap(strata: Strata) -> float:
    top = bottom = 0.0
    for label in set(strata.label.tolist()):
        (right0, wrong0), (right1, wrong1) = strata.counts()[label]
        n0, n1 = right0 + wrong0, right1 + wrong1
        top += (wrong1 * n0 - wrong0 * n1) / (n0 + n1)
        bottom += n0 * n1 / (n0 + n1)
    return top / bottom


def test_the_gap_is_mantel_and_haenszels() -> None:
    for per in (1, 3):
        strata = draw_strata(np.random.default_rng(6), clusters=90, per=per, chances=(0.4, 0.2))
        found, _ = conflict._gap(strata, confidence=0.95)
        assert found[0] == pytest.approx(plain_gap(strata))
        assert found[1] < found[0] < found[2]


@pytest.mark.parametrize("per", [1, 3])
def test_intervals_cover_and_the_test_errs_as_rarely_as_they_say(per: int) -> None:
    generator = np.random.default_rng(7)
    gaps, odds, null = [], [], []
    for _ in range(300):
        strata = draw_strata(generator, clusters=120, per=per, chances=(0.24, 0.12))
        found, _ = conflict._gap(strata, confidence=0.95)
        size = strata.counts().sum(axis=2)
        weight = size.prod(axis=1) / size.sum(axis=1)
        gaps.append(found[1] <= (weight @ np.array([0.12, 0.18])) / weight.sum() <= found[2])
        same = draw_strata(generator, clusters=120, per=per, chances=(0.2, 0.2))
        ratio, _ = conflict._odds(same, confidence=0.95)
        odds.append(ratio[1] <= 1 <= ratio[2])
        null.append(conflict._no_link(same) <= 0.05)
    assert 0.92 <= np.mean(gaps) <= 0.985
    assert 0.92 <= np.mean(odds) <= 0.985
    assert np.mean(null) <= 0.085


def test_clusters_that_span_labels_are_not_taken_for_independent() -> None:
    strata = draw_strata(np.random.default_rng(8), clusters=60, per=3, chances=(0.4, 0.2))
    spanning = strata._replace(label=np.arange(180) % 2)
    assert "robust" in conflict._gap(spanning, confidence=0.95)[1]
    assert "Newcombe" in conflict._gap(strata, confidence=0.95)[1]


def test_no_errors_at_all_still_has_an_interval() -> None:
    strata = draw_strata(np.random.default_rng(9), clusters=100, per=1, chances=(0.0, 0.0))
    (gap, low, high), _ = conflict._gap(strata, confidence=0.95)
    assert gap == 0
    assert -0.2 < low < 0 < high < 0.2
    found, how = conflict._odds(strata, confidence=0.95)
    assert np.isnan(found).all()
    assert "not computed" in how


def test_conflict_against_plain_shares() -> None:
    generator = np.random.default_rng(10)
    labels, values = generator.integers(0, 3, 90), generator.integers(0, 4, 90)
    marks = compare_shares(labels, values)
    for i in range(90):
        mine = labels == labels[i]
        inside, outside = (values[mine] == values[i]).mean(), (values[~mine] == values[i]).mean()
        expected = NEITHER if inside == pytest.approx(outside) else int(inside < outside)
        assert marks[i] == expected


def test_the_direction_is_not_the_majority_of_the_label(build: SimpleNamespace) -> None:
    """Where most images show men, women are still what speaks for the label that has more of them than others."""
    counts = {("doctor", "man"): 95, ("doctor", "woman"): 5, ("nurse", "man"): 60, ("nurse", "woman"): 40}
    rows = [{"label": y, "predicted": y, "gender": g} for (y, g), n in counts.items() for _ in range(n)]
    rows += [{"label": "nurse", "predicted": "nurse", "gender": ""}] * 3
    evidence = build.evidence(build.images(rows))
    table = pd.DataFrame(rows).assign(mark=mark_conflicts(evidence, "gender"))
    marks = table.groupby(["label", "gender"])["mark"].unique().to_dict()
    assert {key: value.tolist() for key, value in marks.items()} == {
        ("doctor", "man"): [0],
        ("doctor", "woman"): [1],
        ("nurse", ""): [NEITHER],
        ("nurse", "man"): [1],
        ("nurse", "woman"): [0],
    }


def test_balanced_data_has_no_direction(build: SimpleNamespace) -> None:
    rows = [{"label": y, "predicted": y, "gender": g} for y in ("doctor", "nurse") for g in ("man", "woman")] * 10
    found = {row.statistic: row for row in measure_conflict(build.evidence(build.images(rows)))}
    assert set(found) == {"conflict_share", "conflict_error_gap", "conflict_error_odds_ratio"}
    assert {row.n for row in found.values()} == {0}
    assert all(np.isnan([row.estimate, row.ci_low, row.p_value]).all() for row in found.values())


def test_rows_of_the_doctors_and_nurses(build: SimpleNamespace) -> None:
    counts = {
        ("doctor", "man"): (70, 8),
        ("doctor", "woman"): (12, 10),
        ("nurse", "man"): (3, 4),
        ("nurse", "woman"): (88, 5),
    }
    other = {"doctor": "nurse", "nurse": "doctor"}
    rows = [
        {"label": y, "predicted": y if i < right else other[y], "gender": g}
        for (y, g), (right, wrong) in counts.items()
        for i in range(right + wrong)
    ]
    found = {row.statistic: row for row in measure_conflict(build.evidence(build.images(rows)))}
    oracle = StratifiedTable([np.array([[10.0, 12], [8, 70]]), np.array([[4.0, 3], [5, 88]])])
    assert found["conflict_error_odds_ratio"].estimate == pytest.approx(oracle.oddsratio_pooled)
    assert found["conflict_share"].estimate == pytest.approx(29 / 200)
    assert found["conflict_error_gap"].ci_low > 0.05
    assert found["conflict_error_gap"].p_value < 0.001
    assert (found["conflict_error_gap"].n, found["conflict_error_gap"].clusters) == (200, 200)
