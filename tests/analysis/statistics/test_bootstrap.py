from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from auditor.analysis.statistics.bootstrap import Ratio, draw_weights, limits, pick, ratios, resample

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from auditor.analysis.statistics.intervals import ByteArray, Intervals
    from auditor.geometry import FloatArray


def weights_of(n: int, draws: int = 300, seed: int = 0) -> ByteArray:
    return draw_weights(n, draws=draws, generator=np.random.default_rng(seed))


def cell(values: FloatArray, clusters: ArrayLike, weights: ByteArray, confidence: float = 0.95) -> Intervals:
    """Mean of one column in one cell."""
    columns = np.column_stack([values, np.ones(len(values))])
    return ratios(
        columns,
        [Ratio(0, 1, 1)],
        codes=np.zeros(len(values), dtype=int),
        clusters=np.asarray(clusters),
        n_cells=1,
        weights=weights,
        confidence=confidence,
    )[0]


def test_each_draw_takes_as_many_clusters_as_there_are() -> None:
    weights = weights_of(400)
    assert (weights.sum(axis=1, dtype=int) == 400).all()
    assert weights.mean() == pytest.approx(1)
    assert np.var(weights) == pytest.approx(1 - 1 / 400, rel=0.03)


def test_resampled_sums_against_a_plain_loop() -> None:
    generator = np.random.default_rng(2)
    sums, clusters, weights = generator.random((50, 3)), generator.permutation(80)[:50], weights_of(80, draws=5)
    plain = [sum(int(row[cluster]) * value for cluster, value in zip(clusters, sums, strict=True)) for row in weights]
    assert resample(sums, clusters, weights) == pytest.approx(np.array(plain), rel=1e-5)


def test_limits_are_scipys_at_the_widened_level() -> None:
    generator = np.random.default_rng(3)
    values = generator.gamma(1.5, size=40)
    m = len(values)
    wide = 1 - 2 * stats.norm.sf(np.sqrt(m / (m - 1)) * stats.t.ppf(0.975, m - 1))
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, confidence_level=wide, method="BCa", rng=np.random.default_rng(4)
    ).confidence_interval
    found = cell(values, np.arange(m), weights_of(m, draws=20_000))
    width = theirs.high - theirs.low
    assert found.low[0] == pytest.approx(theirs.low, abs=0.04 * width)
    assert found.high[0] == pytest.approx(theirs.high, abs=0.04 * width)


def plain_limits(estimate: float, draws: FloatArray, jackknife: FloatArray, clusters: int) -> list[float]:
    """Efron's formula, one column, nothing clever."""
    share = np.mean([1.0 if d < estimate else 0.5 if d == estimate else 0.0 for d in draws])
    shift = stats.norm.ppf(share)
    mean = sum(jackknife) / len(jackknife)
    skew = sum((mean - j) ** 3 for j in jackknife) / (6 * sum((mean - j) ** 2 for j in jackknife) ** 1.5)
    z = stats.t.ppf(0.975, clusters - 1) * (clusters / (clusters - 1)) ** 0.5
    ends = []
    for tail in (-z, z):
        level = stats.norm.cdf(shift + (shift + tail) / (1 - skew * (shift + tail)))
        ends.append(np.quantile(draws, level))
    return ends


def test_limits_against_a_plain_formula() -> None:
    generator = np.random.default_rng(5)
    values = generator.gamma(1, size=(60, 2))
    weights = weights_of(60)
    draws = weights @ values / 60
    jackknife = (values.sum(axis=0) - values) / 59
    low, high = limits(
        values.mean(axis=0), draws=draws, jackknife=jackknife, clusters=np.full(2, 60.0), confidence=0.95
    )
    for column in range(2):
        expected = plain_limits(values[:, column].mean(), draws[:, column], jackknife[:, column], 60)
        assert [low[column], high[column]] == pytest.approx(expected)


