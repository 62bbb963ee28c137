"""Trials that share donors: limits that know of it, beside plain ones that do not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from auditor.analysis.statistics.bootstrap import draw_weights
from auditor.analysis.statistics.crossed import Crossed, compare_crossed


def compare(values: np.ndarray, *, images: np.ndarray, donors: np.ndarray, draws: int = 400) -> Crossed:
    first = np.arange(len(values)) < len(values) // 2
    weights = draw_weights(int(max(images.max(), donors.max())) + 1, draws=draws, generator=np.random.default_rng(3))
    return compare_crossed(values, first=first, images=images, donors=donors, weights=weights, confidence=0.95)


@pytest.mark.parametrize("donors_differ", [0.0, 1.0])
def test_false_alarms_stay_below_their_level_where_donors_are_shared(donors_differ: float) -> None:
    generator = np.random.default_rng(1)
    n, p, naive = 120, [], []
    side = np.where(np.arange(n) % 2, 1, -1)
    for _ in range(150):
        worth = generator.normal(0, donors_differ, n)
        opposite = np.array([generator.choice(np.flatnonzero(side != side[i])) for i in range(n)])
        own = np.array([generator.choice(np.flatnonzero(side == side[i])) for i in range(n)])
        first, second = (side * (worth[donor] + generator.normal(0, 0.5, n)) for donor in (opposite, own))
        images = np.tile(np.arange(n), 2)
        found = compare(np.concatenate([first, second]), images=images, donors=np.concatenate([opposite, own]))
        p.append(found.p_value)
        naive.append(stats.ttest_1samp(first - second, 0).pvalue)
        assert (found.low < 0 < found.high) == (found.p_value > 0.05)
    assert np.mean(np.array(p) <= 0.05) <= 0.05
    assert (np.mean(np.array(naive) <= 0.05) > 0.12) == bool(donors_differ)


def test_a_true_difference_is_inside_the_limits() -> None:
    generator = np.random.default_rng(2)
    n = 200
    values = np.concatenate([generator.normal(0.5, 0.5, n), generator.normal(0, 0.5, n)])
    donors = generator.integers(0, n, 2 * n)
    found = compare(values, images=np.tile(np.arange(n), 2), donors=donors)
    assert 0 < found.low < 0.5 < found.high
    assert found.p_value < 0.001


def test_nothing_to_compare_gives_nothing() -> None:
    alike = compare(np.zeros(8), images=np.arange(8), donors=np.arange(8))
    assert np.isnan(alike).all()
    weights = np.ones((5, 3), dtype=np.uint8)
    places = np.arange(3)
    one_sided = compare_crossed(
        np.ones(3), first=np.ones(3, dtype=bool), images=places, donors=places, weights=weights, confidence=0.95
    )
    assert np.isnan(one_sided).all()
