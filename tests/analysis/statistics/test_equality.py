from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from auditor.analysis.statistics import equality
from auditor.analysis.statistics.bootstrap import draw_weights
from auditor.analysis.statistics.equality import measure_equality, spread_shares, widen
from auditor.analysis.statistics.intervals import proportions

if TYPE_CHECKING:
    from types import SimpleNamespace

GROUPS, CLUSTERS = 8, 40


def draw(generator: np.random.Generator, *, per: int, truth: np.ndarray) -> tuple[np.ndarray, ...]:
    """Hits, groups and clusters; pictures of a cluster share their chance."""
    chance = np.repeat(truth, CLUSTERS)
    if per > 1:
        chance = generator.beta(2 * chance, 2 * (1 - chance))
    each = np.repeat(np.arange(GROUPS * CLUSTERS), per)
    return generator.random(len(each)) < chance[each], each // CLUSTERS, each


@pytest.mark.parametrize("per", [1, 3])
def test_all_groups_are_covered_at_once_and_so_is_the_worst(per: int) -> None:
    """The plain interval of the lowest of equal groups misses far more often than it says."""
    generator = np.random.default_rng(per)
    truth = np.full(GROUPS, 0.8)
    together, worst, naive = [], [], []
    for _ in range(150):
        hits, codes, clusters = draw(generator, per=per, truth=truth)
        weights = draw_weights(GROUPS * CLUSTERS, draws=400, generator=generator)
        facts = {"codes": codes, "clusters": clusters, "n_cells": GROUPS}
        level = widen(hits, **facts, weights=weights, confidence=0.95, generator=generator)
        band, plain = (proportions(hits, **facts, confidence=one) for one in (level, 0.95))
        together.append(((band.low <= 0.8) & (band.high >= 0.8)).all())
        worst.append(band.low.min() <= 0.8 <= band.high.min())
        lowest = plain.estimate.argmin()
        naive.append(plain.low[lowest] <= 0.8 <= plain.high[lowest])
    assert np.mean(together) >= 0.95 - 2 * (0.05 * 0.95 / 150) ** 0.5
    assert np.mean(worst) >= np.mean(together)
    assert np.mean(naive) < 0.9


def test_independent_groups_get_the_level_of_sidak() -> None:
    generator = np.random.default_rng(2)
    codes = np.repeat(np.arange(5), 400)
    clusters = np.arange(2000)
    weights = draw_weights(2000, draws=4000, generator=generator)
    facts = {"codes": codes, "clusters": clusters, "n_cells": 5, "weights": weights, "confidence": 0.95}
    sidak = 0.95 ** (1 / 5)
    hits = generator.random(2000) < 0.7
    assert widen(hits, **facts, generator=generator) == pytest.approx(sidak, abs=0.004)
    hits[:800] = True
    assert widen(hits, **facts, generator=generator) == pytest.approx(sidak, abs=0.004)


def test_groups_of_the_same_clusters_need_hardly_more_than_one() -> None:
    generator = np.random.default_rng(3)
    hits = np.repeat(generator.random(300) < 0.7, 4)
    codes, clusters = np.tile(np.arange(4), 300), np.repeat(np.arange(300), 4)
    weights = draw_weights(300, draws=4000, generator=generator)
    facts = {"codes": codes, "clusters": clusters, "n_cells": 4, "weights": weights, "confidence": 0.95}
    assert widen(hits, **facts, generator=generator) < 0.96


def test_a_group_that_a_draw_misses_does_no_harm() -> None:
    hits, codes, clusters = np.array([True, False, True, False]), np.array([0, 0, 1, 1]), np.arange(4)
    weights = draw_weights(4, draws=500, generator=np.random.default_rng(4))
    facts = {"codes": codes, "clusters": clusters, "n_cells": 3, "weights": weights, "confidence": 0.9}
    assert 0.9 <= widen(hits, **facts, generator=np.random.default_rng(0)) <= 1


def plain_q(hits: np.ndarray, values: np.ndarray, clusters: np.ndarray) -> float:
    pull = hits - hits.mean()
    means, weights = [], []
    for group in sorted(set(values.tolist())):
        mine = values == group
        sums = [pull[mine & (clusters == c)].sum() for c in sorted(set(clusters.tolist()))]
        means.append(pull[mine].mean())
        weights.append(mine.sum() ** 2 / sum(s**2 for s in sums))
    centre = np.average(means, weights=weights)
    return sum(w * (m - centre) ** 2 for w, m in zip(weights, means, strict=True))


