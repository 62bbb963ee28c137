"""Document control: which report this is, who made it of what, and for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auditor.documents.document import REDACTED
from auditor.report.declared import NOTHING
from auditor.report.facts import facts, policy_rows, printed_time
from auditor.report.figures import count
from auditor.report.names import shorten
from auditor.report.tables import Cell, Table, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.documents.declared import Declared
    from auditor.documents.document import Document

_FULL: Final = ", the audit itself"
_DERIVED: Final = ", this version"
CONTROL: Final = {
    "report_id": "Report",
    "revision": "Revision",
    "supersedes": "Supersedes",
    "distribution": "Distribution",
    "run_by": "Audit run by",
    "relation": "Relation to the model",
}


def identity(document: Document, *, sha256: str = "", derived: str = "") -> Table:
    """Say which report this is, and on which model, which data and by which tool.

    Parameters
    ----------
    document
        What the report speaks of.
    sha256
        Of audit.json.
    derived
        SHA-256 of the version of it that the report was made from; nothing where it is audit.json itself.

    Returns
    -------
    Table
        What identifies the audit.
    """
    data, model = document.data, document.model
    left = data.n_listed - data.n_read
    return facts(
        "Document control",
        [
            *control_rows(document),
            ("Model", text(model.source, source="recorded")),
            ("Weights SHA-256", text(model.weights_sha256, code=True)),
            ("Data", text(data.annotations, source="recorded")),
            ("Manifest SHA-256", text(data.manifest_sha256, code=True)),
            *policy_rows(document),
            ("Images read", text(f"{count(data.n_read)} of {count(data.n_listed)} listed; {count(left)} left out")),
            ("Created", text(printed_time(document.created), source="recorded")),
            ("Made by", text(f"{document.tool.name} {document.tool.version}", source="recorded")),
            (f"audit.json SHA-256{_FULL if derived else ''}", text(sha256, code=True)),
            *([(f"{REDACTED} SHA-256{_DERIVED}", text(derived, code=True))] if derived else []),
        ],
    )


def control_rows(document: Document) -> Iterator[tuple[str, Cell]]:
    """Say which report this is and who made it.

    Parameters
    ----------
    document
        What the report speaks of.

    Yields
    ------
    tuple
        Name and cell of each fact.
    """
    for name, words in CONTROL.items():
        said = getattr(document.declared, name)
        yield words, Cell(text=said or NOTHING, faint=said is None, source="declared" if said else "")
    if document.declared_at is not None:
        when = text(
            printed_time(document.declared_at),
            note="after the run; the plan held other facts or none",
            source="recorded",
        )
        yield "Facts declared", when


def foot(declared: Declared) -> str:
    """Say which report a page belongs to.

    Parameters
    ----------
    declared
        Of the document.

    Returns
    -------
    str
        Nothing where neither an id nor a distribution was declared.
    """
    revision = f"rev. {shorten(declared.revision, 8)}" if declared.revision else ""
    parts = (shorten(declared.report_id or "", 14), revision, declared.distribution or "")
    return ", ".join(part for part in parts if part)
