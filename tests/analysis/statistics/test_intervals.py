from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, t
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from auditor.analysis.statistics.intervals import differences, proportions, sum_by_cluster, wilson

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from auditor.analysis.statistics.intervals import IntArray, Intervals
    from auditor.geometry import BoolArray


def one_cell(hits: ArrayLike, clusters: ArrayLike, confidence: float = 0.95) -> Intervals:
    hits, clusters = np.asarray(hits, dtype=bool), np.asarray(clusters, dtype=int)
    return proportions(hits, codes=np.zeros(len(hits), dtype=int), clusters=clusters, n_cells=1, confidence=confidence)


def difference(hits: ArrayLike, member: ArrayLike, clusters: ArrayLike) -> Intervals:
    hits, member = np.asarray(hits, dtype=bool), np.asarray(member, dtype=bool)
    codes = np.zeros(len(hits), dtype=int)
    return differences(hits, member=member, codes=codes, clusters=np.asarray(clusters), n_cells=1, confidence=0.95)


@pytest.mark.parametrize(("hits", "n"), [(0, 7), (7, 7), (1, 30), (17, 40), (399, 400)])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_one_image_per_cluster_is_plain_wilson(hits: int, n: int, confidence: float) -> None:
    found = one_cell(np.arange(n) < hits, np.arange(n), confidence)
    expected = proportion_confint(hits, n, alpha=1 - confidence, method="wilson")
    assert (found.low[0], found.high[0]) == pytest.approx(expected, abs=1e-12)
    assert found.estimate[0] == hits / n
    assert (found.n[0], found.clusters[0]) == (n, n)


@pytest.mark.parametrize(("counts", "ns"), [((9, 3), (10, 10)), ((0, 5), (12, 9)), ((50, 20), (60, 70))])
def test_a_difference_of_independent_images_is_newcombes(counts: tuple[int, int], ns: tuple[int, int]) -> None:
    hits = np.concatenate([np.arange(n) < k for k, n in zip(counts, ns, strict=True)])
    found = difference(hits, np.repeat([True, False], ns), np.arange(sum(ns)))
    expected = confint_proportions_2indep(counts[0], ns[0], counts[1], ns[1], method="newcomb", compare="diff")
    assert (found.low[0], found.high[0]) == pytest.approx(expected, abs=1e-10)
    assert found.estimate[0] == pytest.approx(counts[0] / ns[0] - counts[1] / ns[1])


def test_the_effective_number_of_images_against_a_plain_loop() -> None:
    hits, clusters = [1, 1, 0, 1, 0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 2, 2, 2, 2, 3]
    n, share = len(hits), sum(hits) / len(hits)
    variance, squares = 0.0, 0
    for cluster in range(4):
        mine = [hit for hit, owner in zip(hits, clusters, strict=True) if owner == cluster]
        variance += (sum(mine) - share * len(mine)) ** 2 / n**2
        squares += len(mine) ** 2
    m = n**2 / squares
    effective = share * (1 - share) / variance * (m - 1) / m * (norm.ppf(0.975) / t.ppf(0.975, m - 1)) ** 2
    low, high = wilson(np.array([share]), np.array([min(effective, n)]), confidence=0.95)
    found = one_cell(hits, clusters)
    assert (found.low[0], found.high[0]) == pytest.approx((low[0], high[0]))


def test_images_that_occur_twice_in_their_cluster_change_nothing() -> None:
    hits = np.random.default_rng(0).random(31) < 0.7
    member = np.arange(31) % 2 == 0
    clusters = np.arange(31)
    for once, twice in (
        (one_cell(hits, clusters), one_cell(np.repeat(hits, 2), np.repeat(clusters, 2))),
        (
            difference(hits, member, clusters),
            difference(np.repeat(hits, 2), np.repeat(member, 2), np.repeat(clusters, 2)),
        ),
    ):
        assert twice.n[0] == 2 * once.n[0]
        assert (twice.low[0], twice.high[0]) == pytest.approx((once.low[0], once.high[0]), abs=1e-12)


def test_repeated_persons_widen_the_interval() -> None:
    generator = np.random.default_rng(1)
    persons = np.repeat(np.arange(30), 10)
    hits = np.repeat(generator.random(30) < 0.6, 10) ^ (generator.random(300) < 0.05)
    assert np.ptp([*one_cell(hits, persons).low, *one_cell(hits, persons).high]) > 2 * np.ptp(
        [*one_cell(hits, np.arange(300)).low, *one_cell(hits, np.arange(300)).high]
    )


def test_seven_right_answers_are_no_certainty() -> None:
    found = one_cell([True] * 7, range(7))
    assert found.estimate[0] == found.high[0] == 1
    assert found.low[0] == pytest.approx(0.6457, abs=1e-4)


