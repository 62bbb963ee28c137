"""Findings over audits: their order, what became of each, and what is not laid at the model's door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.analysis.history import ORDER, trace
from auditor.report.levels import LEVELS
from tests.comparing.histories import REGIONS, audit, comparison_of, series, version
from tests.report.laddered import finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.documents.histories import History, Row
    from auditor.documents.ladder import Level

USED = ("E4", "E3", "E3'")


def row(history: History, region: str) -> Row:
    (found,) = (one for one in history.rows if one.region == region)
    return found


def turns(*levels: Level, region: str = "face") -> list[str]:
    history = trace(series(*({region: level} for level in levels)))
    return [cell.turn for cell in row(history, region).cells]


@pytest.mark.parametrize(
    ("levels", "wanted"),
    [
        (("E3", "E3"), ["first", "same"]),
        (("I", "E3"), ["first", "appeared"]),
        (("R", "E3'"), ["first", "appeared"]),
        (("E4", "R"), ["first", "gone"]),
        (("E3", "I"), ["first", "no longer shown"]),
        (("E3", "E2"), ["first", "gone"]),  # use is ruled out there, although the map lies on it
        (("E3", "E1"), ["first", "no longer shown"]),
        (("E3", "E4"), ["first", "changed"]),
        (("E4", "E3'"), ["first", "changed"]),
        (("R", "I"), ["first", "changed"]),
        (("E0", "E3"), ["not evaluated", "new"]),
        (("E3", "E0", "R"), ["first", "not evaluated", "gone"]),
        (("I", "E0", "E0", "I"), ["first", "not evaluated", "not evaluated", "same"]),
    ],
)
def test_what_became_of_a_finding(levels: Sequence[Any], wanted: list[str]) -> None:
    assert turns(*levels) == wanted


def plain_turns(levels: Sequence[str]) -> list[str]:
    """The same, written down slowly; E2 of these tests is ruled out to be used."""
    told: list[str] = []
    for place, level in enumerate(levels):
        earlier = [one for one in levels[:place] if one != "E0"]
        if level == "E0":
            told.append("not evaluated")
        elif place == 0:
            told.append("first")
        elif not earlier:
            told.append("new")
        elif level == earlier[-1]:
            told.append("same")
        elif level in USED and earlier[-1] not in USED:
            told.append("appeared")
        elif earlier[-1] in USED and level in {"R", "E2"}:
            told.append("gone")
        elif earlier[-1] in USED and level not in USED:
            told.append("no longer shown")
        else:
            told.append("changed")
    return told


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(list(LEVELS)), min_size=1, max_size=6))
def test_turns_are_those_of_a_plain_reading(levels: list[Level]) -> None:
    assert turns(*levels) == plain_turns(levels)


def test_levels_are_ordered_as_reports_order_them() -> None:
    assert set(ORDER) == set(LEVELS)
    graver = [level for level in LEVELS if level not in {"I", "R"}]
    assert [level for level in ORDER if level not in {"I", "R"}] == graver


def test_a_history_is_ordered_by_date_whatever_the_zone_and_ties_as_given() -> None:
    dates = {
        "late": "2026-03-02T01:00:00+09:00",  # 16:00 UTC the day before
        "tie 1": "2026-03-01T16:00:00Z",
        "early": "2026-03-01T15:59:59Z",
        "tie 2": "2026-03-01T16:00:00",
    }
    made = [version(audit({"face": "E3"}, created=created), name) for name, created in dates.items()]
    assert [one.name for one in trace(made).versions] == ["early", "late", "tie 1", "tie 2"]


def test_a_date_that_cannot_be_read_stands_last_and_is_said() -> None:
    made = [version(audit({"face": "E3"}, created="yesterday"), "odd"), *series({"face": "E3"})]
    history = trace(made)
    assert [one.name for one in history.versions] == ["v1", "odd"]
    assert history.remarks == ("odd: holds no date that can be read: it stands behind those that do",)


def test_rows_stand_gravest_of_the_last_audit_first() -> None:
    first: dict[str, Level] = {"face": "R", "hair": "E3", "coat": "E4", "stethoscope": "I"}
    last: dict[str, Level] = {"face": "E4", "hair": "R", "coat": "I"}
    history = trace(series(first, last))
    assert [one.region for one in history.rows] == ["face", "coat", "hair", "stethoscope"]


def test_what_was_not_asked_is_not_evaluated_and_says_why() -> None:
    whole = audit({"face": "E3", "coat": "R"}, 1)
    bare = audit({}, 2, protocol=None)
    regionless = audit({"coat": "R"}, 3)
    regionless = regionless.model_copy(
        update={"data": regionless.data.model_copy(update={"regions": regionless.data.regions[:1]})}
    )
    ungrouped = audit({"coat": "R"}, 4)
    ungrouped = ungrouped.model_copy(update={"data": ungrouped.data.model_copy(update={"attributes": []})})
    unasked, unable = audit({"coat": "R"}, 5), audit({"face": "E0"}, 6)
    made = [whole, bare, regionless, ungrouped, unasked, unable]
    cells = row(trace([version(one) for one in made]), "face").cells
    assert [cell.turn for cell in cells] == ["first", *["not evaluated"] * 5]
    assert [cell.why for cell in cells[1:]] == [
        "nothing was hidden in this audit",
        "this audit has no such region",
        "this audit has no such attribute",
        "this audit did not ask it",
        "the audit could not check it",
    ]
    assert [cell.since for cell in cells] == [None, 0, 0, 0, 0, 0]


def test_a_change_on_other_images_says_so_and_one_on_the_same_does_not() -> None:
    first, second, third = (audit({"face": level}, day) for day, level in enumerate(("E3", "R", "E3"), start=1))
    third = third.model_copy(update={"data": third.data.model_copy(update={"manifest_sha256": "ab" * 32})})
    history = trace([version(one) for one in (first, second, third)])
    cells = row(history, "face").cells
    assert cells[1].besides == ()
    assert [one.topic for one in cells[2].besides] == ["images"]
    assert [step.other_images for step in history.steps] == [False, True]
    assert not any(step.same_model for step in history.steps)


def test_what_is_set_against_an_earlier_audit_is_judged_by_that_one() -> None:
    """The audit between the two is of other images; the two are not."""
    first, last = audit({"face": "E3"}, 1), audit({"face": "R"}, 3)
    between = audit({"face": "E0"}, 2)
    between = between.model_copy(update={"data": between.data.model_copy(update={"manifest_sha256": "ab" * 32})})
    history = trace([version(one) for one in (first, between, last)])
    cell = row(history, "face").cells[2]
    assert (cell.turn, cell.since, cell.besides) == ("gone", 0, ())
    assert all(step.other_images for step in history.steps)


def test_the_same_model_and_the_same_audit_are_known() -> None:
    first, again = audit({"face": "E3"}, 1), audit({"face": "R"}, 1, created="2026-03-02T10:00:00Z")
    history = trace([version(one, str(k)) for k, one in enumerate((first, first, again))])
    assert [(step.same_audit, step.same_model) for step in history.steps] == [(True, True), (False, True)]


def test_one_audit_is_a_history() -> None:
    history = trace(series({"face": "E3"}))
    assert history.steps == ()
    assert [cell.turn for cell in history.rows[0].cells] == ["first"]


def test_a_pair_stays_one_row_when_another_group_shows_most() -> None:
    first = audit({"face": "E3"}, 1)
    other = finding("R", first, fingerprint="face:gender:man:doctor", subgroup="man", contrast="doctor", examples=[])
    history = trace([version(first), version(audit({}, 2, findings=[other]))])
    (one,) = history.rows
    assert [cell.turn for cell in one.cells] == ["first", "gone"]
    assert [said.topic for said in one.cells[1].besides] == ["groups"]
    assert one.cells[1].besides[0].words.endswith("woman and nurse, then man and doctor")


def test_several_findings_of_a_pair_are_followed_by_fingerprint() -> None:
    first = audit({"face": "E3"}, 1)
    twins = [finding("R", first, fingerprint=f"face:gender:{name}:x", subgroup=name, examples=[]) for name in "ab"]
    history = trace([version(first), version(audit({}, 2, findings=twins))])
    assert len(history.rows) == 3


def test_regions_alone_and_with_an_attribute_are_apart() -> None:
    first = audit({"face": "E3"}, 1)
    alone = finding("R", first, region="face", attribute=None, fingerprint="face:::", examples=[])
    history = trace([version(first.model_copy(update={"findings": [*first.findings, alone]}))])
    assert [(one.region, one.attribute) for one in history.rows] == [("face", "gender"), ("face", None)]


def test_nothing_is_followed_where_nothing_was_found() -> None:
    assert trace([version(audit({}, day, protocol=None)) for day in (1, 2)]).rows == ()
    assert set(REGIONS) == {one.name for one in audit({}).data.regions}


@pytest.mark.parametrize("kept", ["with the later audit", "beside both", "as the later audit"])
def test_a_comparison_of_two_audits_is_told_at_their_step(kept: str) -> None:
    first, second, third = series({"face": "E4"}, {"face": "R"}, {"face": "I"})
    made = comparison_of(first, second)
    if kept == "as the later audit":
        copy = second.document.model_copy(update={"comparison": made})
        second = version(copy, "v2", comparisons=(made,))
        assert made.models[1].audit_sha256 in second.hashes
    elif kept == "beside both":
        first, second, third = (version(one.document, one.name, comparisons=(made,)) for one in (first, second, third))
    else:
        second = version(second.document, "v2", comparisons=(made,))
    history = trace([first, second, third])
    verdicts = [step.verdict for step in history.steps]
    assert verdicts == [made.pairs[0].verdict, None]
    cues = [cell.cue for cell in row(history, "face").cells]
    assert [cue and cue.leaning for cue in cues] == [None, "candidate leans less", None]


def test_a_comparison_the_other_way_round_is_not_told() -> None:
    first, second = series({"face": "E4"}, {"face": "R"})
    made = comparison_of(second, first)
    history = trace([version(one.document, one.name, comparisons=(made,)) for one in (first, second)])
    assert history.steps[0].verdict is None
