"""Filing: what is said about an audit after it was measured, declared facts and decisions, each where it belongs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

from auditor.documents.declared import Declared, read_declared
from auditor.documents.document import SCHEMA_VERSION, Asked, Document
from auditor.documents.frameworks import list_frameworks, read_frameworks
from auditor.documents.signoff import SIGNOFF, Decision, Disposition, append_decision, find_today, read_signoff
from auditor.errors import UsageError, nearest
from auditor.report.codes import list_codes
from auditor.result import AUDIT, read_document, write_document
from auditor.runs.files import sha256

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from auditor.documents.document import PolicyLock
    from auditor.plans.presentation import ReportPlan


class Told(NamedTuple):
    """What is said of an audit beside what was measured."""

    declared: Declared
    report: Asked
    policy: PolicyLock | None = None  # goes into the records' header, before the run


DISPOSITIONS: Final[tuple[str, ...]] = get_args(Disposition)


def ask(report: ReportPlan, classes: Sequence[str], *, root: Path | None = None) -> Asked:
    """Check what a plan asks of the report.

    Parameters
    ----------
    report
        That table of the plan.
    classes
        Of the model.
    root
        Folder of the plan.

    Returns
    -------
    Asked
        With the user's own frameworks in whole, so that the report needs no file beside audit.json.

    Raises
    ------
    UsageError
        If a framework is missing or faulty, or the positive class is not one of the model's.
    """
    if report.positive is not None and report.positive not in classes:
        msg = f"report.positive: {report.positive!r} is no class of the model{nearest(report.positive, classes)}"
        raise UsageError(msg)
    shipped, own = _split(report.requirements, root)
    said = report.model_dump(include={"positive", "images", "blur", "hash_ids", "language"})
    return Asked(preset=report.compares, public=report.public, requirements=shipped, frameworks=own, **said)


def _split(names: Sequence[str] | None, root: Path | None) -> tuple[list[str] | None, list[Any]]:
    """Names of frameworks that ship, and the user's own as read; None asks for the usual ones."""
    if names is None:
        return None, []
    known = list_frameworks()
    files = [name for name in names if name not in known]
    return [name for name in dict.fromkeys(names) if name in known], read_frameworks(files, root)


def add_told(
    document: Document, told: Told, *, header: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]
) -> Document:
    """Add what is declared, and what the report is asked to file, to what was measured.

    Parameters
    ----------
    document
        What was measured.
    told
        What is declared and asked.
    header, tables
        What it was measured from: selection rates are computed where a positive class is named.

    Returns
    -------
    Document
        In full.
    """
    update: dict[str, Any] = {"declared": told.declared, "report": told.report}
    if told.report.positive is not None:
        from auditor.analysis.compilation import gather
        from auditor.analysis.rungs import as_estimate
        from auditor.analysis.statistics.selection import measure_selection

        rows = measure_selection(gather(header, tables), told.report.positive)
        update["estimates"] = [*document.estimates, *(as_estimate(row) for row in rows)]
    return document.model_copy(update=update)


def with_requirements(document: Document, names: Sequence[str]) -> Document:
    """Ask for other frameworks than the audit did.

    Parameters
    ----------
    document
        What the report speaks of.
    names
        Of frameworks that ship, or files; none leave it as it is.

    Returns
    -------
    Document
        To be rendered; audit.json stays as it is.

    Raises
    ------
    UsageError
        If one is missing or faulty.
    """
    if not names:
        return document
    shipped, own = _split(names, None)
    asked = document.report.model_copy(update={"requirements": shipped, "frameworks": own})
    return document.model_copy(update={"report": asked})