def test_ratios_per_cell_against_each_cell_alone() -> None:
    generator = np.random.default_rng(6)
    columns = generator.random((90, 3))
    columns[:, 2] = 1
    codes, clusters = generator.integers(-1, 3, 90), generator.integers(0, 40, 90)
    weights = weights_of(40)
    wanted = [Ratio(0, 1, 2), Ratio(0, 2, 2)]
    together = ratios(columns, wanted, codes=codes, clusters=clusters, n_cells=4, weights=weights, confidence=0.9)
    for number in range(3):
        mine = codes == number
        alone = ratios(
            columns[mine],
            wanted,
            codes=np.zeros(mine.sum(), dtype=int),
            clusters=clusters[mine],
            n_cells=1,
            weights=weights,
            confidence=0.9,
        )
        assert together[0].estimate[number] == pytest.approx(columns[mine, 0].sum() / columns[mine, 1].sum())
        assert together[1].clusters[number] == len(set(clusters[mine]))
        for ours, other in zip(together, alone, strict=True):
            assert (ours.low[number], ours.high[number]) == pytest.approx((other.low[0], other.high[0]), rel=1e-5)
    assert np.isnan(together[0].estimate[3])
    assert together[0].n[3] == 0


def test_equal_values_give_no_interval_rather_than_one_without_width() -> None:
    found = cell(np.full(7, 0.3), np.arange(7), weights_of(7))
    assert found.estimate[0] == pytest.approx(0.3)
    assert np.isnan([found.low[0], found.high[0]]).all()


def test_one_cluster_gives_no_interval() -> None:
    found = cell(np.array([0.1, 0.2, 0.9]), np.zeros(3, dtype=int), weights_of(1))
    assert found.clusters[0] == 1
    assert np.isnan(found.low[0])


def test_draws_that_miss_a_cell_are_passed_over() -> None:
    values = np.array([0.1, 0.5, 0.9])
    found = cell(values, np.array([3, 20, 41]), weights_of(60, draws=2000))
    assert 0.1 <= found.low[0] < 0.5 < found.high[0] <= 0.9


def test_images_that_occur_twice_in_their_cluster_change_nothing() -> None:
    values = np.random.default_rng(7).random(25)
    weights = weights_of(25)
    once = cell(values, np.arange(25), weights)
    twice = cell(np.repeat(values, 2), np.repeat(np.arange(25), 2), weights)
    assert (twice.low[0], twice.high[0]) == pytest.approx((once.low[0], once.high[0]), abs=1e-9)


@pytest.mark.parametrize(("clusters", "sizes"), [(40, [5]), (60, [1, 2, 3]), (30, [1])])
def test_coverage_of_means_and_ratios_where_persons_repeat(clusters: int, sizes: list[int]) -> None:
    generator = np.random.default_rng(8)
    cells = 1500
    size = generator.choice(sizes, (cells, clusters))
    n = size.sum()
    person = np.repeat(generator.gamma(2, 1, (cells, clusters)).ravel(), size.ravel())
    mass = generator.gamma(1.5, 1, n) + person
    area = 0.5 * generator.gamma(1.5, 1, n) + person + 0.4
    found = ratios(
        np.column_stack([mass, area, np.ones(n)]),
        [Ratio(0, 2, 2), Ratio(0, 1, 2)],
        codes=np.repeat(np.repeat(np.arange(cells), clusters), size.ravel()),
        clusters=np.repeat(np.tile(np.arange(clusters), cells), size.ravel()),
        n_cells=cells,
        weights=weights_of(clusters, draws=1000, seed=9),
        confidence=0.95,
    )
    for one, truth in zip(found, (3.5, 3.5 / 3.15), strict=True):
        assert 0.925 <= ((one.low <= truth) & (truth <= one.high)).mean() <= 0.975


def test_picked_weights_are_those_of_the_clusters_whatever_their_order_in_memory() -> None:
    weights = draw_weights(50, draws=40, generator=np.random.default_rng(3))
    clusters = np.array([7, 3, 3, 49])
    for given in (weights, np.ascontiguousarray(weights), weights.astype(np.float32)):
        picked = pick(given, clusters)
        assert np.array_equal(picked, weights[:, clusters])
        assert picked.dtype == given.dtype
        assert picked.T.flags.c_contiguous
