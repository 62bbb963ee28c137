"""One frozen, plain view of a document: everything that a template prints, so that templates hold no logic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from auditor.documents.document import serialise
from auditor.documents.signoff import Filed
from auditor.report import attachments, contents, control, declared, facts
from auditor.report.attention import Attention, attention
from auditor.report.caps import cut_examples
from auditor.report.checks import Checks, checks
from auditor.report.estimates import Estimates
from auditor.report.figures import share
from auditor.report.findings import Findings, findings
from auditor.report.gallery import Gallery, gallery
from auditor.report.levels import ANSWERS
from auditor.report.listing import all_numbers
from auditor.report.meanmaps import MeanMaps, mean_maps
from auditor.report.names import TITLE_WIDTH, shorten
from auditor.report.performance import Performance, performance
from auditor.report.requirements import MEANINGS, STATUSES, Index, frameworks, indices
from auditor.report.robustness import Robustness, robustness
from auditor.report.selection import Selection, selection
from auditor.report.signoff import SignedOff, signed_off
from auditor.report.summary import Summary, summary
from auditor.report.waivers import find_unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from auditor.documents.document import Document
    from auditor.report.caps import Caps
    from auditor.report.photographs import Images
    from auditor.report.plates import Album
    from auditor.report.tables import Table

BOTH: Final = ("measured", "derived")
SECTIONS: Final = {
    "summary": ("Summary", BOTH),
    "findings": ("Findings", BOTH),
    "checks": ("Checks of this audit", BOTH),
    "scope": ("Scope and intended use", ("declared",)),
    "model": ("The model", ("measured", "recorded", "declared")),
    "data": ("The data", ("measured", "declared")),
    "performance": ("Right and wrong answers", BOTH),
    "selection": ("Selection rates", BOTH),
    "attention": ("Where the maps lie", BOTH),
    "examples": ("Example misclassifications", ("measured",)),
    "robustness": ("Robustness of conclusions", BOTH),
    "method": ("Method", ("recorded",)),
    "limits": ("Limitations and residual risk", ("declared",)),
    "requirements": ("Requirement index", ("derived",)),
    "sign-off": ("Dispositions and sign-off", ("declared",)),
    "appendix": ("Appendix: all numbers", ("measured", "derived", "recorded")),
}
"""Titles, and where what stands there comes from."""
CONTROL: Final = ("control", "Document control")
"""Stands before the sections: on the band of the page, beside the contents in print."""


LISTED: Final = 12
"""Findings in the table of contents: the gravest."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading and where to find it."""

    anchor: str
    number: int
    title: str
    sources: tuple[str, ...] = ()
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
    places: dict[str, str]  # number and title by anchor
    foot: str  # which report a page belongs to; may be nothing
    identity: Table
    summary: Summary
    findings: Findings | None
    checks: Checks | None
    shapes: tuple[tuple[str, str], ...]  # of answers: shape and word
    scope: Table
    model_facts: Table
    provider: Table
    data_facts: Table
    data_tables: tuple[Table, ...]
    dataset: Table
    populations: tuple[Table, ...]
    performance: Performance
    selection: Selection | None
    attention: Attention
    mean_maps: MeanMaps | None
    gallery: Gallery
    robustness: Robustness
    method: Table
    remarks: tuple[str, ...]
    confidence: str
    min_clusters: int
    residual: Table
    indices: tuple[Index, ...]
    unknown: tuple[str, ...]  # declared not to apply, and in no index
    statuses: tuple[tuple[str, str, str], ...]  # shape, word and meaning
    signed: SignedOff
    estimates: Table
    appendix: tuple[Table, ...]