def declare(folder: str | Path, facts: str | Path) -> Path:
    """Put declared facts into an audit, in place of those that it has; nothing is measured again.

    Parameters
    ----------
    folder
        That of audit.json.
    facts
        A TOML file with a table ``[declared]``.

    Returns
    -------
    Path
        audit.json, with the time of the declaration in it.

    Raises
    ------
    UsageError
        If the facts cannot be used, or the audit was signed: what was signed is never changed.
    DataError
        If there is no audit.
    """
    declared = read_declared(facts)
    document = read_document(folder)
    home = _home(folder)
    signoff, _ = read_signoff(home)
    digest = sha256(home / AUDIT)
    if signoff is not None and any(record.audit_sha256 == digest for record in signoff.records):
        msg = f"{home / AUDIT}: was signed, and stays as it was signed; to declare other facts, copy the folder "
        msg += f"without {SIGNOFF}, declare there, and sign again"
        raise UsageError(msg)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    update = {"declared": declared, "declared_at": now, "schema_version": SCHEMA_VERSION}
    return write_document(document.model_copy(update=update), home)


def _home(folder: str | Path) -> Path:
    path = Path(folder)
    return path if path.is_dir() else path.parent


def sign(
    folder: str | Path,
    finding: str | None = None,
    *,
    disposition: str,
    reason: str,
    owner: str,
    role: str | None = None,
    expires: str | None = None,
) -> Path:
    """Record what a person decided about one finding, or about the whole report.

    Parameters
    ----------
    folder
        That of audit.json.
    finding
        Its fingerprint, its code as the report prints it (``F-02``) or its link; None for the whole report.
    disposition
        ``"accept"``, ``"mitigate"`` or ``"reject"``.
    reason, owner, role
        Why, who answers for it, and as what.
    expires
        The last day on which it holds, as in ``2027-01-31``.

    Returns
    -------
    Path
        sign-off.json, to which the decision was added.

    Raises
    ------
    UsageError
        If there is no such finding, or something else is not usable as given.
    DataError
        If there is no audit.
    """
    document, home = read_document(folder), _home(folder)
    if disposition not in DISPOSITIONS:
        msg = f"no such disposition: {disposition!r}{nearest(disposition, DISPOSITIONS)}"
        raise UsageError(msg)
    said = {"reason": reason, "owner": owner, "role": role}
    for name, words in said.items():
        if words is not None and not 0 < len(words.strip()) <= 2000:  # noqa: PLR2004 -- as in `signoff.Words`
            raise UsageError(f"--{name}: 1 to 2,000 letters are expected, found {len(words.strip()):,}")
    decision = Decision(
        audit_sha256=sha256(home / AUDIT),
        finding=None if finding is None else find_finding(document, finding),
        disposition=disposition,
        **{name: words.strip() if words else words for name, words in said.items()},
        date=find_today(),
        expires=_check_day(expires),
    )
    return append_decision(home, decision)


def _check_day(day: str | None) -> str | None:
    if day is None:
        return None
    try:
        wanted = date.fromisoformat(day).isoformat()
    except ValueError:
        raise UsageError(f"--expires: a date such as 2027-01-31 is expected, found {day!r}") from None
    if wanted < find_today():
        raise UsageError(f"--expires: {wanted} has passed")
    return wanted


def find_finding(document: Document, name: str) -> str:
    """Find a finding by any of its names.

    Parameters
    ----------
    document
        The audit.
    name
        Fingerprint, code or link.

    Returns
    -------
    str
        Its fingerprint.

    Raises
    ------
    UsageError
        If there is none, with the nearest.
    """
    codes = list_codes(document)
    for one in codes:
        if name.strip() in {one.fingerprint, one.code, one.anchor, f"#{one.anchor}"}:
            return one.fingerprint
    if not codes:
        raise UsageError(f"no such finding: {name!r}; this audit has no findings, only the whole report can be signed")
    known = [word for one in codes for word in (one.fingerprint, one.code, one.anchor)]
    offer = nearest(name, known) or f"; the first is {codes[0].code} ({codes[0].fingerprint})"
    raise UsageError(f"no such finding: {name!r}{offer}; `auditor sign-off DIR --list` names all")


def list_decisions(folder: str | Path) -> list[str]:
    """Tell the findings of an audit, and what was decided about each.

    Parameters
    ----------
    folder
        That of audit.json.

    Returns
    -------
    list of str
        One line per finding, the whole report last.
    """
    from auditor.documents.signoff import read_filed
    from auditor.report.signoff import tell_decisions

    home = _home(folder)
    document = read_document(folder)
    return tell_decisions(document, read_filed(home, (home / AUDIT).read_bytes()))
