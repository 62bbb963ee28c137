"""Dispositions and sign-off: what people decided about this audit, and whether that still holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.report.codes import list_codes
from auditor.report.figures import count
from auditor.report.names import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from auditor.documents.document import Document
    from auditor.documents.signoff import Decision, Filed
    from auditor.report.codes import Code

WORDS: Final = {"accept": "accepted", "mitigate": "to be mitigated", "reject": "rejected"}
UNDECIDED: Final = "no decision"
EXPIRED: Final = "expired"
FOREIGN: Final = "signed for another audit.json"
REPLACED: Final = "replaced by a later decision"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One finding, or the report as a whole, and what was decided about it."""

    code: str
    anchor: str  # nothing for the whole report
    title: str
    decision: str  # in words
    state: str  # nothing where it holds
    shape: str
    reason: str
    owner: str
    role: str
    date: str
    expires: str

    @property
    def mark(self) -> str:
        """A few words for beside the finding; nothing where nothing was decided."""
        if self.decision == UNDECIDED:
            return ""
        return f"{self.decision}, {self.state}" if self.state else self.decision


@dataclass(frozen=True, kw_only=True)
class SignedOff:
    """What the section shows."""

    sha256: str
    alarm: str  # loudly, above everything else; nothing where all is well
    findings: tuple[Row, ...]
    whole: tuple[Row, ...]
    past: tuple[Row, ...]  # decisions that do not hold
    tally: str
    expired: int

    @property
    def marks(self) -> dict[str, Row]:
        """Rows by the link of their finding."""
        return {row.anchor: row for row in self.findings}


def signed_off(document: Document, filed: Filed) -> SignedOff:
    """Gather the section on dispositions and sign-off.

    Parameters
    ----------
    document
        What the report speaks of.
    filed
        What was signed.

    Returns
    -------
    SignedOff
        A row for every finding, decided or not.
    """
    codes = list_codes(document)
    records = list(filed.signoff.records) if filed.signoff is not None else []
    latest: dict[str | None, Decision] = {one.finding: one for one in records if one.audit_sha256 == filed.sha256}
    known = {code.fingerprint: code for code in codes}
    findings = tuple(_row(code, latest.get(code.fingerprint), filed) for code in codes)
    whole = (_row(None, latest[None], filed),) if None in latest else ()
    past = tuple(_past(one, known, filed) for one in records if latest.get(one.finding) is not one)
    return SignedOff(
        sha256=filed.sha256,
        alarm=_alarm(records, filed),
        findings=findings,
        whole=whole,
        past=past,
        tally=f"{_tally(findings, signed=bool(whole and not whole[0].state))} {_derived(filed)}".rstrip(),
        expired=sum(row.state == EXPIRED for row in (*findings, *whole)),
    )


def _row(code: Code | None, one: Decision | None, filed: Filed) -> Row:
    names = _names(code)
    if one is None:
        return Row(
            **names, decision=UNDECIDED, state="", shape="open", reason="", owner="", role="", date="", expires=""
        )
    gone = one.expires is not None and one.expires < filed.today
    return _decided(one, names, state=EXPIRED if gone else "", shape="lapsed" if gone else one.disposition)


def _names(code: Code | None) -> dict[str, str]:
    if code is None:
        return {"code": "", "anchor": "", "title": "The whole report"}
    return {"code": code.code, "anchor": code.anchor, "title": code.title}


def _decided(one: Decision, names: Mapping[str, str], *, state: str, shape: str) -> Row:
    return Row(
        code=names["code"],
        anchor=names["anchor"],
        title=names["title"],
        decision=WORDS[one.disposition],
        state=state,
        shape=shape,
        reason=one.reason,
        owner=one.owner,
        role=one.role or "",
        date=one.date,
        expires=one.expires or "",
    )


def _past(one: Decision, known: Mapping[str, Code], filed: Filed) -> Row:
    """A decision that does not hold, about something that this audit may not even have."""
    names = _names(known.get(one.finding or ""))
    if one.finding is not None and one.finding not in known:
        names = {"code": "", "anchor": "", "title": shorten(one.finding, 40)}
    state = FOREIGN if one.audit_sha256 != filed.sha256 else REPLACED
    return _decided(one, names, state=state, shape="lapsed")


def _alarm(records: list[Decision], filed: Filed) -> str:
    foreign = sum(one.audit_sha256 != filed.sha256 for one in records)
    if not foreign:
        return ""
    if foreign == len(records):
        return (
            "The sign-off does not belong to this audit: audit.json is not the file that was signed. "
            "Nothing below was signed for what this report says."
        )
    decisions = "1 decision was" if foreign == 1 else f"{count(foreign)} decisions were"
    return (
        f"{decisions} signed for another audit.json, and {'does' if foreign == 1 else 'do'} not belong to this report."
    )


def _derived(filed: Filed) -> str:
    """That people signed another file than the one this report was made from."""
    if filed.derived is None:
        return ""
    return (
        "This report was made from a version of that file in which parts are left out "
        f"(SHA-256 {filed.derived_sha256}); nobody signed that version."
    )


def _tally(findings: tuple[Row, ...], *, signed: bool) -> str:
    decided = sum(row.decision != UNDECIDED and not row.state for row in findings)
    whole = "The whole report is signed." if signed else "The whole report is not signed."
    if not findings:
        return f"There are no findings to decide about. {whole}"
    noun = "finding" if len(findings) == 1 else "findings"
    return f"{count(decided)} of {count(len(findings))} {noun} decided. {whole}"


def list_decided(document: Document, filed: Filed | None) -> dict[str, Row]:
    """What was decided about each finding, whether it still holds or not.

    Parameters
    ----------
    document
        The audit.
    filed
        What was signed; None where nothing was.

    Returns
    -------
    dict
        By fingerprint; findings that nobody decided about are left out.
    """
    if filed is None or filed.signoff is None:
        return {}
    codes, rows = list_codes(document), signed_off(document, filed).findings
    return {code.fingerprint: row for code, row in zip(codes, rows, strict=True) if row.mark}


def tell_decisions(document: Document, filed: Filed) -> list[str]:
    """Tell what was decided, for a terminal.

    Parameters
    ----------
    document
        The audit.
    filed
        What was signed.

    Returns
    -------
    list of str
        One line per finding, then the whole report, then what does not hold.
    """
    section = signed_off(document, filed)
    prints = [code.fingerprint for code in list_codes(document)]
    lines = [section.alarm] if section.alarm else []
    lines += [f"{row.code}  {name}: {_line(row)}" for name, row in zip(prints, section.findings, strict=True)]
    lines += [f"whole report: {_line(row)}" for row in section.whole] or ["whole report: not signed"]
    return [*lines, *(f"does not hold: {row.title}: {_line(row)}" for row in section.past)]


def _line(row: Row) -> str:
    return ", ".join(_parts(row))


def _parts(row: Row) -> Iterator[str]:
    yield row.mark or UNDECIDED
    if row.owner:
        yield f"{row.owner} ({row.role})" if row.role else row.owner
        yield row.date
        yield from (f"until {row.expires}",) if row.expires else ()
        yield row.reason
