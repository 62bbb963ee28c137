from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from auditor.analysis.statistics.bootstrap import draw_weights
from auditor.analysis.statistics.intervals import wilson
from auditor.analysis.statistics.pairing import Pairing, compare_pairs

if TYPE_CHECKING:
    from auditor.geometry import FloatArray


def compare(
    first: FloatArray, second: FloatArray, *, clusters: FloatArray | None = None, **given: object
) -> list[Pairing]:
    n = len(first)
    clusters = np.arange(n) if clusters is None else clusters
    facts = {
        "codes": np.zeros(n, int),
        "clusters": clusters,
        "n_cells": 1,
        "weights": draw_weights(int(clusters.max()) + 1, draws=500, generator=np.random.default_rng(1)),
        "confidence": 0.95,
        "generator": np.random.default_rng(2),
    }
    return compare_pairs(first, second, **facts | given)


def test_means_and_p_against_plain_loops() -> None:
    generator = np.random.default_rng(0)
    first, second = (generator.random((80, 2)) < share for share in (0.4, 0.2))
    first, second = first.astype(float), second.astype(float)
    first[::7, 0] = np.nan
    codes = generator.integers(-1, 2, 80)
    found = compare(first, second, codes=codes, n_cells=2, shares=True)
    for column, pairing in enumerate(found):
        for cell in range(2):
            pairs = [
                (a, b)
                for a, b, code in zip(first[:, column], second[:, column], codes, strict=True)
                if code == cell and np.isfinite(a)
            ]
            one, two = np.mean(pairs, axis=0)
            assert pairing.first.estimate[cell] == pytest.approx(one)
            assert pairing.second.estimate[cell] == pytest.approx(two)
            assert pairing.excess.estimate[cell] == pytest.approx(one - two)
            assert pairing.excess.n[cell] == len(pairs)
            table = [[pairs.count((1, 1)), pairs.count((1, 0))], [pairs.count((0, 1)), pairs.count((0, 0))]]
            assert pairing.excess.p_value[cell] == pytest.approx(mcnemar(table, exact=True).pvalue)


def test_no_answer_that_changes_still_bounds_the_difference() -> None:
    zeros = np.zeros((200, 1))
    (found,) = compare(zeros, zeros, shares=True)
    high = wilson(np.array([0.0]), np.array([200.0]), confidence=0.95)[1]
    assert (found.excess.low, found.excess.high) == (pytest.approx(-high), pytest.approx(high))
    assert (found.first.low[0], found.first.high) == (0, pytest.approx(high))
    assert found.excess.p_value.tolist() == [1]
    (plain,) = compare(zeros, zeros)
    assert np.isnan(plain.excess.low[0])


def test_an_empty_cell_and_one_cluster_are_no_crash() -> None:
    (found,) = compare(np.array([[1.0], [np.nan]]), np.zeros((2, 1)), codes=np.array([0, 1]), n_cells=3, shares=True)
    assert found.excess.n.tolist() == [1, 0, 0]
    assert np.isnan(found.excess.low).all()
    assert found.excess.p_value[0] == 1
    assert np.isnan(found.excess.p_value[1:]).all()


def test_every_image_twice_in_its_cluster_changes_nothing() -> None:
    generator = np.random.default_rng(3)
    first, second = generator.normal(0.2, 1, (60, 1)), generator.normal(size=(60, 1))
    (once,) = compare(first, second)
    (twice,) = compare(np.repeat(first, 2, axis=0), np.repeat(second, 2, axis=0), clusters=np.repeat(np.arange(60), 2))
    for name in ("estimate", "low", "high", "p_value"):
        assert getattr(twice.excess, name) == pytest.approx(getattr(once.excess, name), abs=1e-6)


def test_coverage_and_calibration_where_persons_repeat() -> None:
    generator = np.random.default_rng(4)
    clusters = np.arange(120) % 50
    person = generator.normal(size=(50, 500))[clusters]
    own = generator.gamma(1, size=(120, 500)) + 0.3
    control = generator.gamma(1, size=(3, 120, 500)).mean(axis=0)
    found = compare(own + person, control, clusters=clusters, draws=999)
    assert 0.93 <= np.mean([p.excess.low[0] <= 0.3 <= p.excess.high[0] for p in found]) <= 0.97
    null = compare(own - 0.3 + person, control, clusters=clusters, draws=999)
    assert stats.kstest([p.excess.p_value[0] for p in null], "uniform").pvalue > 0.01
