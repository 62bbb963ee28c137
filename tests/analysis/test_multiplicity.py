from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import ndtr
from scipy.stats import false_discovery_control, norm

from auditor.analysis.margins import exceed, exceed_draws
from auditor.analysis.multiplicity import adjust, descend, fcr_level, simes, step_down, unite

FloatArray = npt.NDArray[np.float64]
NAN = float("nan")


def plain_bh(p: FloatArray, factor: float = 1.0) -> FloatArray:
    """The least level at which each is rejected, by trying every rank."""
    m, ordered = len(p), sorted(p)
    return np.array([min(1.0, *(factor * m * ordered[k] / (k + 1) for k in range(m) if ordered[k] >= x)) for x in p])


@pytest.mark.parametrize("m", [1, 2, 7, 200])
def test_adjusted_values_equal_those_of_scipy_and_the_definition(m: int) -> None:
    p = np.random.default_rng(m).random(m) ** 3
    for method, factor in (("bh", 1.0), ("by", sum(1 / i for i in range(1, m + 1)))):
        found = adjust(p, method=method)
        assert np.abs(found - false_discovery_control(p, method=method)).max() < 1e-12
        assert np.abs(found - plain_bh(p, factor)).max() < 1e-12


def test_what_was_not_tested_is_in_no_family() -> None:
    p = np.array([0.01, NAN, 0.04, NAN, 0.03])
    found = adjust(p)
    assert np.isnan(found[[1, 3]]).all()
    assert found[[0, 2, 4]] == pytest.approx(false_discovery_control(p[[0, 2, 4]]))
    assert np.isnan(adjust(np.full(3, NAN))).all()
    assert adjust(np.zeros(0)).shape == (0,)


def test_adjusted_values_follow_their_cells_into_any_order() -> None:
    """Ranks, not the indices of a sort: with `argsort() + 1` for ranks 93 of 100 clean audits found something."""
    generator = np.random.default_rng(3)
    p = generator.random(50) ** 4
    p[::7] = NAN
    shuffled = generator.permutation(50)
    assert adjust(p)[shuffled] == pytest.approx(adjust(p[shuffled]), nan_ok=True, abs=1e-15)


def test_indices_of_a_sort_are_no_ranks() -> None:
    generator = np.random.default_rng(4)
    p = generator.random((2000, 50))
    by_indices = (p * 50 / (p.argsort(axis=1) + 1)).min(axis=1) <= 0.1
    ours = np.array([(adjust(row) <= 0.1).any() for row in p])
    assert by_indices.mean() > 0.85
    assert ours.mean() < 0.12


def test_the_false_discovery_rate_is_held_among_true_and_false_cells() -> None:
    generator = np.random.default_rng(5)
    shares = {"bh": [], "by": []}
    for _ in range(1500):
        common = generator.normal()
        z = 0.6 * common + 0.8 * generator.normal(size=60)
        z[:15] += 3
        p = norm.sf(z)
        for method, found in shares.items():
            rejected = adjust(p, method=method) <= 0.05
            found.append(rejected[15:].sum() / max(rejected.sum(), 1))
    assert np.mean(shares["bh"]) < 0.05 + 0.01
    assert np.mean(shares["by"]) < 0.02


def test_intervals_of_picked_cells_cover_as_they_say() -> None:
    generator = np.random.default_rng(6)
    missed, naive = [], []
    for _ in range(1500):
        truth = np.where(np.arange(40) < 10, 2.5, 0.0)
        z = truth + generator.normal(size=40)
        picked = adjust(2 * norm.sf(np.abs(z))) <= 0.05
        for level, kept in ((fcr_level(int(picked.sum()), 40), missed), (0.95, naive)):
            wrong = np.abs(z - truth) > norm.ppf(0.5 + level / 2)
            kept.append((wrong & picked).sum() / max(picked.sum(), 1))
    assert np.mean(missed) < 0.055
    assert np.mean(naive) > 0.06


def test_the_level_of_intervals() -> None:
    assert fcr_level(20, 20) == fcr_level(0, 20) == 0.95
    assert fcr_level(1, 20, q=0.1) == 0.995


