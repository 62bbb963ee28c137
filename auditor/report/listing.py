"""The table of all numbers: a column per key on a screen, one cell in words for all keys on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.report import tables
from auditor.report.attention import TARGETS
from auditor.report.estimates import KEYS
from auditor.report.figures import count
from auditor.report.names import shown, value_name
from auditor.report.tables import Cell, Table, head
from auditor.report.vocabulary import fill_name, statistic_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.documents.document import Document
    from auditor.documents.ladder import Estimate
    from auditor.report.estimates import Estimates

_APART = ("Map of", "Region", "Labelled", "Answered", "Attribute", "Subgroup", "Answer")


def all_numbers(document: Document, estimates: Estimates, *, rows: int, joined: bool = False) -> Table:
    """List the numbers of an audit.

    Parameters
    ----------
    document
        What the report speaks of.
    estimates
        Its numbers.
    rows
        To show, at most.
    joined
        Whether what a number is about is told in one cell: half the cells, and no wider than a page is.

    Returns
    -------
    Table
        One row per number, in the document's order.
    """
    told = document.estimates[:rows]
    total = len(document.estimates)
    cut = f" {count(len(told))} of {count(total)} rows; the full table is in audit.json." if len(told) < total else ""
    keys = ("What it is about",) if joined else _APART
    return Table(
        caption="All numbers of this audit",
        kind="long joined" if joined else "long",
        source="measured, derived",
        columns=(
            head("Number"),
            *(head(name) for name in keys),
            *(tables.number_head(name) for name in ("Value", "Interval", "n", "Cases")),
        ),
        rows=tuple(_row(row, estimates, joined=joined) for row in told),
        note=f"Derived: computed from other rows; all other rows are measured.{cut}",
    )


def _row(row: Estimate, estimates: Estimates, *, joined: bool) -> tuple[Cell, ...]:
    number = estimates.printed(row)
    notes = [f"hidden by {fill_name(row.fill)}"] if row.fill else []
    notes += ["derived"] if row.source == "derived" else []
    name = statistic_name(row.statistic)
    first = head(f"{name} ({', '.join(notes)})") if joined and notes else head(name, note=", ".join(notes))
    about = [tables.text(" · ".join(_about(row)) or "all images")] if joined else [*_apart(row)]
    return (
        first,
        *about,
        Cell(text=number.text, numeric=True, small=number.small),
        tables.figure(number.interval),
        tables.whole(number.n),
        tables.whole(row.clusters),
    )


def _apart(row: Estimate) -> Iterator[Cell]:
    for key in KEYS:
        value = getattr(row, key)
        yield tables.text(value_name(value) if value is not None else "")


def _about(row: Estimate) -> Iterator[str]:
    """What a number is split by, in words."""
    if row.target is not None:
        yield TARGETS[row.target]
    if row.region is not None:
        yield shown(row.region)
    if row.label is not None:
        yield f"labelled {shown(row.label)}"
    if row.predicted is not None:
        yield f"answered {shown(row.predicted)}"
    if row.attribute is not None:
        yield shown(row.attribute) if row.subgroup is None else f"{shown(row.attribute)}: {value_name(row.subgroup)}"
    if row.outcome is not None:
        yield "right answers" if row.outcome == "correct" else "wrong answers"
