"""Outcomes: what a finding came to, and the one number that decided it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest

from auditor.documents.ladder import Estimate, Level, Rung
from auditor.report.estimates import Estimates
from auditor.report.findings import findings
from auditor.report.outcomes import alarming, effect, outcome, reason, tally, told
from tests.report.laddered import ALL_LEVELS, MANY, finding, laddered

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.documents.document import Document

    Make = Callable[..., Document]

OUTCOMES = {
    "E4": "found", "E3": "found", "E3'": "found", "R": "ruled out", "I": "open", "E0": "not evaluated",
    "E2": "ruled out", "E1": "open",
}  # fmt: skip


@pytest.fixture
def document(make_document: Make) -> Document:
    return make_document(pairs=0)


def uses(*values: tuple[str, str, float | None]) -> list[Rung]:
    rows = [
        Estimate(statistic=name, fill=fill, value=value, ci=None, n=10, clusters=10, unit="SD", method="sample")
        for name, fill, value in values
    ]
    return [Rung(name="uses", answer="found", sentence="said", estimates=rows)]


@pytest.mark.parametrize("level", get_args(Level))
def test_outcome_of_each_level(document: Document, level: Any) -> None:
    assert outcome(finding(level, document)) == OUTCOMES[level]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("withheld", "withheld"),
        ("not evaluated", "not evaluated"),
        ("ruled out", "ruled out"),
        ("not enough evidence", "open"),
    ],
)
def test_where_the_level_does_not_tell_the_rung_of_use_does(document: Document, answer: Any, expected: str) -> None:
    rungs = [Rung(name="uses", answer=answer, sentence="Said.", estimates=[])]
    one = finding("E2", document, rungs=rungs)
    assert outcome(one) == expected
    assert reason(one) == "Said."
    assert outcome(one.model_copy(update={"rungs": []})) == "not evaluated"


def test_only_use_of_what_should_not_be_used_alarms(document: Document) -> None:
    roles = ("core", "context", "protected", "artefact", "undeclared")
    assert [alarming(finding("E3", document, role=role)) for role in roles] == [False, False, True, True, True]
    assert not alarming(finding("I", document, role="protected"))


def test_the_weakest_of_the_ways_that_must_agree_decides(document: Document) -> None:
    rungs = uses(("aligned_shift", "mean", -0.4), ("aligned_shift", "noise", 0.2), ("aligned_shift", "swap", 0.1))
    row = effect(finding("E3", document, rungs=rungs, fills=["mean", "noise"], ci_adjusted=(0.05, 0.35)))
    assert row is not None
    assert (row.fill, row.value, row.ci) == ("noise", 0.2, (0.05, 0.35))


def test_fewer_changed_answers_are_the_weakest_effect(document: Document) -> None:
    rungs = uses(("flip_excess", "mean", 0.1), ("flip_excess", "noise", -0.3), ("occlusion_excess", "noise", -9.0))
    row = effect(finding("I", document, rungs=rungs, fills=["mean", "noise"], ci_adjusted=None))
    assert row is not None
    assert (row.fill, row.value) == ("noise", -0.3)


@pytest.mark.parametrize("rungs", [[], uses(), uses(("aligned_shift", "mean", None))])
def test_no_number_is_no_effect(document: Document, rungs: list[Rung]) -> None:
    one = finding("E0", document, rungs=rungs, fills=["mean"], ci_adjusted=None)
    assert effect(one) is None
    assert told(one, Estimates(document)) == ("–", "–", "–")


@pytest.mark.parametrize("levels", [ALL_LEVELS, MANY, []])
def test_counts_agree_with_those_of_the_report(document: Document, levels: Any) -> None:
    made = laddered(document, levels)
    counts = tally(made.findings)
    assert sum(counts.values()) == len(levels)
    shown = findings(made, Estimates(made), images=None)
    assert shown is not None
    if levels:
        words = f"use was found in {counts['found']}, ruled out above the margin in {counts['ruled out']}"
        assert words in shown.tally