def test_a_cell_is_found_only_if_every_fill_finds_it() -> None:
    p = np.array([[0.01, 0.2], [0.03, 0.001], [0.01, NAN]])
    assert unite(p) == pytest.approx([0.2, 0.03, NAN], nan_ok=True)
    generator = np.random.default_rng(7)
    null, effect = generator.random(4000), generator.random(4000) / 1000
    assert (unite(np.column_stack([null, effect])) <= 0.05).mean() == pytest.approx(0.05, abs=0.01)


def test_simes_against_its_definition() -> None:
    p = np.random.default_rng(8).random(9)
    assert simes(p) == pytest.approx(min(9 * x / (i + 1) for i, x in enumerate(sorted(p))))
    assert simes(np.append(p, NAN)) == pytest.approx(simes(p))
    assert np.isnan(simes(np.array([NAN])))


@pytest.mark.parametrize("delta", [0.0, 0.05, 0.1, 0.5])
def test_a_minimum_effect_test_errs_as_rarely_as_it_says_at_the_margin(delta: float) -> None:
    generator = np.random.default_rng(9)
    estimates = generator.normal(delta, 0.1, 20_000)
    p = exceed(estimates, np.full(20_000, 0.1), delta=delta)
    assert (p <= 0.05).mean() == pytest.approx(0.05, abs=0.006)


def test_the_printed_formula_is_the_limit_where_the_margin_is_wide() -> None:
    estimate, error = np.array([0.5, -0.4, 0.2]), np.array([0.05, 0.06, 0.04])
    printed = 1 - ndtr((np.abs(estimate) - 0.3) / error)
    assert exceed(estimate, error, delta=0.3) == pytest.approx(printed, abs=1e-12)
    assert exceed(estimate, error, delta=0.0) == pytest.approx(2 * norm.sf(np.abs(estimate) / error))
    assert (exceed(estimate, error, delta=0.3, freedom=5.0)[:2] > printed[:2]).all()


def test_a_minimum_effect_test_by_draws_comes_to_the_same() -> None:
    generator = np.random.default_rng(10)
    estimate, error = np.array([0.35, -0.35, 0.1, NAN, 0.3]), np.array([0.1, 0.1, 0.1, 0.1, 0.0])
    pivots = generator.normal(size=(20_000, 5))
    found = exceed_draws(estimate, error, pivots=pivots, delta=0.15)
    expected = exceed(estimate, error, delta=0.15)
    assert found[:3] == pytest.approx(expected[:3], abs=0.01)
    assert np.isnan(found[3:]).all()
    assert np.isnan(expected[3:]).all()


def test_a_draw_that_is_no_number_counts_against_the_finding() -> None:
    pivots = np.zeros((99, 1))
    pivots[:10] = NAN
    assert exceed_draws(np.array([9.0]), np.array([1.0]), pivots=pivots, delta=0.1) == pytest.approx([0.11])


def test_cells_are_tested_only_inside_of_rejected_families() -> None:
    pooled, cells = np.array([0.001, 0.04, NAN, 0.5]), np.array([0.01, 0.3, 0.001, 0.001, 0.001, NAN])
    found = descend(pooled, cells, np.array([0, 0, 1, 2, 3, 0]), q=0.05)
    assert found.rejected_families.tolist() == [True, False, False, False]
    assert found.level == pytest.approx(0.05 / 3)
    assert found.cell_q == pytest.approx([0.02, 0.3, NAN, NAN, NAN, NAN], nan_ok=True)
    assert not found.rejected_cells.any()
    stronger = descend(pooled, cells / 10, np.array([0, 0, 1, 2, 3, 0]), q=0.05)
    assert stronger.rejected_cells.tolist() == [True, False, False, False, False, False]


def test_nothing_tested_rejects_nothing() -> None:
    found = descend(np.array([NAN]), np.array([NAN, 0.01]), np.array([0, 0]))
    assert (found.level, found.rejected_families.any(), found.rejected_cells.any()) == (0, False, False)
    assert descend(np.zeros(0), np.zeros(0), np.zeros(0, dtype=int)).level == 0


def test_the_hierarchy_follows_its_cells_into_any_order() -> None:
    generator = np.random.default_rng(11)
    family = np.repeat(np.arange(8), 5)
    cells = generator.random(40) ** 4
    pooled = np.array([simes(cells[family == f]) for f in range(8)])
    shuffled = generator.permutation(40)
    once, again = descend(pooled, cells, family), descend(pooled, cells[shuffled], family[shuffled])
    assert once.rejected_cells.any()
    assert (once.rejected_cells[shuffled] == again.rejected_cells).all()


