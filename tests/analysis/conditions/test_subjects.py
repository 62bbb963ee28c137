"""What a rule is about where it names little: whole pictures, checks of regions, baselines with other classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from auditor.analysis.conditions.instruments import OF_HEADS
from auditor.analysis.policy import Policy, gate
from auditor.analysis.statistics.randomisation import PROBED, RANDOM_HEADS
from auditor.documents.ladder import Check
from auditor.properties import PROPERTIES, name_region
from tests.analysis.gated import CHECKS, ROLES, audit, finding, number, numbers, protocol

if TYPE_CHECKING:
    from auditor.documents.document import Document
    from auditor.documents.verdicts import Ruling

SPECIFIC = CHECKS[0]
WHOLE = [name_region(name) for name in PROPERTIES]
NOT_WITH = "what is a property of whole pictures is asked about as such, not with an attribute"


def judge(rule: dict[str, Any], document: Document, *, baseline: Document | None = None) -> Ruling:
    policy = Policy.model_validate({"rule": [rule]})
    return gate(document, policy, today="2026-11-23", baseline=baseline).rules[0]


def subjects(ruling: Ruling) -> dict[str, str]:
    return {item.subject: item.state for item in ruling.items}


def pictured() -> Document:
    """An audit that asked of whole pictures as well."""
    bare = audit()
    rows = [number("property_shift", 0.0, region=name, fill="neutral", predicted="nurse") for name in WHOLE]
    found = [*bare.findings, *(finding((name, None), "R") for name in WHOLE)]
    return bare.model_copy(update={"estimates": [*numbers(), *rows], "findings": found})


@pytest.mark.parametrize("region", [{}, {"region": "*"}], ids=["none", "each"])
def test_answers_changed_by_hiding_are_asked_of_regions(region: dict[str, str]) -> None:
    ruling = judge({"max_flips": 0.1, **region}, pictured())
    assert (ruling.outcome, len(ruling.items)) == ("pass", len(ROLES))
    named = judge({"max_flips": 0.1, "region": "(brightness)"}, pictured())
    assert named.outcome == "cannot tell"
    assert named.items[0].words == "was not measured for 2 ways of hiding in this audit"
    assert judge({"max_flips": 0.1, "role": "undeclared"}, pictured()).outcome == "cannot tell"


@pytest.mark.parametrize("rule", [{"max_level": "E2"}, {"max_shift": 0.1}, {"max_swaps": 0.1}], ids=str)
def test_no_attribute_is_asked_for_with_whole_pictures(rule: dict[str, Any]) -> None:
    ruling = judge({**rule, "attribute": "gender"}, pictured())
    assert (ruling.outcome, len(ruling.items)) == ("pass", len(ROLES))
    some = judge({**rule, "attribute": "gender", "region": ["face", "(brightness)"]}, pictured())
    assert some.outcome == "cannot tell"
    assert [item.words for item in some.items if item.state == "missing"] == [NOT_WITH]
    assert [item.words for item in judge({**rule, "attribute": "age"}, pictured()).items] == [
        "this audit has no such attribute; there is: gender"
    ]


def test_a_shift_of_groups_says_why_it_has_nothing_on_whole_pictures() -> None:
    (item,) = judge({"max_shift": 0.1, "role": "undeclared"}, pictured()).items
    assert (item.state, item.words) == ("missing", NOT_WITH)
    named = judge({"max_shift": 0.1, "region": ["face", "(tint)"]}, pictured())
    assert (named.outcome, subjects(named)["region (tint)"]) == ("cannot tell", "missing")
    bare = audit()
    alone = bare.model_copy(update={"plan": {}, "data": bare.data.model_copy(update={"attributes": []})})
    without = alone.model_copy(update={"estimates": [], "findings": [finding(("tag", None))]})
    assert [item.words for item in judge({"max_shift": 0.1, "region": "tag"}, without).items] == [
        "this audit has no attribute to ask with"
    ]


def checked(passed: dict[str, bool | None], **changes: Any) -> Document:
    """An audit with a check of the maps of some regions."""
    made = [
        Check(name=SPECIFIC, region=region, passed=one, statistic="s", consequence="what follows", withholds=None)
        for region, one in passed.items()
    ]
    held = protocol()
    return audit(protocol=held.model_copy(update={"checks": [*held.checks, *made]}), **changes)


@pytest.mark.parametrize(("passed", "outcome"), [(True, "pass"), (False, "cannot tell"), (None, "cannot tell")])
def test_every_check_of_a_region_that_was_made_counts(passed: bool | None, outcome: str) -> None:  # noqa: FBT001 -- a parameter
    document = checked({"face": passed, "coat": True})
    for rule in ({"region": "face"}, {"region": "*"}, {"region": "face", "check": SPECIFIC}):
        assert judge({"checks": "passed", **rule}, document).outcome == outcome
    for rule in ({"region": "coat"}, {"region": "coat", "check": SPECIFIC}, {"region": "tag"}):
        assert judge({"checks": "passed", **rule}, document).outcome == "pass"
    assert judge({"checks": "passed"}, document).outcome == "pass"  # of the whole audit


def test_a_check_that_is_named_must_have_been_made_of_each_region() -> None:
    ruling = judge({"checks": "passed", "region": "*", "check": SPECIFIC}, checked({"face": True, "coat": True}))
    assert subjects(ruling) == {
        f"check “{SPECIFIC}” of face": "inside", f"check “{SPECIFIC}” of coat": "inside",
        f"check “{SPECIFIC}” of tag": "missing",
    }  # fmt: skip
    unknown = judge({"checks": "passed", "region": "face", "check": "positive control"}, checked({"face": True}))
    assert "this audit has no such check of a region" in unknown.items[0].words


def test_a_check_that_should_have_been_made_is_missed() -> None:
    assert OF_HEADS == (SPECIFIC, (PROBED, RANDOM_HEADS))
    rows = [number(name, 2.0, region="face") for name in (PROBED, RANDOM_HEADS)]
    gone = checked({}, estimates=[*numbers(), *rows])
    assert judge({"checks": "passed", "region": "face"}, gone).outcome == "cannot tell"
    assert judge({"checks": "passed", "region": "coat"}, gone).outcome == "pass"


@pytest.mark.parametrize("rule", [{"max_accuracy_drop": 0.05}, {"max_accuracy_drop": 0.05, "class": "*"},
                                  {"no_new_findings": True}], ids=str)  # fmt: skip
def test_a_baseline_with_other_classes_was_asked_something_else(rule: dict[str, Any]) -> None:
    now = audit()
    turned = now.model_copy(update={"model": now.model.model_copy(update={"classes": now.model.classes[::-1]})})
    assert judge(rule, now, baseline=turned).outcome == "pass"
    for classes, words in (
        (["cat", "dog"], "only this audit has doctor, nurse; only the baseline has cat, dog"),
        (["doctor"], "only this audit has nurse"),
        (["doctor", "nurse", *(f"c{k}" for k in range(10))],
         "only the baseline has c0, c1, c2, c3, c4, c5, c6, c7 and 2 more"),
    ):  # fmt: skip
        other = now.model_copy(update={"model": now.model.model_copy(update={"classes": classes})})
        (item,) = judge(rule, now, baseline=other).items
        assert (item.state, item.words) == ("missing", f"the classes differ: {words}")