def view(
    document: Document, *, images: Images, caps: Caps, filed: Filed | None = None, album: Album | None = None
) -> View:
    """Turn a document into what templates print.

    Parameters
    ----------
    document
        What the report speaks of.
    images
        The images folder; None where there is none, and then examples say so.
    caps
        How much it may hold.
    filed
        The audit as it lies in its folder, and what was signed; None where it lies nowhere yet.
    album
        Keeps the photographs of a page; None in print, where each picture is drawn whole.

    Returns
    -------
    View
        The same for the same document, images and signatures.
    """
    filed = filed if filed is not None else Filed(audit=serialise(document))
    estimates = Estimates(document)
    found = findings(document, estimates, images=images, album=album)
    shown = gallery(cut_examples(document, caps.examples), images, found=found, album=album)
    checked = checks(document.protocol) if document.protocol is not None else None
    selected, signed = selection(document, estimates), signed_off(document, filed)
    sections = tuple(_sections({"findings": found, "checks": checked, "selection": selected}))
    places = dict([CONTROL, *((one.anchor, f"{one.number} {one.title}") for one in sections)])
    return View(
        title=document.title,
        short_title=shorten(document.title, TITLE_WIDTH),
        model=document.model.source,
        created=facts.printed_time(document.created),
        created_iso=document.created,
        tool=f"{document.tool.name} {document.tool.version}",
        sections=sections,
        places=places,
        summary=summary(document, estimates, missing=shown.missing, findings=found, checks=checked, signed=signed),
        findings=found,
        checks=checked,
        shapes=tuple((shape, answer) for answer, shape in ANSWERS.items()),
        **_told(document),
        **_recorded(document),
        data_tables=contents.data_tables(document, estimates),
        performance=performance(document, estimates),
        selection=selected,
        attention=attention(document, estimates),
        mean_maps=mean_maps(document),
        gallery=shown,
        signed=signed,
        **_listed(document, estimates, caps),
        **_filed(document, filed, places),
    )


def _listed(document: Document, estimates: Estimates, caps: Caps) -> dict[str, Any]:
    """What was tried on the conclusions, and the numbers that they rest on."""
    return {
        "robustness": robustness(document, estimates),
        "estimates": all_numbers(document, estimates, rows=caps.rows, joined=caps.joined),
    }


def _recorded(document: Document) -> dict[str, Any]:
    """What was audited, and how."""
    return {
        "model_facts": facts.model_facts(document),
        "data_facts": facts.data_facts(document),
        "method": facts.method_facts(document),
        "remarks": tuple(document.remarks),
        "confidence": share(document.method.confidence),
        "min_clusters": document.method.min_clusters,
    }


def _filed(document: Document, filed: Filed, places: Mapping[str, str]) -> dict[str, Any]:
    """Document control, the requirement index, and what goes with the report."""
    return {
        "foot": control.foot(document.declared),
        "identity": control.identity(document, sha256=filed.sha256, derived=filed.derived_sha256),
        "indices": indices(document, filed, anchors=places),
        "unknown": tuple(
            shorten(name, TITLE_WIDTH) for name in find_unknown(document.declared.not_applicable, frameworks(document))
        ),
        "statuses": tuple((shape, status, MEANINGS[status]) for status, shape in STATUSES.items()),
        "appendix": (*facts.appendix_tables(document), attachments.manifest(document, filed)),
    }


def _told(document: Document) -> dict[str, Any]:
    """What the provider declared."""
    said = document.declared
    return {
        "scope": declared.told(said, declared.SCOPE, "Scope and intended use"),
        "provider": declared.told(said, declared.PROVIDER, "The model, as its provider describes it"),
        "dataset": declared.told(said, declared.DATASET, "The data, as the provider describes them"),
        "populations": tuple(declared.population_tables(document)),
        "residual": declared.told(said, declared.RESIDUAL, "Residual risk, oversight and monitoring"),
    }


def _sections(parts: Mapping[str, Findings | Checks | Selection | None]) -> Iterator[Section]:
    """Those that have something to say, numbered in order."""
    found = parts["findings"]
    entries = found.rows if isinstance(found, Findings) else ()
    listed = tuple(Entry(anchor=row.anchor, code=row.badge.code, title=row.title) for row in entries[:LISTED])
    kept = [anchor for anchor in SECTIONS if parts.get(anchor, listed) is not None]
    for number, anchor in enumerate(kept, start=1):
        title, sources = SECTIONS[anchor]
        under = listed if anchor == "findings" else ()
        yield Section(anchor=anchor, number=number, title=title, sources=sources, entries=under)
