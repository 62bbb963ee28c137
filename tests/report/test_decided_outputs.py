"""What people decided stands in what pipelines read, and changes no result."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from auditor.report.junit import write_junit
from auditor.report.markdown import LINES, summarise
from auditor.report.sarif import make_run
from auditor.report.signoff import list_decided
from tests.report.laddered import MANY, laddered
from tests.report.test_filed import filed, said

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from auditor.documents.document import Document
    from auditor.documents.signoff import Filed

    Make = Callable[..., Document]


@pytest.fixture
def audit(make_document: Make) -> Document:
    levels: list[Any] = [("E4", "face", "gender"), ("E3", "hair", "gender"), ("E3", "coat", None), ("I", "hair", None)]
    return laddered(make_document(pairs=0), levels)


@pytest.fixture
def signed(audit: Document) -> Filed:
    names = [finding.fingerprint for finding in audit.findings]
    return filed(
        audit,
        said(finding=names[0], disposition="mitigate", reason="new photographs by March"),
        said(finding=names[1], reason="@team agreed | so", expires="2027-01-31"),
        said(finding=names[2], expires="2026-11-22"),
    )


def test_only_what_was_decided_is_listed(audit: Document, signed: Filed) -> None:
    assert list_decided(audit, None) == {}
    assert [row.mark for row in list_decided(audit, signed).values()] == [
        "to be mitigated", "accepted", "accepted, expired",
    ]  # fmt: skip


def test_the_summary_says_it(audit: Document, signed: Filed) -> None:
    text = summarise(audit, signed)
    assert re.search(r": \d+\. 2 of 4 findings decided\. The whole report is not signed\.", text)
    assert "(protected); **to be mitigated** |" in text
    assert "; **accepted, expired** |" in text
    assert "decided" not in summarise(audit)
    many = laddered(audit, MANY, warnings=["w"] * 40, not_tested=["n"] * 40)
    assert summarise(many, filed(many, said(audit_sha256="0" * 64))).count("\n") <= LINES


def test_a_signature_for_another_audit_is_the_first_warning(audit: Document, tmp_path: Path) -> None:
    other = filed(audit, said(audit_sha256="0" * 64, finding=audit.findings[0].fingerprint))
    alarm = "The sign-off does not belong to this audit"
    assert f"**Warnings**\n\n- {alarm}" in summarise(audit, other)
    write_junit(audit, tmp_path / "junit.xml", filed=other)
    assert f"<system-out>{alarm}" in (tmp_path / "junit.xml").read_text(encoding="utf-8")
    assert all("suppressions" not in result for result in make_run(audit, filed=other)["results"])


def test_test_cases_bear_it_and_fail_all_the_same(audit: Document, signed: Filed, tmp_path: Path) -> None:
    write_junit(audit, tmp_path / "plain.xml")
    write_junit(audit, tmp_path / "signed.xml", filed=signed)
    plain, told = (ET.parse(tmp_path / f"{name}.xml").getroot() for name in ("plain", "signed"))  # noqa: S314 -- ours
    assert {**plain.attrib} == {**told.attrib}
    cases = {case.get("name"): case for case in told.iter("testcase")}
    first = {one.get("name"): one.get("value") for one in next(iter(cases.values())).iter("property")}
    assert first["decision"] == "to be mitigated"
    assert first["decision_reason"] == "new photographs by March"
    assert next(iter(cases.values())).find("failure") is not None


def test_only_what_was_accepted_and_holds_is_suppressed(audit: Document, signed: Filed) -> None:
    results = make_run(audit, filed=signed)["results"]
    assert [[one["status"] for one in result.get("suppressions", [])] for result in results] == [
        ["underReview"], ["accepted"], [], [],
    ]  # fmt: skip
    (one,) = results[1]["suppressions"]
    assert one == {
        "kind": "external",
        "status": "accepted",
        "justification": "accepted: @team agreed | so (A. Example, 2026-11-01)",
    }
