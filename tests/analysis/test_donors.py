from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from auditor.analysis.donors import NOBODY, Circle, Pool, choose_evenly, cut_parts, draw_nearest

GENERATOR = np.random.default_rng(0)
GROUPS, CLUSTERS = GENERATOR.integers(0, 6, 300), GENERATOR.integers(0, 25, 300)
POOL = Pool(GROUPS, CLUSTERS)


def test_counts_against_a_plain_loop() -> None:
    for group in range(-1, 8):
        for cluster in (0, 7, 24):
            expected = sum(g == group and c != cluster for g, c in zip(GROUPS, CLUSTERS, strict=True))
            assert POOL.count(np.array([group]), np.array([cluster])).tolist() == [expected]


def test_draws_are_even_over_the_members_of_other_clusters() -> None:
    uniform = np.random.default_rng(1).random((1, 40_000))
    drawn = POOL.draw(np.array([2]), np.array([3]), uniform=uniform)[0]
    allowed = np.flatnonzero((GROUPS == 2) & (CLUSTERS != 3))
    found, counts = np.unique(drawn, return_counts=True)
    assert found.tolist() == allowed.tolist()
    assert stats.chisquare(counts).pvalue > 1e-3


def test_nobody_where_a_group_is_empty_unknown_or_of_the_own_cluster() -> None:
    pool = Pool(np.array([0, 0, 2]), np.array([4, 4, 1]))
    drawn = pool.draw(np.array([0, 1, -1, 9, 2]), np.array([4, 4, 4, 4, 0]), uniform=np.full((5, 3), 0.999))
    assert drawn.tolist() == [[NOBODY] * 3] * 4 + [[2] * 3]
    nothing = Pool(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    assert nothing.draw(np.array([0]), np.array([0]), uniform=np.zeros((1, 2))).tolist() == [[NOBODY, NOBODY]]


def test_the_narrowest_circle_with_enough_members_is_asked() -> None:
    narrow, wide = np.array([0] * 3 + [1] * 6), np.zeros(9, dtype=np.int64)
    clusters = np.arange(9)
    circles = [Circle(Pool(part, clusters), np.array([0, 1])) for part in (narrow,)]
    circles.append(Circle(Pool(wide, clusters), np.array([0, 0])))
    uniform = np.tile(np.linspace(0, 0.999, 50), (2, 1))
    drawn = draw_nearest(circles, clusters=np.array([0, 3]), uniform=uniform, fewest=5)
    assert set(drawn[0].tolist()) == set(range(1, 9))  # two others in the narrow circle are too few
    assert set(drawn[1].tolist()) == {4, 5, 6, 7, 8}
    alone = draw_nearest(circles[1:], clusters=np.array([0, 3]), uniform=uniform, fewest=100)
    assert (alone >= 0).all()


def test_groups_with_members_are_chosen_evenly() -> None:
    pool = Pool(np.array([0, 1, 1, 1, 2]), np.array([0, 1, 2, 3, 9]))
    offered = np.tile([0, 1, 2, NOBODY, 5], (30_000, 1))
    clusters = np.full(30_000, 9)
    found = choose_evenly(pool, offered, clusters=clusters, uniform=np.random.default_rng(2).random(30_000))
    values, counts = np.unique(found, return_counts=True)
    assert values.tolist() == [0, 1]  # the only member of group 2 is of the own cluster
    assert counts / 30_000 == pytest.approx([0.5, 0.5], abs=0.015)
    none = choose_evenly(pool, np.array([[5, NOBODY]]), clusters=np.array([0]), uniform=np.array([0.5]))
    assert none.tolist() == [NOBODY]
    assert (
        choose_evenly(pool, np.zeros((2, 0), int), clusters=np.zeros(2, int), uniform=np.zeros(2)).tolist() == [-1] * 2
    )


def test_parts_against_a_plain_loop() -> None:
    values = np.random.default_rng(3).random(300).round(1)
    found = cut_parts(GROUPS, values, parts=5)
    for group in range(6):
        members = [i for i in range(300) if GROUPS[i] == group]
        ranked = sorted(members, key=lambda i: (values[i], i))
        assert [int(found[i]) for i in ranked] == [rank * 5 // len(members) for rank in range(len(members))]
    assert cut_parts(np.zeros(0, int), np.zeros(0), parts=5).tolist() == []
