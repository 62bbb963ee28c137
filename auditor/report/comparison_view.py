"""One frozen, plain view of a comparison: everything that its templates print."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from auditor.documents.document import serialise
from auditor.documents.signoff import Filed
from auditor.report import attachments, control, facts
from auditor.report.checks import checks
from auditor.report.comparison_cues import Cues, cue_table, cues
from auditor.report.comparison_examples import Frame, Twins, list_filters
from auditor.report.comparison_facts import (
    comparison_identity,
    find_time,
    matching_table,
    method_table,
    model_tables,
    ranking_table,
)
from auditor.report.comparison_maps import paired_maps
from auditor.report.comparison_numbers import Counter, Numbers, all_changes, all_of
from auditor.report.comparison_verdict import FirstPage, Verdict, first_page, full_verdict
from auditor.report.figures import count, share
from auditor.report.names import TITLE_WIDTH, shorten, shown
from auditor.report.plaintext import line
from auditor.report.signoff import SignedOff, signed_off
from auditor.report.view import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.documents.comparisons import Comparison
    from auditor.documents.document import Document
    from auditor.report.caps import Caps
    from auditor.report.filters import Filter
    from auditor.report.meanmaps import MeanMaps
    from auditor.report.photographs import Images
    from auditor.report.plates import Album
    from auditor.report.tables import Table

SECTIONS: Final = {
    "summary": ("Verdict", ("derived",)),
    "ranking": ("Ranking", ("derived",)),
    "pairs": ("Each model against the baseline", ("derived",)),
    "cues": ("Declared cues", ("measured", "derived")),
    "trust": ("Images that both get right", ("measured", "derived")),
    "performance": ("Right and wrong answers", ("measured", "derived")),
    "attention": ("Where the maps lie", ("measured", "derived")),
    "examples": ("The same images side by side", ("measured",)),
    "models": ("What was compared", ("measured", "recorded")),
    "method": ("Method and limits", ("recorded",)),
    "sign-off": ("Dispositions and sign-off", ("declared",)),
    "appendix": ("Appendix: all numbers", ("measured", "derived")),
}
"""Titles, and where what stands there comes from."""


@dataclass(frozen=True, kw_only=True)
class PairView:
    """One candidate against the baseline."""

    title: str
    names: tuple[str, str]
    verdict: Verdict
    cues: Cues
    cue_table: Table
    trust: Numbers
    answers: Numbers
    attention: Numbers
    effects: Numbers
    maps: MeanMaps | None
    twins: Twins
    numbers: Table


@dataclass(frozen=True, kw_only=True)
class Legend:
    """What the images of a page have in common."""

    legend: tuple[tuple[str, str, int], ...]  # region, colour, place
    filters: tuple[Filter, ...]


@dataclass(frozen=True, kw_only=True)
class ComparisonView:
    """Everything that the report of a comparison prints."""

    title: str
    short_title: str
    created: str
    created_iso: str
    tool: str
    sections: tuple[Section, ...]
    foot: str
    identity: Table
    page: FirstPage
    pairs: tuple[PairView, ...]
    ranking: Table | None
    gallery: Legend
    models: tuple[Table, ...]
    matching: Table
    notes: tuple[str, ...]
    settings: Table
    methods: tuple[str, ...]
    confidence: str
    min_clusters: int
    withheld: tuple[str, ...]  # by the checks of the last audit
    signed: SignedOff
    manifest: Table

    @property
    def many(self) -> bool:
        """Whether there are several pairs."""
        return len(self.pairs) > 1


def view_comparison(
    document: Document, *, images: Images, caps: Caps, filed: Filed | None = None, album: Album | None = None
) -> ComparisonView:
    """Turn a document with a comparison into what its templates print.

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
    ComparisonView
        The same for the same document, images and signatures.

    Raises
    ------
    ValueError
        If the document holds no comparison.
    """
    comparison = document.comparison
    if comparison is None:
        raise ValueError("this document holds no comparison")
    filed = filed if filed is not None else Filed(audit=serialise(document))
    frame = Frame(document, images, album=album)
    pairs = tuple(_pairs(document, comparison, frame, caps=caps))
    signed = _unlinked(signed_off(document, filed))
    alarms = [*_alarms(document, signed), *_missing(pairs)]
    ranking = ranking_table(comparison, few=document.method.min_clusters)
    title = name_comparison(comparison)
    twins = [(pair.names[1], one) for pair in pairs for one in pair.twins.items]
    return ComparisonView(
        title=title,
        short_title=shorten(title, TITLE_WIDTH),
        created=facts.printed_time(find_time(document)),
        created_iso=find_time(document),
        tool=f"{document.tool.name} {document.tool.version}",
        sections=tuple(_sections(ranking=ranking is not None, many=len(pairs) > 1, signed=filed.signoff is not None)),
        foot=control.foot(document.declared),
        identity=comparison_identity(document, comparison, sha256=filed.sha256, derived=filed.derived_sha256),
        page=first_page(document, comparison, alarms=alarms),
        pairs=pairs,
        ranking=ranking,
        gallery=Legend(legend=frame.legend(comparison.pairs), filters=list_filters(twins) if album else ()),
        models=model_tables(comparison),
        matching=matching_table(comparison),
        notes=(*comparison.matching.notes, *_framed(comparison)),
        settings=method_table(document, comparison),
        methods=tuple(comparison.method),
        confidence=share(comparison.confidence),
        min_clusters=document.method.min_clusters,
        withheld=checks(document.protocol).withheld if document.protocol is not None else (),
        signed=signed,
        manifest=attachments.manifest(document, filed),
    )


def name_comparison(comparison: Comparison) -> str:
    """Give a comparison its title.

    Parameters
    ----------
    comparison
        Of a document.

    Returns
    -------
    str
        The candidate against the baseline; how many there are where they are several.
    """
    base = shown(comparison.baseline)
    if len(comparison.pairs) == 1:
        return f"{shown(comparison.pairs[0].candidate)} against {base}"
    return f"{count(len(comparison.pairs))} models against {base}"


def _pairs(document: Document, comparison: Comparison, frame: Frame, *, caps: Caps) -> Iterator[PairView]:
    room = caps.examples // max(len(comparison.pairs), 1)
    rows = caps.rows // max(len(comparison.pairs), 1)
    for place, pair in enumerate(comparison.pairs, start=1):
        names = (comparison.baseline, pair.candidate)
        counter = Counter(pair, document, names)
        found = cues(pair, document, names=names, prefix=f"pair-{place}-" if len(comparison.pairs) > 1 else "")
        yield PairView(
            title=f"{shown(pair.candidate)} against {shown(comparison.baseline)}",
            names=(line(shown(names[0])), line(shown(names[1]))),
            verdict=full_verdict(pair, comparison.baseline),
            cues=found,
            cue_table=cue_table(found, names=names),
            trust=counter.trust(),
            answers=counter.answers(),
            attention=counter.attention(),
            effects=counter.effects(),
            maps=paired_maps(pair, document, names=names),
            twins=frame.twins(pair, names=names, most=room),
            numbers=all_changes(all_of(pair), names=names, few=document.method.min_clusters, most=rows),
        )


def _sections(*, ranking: bool, many: bool, signed: bool) -> Iterator[Section]:
    """Those that have something to say, numbered in order."""
    there = {"ranking": ranking, "pairs": many, "sign-off": signed}
    kept = [anchor for anchor in SECTIONS if there.get(anchor, True)]
    for number, anchor in enumerate(kept, start=1):
        title, sources = SECTIONS[anchor]
        yield Section(anchor=anchor, number=number, title=title, sources=sources)


def _unlinked(signed: SignedOff) -> SignedOff:
    """Decisions without links: this report has no section on single findings."""
    findings, past = ((replace(row, anchor="") for row in rows) for rows in (signed.findings, signed.past))
    return replace(signed, findings=tuple(findings), past=tuple(past))


def _alarms(document: Document, signed: SignedOff) -> Iterator[str]:
    """What sets this version apart, and signatures that belong to another audit."""
    if document.redaction is not None:
        yield from document.warnings[:1]
    if signed.alarm:
        yield signed.alarm


def _missing(pairs: tuple[PairView, ...]) -> Iterator[str]:
    gone, asked = sum(pair.twins.missing for pair in pairs), sum(len(pair.twins.items) for pair in pairs)
    if gone:
        yield f"{count(gone)} of {count(asked)} example images could not be shown: image not available."


def _framed(comparison: Comparison) -> Iterator[str]:
    """Maps of a model that sees another frame are drawn on the frame of the last one."""
    last = comparison.models[-1]
    others = [shown(one.name) for one in comparison.models if one.frame != last.frame]
    if others:
        yield (
            f"Photographs are drawn as {shown(last.name)} sees them. The frame of {', '.join(others)} has another "
            "size, so that its maps may lie a little off."
        )
