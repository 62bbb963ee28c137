from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from auditor.analysis.statistics import ranks
from auditor.analysis.statistics.bootstrap import draw_weights
from auditor.analysis.statistics.ranks import permutation_p, shuffle, strength, tell


def plain_area(values: np.ndarray, labels: np.ndarray) -> float:
    """Every pair counted."""
    pairs = [(x > y) + (x == y) / 2 for x in values[labels == 1] for y in values[labels == 0]]
    return sum(pairs) / len(pairs)


def of(values: np.ndarray, labels: np.ndarray) -> float:
    names, numbers = np.unique(values, return_inverse=True)
    table = np.zeros((len(names), labels.max() + 1))
    np.add.at(table, (numbers, labels), 1)
    return float(strength(table))


def test_area_counts_every_pair() -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        values, labels = random.integers(0, 8, 30).astype(float), random.integers(0, 2, 30)
        assert of(values, labels) == pytest.approx(plain_area(values, labels), abs=1e-12)


def test_epsilon_squared_is_that_of_kruskal_and_wallis() -> None:
    random = np.random.default_rng(0)
    values, labels = random.integers(0, 9, 80) + np.repeat(np.arange(4), 20), np.repeat(np.arange(4), 20)
    h = stats.kruskal(*(values[labels == k] for k in range(4))).statistic
    assert of(values, labels) == pytest.approx((h - 3) / (80 - 4), abs=1e-12)


def test_nothing_to_tell() -> None:
    assert np.isnan(strength(np.array([[3.0, 4.0]])))
    assert np.isnan(strength(np.array([[3.0, 0.0], [1.0, 0.0]])))
    assert np.isnan(strength(np.array([[3.0, 0.0, 0.0], [1.0, 0.0, 0.0]])))


def interval(values: np.ndarray, labels: np.ndarray, clusters: np.ndarray, seed: int = 0) -> tuple[float, float, float]:
    random = np.random.default_rng(seed)
    weights = draw_weights(int(clusters.max()) + 1, draws=1000, generator=random)
    found = tell(values, labels, clusters=clusters, weights=weights, confidence=0.95, generator=random)
    return float(found.estimate[0]), float(found.low[0]), float(found.high[0])


@pytest.mark.parametrize("present", [np.arange(3, 60), np.arange(0, 60, 7)])
def test_clusters_that_are_there_are_counted_from_those_that_are_not(present: np.ndarray) -> None:
    weights = draw_weights(60, draws=50, generator=np.random.default_rng(3))
    assert ranks._count_taken(weights, present).tolist() == weights[:, present].sum(axis=1, dtype=int).tolist()


def test_images_left_out_change_nothing_for_the_others() -> None:
    """Clusters without an image take their share of each draw all the same."""
    random = np.random.default_rng(8)
    weights = draw_weights(200, draws=2000, generator=random)
    clusters = np.concatenate([np.arange(0, 200, 2), np.arange(0, 40, 2)])
    labels, values = clusters // 2 % 2, random.normal(size=120)
    there = {"clusters": clusters, "weights": weights, "confidence": 0.95}
    found = tell(values + labels, labels, **there, generator=np.random.default_rng(1))
    alone = draw_weights(100, draws=2000, generator=random)
    again = tell(
        values + labels,
        labels,
        clusters=clusters // 2,
        weights=alone,
        confidence=0.95,
        generator=np.random.default_rng(1),
    )
    assert (found.estimate[0], found.clusters[0]) == (again.estimate[0], 100)
    assert [found.low[0], found.high[0]] == pytest.approx([again.low[0], again.high[0]], abs=0.02)


def test_intervals_cover_the_truth() -> None:
    """Nurses are brighter by one deviation: the area is the normal distribution's at 1 / sqrt(2)."""
    truth = float(stats.norm.cdf(1 / np.sqrt(2)))
    random = np.random.default_rng(5)
    hits = 0
    for seed in range(200):
        labels = random.integers(0, 2, 120)
        low, high = interval(random.normal(size=120) + labels, labels, np.arange(120), seed)[1:]
        hits += low <= truth <= high
    assert 0.91 <= hits / 200 <= 0.985


