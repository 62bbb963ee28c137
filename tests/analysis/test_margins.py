from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr
from scipy.stats import norm

from auditor.analysis.margins import MARGINS, decide, design_effect, needed, plan_gap, plan_shift

STRICT = 0.05 / 50


@pytest.mark.parametrize(
    ("accuracy", "gap", "plain", "strict"),
    [
        (0.9, 0.02, 3839, 8350),
        (0.9, 0.05, 683, 1486),
        (0.9, 0.10, 197, 427),
        (0.9, 0.20, 59, 129),
        (0.8, 0.05, 1091, 2374),
        (0.8, 0.10, 291, 632),
        (0.8, 0.20, 79, 171),
    ],
)
def test_the_planning_table_of_gaps(accuracy: float, gap: float, plain: int, strict: int) -> None:
    assert plan_gap(accuracy, accuracy - gap) == plain
    assert plan_gap(accuracy, accuracy - gap, level=STRICT) == strict


@pytest.mark.parametrize(("effect", "plain", "strict"), [(0.2, 197, 427), (0.3, 88, 190), (0.5, 32, 69), (0.8, 13, 27)])
def test_the_planning_table_of_paired_shifts(effect: float, plain: int, strict: int) -> None:
    assert plan_shift(effect) == plan_shift(-effect) == plain
    assert plan_shift(effect, level=STRICT) == strict


def test_planned_numbers_have_the_power_that_was_asked_for() -> None:
    generator = np.random.default_rng(0)
    n, runs = plan_gap(0.9, 0.8), 20_000
    one, two = (generator.binomial(n, share, runs) / n for share in (0.9, 0.8))
    z = (one - two) / np.sqrt((one * (1 - one) + two * (1 - two)) / n)
    assert (z > norm.ppf(0.975)).mean() == pytest.approx(0.8, abs=0.02)


def test_a_paired_plan_has_the_power_that_was_asked_for() -> None:
    n = plan_shift(0.3)
    assert ndtr(0.3 * math.sqrt(n) - norm.ppf(0.975)) == pytest.approx(0.8, abs=0.01)
    assert ndtr(0.3 * math.sqrt(n - 1) - norm.ppf(0.975)) < 0.8


@pytest.mark.parametrize("shares", [(0.5, 0.5), (1.2, 0.5), (0.5, -0.1)])
def test_a_plan_needs_two_different_shares(shares: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="expected two different shares"):
        plan_gap(*shares)


def test_a_plan_needs_an_effect() -> None:
    with pytest.raises(ValueError, match="other than 0"):
        plan_shift(0)


def test_one_image_each_needs_no_more_images() -> None:
    assert design_effect(1, 0.6) == 1
    assert design_effect(20, 0.6) == pytest.approx(12.4)


def plain_answer(low: float, high: float, delta: float, *, signed: bool) -> str:
    """By looking at which effects the interval holds."""
    values = np.linspace(low, high, 2001)
    size = np.abs(values) if signed else values
    sides = np.sign(values) if signed else np.ones_like(values)
    if (size > delta).all() and len(set(sides)) == 1:
        return "found"
    return "ruled out" if (size < delta).all() else "not enough evidence"


@given(st.floats(-1, 1), st.floats(0.001, 1), st.floats(0.01, 0.5), st.booleans())
def test_the_rule_against_the_effects_that_an_interval_holds(
    low: float,
    width: float,
    delta: float,
    signed: bool,  # noqa: FBT001
) -> None:
    assert decide(low, low + width, delta, signed=signed) == plain_answer(low, low + width, delta, signed=signed)


def test_no_interval_is_no_answer() -> None:
    nan = float("nan")
    for limits in ((nan, nan), (nan, 0.5), (0.05, nan)):
        assert decide(*limits, 0.1, signed=True) == "not enough evidence"


def test_a_limit_on_the_margin_settles_nothing() -> None:
    assert decide(0.1, 0.2, 0.1) == decide(0.0, 0.1, 0.1) == "not enough evidence"


def test_as_many_images_as_are_needed_settle_it() -> None:
    n, half, estimate, delta = 120, 0.09, 0.16, 0.1
    enough = needed(n, half, estimate=estimate, delta=delta)
    assert enough == 270
    narrow = half * math.sqrt(n / enough)
    assert estimate - narrow == pytest.approx(delta)


@pytest.mark.parametrize(("half", "estimate"), [(0.1, 0.1), (float("nan"), 0.3), (0.1, float("nan"))])
def test_what_no_number_of_images_settles(half: float, estimate: float) -> None:
    assert needed(50, half, estimate=estimate, delta=0.1) is None


def test_the_margins_of_the_protocol() -> None:
    assert {name: (margin.minor, margin.material) for name, margin in MARGINS.items()} == {
        "alignment": (0.05, 0.10),
        "flips": (0.02, 0.05),
        "cross_swap": (0.02, 0.05),
        "background": (0.02, 0.05),
        "enrichment": (1.25, 1.5),
        "error_gap": (0.03, 0.05),
        "association": (0.1, 0.3),
    }
    assert [name for name, margin in MARGINS.items() if margin.scale == "log"] == ["enrichment"]


def test_both_one_sided_tests_err_as_rarely_as_they_say() -> None:
    generator = np.random.default_rng(1)
    estimates = generator.normal(0.1, 0.02, 20_000)
    half = 0.02 * norm.ppf(0.975)
    answers = np.array([decide(e - half, e + half, 0.1, signed=True) for e in estimates])
    assert (answers == "found").mean() == pytest.approx(0.025, abs=0.005)
    assert (answers == "ruled out").mean() == pytest.approx(0.025, abs=0.005)