@pytest.mark.parametrize("hits", [[], [True], [True] * 5])
def test_fewer_than_two_clusters_give_no_interval(hits: list[bool]) -> None:
    found = one_cell(hits, [0] * len(hits))
    assert np.isnan([found.low[0], found.high[0]]).all()
    assert np.isnan(found.estimate[0]) == (not hits)


def test_a_difference_with_an_empty_side_is_not_computed() -> None:
    found = difference([True, False, True], [True, True, True], [0, 1, 2])
    assert np.isnan([found.estimate[0], found.low[0], found.high[0]]).all()


def test_one_giant_cluster_beside_a_tiny_one_tells_next_to_nothing() -> None:
    found = one_cell([True, False] * 100 + [True], [0] * 200 + [1])
    assert found.low[0] < 0.02
    assert found.high[0] > 0.98


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=40))
def test_an_interval_holds_its_share_and_has_a_width(rows: list[tuple[bool, int]]) -> None:
    hits, clusters = zip(*rows, strict=True)
    found = one_cell(hits, clusters)
    if len(set(clusters)) < 2:
        assert np.isnan(found.low[0])
    else:
        assert 0 <= found.low[0] <= found.estimate[0] <= found.high[0] <= 1
        assert found.high[0] > found.low[0]


def test_sums_per_cell_and_cluster() -> None:
    table = sum_by_cluster(
        np.array([[1.0], [2.0], [4.0], [8.0]]),
        codes=np.array([1, 0, 1, -1]),
        clusters=np.array([2, 2, 2, 0]),
        n_cells=3,
    )
    assert table.cell.tolist() == [0, 1]
    assert table.sums.ravel().tolist() == [2, 5]
    assert [part.stop - part.start for part in table.slices()] == [1, 1, 0]


def clustered(
    generator: np.random.Generator, *, cells: int, clusters: int, sizes: list[int], share: float, icc: float
) -> tuple[BoolArray, IntArray, IntArray]:
    """Cells of clusters of hits whose shares follow a beta distribution."""
    size = generator.choice(sizes, (cells, clusters))
    odds = (1 - icc) / icc
    level = generator.beta(share * odds, (1 - share) * odds, (cells, clusters))
    cell = np.repeat(np.repeat(np.arange(cells), clusters), size.ravel())
    cluster = np.repeat(np.tile(np.arange(clusters), cells), size.ravel())
    return generator.random(size.sum()) < np.repeat(level.ravel(), size.ravel()), cell, cluster


@pytest.mark.parametrize(
    ("clusters", "sizes", "share"), [(40, [5], 0.8), (40, [1, 2, 5, 12], 0.8), (60, [1, 2, 3], 0.9), (20, [5], 0.5)]
)
def test_coverage_where_persons_repeat(clusters: int, sizes: list[int], share: float) -> None:
    generator = np.random.default_rng(5)
    cells = 3000
    facts = {"cells": cells, "clusters": clusters, "sizes": sizes, "icc": 0.3}
    hits, cell, cluster = clustered(generator, share=share, **facts)
    found = proportions(hits, codes=cell, clusters=cluster, n_cells=cells, confidence=0.95)
    assert 0.93 <= ((found.low <= share) & (share <= found.high)).mean() <= 0.975

    others, cell_2, cluster_2 = clustered(generator, share=share - 0.1, **facts)
    found = differences(
        np.append(hits, others),
        member=np.arange(len(hits) + len(others)) < len(hits),
        codes=np.append(cell, cell_2),
        clusters=np.append(cluster, cluster_2 + clusters),
        n_cells=cells,
        confidence=0.95,
    )
    assert 0.93 <= ((found.low <= 0.1) & (found.high >= 0.1)).mean() <= 0.975


def test_coverage_of_a_difference_within_persons() -> None:
    generator = np.random.default_rng(6)
    hits, cell, cluster = clustered(generator, cells=3000, clusters=40, sizes=[6], share=0.7, icc=0.4)
    member = generator.random(len(hits)) < 0.5
    found = differences(hits, member=member, codes=cell, clusters=cluster, n_cells=3000, confidence=0.95)
    assert 0.93 <= ((found.low <= 0) & (found.high >= 0)).mean() <= 0.975


@pytest.mark.parametrize("spread", [1, 1000])
def test_sums_by_cluster_are_the_same_for_dense_and_for_sparse_clusters(spread: int) -> None:
    generator = np.random.default_rng(5)
    codes, clusters = generator.integers(-1, 3, 60), generator.integers(0, 20, 60) * spread
    columns = generator.normal(size=(60, 2))
    table = sum_by_cluster(columns, codes=codes, clusters=clusters, n_cells=4)
    plain = {
        (cell, cluster): columns[(codes == cell) & (clusters == cluster)].sum(axis=0)
        for cell, cluster in sorted(set(zip(codes.tolist(), clusters.tolist(), strict=True)))
        if cell >= 0
    }
    assert list(zip(table.cell.tolist(), table.cluster.tolist(), strict=True)) == list(plain)
    assert table.sums == pytest.approx(np.array(list(plain.values())))