def test_copies_change_no_interval() -> None:
    random = np.random.default_rng(0)
    labels, values = random.integers(0, 2, 150), random.normal(size=150)
    once = interval(values, labels, np.arange(150))
    twice = interval(np.repeat(values, 2), np.repeat(labels, 2), np.repeat(np.arange(150), 2))
    assert twice[0] == pytest.approx(once[0])
    assert twice[2] - twice[1] == pytest.approx(once[2] - once[1], rel=0.1)


def test_clusters_that_agree_widen_the_interval() -> None:
    random = np.random.default_rng(0)
    people = random.normal(size=40)
    labels = np.repeat(random.integers(0, 2, 40), 10)
    values = np.repeat(people, 10) + 0.01 * random.normal(size=400)
    alone = interval(values, labels, np.arange(400))
    grouped = interval(values, labels, np.repeat(np.arange(40), 10))
    assert grouped[2] - grouped[1] > 2 * (alone[2] - alone[1])


def test_single_images_and_groups_can_be_mixed() -> None:
    random = np.random.default_rng(0)
    clusters = np.concatenate([np.arange(50), 50 + np.repeat(np.arange(25), 2)])
    labels, values = random.integers(0, 2, 100), random.normal(size=100)
    estimate, low, high = interval(values, labels, clusters)
    assert 0.05 < estimate - low < 0.2
    assert 0.05 < high - estimate < 0.2


def test_no_association_of_many_labels_has_an_interval_from_zero() -> None:
    labels, values = np.tile(np.arange(3), 40), np.arange(120) // 3
    estimate, low, high = interval(values.astype(float), labels, np.arange(120))
    assert (estimate, low) == (0, 0)
    assert 0 < high < 0.15


def test_shuffles_exchange_clusters_of_a_size_as_wholes() -> None:
    clusters = np.array([0, 1, 1, 2, 3, 3, 4, 4, 4])
    images = np.arange(9)
    for order in shuffle(clusters, permutations=50, generator=np.random.default_rng(0)):
        assert sorted(order.tolist()) == images.tolist()
        assert order[6:].tolist() == [6, 7, 8]
        assert {tuple(order[1:3].tolist()), tuple(order[4:6].tolist())} == {(1, 2), (4, 5)}


def test_p_agrees_with_scipy() -> None:
    random = np.random.default_rng(2)
    values = random.normal(size=(90, 3))
    values[::4, 1] = np.nan
    two, four = random.integers(0, 2, 90), random.integers(0, 4, 90)
    four[:5] = -1
    values[:, 2] += 0.3 * two
    orders = shuffle(np.arange(90), permutations=2999, generator=random)
    for found, codes in zip(permutation_p(values, [two, four], orders=orders), (two, four), strict=True):
        for column, p in zip(values.T, found, strict=True):
            seen = np.isfinite(column) & (codes >= 0)
            groups = [column[seen & (codes == k)] for k in range(codes.max() + 1)]
            assert p == pytest.approx(stats.kruskal(*groups).pvalue, abs=0.06)


def test_p_is_uniform_where_there_is_nothing_even_in_clusters() -> None:
    """Persons with five pictures each, alike in label and value: taken one by one they would seem associated."""
    random = np.random.default_rng(7)
    clusters = np.repeat(np.arange(30), 5)
    values = np.repeat(random.normal(size=(30, 150)), 5, axis=0) + 0.3 * random.normal(size=(150, 150))
    labels = np.repeat(random.integers(0, 2, 30), 5)
    (found,) = permutation_p(values, [labels], orders=shuffle(clusters, permutations=199, generator=random))
    assert stats.kstest(found, "uniform").pvalue > 0.01
    (naive,) = permutation_p(values, [labels], orders=shuffle(np.arange(150), permutations=199, generator=random))
    assert (naive <= 0.05).mean() > 0.2


def test_a_lone_label_is_never_significant() -> None:
    orders = shuffle(np.arange(10), permutations=19, generator=np.random.default_rng(0))
    one, none = permutation_p(
        np.random.default_rng(0).normal(size=(10, 1)), [np.zeros(10, int), np.full(10, -1)], orders=orders
    )
    assert one.tolist() == none.tolist() == [1.0]
