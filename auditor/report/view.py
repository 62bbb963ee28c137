"""One frozen, plain view of a document: everything that a template prints, so that templates hold no logic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.report import contents, facts, tables
from auditor.report.attention import Attention, attention
from auditor.report.estimates import KEYS, Estimates
from auditor.report.figures import share
from auditor.report.gallery import Gallery, gallery
from auditor.report.meanmaps import MeanMaps, mean_maps
from auditor.report.names import shorten, value_name
from auditor.report.performance import Performance, performance
from auditor.report.summary import Summary, summary
from auditor.report.tables import Cell, Table, head

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.document import Document
    from auditor.ladder import Estimate

STATISTICS: Final = {
    "accuracy": "answered right",
    "accuracy_gap": "difference in answered right",
    "confusion": "answered as",
    "mass": "share of map",
    "area": "area of region",
    "borrowed_mass": "share of map elsewhere",
    "enrichment": "enrichment",
    "pointing": "maximum inside",
    "attention_iou": "attention-IoU",
    "empty_maps": "empty maps",
    "cramers_v": "Cramér's V",
    "attribute_only_accuracy": "guessing from attribute",
    "majority_accuracy": "most frequent label",
}
SECTIONS: Final = (
    ("summary", "Summary"),
    ("model", "The model"),
    ("data", "The data"),
    ("performance", "Right and wrong answers"),
    ("attention", "Where the maps lie"),
    ("examples", "Example misclassifications"),
    ("method", "Method and limits"),
    ("appendix", "Appendix: all numbers"),
)


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading and where to find it."""

    anchor: str
    number: int
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
    return View(
        title=document.title,
        short_title=shorten(document.title, 40),
        model=document.model.source,
        created=facts.printed_time(document.created),
        created_iso=document.created,
        tool=f"{document.tool.name} {document.tool.version}",
        sections=tuple(
            Section(anchor=anchor, number=place, title=title) for place, (anchor, title) in enumerate(SECTIONS, start=1)
        ),
        identity=facts.identity(document),
        summary=summary(document, estimates, missing=shown.missing),
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
        head(STATISTICS.get(row.statistic, row.statistic)),
        *(tables.text(key) for key in keys),
        Cell(text=number.text, numeric=True, small=number.small),
        tables.figure(number.interval),
        tables.whole(number.n),
        tables.whole(row.clusters),
    )
