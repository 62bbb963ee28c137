from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from auditor.analysis.rungs import as_estimates, find_gaps, find_rows, judge_harm, judge_opportunity
from tests.analysis.asking import gap, row, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.documents.ladder import Rung

    Rows = Sequence[dict[str, object]]

NOTHING = table()
SIDE = {"attribute": "gender", "subgroup": "woman"}


def repair(fill: str, value: float, low: float, high: float) -> dict[str, object]:
    found = row("repair_excess", value, low, high, region="face", fill=fill, attribute="gender", unit="difference")
    return found | {"n": 40, "clusters": 40, "p_value": 0.01}


@pytest.mark.parametrize(
    ("low", "high", "answer"),
    [
        (0.31, 0.5, "found"),
        (0.1, 0.29, "ruled out"),
        (0.2, 0.4, "not enough evidence"),
        (0.3, 0.5, "not enough evidence"),
    ],
)
def test_opportunity_is_a_matter_of_the_material_margin(low: float, high: float, answer: str) -> None:
    rows = [row("cramers_v", (low + high) / 2, low, high, attribute="gender")]
    assert judge_opportunity(table(*rows), "gender").answer == answer
    assert judge_opportunity(table(*rows), "age").answer == "not evaluated"
    assert judge_opportunity(table(*rows), None).answer == "not evaluated"


def test_opportunity_is_told_as_a_share_of_right_guesses() -> None:
    rows = [
        row("cramers_v", 0.72, 0.68, 0.76, attribute="gender"),
        row("attribute_only_accuracy", 0.855, attribute="gender"),
        row("majority_accuracy", 0.5, attribute="gender"),
    ]
    rung = judge_opportunity(table(*rows), "gender")
    assert "gender and label go together with V = 0.72 [0.68, 0.76]" in rung.sentence
    assert "Guessing from gender alone would be right 86 % of the time; always naming" in rung.sentence
    assert [item.statistic for item in rung.estimates] == ["cramers_v", "attribute_only_accuracy", "majority_accuracy"]
    assert rung.estimates[1].ci is None


def judge(gaps: Rows, at_once: Rows = (), repairs: Rows = (), *, attribute: str | None = "gender") -> Rung:
    """Harm by gaps within labels, and by those whose limits hold for all at once."""
    held = [{**one, "statistic": "simultaneous_accuracy_gap"} for one in at_once]
    sides = [row("accuracy", 0.8, n=30, label=label, **SIDE) for label in ("doctor", "nurse")]
    return judge_harm(
        table(*gaps, *held, *sides),
        attribute=attribute,
        labels=("doctor", "nurse"),
        repairs=table(*repairs),
        least=20,
    )


@pytest.mark.parametrize(
    ("rows", "answer"),
    [
        ([gap("nurse", -0.2, -0.3, -0.06)], "found"),
        ([gap("nurse", 0.2, 0.06, 0.3)], "found"),
        ([gap("nurse", 0.0, -0.04, 0.04), gap("doctor", 0.01, -0.03, 0.045)], "ruled out"),
        ([gap("nurse", 0.0, -0.04, 0.04), gap("doctor", 0.04, -0.03, 0.11)], "not enough evidence"),
        ([gap("nurse", 0.0, -0.04, 0.04), gap("doctor", 0.2, np.nan, np.nan)], "ruled out"),
        ([gap("nurse", 0.2, np.nan, np.nan)], "not evaluated"),
        ([gap("nurse", 0.2, 0.1, 0.3, attribute="age")], "not evaluated"),
        ([], "not evaluated"),
    ],
)
def test_harm_is_a_gap_beyond_its_margin_in_any_label(rows: Rows, answer: str) -> None:
    assert judge(rows, rows).answer == answer


def test_no_gap_is_found_that_holds_only_by_itself_or_rests_on_a_few() -> None:
    alone, at_once = gap("nurse", 0.2, 0.06, 0.34), gap("nurse", 0.2, 0.02, 0.38)
    rung = judge([alone], [at_once, gap("doctor", 0.0, -0.2, 0.2)])
    assert rung.answer == "not enough evidence"
    assert "20 points more often than the rest [2.0 %, 38 %] (30 images against 270; limits for 2 gaps" in rung.sentence
    few = judge([gap("nurse", -1.0, -1.0, -0.34)])
    assert few.answer == "not enough evidence", "of no label are there enough images on both sides"
    assert "less often than the rest [34 %, 100 %] (30 images against 270)." in few.sentence