def test_the_distance_of_groups_against_the_formula_written_out() -> None:
    generator = np.random.default_rng(5)
    hits, clusters = generator.random(90) < 0.6, generator.integers(0, 30, 90)
    values = generator.integers(0, 3, (4, 90))
    found, _ = equality._distances(hits - hits.mean(), values, clusters, groups=3)
    assert found == pytest.approx([plain_q(hits, row, clusters) for row in values])


def test_a_group_without_variance_has_no_distance() -> None:
    pull, values = np.array([0.5, -0.5, 0.0, 0.0]), np.array([[0, 0, 1, 1], [0, 1, 0, 1]])
    found, _ = equality._distances(pull, values, np.arange(4), groups=2)
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(2.0)  # two groups of two: 16 * 0.25 ** 2 each


def test_with_many_independent_images_it_is_the_chi_squared_test() -> None:
    generator = np.random.default_rng(6)
    hits, values = generator.random(9000) < 0.6, generator.integers(0, 3, 9000)
    found = spread_shares(hits, values, clusters=np.arange(9000), draws=10, generator=generator)
    table = np.histogram2d(hits, values, bins=(2, 3))[0]
    assert not found.permuted
    assert found.p_value == pytest.approx(chi2_contingency(table, correction=False).pvalue, abs=0.02)


@pytest.mark.parametrize("per", [1, 4])
def test_equal_groups_are_called_different_as_rarely_as_they_should_be(per: int) -> None:
    generator = np.random.default_rng(7)
    p, deviations = [], []
    for _ in range(200):
        chance = generator.beta(2 * 0.8, 2 * 0.2, 60) if per > 1 else np.full(60, 0.8)
        each = np.repeat(np.arange(60), per)
        hits, values = generator.random(60 * per) < chance[each], generator.integers(0, 3, 60)[each]
        found = spread_shares(hits, values, clusters=each, draws=199, generator=generator)
        p.append(found.p_value)
        deviations.append(found.deviation)
    assert (np.array(p) <= 0.05).mean() <= 0.05 + 2 * (0.05 * 0.95 / 200) ** 0.5
    assert np.median(deviations) == 0


def test_the_spread_of_unequal_groups_is_found_and_measured() -> None:
    generator = np.random.default_rng(8)
    truth = np.array([0.9, 0.8, 0.7, 0.6])
    values = np.arange(2000) % 4
    hits = generator.random(2000) < truth[values]
    found = spread_shares(hits, values, clusters=np.arange(2000), draws=199, generator=generator)
    assert found.p_value == 1 / 200
    assert found.deviation == pytest.approx(truth.std(ddof=1), abs=0.03)


def test_where_nothing_differs_nothing_is_tested() -> None:
    generator = np.random.default_rng(9)
    for hits, values in (
        (np.ones(9, bool), np.arange(9) % 3),
        (np.arange(9) > 4, np.full(9, -1)),
        (np.arange(9) > 4, np.zeros(9, int)),
    ):
        found = spread_shares(hits, values, clusters=np.arange(9), draws=9, generator=generator)
        assert np.isnan([found.deviation, found.p_value]).all()


def test_rows_of_all_groups(build: SimpleNamespace) -> None:
    evidence = build.sample(400, per_cluster=2)
    rows = measure_equality(evidence)
    groups = [row for row in rows if row.statistic == "group_accuracy"]
    assert [(row.label, row.subgroup) for row in groups] == [
        (label, gender) for label in ("doctor", "nurse") for gender in ("man", "woman")
    ]
    (worst,) = (row for row in rows if row.statistic == "worst_group_accuracy")
    assert worst.estimate == min(row.estimate for row in groups)
    assert worst.ci_low == min(row.ci_low for row in groups)
    assert worst.ci_high == min(row.ci_high for row in groups)
    assert [row.label for row in rows if row.statistic == "accuracy_spread"] == [None, "doctor", "nurse"]


def test_groups_without_a_recorded_value_or_a_second_cluster_are_told(build: SimpleNamespace) -> None:
    rows = [{"label": "doctor", "predicted": "doctor" if i % 3 else "nurse", "gender": "man"} for i in range(30)]
    rows += [{"label": "nurse", "predicted": "doctor", "gender": "woman"}]
    rows += [{"label": "nurse", "predicted": "doctor", "gender": ""}] * 5
    found = measure_equality(build.evidence(build.images(rows)))
    assert [(r.label, r.subgroup) for r in found if r.statistic == "group_accuracy"] == [
        ("doctor", "man"),
        ("nurse", "woman"),
    ]
    (worst,) = (row for row in found if row.statistic == "worst_group_accuracy")
    assert worst.estimate == pytest.approx(20 / 30)
    assert "left out: 1 groups of one cluster" in worst.method
