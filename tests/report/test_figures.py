"""Numbers in print: nothing is rounded to a claim, and nothing is printed without its n."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.documents.ladder import Estimate
from auditor.errors import RenderError
from auditor.report.figures import MINUS, SPACE, count, number, points, share, times
from auditor.report.names import shorten, shown, text_width


def make(statistic: str = "accuracy", **changes: object) -> Estimate:
    fields: dict[str, object] = {
        "statistic": statistic, "value": 0.62, "ci": (0.54, 0.70), "n": 100, "clusters": 100, "unit": "", "method": "",
    }  # fmt: skip
    return Estimate.model_validate({**fields, **changes})


def plain(text: str) -> str:
    return text.replace(SPACE, " ")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0 %"), (1.0, "100 %"), (0.155, "16 %"), (0.154, "15 %"), (0.29, "29 %"), (0.57, "57 %"),
        (0.004, "0.4 %"), (0.0004, "<0.1 %"), (0.996, "99.6 %"), (0.9996, ">99.9 %"), (0.995, "99.5 %"),
    ],
)  # fmt: skip
def test_share_rounds_and_never_claims_none_or_all(value: float, text: str) -> None:
    assert plain(share(value)) == text


@given(st.floats(0, 1))
def test_share_says_none_or_all_only_where_it_is_so(value: float) -> None:
    printed = plain(share(value))
    assert (printed == "0 %") == (value == 0.0)
    assert (printed == "100 %") == (value == 1.0)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.14, "+14 pp"), (-0.14, f"{MINUS}14 pp"), (0.0, "0 pp"), (-0.0, "0 pp"), (-0.004, f"{MINUS}0.4 pp"),
     (-0.0001, "0 pp"), (0.0996, "+10 pp"), (-1.0, f"{MINUS}100 pp")],
)  # fmt: skip
def test_points_are_signed_and_there_is_no_negative_zero(value: float, text: str) -> None:
    assert plain(points(value)) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0.00×"), (0.444, "0.44×"), (1.0, "1.0×"), (2.61, "2.6×"), (34.4, "34×")]
)
def test_times_keep_two_digits(value: float, text: str) -> None:
    assert times(value) == text


def test_count_sets_thousands_apart() -> None:
    assert count(1204226) == "1,204,226"


def test_a_number_shows_value_interval_and_n() -> None:
    shown_number = number(make(), min_clusters=20)
    assert plain(shown_number.cited) == "62 % [54 %, 70 %], n = 100"
    assert shown_number.brief == "[54–70]"
    assert not shown_number.small


def test_few_clusters_are_marked_whatever_the_n() -> None:
    assert number(make(clusters=19), min_clusters=20).small
    assert plain(number(make(clusters=19), min_clusters=20).cited).endswith("few cases")


def test_a_number_without_n_is_refused() -> None:
    with pytest.raises(RenderError, match=r"accuracy has a value \(0\.62\) and n = 0; expected n >= 1"):
        number(make(n=0), min_clusters=20)


@pytest.mark.parametrize("value", [1.2, -0.1])
def test_a_share_outside_of_its_range_is_refused(value: float) -> None:
    with pytest.raises(RenderError, match=r"expected a share in \[0, 1\]"):
        number(make(value=value, ci=None), min_clusters=20)


def test_nothing_computed_is_a_dash() -> None:
    assert number(make(value=None, ci=None, n=0, clusters=0), min_clusters=20).text == "–"


def test_no_interval_prints_the_value_alone() -> None:
    assert plain(number(make(ci=None), min_clusters=20).full) == "62 %"


@pytest.mark.parametrize(
    ("statistic", "value", "ci", "text"),
    [
        ("enrichment", 2.6, (2.3, 2.9), "2.6× [2.3×, 2.9×]"),
        ("accuracy_gap", -0.33, (-0.42, -0.24), f"{MINUS}33 pp [{MINUS}42 pp, {MINUS}24 pp]"),
        ("cramers_v", 0.71, (0.65, 0.77), "0.71 [0.65, 0.77]"),
        ("mass", 0.048, (0.04, 0.056), "4.8 % [4.0 %, 5.6 %]"),
        ("mass", 0.48, (0.4, 0.56), "48 % [40 %, 56 %]"),
    ],
)
def test_each_statistic_has_its_unit(statistic: str, value: float, ci: tuple[float, float], text: str) -> None:
    assert plain(number(make(statistic, value=value, ci=ci), min_clusters=20).full) == text


def test_signed_ends_are_not_joined_by_a_dash() -> None:
    assert number(make("accuracy_gap", value=-0.1, ci=(-0.2, 0.05)), min_clusters=20).brief == f"[{MINUS}20, +5]"


@given(st.text(max_size=60), st.floats(1, 30))
def test_shortened_text_fits(text: str, width: float) -> None:
    assert text_width(shorten(text, width)) <= max(width, 1)
    if text_width(text) <= width:
        assert shorten(text, width) == text


def test_long_names_that_begin_alike_stay_apart() -> None:
    assert shown("a photograph of a very long name, first") != shown("a photograph of a very long name, last")