def test_the_average_false_discovery_share_over_rejected_families_is_held() -> None:
    generator = np.random.default_rng(12)
    family = np.repeat(np.arange(12), 6)
    real = (family < 4) & (np.arange(72) % 6 < 2)
    shares, wrong_families = [], []
    for _ in range(800):
        p = norm.sf(generator.normal(size=72) + 3.5 * real)
        pooled = np.array([simes(p[family == f]) for f in range(12)])
        found = descend(pooled, p, family, q=0.1)
        inside = [
            (found.rejected_cells & ~real)[family == f].sum() / max(found.rejected_cells[family == f].sum(), 1)
            for f in np.flatnonzero(found.rejected_families)
        ]
        shares.append(np.sum(inside) / max(len(inside), 1))
        wrong_families.append(found.rejected_families[4:].sum() / max(found.rejected_families.sum(), 1))
    assert np.mean(shares) < 0.1
    assert np.mean(wrong_families) < 0.1


def plain_step_down(observed: FloatArray, permuted: FloatArray) -> list[float]:
    """Algorithm 4.1, cell by cell and draw by draw."""
    order = sorted(range(len(observed)), key=lambda i: -observed[i])
    adjusted, last = [0.0] * len(observed), 0.0
    for rank, cell in enumerate(order):
        beyond = sum(max(row[j] for j in order[rank:]) >= observed[cell] for row in permuted)
        last = max(last, (1 + beyond) / (len(permuted) + 1))
        adjusted[cell] = last
    return adjusted


def test_step_down_against_the_algorithm_written_out() -> None:
    generator = np.random.default_rng(13)
    permuted = np.abs(generator.normal(size=(200, 9)))
    observed = np.abs(generator.normal(size=9)) * 2
    observed[4] = observed[2]
    assert step_down(observed, permuted) == pytest.approx(plain_step_down(observed, permuted))


def test_step_down_follows_its_cells_into_any_order() -> None:
    generator = np.random.default_rng(14)
    permuted, observed = np.abs(generator.normal(size=(300, 12))), np.abs(generator.normal(size=12)) * 2
    observed[[1, 5]] = observed[3], NAN
    shuffled = generator.permutation(12)
    assert step_down(observed, permuted)[shuffled] == pytest.approx(
        step_down(observed[shuffled], permuted[:, shuffled]), nan_ok=True
    )


def test_step_down_leaves_out_what_could_not_be_computed() -> None:
    permuted = np.array([[1.0, 9.0], [0.5, 9.0], [NAN, 9.0]])
    assert step_down(np.array([0.8, NAN]), permuted) == pytest.approx([0.5, NAN], nan_ok=True)
    assert np.isnan(step_down(np.array([NAN]), permuted[:, :1])).all()


@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_one_false_finding_is_as_rare_as_it_should_be_under_dependence(correlation: float) -> None:
    """Twenty correlated measures of two groups of 15; three of them truly differ; group names are permuted."""
    generator = np.random.default_rng(15)
    hits, found = [], []
    for _ in range(250):
        common = generator.normal(size=(30, 1))
        values = correlation**0.5 * common + (1 - correlation) ** 0.5 * generator.normal(size=(30, 20))
        values[:15, :3] += 1.5
        member = np.arange(30) < 15
        dealt = np.array([generator.permutation(member) for _ in range(199)])

        def differ(groups: npt.NDArray[np.bool_], values: FloatArray = values) -> FloatArray:
            signs = np.where(groups, 1 / 15, -1 / 15)
            return np.abs(signs @ values)

        p = step_down(differ(member), differ(dealt))
        hits.append((p[3:] <= 0.05).any())
        found.append((p[:3] <= 0.05).mean())
    assert np.mean(hits) < 0.05 + 2 * (0.05 * 0.95 / 250) ** 0.5
    assert np.mean(found) > 0.5


def test_step_down_costs_nothing_where_all_cells_are_the_same() -> None:
    generator = np.random.default_rng(16)
    one = np.abs(generator.normal(size=(999, 1)))
    observed = np.array([2.0])
    single = step_down(observed, one)
    assert step_down(np.repeat(observed, 50), np.repeat(one, 50, axis=1)) == pytest.approx(np.repeat(single, 50))
