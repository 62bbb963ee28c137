"""Sign-off: decisions are appended, bound to the bytes of audit.json, and found by any name of a finding."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from auditor.cli import main
from auditor.documents.document import serialise
from auditor.documents.signoff import SIGNOFF, Decision, find_today, read_signoff
from auditor.errors import DataError, UsageError
from auditor.publishing.filing import find_finding, list_decisions, sign
from auditor.report.codes import list_codes
from auditor.result import read_document
from tests.report.laddered import finding
from tests.test_packaging import make_document

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def audit(tmp_path: Path) -> Path:
    bare = make_document()
    found = [finding("E2", bare, region="coat"), finding("E4", bare, fingerprint="face:gender:woman:nurse")]
    document = bare.model_copy(update={"findings": found})
    (tmp_path / "audit.json").write_bytes(serialise(document))
    return tmp_path


def invoke(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(word) for word in words])
    return result.exit_code, result.output


def test_a_decision_holds_the_hash_of_what_was_signed(audit: Path) -> None:
    sign(audit, "F-01", disposition="mitigate", reason=" retrain ", owner="A", role="owner", expires="2999-01-31")
    record = json.loads((audit / SIGNOFF).read_text(encoding="utf-8"))["records"][0]
    assert record == {
        "audit_sha256": hashlib.sha256((audit / "audit.json").read_bytes()).hexdigest(),
        "finding": "face:gender:woman:nurse",
        "disposition": "mitigate",
        "reason": "retrain",
        "owner": "A",
        "role": "owner",
        "date": find_today(),
        "expires": "2999-01-31",
    }


def test_decisions_are_added_and_none_is_changed(audit: Path) -> None:
    for reason in ("first", "second"):
        sign(audit, "F-02", disposition="accept", reason=reason, owner="A")
    sign(audit, disposition="reject", reason="third", owner="B")
    found, content = read_signoff(audit)
    assert found is not None
    assert [one.reason for one in found.records] == ["first", "second", "third"]
    assert [one.finding for one in found.records][2] is None
    assert content.endswith(b"\n")


@pytest.mark.parametrize(
    "name", ["face:gender:woman:nurse", "F-01", "finding-face-gender-woman-nurse", "#finding-face-gender-woman-nurse"]
)
def test_a_finding_is_known_by_all_its_names(audit: Path, name: str) -> None:
    assert find_finding(read_document(audit), name) == "face:gender:woman:nurse"


def test_codes_follow_gravity_not_the_order_of_the_file(audit: Path) -> None:
    codes = list_codes(read_document(audit))
    assert [(one.code, one.fingerprint.split("-")[0]) for one in codes] == [
        ("F-01", "face:gender:woman:nurse"),
        ("F-02", "E2"),
    ]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"finding": "face:gendr:woman"}, "nearest: 'face:gender:woman:nurse'"),
        ({"finding": "zzz"}, "the first is F-01"),
        ({"disposition": "acept"}, "nearest: 'accept'"),
        ({"reason": "  "}, "--reason: 1 to 2,000 letters"),
        ({"owner": "x" * 2001}, "--owner: 1 to 2,000 letters are expected, found 2,001"),
        ({"expires": "soon"}, "--expires: a date such as 2027-01-31 is expected, found 'soon'"),
        ({"expires": "2001-01-01"}, "--expires: 2001-01-01 has passed"),
    ],
)
def test_what_cannot_be_signed_is_one_clear_line(audit: Path, change: dict[str, str], fault: str) -> None:
    said = {"finding": "F-01", "disposition": "accept", "reason": "r", "owner": "A", **change}
    with pytest.raises(UsageError) as caught:
        sign(audit, said.pop("finding"), **said)
    assert fault in str(caught.value)
    assert not (audit / SIGNOFF).exists()


def test_without_findings_only_the_whole_report_can_be_signed(tmp_path: Path) -> None:
    (tmp_path / "audit.json").write_bytes(serialise(make_document()))
    with pytest.raises(UsageError, match="only the whole report"):
        sign(tmp_path, "F-01", disposition="accept", reason="r", owner="A")
    sign(tmp_path, disposition="accept", reason="r", owner="A")
    assert list_decisions(tmp_path) == [f"whole report: accepted, A, {find_today()}, r"]


def test_blank_words_are_none() -> None:
    said = {"audit_sha256": "0" * 64, "finding": None, "disposition": "accept", "date": "2026-11-23", "owner": "A"}
    assert Decision.model_validate({**said, "reason": " r "}).reason == "r"
    with pytest.raises(ValidationError, match="at least 1 character"):
        Decision.model_validate({**said, "reason": " \t"})


@pytest.mark.parametrize("text", ["{", '{"records": [{}]}', '{"schema_version": "9"}'])
def test_a_file_that_is_no_sign_off_is_refused(audit: Path, text: str) -> None:
    (audit / SIGNOFF).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="is no sign-off"):
        list_decisions(audit)


def test_what_was_decided_is_listed_and_a_changed_audit_is_noticed(audit: Path) -> None:
    sign(audit, "F-01", disposition="accept", reason="r", owner="A", role="owner")
    today = find_today()
    assert list_decisions(audit) == [
        f"F-01  face:gender:woman:nurse: accepted, A (owner), {today}, r",
        "F-02  E2-coat-gender: no decision",
        "whole report: not signed",
    ]
    path = audit / "audit.json"
    path.write_bytes(path.read_bytes().replace(b"Stripes and dots", b"Stripes and docs"))
    told = list_decisions(audit)
    assert told[0].startswith("The sign-off does not belong to this audit")
    assert told[1] == "F-01  face:gender:woman:nurse: no decision"
    assert told[-1].startswith("does not hold: face")
    assert "signed for another audit.json" in told[-1]


def test_an_expired_decision_is_told_as_expired(audit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    sign(audit, "F-01", disposition="accept", reason="r", owner="A", expires="2023-12-31")
    assert "accepted, A, 2023-11-14, until 2023-12-31" in list_decisions(audit)[0]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1704067200")  # 2024-01-01
    assert "accepted, expired, A" in list_decisions(audit)[0]


def test_the_command_signs_lists_and_says_what_is_missing(audit: Path) -> None:
    code, text = invoke("sign-off", audit, "F-01", "--mitigate", "--reason", "retrain", "--owner", "A")
    assert (code, "sign-off.json" in text) == (0, True)
    code, text = invoke("sign-off", audit, "--list")
    assert (code, "to be mitigated" in text) == (0, True)
    code, text = invoke("sign-off", audit, "F-01", "--owner", "A")
    assert code == 2
    assert "missing: one of --accept, --mitigate, --reject, --reason" in text
    before = (audit / SIGNOFF).read_bytes()
    code, text = invoke("sign-off", audit, "F-01", "--accept", "--reject", "--reason", "r", "--owner", "A")
    assert (code, (audit / SIGNOFF).read_bytes()) == (2, before)
    assert "one of --accept, --mitigate, --reject is expected, found --accept and --reject" in text
    code, text = invoke("sign-off", audit, "F-9", "--accept", "--reason", "r", "--owner", "A")
    assert (code, "no such finding: 'F-9'" in text) == (2, True)


def test_the_command_declares(audit: Path, tmp_path: Path) -> None:
    facts = tmp_path / "facts.toml"
    facts.write_text('[declared]\nowner = "A"\n', encoding="utf-8")
    assert invoke("declare", audit, facts)[0] == 0
    assert read_document(audit).declared.owner == "A"
    facts.write_text('[declared]\nonwer = "A"\n', encoding="utf-8")
    code, text = invoke("declare", audit, facts)
    assert (code, "nearest: 'owner'" in text) == (2, True)


def test_other_frameworks_can_be_asked_for_when_a_report_is_rendered(audit: Path) -> None:
    before = (audit / "audit.json").read_bytes()
    assert invoke("report", audit, "--format", "html", "--requirements", "gmlp")[0] == 0
    page = (audit / "report.html").read_text(encoding="utf-8")
    assert "Good Machine Learning Practice" in page
    assert "EU AI Act" not in page
    assert (audit / "audit.json").read_bytes() == before
    code, text = invoke("report", audit, "--format", "html", "--requirements", "gmpl")
    assert (code, "nearest: 'gmlp'" in text) == (2, True)


def test_a_sign_off_beside_the_audit_stands_in_its_report(audit: Path) -> None:
    sign(audit, "F-01", disposition="reject", reason="not so", owner="A. Example")
    assert invoke("report", audit, "--format", "html")[0] == 0
    assert "A. Example" in (audit / "report.html").read_text(encoding="utf-8")
