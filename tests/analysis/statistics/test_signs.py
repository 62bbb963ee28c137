from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as theirs

from auditor.analysis.statistics.signs import enumerate_signs, flip_signs, mcnemar, sign_flip_p, tail


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_mcnemar_is_statsmodels() -> None:
    pairs = list(itertools.product(range(9), (0, 1, 5, 30)))
    first, second = np.array(pairs).T
    expected = [theirs([[3, b], [c, 4]], exact=True).pvalue for b, c in pairs]
    assert mcnemar(first, second) == pytest.approx(expected)


def test_equally_large_pulls_are_the_sign_test_whatever_their_size() -> None:
    for size in (1.0, 2.0, 1 / 3):
        sums = size * np.array([1.0] * 14 + [-1.0] * 5 + [0.0] * 40)[:, None]
        expected = stats.binomtest(5, 19).pvalue
        assert sign_flip_p(sums, generator=generator())[0] == pytest.approx(expected)


def test_few_pulls_are_enumerated() -> None:
    sums = generator(1).normal(0.4, 1, (9, 2))
    sums = np.vstack([sums, np.zeros((50, 2))])
    expected = [
        np.mean(
            [
                abs(sum(s * v for s, v in zip(signs, column, strict=True))) >= abs(sum(column)) - 1e-12
                for signs in itertools.product((1, -1), repeat=9)
            ]
        )
        for column in sums[:9].T
    ]
    assert sign_flip_p(sums, generator=generator()) == pytest.approx(expected)
    assert len(enumerate_signs(sums[:9])) == 512


def test_many_pulls_are_scipys_permutation_test() -> None:
    sums = generator(2).gamma(1, size=(40, 3)) - np.array([0.75, 0.9, 0.6])
    ours = sign_flip_p(sums, generator=generator(3))
    for column, p in zip(sums.T, ours, strict=True):
        found = stats.permutation_test(
            (column,),
            lambda pulls: abs(np.sum(pulls)),
            permutation_type="samples",
            alternative="greater",
            n_resamples=9999,
            rng=generator(4),
            vectorized=False,
        )
        assert p == pytest.approx(found.pvalue, abs=0.015)
    assert (ours >= 1 / 10_000).all()


def test_random_flips_have_the_right_spread_and_are_shared() -> None:
    sums = generator(5).normal(size=(300, 1))
    drawn = flip_signs(np.hstack([sums, -2 * sums]), generator=generator(6))
    assert drawn.shape == (9999, 2)
    assert drawn[:, 0].std() == pytest.approx(np.sqrt((sums**2).sum()), rel=0.03)
    assert drawn[:, 0].mean() == pytest.approx(0, abs=0.05 * drawn[:, 0].std())
    assert drawn[:, 1] == pytest.approx(-2 * drawn[:, 0], rel=1e-4, abs=1e-4)


def test_nothing_pulls_nothing_found() -> None:
    assert sign_flip_p(np.zeros((30, 2)), generator=generator()).tolist() == [1, 1]
    assert sign_flip_p(np.zeros((0, 1)), generator=generator()).tolist() == [1]


def test_tail_counts_ties_and_draws_that_are_no_number_against_the_finding() -> None:
    null = np.array([[1.0], [-1.0], [np.nan], [0.2]])
    assert tail(np.array([1.0]), null) == pytest.approx([4 / 5])
    assert np.isnan(tail(np.array([np.nan]), null))


@pytest.mark.parametrize(("clusters", "skewed"), [(12, False), (60, False), (60, True)])
def test_p_is_uniform_where_signs_are_chance(clusters: int, skewed: bool) -> None:  # noqa: FBT001 -- a parameter
    draw = generator(7)
    sums = draw.normal(size=(clusters, 600))
    if skewed:  # one region against the mean of three controls
        sums = draw.gamma(1, size=(clusters, 600)) - draw.gamma(1, size=(3, clusters, 600)).mean(axis=0)
    p = sign_flip_p(sums, draws=1999, generator=generator(8))
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert 0.025 <= (p <= 0.05).mean() <= 0.075
