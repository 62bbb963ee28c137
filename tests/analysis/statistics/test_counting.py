from __future__ import annotations

import numpy as np
import pytest

from auditor.analysis.statistics.counting import count_clusters, count_distinct, number_anew


@pytest.mark.parametrize("most", [50, 5000])
def test_numbers_are_those_of_numpy(most: int) -> None:
    """Among few possible values, and among so many that sorting is faster."""
    values = np.random.default_rng(most).integers(0, most, 100)
    occurring, which = number_anew(values, most=most)
    expected, inverse = np.unique(values, return_inverse=True)
    assert occurring.tolist() == expected.tolist()
    assert which.tolist() == inverse.tolist()
    assert count_distinct(values) == len(expected)


def test_clusters_of_each_group_against_sets() -> None:
    random = np.random.default_rng(1)
    groups, clusters = random.integers(-1, 4, 200), random.integers(0, 30, 200)
    plain = [len(set(clusters[groups == group].tolist())) for group in range(5)]
    assert count_clusters(groups, clusters, n_groups=5).tolist() == plain


def test_nothing_to_count() -> None:
    nothing = np.zeros(0, dtype=int)
    assert count_distinct(nothing) == 0
    assert number_anew(nothing, most=0)[0].tolist() == []
    assert count_clusters(nothing, nothing, n_groups=2).tolist() == [0, 0]
    assert count_clusters(np.full(3, -1), np.arange(3), n_groups=1).tolist() == [0]
