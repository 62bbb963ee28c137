"""One frozen, plain view of a document: everything that a template prints, so that templates hold no logic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.report import contents, facts, tables
from auditor.report.attention import Attention, attention
from auditor.report.checks import Checks, checks
from auditor.report.estimates import KEYS, Estimates
from auditor.report.figures import share
from auditor.report.findings import Findings, findings
from auditor.report.gallery import Gallery, gallery
from auditor.report.levels import ANSWERS
from auditor.report.meanmaps import MeanMaps, mean_maps
from auditor.report.names import shorten, value_name
from auditor.report.performance import Performance, performance
from auditor.report.summary import Summary, summary
from auditor.report.tables import Cell, Table, head
from auditor.report.vocabulary import fill_name, statistic_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from auditor.document import Document
    from auditor.ladder import Estimate

SECTIONS: Final = (
    ("summary", "Summary"),
    ("findings", "Findings"),
    ("checks", "Checks of this audit"),
    ("model", "The model"),
    ("data", "The data"),
    ("performance", "Right and wrong answers"),
    ("attention", "Where the maps lie"),
    ("examples", "Example misclassifications"),
    ("method", "Method"),
    ("limits", "What this audit cannot detect"),
    ("appendix", "Appendix: all numbers"),
)


LISTED: Final = 12
"""Findings in the table of contents: the gravest."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading and where to find it."""

    anchor: str
    number: int
    title: str
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line below a section in the table of contents."""

    anchor: str
    code: str
    title: str


@dataclass(frozen=True, kw_only=True)
class View:
    """Everything that a report prints."""

    title: str
    short_title: str
    model: str
    created: str
    created_iso: str
    tool: str
    sections: tuple[Section, ...]
    identity: Table
    summary: Summary
    findings: Findings | None
    checks: Checks | None
    shapes: tuple[tuple[str, str], ...]  # of answers: shape and word
    model_facts: Table
    data_facts: Table
    data_tables: tuple[Table, ...]
    performance: Performance
    attention: Attention
    mean_maps: MeanMaps | None
    gallery: Gallery
    method: Table
    remarks: tuple[str, ...]
    confidence: str
    min_clusters: int
    estimates: Table
    appendix: tuple[Table, ...]


def view(document: Document, *, images: Path | None, rows: int) -> View:
    """Turn a document into what templates print.

    Parameters
    ----------
    document
        What the report speaks of.
    images
        The images folder; None where there is none, and then examples say so.
    rows
        Of the table of all numbers, at most.

    Returns
    -------
    View
        The same for the same document and images.
    """
    estimates = Estimates(document)
    shown = gallery(document, images)
    found = findings(document, estimates, images=images)
    checked = checks(document.protocol) if document.protocol is not None else None
    return View(
        title=document.title,
        short_title=shorten(document.title, 40),
        model=document.model.source,
        created=facts.printed_time(document.created),
        created_iso=document.created,
        tool=f"{document.tool.name} {document.tool.version}",
        sections=tuple(_sections(found, checked)),
        identity=facts.identity(document),
        summary=summary(document, estimates, missing=shown.missing, findings=found, checks=checked),
        findings=found,
        checks=checked,
        shapes=tuple((shape, answer) for answer, shape in ANSWERS.items()),
        model_facts=facts.model_facts(document),
        data_facts=facts.data_facts(document),
        data_tables=contents.data_tables(document, estimates),
        performance=performance(document, estimates),
        attention=attention(document, estimates),
        mean_maps=mean_maps(document),
        gallery=shown,
        method=facts.method_facts(document),
        remarks=tuple(document.remarks),
        confidence=share(document.method.confidence),
        min_clusters=document.method.min_clusters,
        estimates=_all_numbers(document, estimates, rows),
        appendix=facts.appendix_tables(document),
    )


def _sections(found: Findings | None, checked: Checks | None) -> Iterator[Section]:
    """Those that have something to say, numbered in order."""
    absent = {name for name, part in (("findings", found), ("checks", checked)) if part is None}
    entries = found.rows if found is not None else ()
    listed = tuple(Entry(anchor=row.anchor, code=row.badge.code, title=row.title) for row in entries[:LISTED])
    kept = [(anchor, title) for anchor, title in SECTIONS if anchor not in absent]
    for number, (anchor, title) in enumerate(kept, start=1):
        yield Section(anchor=anchor, number=number, title=title, entries=listed if anchor == "findings" else ())


def _all_numbers(document: Document, estimates: Estimates, rows: int) -> Table:
    listed = document.estimates[:rows]
    total = len(document.estimates)
    return Table(
        caption="All numbers of this audit",
        kind="long",
        columns=(
            head("Number"),
            *(head(name) for name in ("Map of", "Region", "Labelled", "Answered", "Attribute", "Subgroup", "Answer")),
            *(tables.number_head(name) for name in ("Value", "Interval", "n", "Cases")),
        ),
        rows=tuple(_row(row, estimates) for row in listed),
        note=f"{len(listed):,} of {total:,} rows; the full table is in audit.json." if len(listed) < total else "",
    )


def _row(row: Estimate, estimates: Estimates) -> tuple[Cell, ...]:
    number = estimates.printed(row)
    keys = [value_name(value) if value is not None else "" for value in (getattr(row, key) for key in KEYS)]
    return (
        head(statistic_name(row.statistic), note=f"hidden by {fill_name(row.fill)}" if row.fill else ""),
        *(tables.text(key) for key in keys),
        Cell(text=number.text, numeric=True, small=number.small),
        tables.figure(number.interval),
        tables.whole(number.n),
        tables.whole(row.clusters),
    )
