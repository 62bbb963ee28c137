"""The requirement index: a status is computed from what is there, falls when it is taken away, and never judges."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

import pytest

from auditor.documents.declared import Declared
from auditor.documents.frameworks import Framework, find_framework, list_frameworks, read_framework
from auditor.documents.pointers import ANYTHING, holds, is_met, split_need
from auditor.documents.signoff import Decision, Filed, SignOff
from auditor.errors import DataError
from auditor.report import write_html
from auditor.report.requirements import STATUSES, find_status, frameworks, gather, indices
from auditor.report.waivers import find_unknown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from auditor.documents.document import Document
    from auditor.documents.frameworks import Requirement

    Make = Callable[..., Document]

EVERY = [(name, one) for name in list_frameworks() for one in read_framework(find_framework(name)).requirements]
RANKS = {status: rank for rank, status in enumerate(reversed(STATUSES))}


def meet(tree: dict[str, Any], need: str) -> None:
    """Put something where a need points."""
    (*most, last), wanted = split_need(need)
    for key in most:
        tree = tree.setdefault(key, {})
    if not wanted:
        tree.setdefault(last, "something")
        return
    if not isinstance(tree.get(last), list):
        tree[last] = []
    tree[last].append({"value": 1.0, **{name: "x" if value == ANYTHING else value for name, value in wanted.items()}})


def take_away(tree: dict[str, Any], need: str) -> None:
    """Leave nothing that meets a need."""
    (*most, last), wanted = split_need(need)
    for key in most:
        tree = tree[key]
    tree[last] = [item for item in tree[last] if not holds(item, wanted)] if wanted else None


def whole(requirement: Requirement) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for need in sorted(requirement.needs, key=lambda need: "?" in need):
        meet(tree, need)
    assert all(is_met(need, tree) for need in requirement.needs)
    return tree


@pytest.mark.parametrize(("name", "one"), EVERY, ids=[f"{name}: {one.id}" for name, one in EVERY])
def test_a_status_falls_with_each_field_that_is_taken_away(name: str, one: Requirement) -> None:
    full = whole(one)
    best = find_status(one, full)
    said = all(need.startswith(("/declared", "/sign_off")) for need in one.needs)
    expected = "declared only" if said else "evidence present" if one.max_claim == "full" else "partial"
    assert best == (expected if one.needs else "not covered")
    for need in one.needs:
        less = copy.deepcopy(full)
        take_away(less, need)
        assert not is_met(need, less)
        assert sum(is_met(each, less) for each in one.needs) < len(one.needs)
        found = find_status(one, less)
        assert RANKS[found] < RANKS[best] if one.max_claim == "full" else RANKS[found] <= RANKS[best]
    nothing = copy.deepcopy(full)
    for need in one.needs:
        take_away(nothing, need)
    assert find_status(one, nothing) == ("not assessed" if one.needs else "not covered")


@pytest.mark.parametrize(("name", "one"), EVERY, ids=[f"{name}: {one.id}" for name, one in EVERY])
def test_words_alone_are_declared_only(name: str, one: Requirement) -> None:
    measured = [need for need in one.needs if not need.startswith(("/declared", "/sign_off"))]
    tree = whole(one)
    for need in measured:
        take_away(tree, need)
    if len(measured) < len(one.needs):
        assert find_status(one, tree) == "declared only"


def test_no_status_is_a_judgement() -> None:
    assert list(STATUSES) == [
        "evidence present", "partial", "declared only", "not assessed", "not covered", "not applicable, says provider",
    ]  # fmt: skip


def test_what_does_not_apply_is_said_by_the_provider_with_the_reason(make_document: Make) -> None:
    said = Declared(not_applicable={"Art. 15(5)": "no network", "GMLP: 3": "no device", "Art. 99": "x"})
    made = make_document(pairs=0).model_copy(update={"declared": said})
    (row,) = (row for index in indices(made, None, anchors=()) for row in index.rows if row.id == "Art. 15(5)")
    assert (row.status, row.note, row.asked, row.missing) == ("not applicable, says provider", "no network", 0, "")
    assert any("1 not applicable, says provider" in index.tally for index in indices(made, None, anchors=()))
    assert find_unknown(said.not_applicable, frameworks(made)) == ["GMLP: 3", "Art. 99"]
    own = Framework.model_validate(
        {
            "framework": "Ours", "version": "1", "as_of": "2026-11", "source_note": "ours",
            "requirements": [
                {"id": "1", "title": "t", "max_claim": "full", "confidence": "high", "not_applicable": "why"}
            ],
        }
    )  # fmt: skip
    asked = made.report.model_copy(update={"requirements": [], "frameworks": [own]})
    (index,) = indices(made.model_copy(update={"report": asked}), None, anchors=())
    assert (index.rows[0].status, index.rows[0].note) == ("not applicable, says provider", "why")
    named = Declared(not_applicable={"Ours: 1": "because"})
    (index,) = indices(made.model_copy(update={"report": asked, "declared": named}), None, anchors=())
    assert index.rows[0].note == "because"


def test_an_index_of_a_document(make_document: Make) -> None:
    made = make_document(pairs=0)
    rows = {row.id: row for index in indices(made, None, anchors=("data", "performance")) for row in index.rows}
    found = rows["TR 24027, 7.2"]
    assert (found.status, found.met, found.asked, found.missing) == ("evidence present", 1, 1, "")
    assert found.sections == ("performance",)
    assert rows["Art. 15(5)"].status == "not covered"
    assert rows["Art. 10(2)(b)-(c)"].missing == "declared collection, declared label source"
    assert rows["TR 24027, 7.5"].missing == "answered as the class that selects (by attribute)"
    declared = made.model_copy(update={"declared": made.declared.model_copy(update={"collection": "by hand"})})
    rows = {row.id: row for index in indices(declared, None, anchors=()) for row in index.rows}
    assert rows["Art. 10(2)(b)-(c)"].status == "declared only"


def test_only_signatures_that_hold_count(make_document: Make) -> None:
    made = make_document(pairs=0)
    said = {"finding": None, "disposition": "accept", "reason": "r", "owner": "A", "date": "2026-11-01"}
    filed = Filed(audit=b"{}", today="2026-11-23")
    held = Decision(audit_sha256=filed.sha256, **said)
    others = [
        Decision(audit_sha256="0" * 64, **said),
        Decision(audit_sha256=filed.sha256, expires="2026-11-22", **said),
    ]
    signed = Filed(audit=b"{}", today="2026-11-23", signoff=SignOff(records=[held, *others]))
    assert len(gather(made, signed)["sign_off"]["records"]) == 1
    assert gather(made, None)["sign_off"]["records"] == []


def test_a_preset_adds_its_frameworks_and_the_users_own_come_last(make_document: Make) -> None:
    made = make_document(pairs=0)
    own = read_framework(find_framework("gmlp")).model_copy(update={"framework": "Ours"})
    asked = made.report.model_copy(
        update={"preset": "ll144", "positive": "doctor", "requirements": ["iso_42001"], "frameworks": [own]}
    )
    names = [one.framework for one in frameworks(made.model_copy(update={"report": asked}))]
    assert names == ["ISO/IEC 42001", "NYC Local Law 144", "Four-fifths screen", "Ours"]
    unknown = made.report.model_copy(update={"requirements": ["iso_42002"]})
    with pytest.raises(DataError, match=r"audit\.json: report\.requirements: no such framework: 'iso_42002'; nearest"):
        frameworks(made.model_copy(update={"report": unknown}))


def test_no_framework_is_said(make_document: Make, tmp_path: Path) -> None:
    made = make_document(pairs=0)
    none = made.model_copy(update={"report": made.report.model_copy(update={"requirements": []})})
    write_html(none, tmp_path / "report.html")
    assert "No framework was asked for." in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_hostile_words_of_a_framework_are_text(make_document: Make, tmp_path: Path) -> None:
    made = make_document(pairs=0)
    own = read_framework(find_framework("four_fifths"))
    first = own.requirements[0].model_copy(update={"title": "<script>alert(7)</script>", "note": "{{7*7}}"})
    own = own.model_copy(update={"requirements": [first], "framework": "<b>x</b>"})
    asked = made.report.model_copy(update={"requirements": [], "frameworks": [own]})
    write_html(made.model_copy(update={"report": asked}), tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script>alert(7)" not in page
    assert "&lt;script&gt;alert(7)" in page
    assert "{{7*7}}" in page
    assert not re.search(r"<b>x</b>", page)