def test_repair_by_every_way_of_hiding_is_harm_as_well() -> None:
    def tell(*repairs: dict[str, object]) -> tuple[str, str]:
        rung = judge([gap("nurse", -0.02, -0.1, 0.06)], repairs=repairs)
        return rung.answer, rung.sentence

    both = tell(repair("mean", 0.4, 0.2, 0.6), repair("noise", 0.3, 0.1, 0.5))
    assert both[0] == "found"
    assert "corrects 30 % more of the 40 errors on images whose gender is rarer in their label" in both[1]
    assert tell(repair("mean", 0.4, 0.2, 0.6), repair("noise", 0.1, -0.1, 0.3))[0] == "not enough evidence"
    unknown = tell(repair("mean", 0.4, 0.2, 0.6), repair("noise", np.nan, np.nan, np.nan))
    assert unknown[0] == "not enough evidence"
    worse = tell(repair("mean", -0.08, -0.24, 0.0))
    assert "corrects 8.0 % less of the 40 errors" in worse[1]
    assert "does [0 %, 24 %]." in worse[1]


@pytest.mark.parametrize("changes", [{"clusters": 19}, {"p_value": 0.06}, {"p_value": np.nan}])
def test_no_repair_is_found_in_a_few_errors(changes: dict[str, object]) -> None:
    good = repair("mean", 1.0, 0.07, 1.0)
    assert judge([gap("nurse", -0.02, -0.1, 0.06)], repairs=[good]).answer == "found"
    assert judge([gap("nurse", -0.02, -0.1, 0.06)], repairs=[good | changes]).answer == "not enough evidence"


def test_harm_says_which_of_its_two_measures_was_found() -> None:
    small, large = gap("nurse", -0.02, -0.1, 0.06), gap("nurse", -0.2, -0.3, -0.1)
    good, none = repair("mean", 0.4, 0.2, 0.6), repair("mean", 0.01, -0.05, 0.07)
    of_gap, of_repair = "answered correctly", "Hiding the region corrects"

    def tell(gaps: dict[str, object], *repairs: dict[str, object]) -> tuple[str, str]:
        rung = judge([gaps], [gaps], repairs)
        return rung.answer, rung.sentence

    answer, told = tell(large)
    assert (answer, of_repair in told) == ("found", False)
    assert told.startswith("A gap in accuracy, whatever its cause: among images labelled nurse")
    answer, told = tell(large, none)
    assert answer == "found"
    assert "That hiding the region corrects errors was not shown. Hiding the region corrects 1.0 % more" in told
    answer, told = tell(small, good)
    assert answer == "found"
    assert told.startswith("Errors that hiding corrects: Hiding the region corrects 40 % more")
    assert "A gap in accuracy beyond 5 points was not shown: among images" in told
    answer, told = tell(large, good)
    assert told.startswith("Both a gap in accuracy and errors that hiding corrects: among images labelled nurse")
    assert told.index(of_gap) < told.index(of_repair)
    answer, told = tell(small, none)
    assert answer == "not enough evidence"
    assert told.startswith("Among images labelled nurse")


def test_harm_speaks_of_the_largest_gap_that_was_found() -> None:
    rows = [gap("doctor", 0.3, 0.0, 0.6), gap("nurse", -0.1, -0.14, -0.06)]
    assert judge(rows, rows).sentence.startswith(
        "A gap in accuracy, whatever its cause: among images labelled nurse, gender woman is answered correctly 10 "
        "points less often than the rest [6.0 %, 14 %]"
    )
    assert judge(rows, rows, attribute=None).answer == "not evaluated"


def test_rows_are_found_by_all_their_keys() -> None:
    rows = [gap("nurse", 0.1, 0.0, 0.2), gap("nurse", 0.1, 0.0, 0.2) | {"outcome": "wrong"}, gap("doctor", 0.1, 0, 0.2)]
    assert len(find_gaps(table(*rows), "gender", "nurse")) == 1
    assert len(find_rows(table(*rows), "accuracy_gap", label="nurse", attribute="gender", subgroup="woman")) == 1
    assert find_rows(table(*rows), "accuracy_gap", label="nurse").empty
    assert find_rows(NOTHING, "accuracy_gap").empty


def test_what_is_no_number_becomes_null() -> None:
    (item,) = as_estimates(table(row("accuracy", np.nan, 0.1, np.nan)))
    assert (item.value, item.ci, item.p_value, item.region) == (None, None, None, None)
