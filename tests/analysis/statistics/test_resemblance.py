"""Resemblance of maps against scipy and against plain loops; the median's interval against its own promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from auditor.analysis.statistics.resemblance import median_interval, rank_correlation, structural_similarity


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.tuples(st.integers(2, 8), st.integers(2, 8)))
def test_rank_correlation_is_scipys(seed: int, grid: tuple[int, int]) -> None:
    random = np.random.default_rng(seed)
    one, two = (np.maximum(random.normal(size=(5, *grid)), 0).round(1) for _ in range(2))
    for first, second, found in zip(one, two, rank_correlation(one, two), strict=True):
        if np.ptp(first) == 0 or np.ptp(second) == 0:
            assert math.isnan(found)
        else:
            assert found == pytest.approx(stats.spearmanr(first.ravel(), second.ravel()).statistic, abs=1e-12)


def plain_similarity(one: list[float], two: list[float]) -> float:
    n = len(one)
    mean_one, mean_two = sum(one) / n, sum(two) / n
    var_one = sum((a - mean_one) ** 2 for a in one) / n
    var_two = sum((b - mean_two) ** 2 for b in two) / n
    joint = sum((a - mean_one) * (b - mean_two) for a, b in zip(one, two, strict=True)) / n
    luminance = (2 * mean_one * mean_two + 0.0001) / (mean_one**2 + mean_two**2 + 0.0001)
    return luminance * (2 * joint + 0.0009) / (var_one + var_two + 0.0009)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_structural_similarity_is_the_plain_loops(seed: int) -> None:
    one, two = np.random.default_rng(seed).random((2, 4, 3, 5))
    for first, second, found in zip(one, two, structural_similarity(one, two), strict=True):
        assert found == pytest.approx(plain_similarity(first.ravel().tolist(), second.ravel().tolist()), abs=1e-12)
        assert found <= 1


def test_a_missing_map_resembles_nothing() -> None:
    maps = np.random.default_rng(0).random((2, 3, 3))
    gone = maps.copy()
    gone[0] = np.nan
    for measure in (rank_correlation, structural_similarity):
        found = measure(maps, gone)
        assert math.isnan(found[0])
        assert found[1] == pytest.approx(1)


@pytest.mark.parametrize("n", [6, 9, 20, 64])
def test_the_interval_of_the_median_keeps_its_level(n: int) -> None:
    random = np.random.default_rng(n)
    hits = 0
    for _ in range(400):
        found = median_interval(random.exponential(size=n), clusters=np.arange(n), confidence=0.9)
        hits += found.low[0] <= math.log(2) <= found.high[0]
    assert 0.88 <= hits / 400 <= 1


def test_copies_of_a_cluster_change_nothing_and_few_have_no_interval() -> None:
    values = np.random.default_rng(0).random(12)
    once = median_interval(values, clusters=np.arange(12), confidence=0.95)
    twice = median_interval(values.repeat(2), clusters=np.arange(12).repeat(2), confidence=0.95)
    assert (once.estimate, once.low, once.high, once.clusters) == (
        twice.estimate,
        twice.low,
        twice.high,
        twice.clusters,
    )
    assert (once.n, twice.n) == (12, 24)
    few = median_interval(values[:5], clusters=np.arange(5), confidence=0.95)
    assert few.estimate[0] == np.median(values[:5])
    assert math.isnan(few.low[0])
    none = median_interval(np.full(3, np.nan), clusters=np.arange(3), confidence=0.95)
    assert math.isnan(none.estimate[0])
    assert none.n[0] == none.clusters[0] == 0
