"""Sign-off: what a person decided about an audit, kept beside audit.json and bound to its SHA-256."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationError

from auditor.documents.ladder import Part
from auditor.errors import DataError
from auditor.runs.files import write_bytes

SIGNOFF: Final = "sign-off.json"
Disposition = Literal["accept", "mitigate", "reject"]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
"""Blanks around them are taken off, and blanks alone say nothing."""


def _day(value: str) -> str:
    """A day that is on the calendar."""
    date.fromisoformat(value)
    return value


Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(_day)]


class Decision(Part):
    """What one person decided about one finding, or about the whole report."""

    audit_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]  # of the audit.json that was signed
    finding: str | None  # fingerprint; None: the whole report
    disposition: Disposition
    reason: Words
    owner: Words
    role: Words | None = None
    date: Day  # UTC
    expires: Day | None = None  # the last day on which it holds


class SignOff(Part):
    """All decisions about an audit, oldest first: the content of sign-off.json."""

    schema_version: Literal["1.0"] = "1.0"
    records: list[Decision] = Field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Filed:
    """An audit as it lies in its folder.

    Attributes
    ----------
    audit
        The bytes of audit.json.
    signoff
        What was signed; None where there is no sign-off.json.
    signed
        The bytes of sign-off.json; empty where there is none.
    derived
        The bytes of the version that the report is made from, in place of the audit; None where it is the audit itself.
    today
        Day for which the report says what has expired. It is in no report: on all days on which as much has expired,
        the same files give the same report.
    """

    audit: bytes
    signoff: SignOff | None = None
    signed: bytes = b""
    derived: bytes | None = None
    today: str = ""

    @property
    def sha256(self) -> str:
        """SHA-256 of audit.json."""
        return hashlib.sha256(self.audit).hexdigest()

    @property
    def derived_sha256(self) -> str:
        """SHA-256 of the version that the report is made from; nothing where it is audit.json itself."""
        return hashlib.sha256(self.derived).hexdigest() if self.derived is not None else ""


def read_filed(folder: str | Path, audit: bytes) -> Filed:
    """Put an audit together with what was signed.

    Parameters
    ----------
    folder
        That of audit.json.
    audit
        The bytes of audit.json.

    Returns
    -------
    Filed
        With today's date.

    Raises
    ------
    DataError
        If sign-off.json is not what `auditor sign-off` writes.
    """
    signoff, signed = read_signoff(folder)
    return Filed(audit=audit, signoff=signoff, signed=signed, today=find_today())


def read_signoff(folder: str | Path) -> tuple[SignOff | None, bytes]:
    """Read what was signed.

    Parameters
    ----------
    folder
        That of audit.json.

    Returns
    -------
    tuple
        The sign-off and the bytes of its file; ``(None, b"")`` where there is none.

    Raises
    ------
    DataError
        If the file is not what `auditor sign-off` writes.
    """
    path = Path(folder) / SIGNOFF
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None, b""
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise DataError(msg) from None
    try:
        return SignOff.model_validate_json(content), content
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        msg = f"{path}: is no sign-off that `auditor sign-off` wrote: {where}: {first['msg']}"
        raise DataError(msg) from None


def append_decision(folder: str | Path, decision: Decision) -> Path:
    """Add a decision to those that were made before; none is ever changed.

    Parameters
    ----------
    folder
        That of audit.json.
    decision
        What was decided.

    Returns
    -------
    Path
        sign-off.json.
    """
    path = Path(folder) / SIGNOFF
    before, _ = read_signoff(folder)
    records = [*(before.records if before is not None else ()), decision]
    values = SignOff(records=records).model_dump(mode="json")
    write_bytes(path, (json.dumps(values, indent=1, ensure_ascii=False) + "\n").encode())
    return path


def find_today() -> str:
    """Today's date in UTC.

    Returns
    -------
    str
        As in ``2026-11-23``; the day of ``SOURCE_DATE_EPOCH`` where that variable is set.
    """
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.fromtimestamp(int(fixed), UTC) if fixed.isdecimal() else datetime.now(UTC)
    return now.date().isoformat()
