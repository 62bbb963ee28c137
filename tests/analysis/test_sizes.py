"""Numbers with their draws: sums, limits at any level, and whether one is larger in size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from auditor.analysis.sizes import Sampled, bound_change_in_size, change_in_size, stretch

numbers = st.floats(-3, 3)


def sample(values: np.ndarray, members: np.ndarray | None = None, *, draws: int = 1000, share: float = 0.0) -> Sampled:
    generator, n = np.random.default_rng(5), len(values)
    counts = generator.multinomial(n, np.full(n, 1 / n), size=draws)
    return Sampled(
        value=values.mean(),
        draws=counts @ values / n,
        jackknife=(values.sum() - values) / (n - 1),
        members=np.arange(n) if members is None else members,
        effective=n,
        n=n,
        clusters=n,
        pulls=values,
        share=share,
    )


@given(numbers, numbers)
def test_change_in_size_is_that_of_absolute_values(b: float, c: float) -> None:
    assert change_in_size(c - b, c + b) == pytest.approx(abs(c) - abs(b), abs=1e-12)


@given(st.tuples(numbers, numbers), st.tuples(numbers, numbers))
def test_limits_of_a_change_in_size_are_its_range_over_the_rectangle(
    change: tuple[float, float], total: tuple[float, float]
) -> None:
    change, total = tuple(sorted(change)), tuple(sorted(total))
    low, high = bound_change_in_size(change, total)
    found = [change_in_size(d, s) for d in np.linspace(*change, 31) for s in np.linspace(*total, 31)]
    assert low == pytest.approx(min(found), abs=1e-9)
    assert high == pytest.approx(max(found), abs=1e-9)


def test_missing_limits_leave_none() -> None:
    assert np.isnan(bound_change_in_size((0.1, 0.2), (np.nan, np.nan))).all()


def test_a_sum_is_the_number_that_the_summed_values_have() -> None:
    generator = np.random.default_rng(0)
    one, other = generator.normal(size=(2, 60))
    together, direct = sample(one).plus(sample(other), -1), sample(one - other)
    assert together.value == pytest.approx(direct.value)
    assert together.draws == pytest.approx(direct.draws)
    assert together.jackknife == pytest.approx(direct.jackknife)
    assert together.interval(0.9) == pytest.approx(direct.interval(0.9))
    assert together.pulls == pytest.approx(direct.pulls)


def test_numbers_of_other_clusters_stay_as_they_are_without_a_cluster_that_is_not_theirs() -> None:
    one, other = sample(np.array([1.0, 2.0, 6.0])), sample(np.array([1.0, 5.0]), np.array([1, 7]))
    together = one.plus(other)
    assert together.members.tolist() == [0, 1, 2, 7]
    assert together.jackknife == pytest.approx([4 + 3, 3.5 + 5, 1.5 + 3, 3 + 1])
    assert together.pulls is None


def test_a_high_level_is_reached_by_stretching() -> None:
    number = sample(np.random.default_rng(1).normal(0.3, 1, size=50), draws=400)
    told, wanted = number.interval(0.95), number.interval(0.999)
    by = stats.t.ppf(0.9995, 49) / stats.t.ppf(0.975, 49)
    assert stretch(49, told=0.95, wanted=0.999) == pytest.approx(by)
    assert wanted[0] - number.value == pytest.approx(by * (told[0] - number.value))
    assert wanted[1] - number.value == pytest.approx(by * (told[1] - number.value))
    assert stretch(49, told=0.95, wanted=0.9) == 1


def test_what_is_the_same_everywhere_is_certain_only_where_it_is_no_count() -> None:
    nothing = np.zeros(30)
    assert sample(nothing).interval(0.95) == (0, 0)
    z = stats.norm.ppf(0.975)
    assert sample(nothing, share=2.0).interval(0.95)[1] == pytest.approx(2 * z**2 / (30 + z**2))
    assert sample(nothing).test(draws=99, generator=np.random.default_rng(0)) == 1


def test_pulls_are_tested_by_flipped_signs_and_other_numbers_by_student() -> None:
    values = np.random.default_rng(2).normal(0.4, 1, size=12)
    number = sample(values, draws=4000)
    signs = 1 - 2 * ((np.arange(2**12)[:, None] >> np.arange(12)) & 1)
    exact = (np.abs(signs @ values) >= abs(values.sum()) - 1e-9).mean()
    assert number.test(draws=99, generator=np.random.default_rng(0)) == pytest.approx(exact)
    plain = Sampled(**{**vars_of(number), "pulls": None})
    t = number.value / number.se
    expected = 2 * stats.t.sf(abs(t), 11)
    assert plain.test(draws=99, generator=np.random.default_rng(0)) == pytest.approx(expected)
    assert number.se == pytest.approx(values.std() / np.sqrt(11), rel=0.05)


def vars_of(number: Sampled) -> dict[str, object]:
    names = ("value", "draws", "jackknife", "members", "effective", "n", "clusters", "share")
    return {name: getattr(number, name) for name in names}


def test_what_was_not_evaluated_has_neither_limits_nor_p() -> None:
    number = Sampled(**{**vars_of(sample(np.ones(5))), "value": float("nan"), "pulls": None})
    assert np.isnan(number.interval(0.95)).all()
    assert np.isnan(number.test(draws=9, generator=np.random.default_rng(0)))
