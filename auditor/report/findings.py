"""The section on findings: the evidence ladder at a glance, then what each finding rests on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.properties import is_property
from auditor.report import photographs
from auditor.report.attention import ROLES
from auditor.report.codes import list_codes
from auditor.report.details import beside_table, numbers_table, sureness_table, told_measured
from auditor.report.exhibits import Curator
from auditor.report.figures import SPACE, count
from auditor.report.ladders import make_ladder
from auditor.report.levels import ANSWERS, RUNGS, badge, comparison, ranked, region_name, topic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.documents.document import Document
    from auditor.documents.ladder import Finding
    from auditor.report.codes import Code
    from auditor.report.estimates import Estimates
    from auditor.report.exhibits import Wall
    from auditor.report.ladders import Ladder
    from auditor.report.levels import Badge
    from auditor.report.photographs import Images
    from auditor.report.plates import Album
    from auditor.report.tables import Table

PICTURED: Final = 12
"""Findings that are shown with photographs: the gravest."""
_USED: Final = frozenset({"E3", "E3'", "E4"})
_BRIEF: Final = frozenset({"R", "I", "E0"})


@dataclass(frozen=True, kw_only=True)
class Step:
    """One rung of the ladder."""

    name: str
    question: str
    answer: str
    shape: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One finding at a glance."""

    code: str
    anchor: str
    region: str
    role: str
    compared: str
    title: str
    headline: str
    badge: Badge
    steps: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True)
class Detail:
    """One finding in full."""

    row: Row
    numbers: Table | None
    beside: Table | None
    sureness: Table
    walls: tuple[Wall, ...]


@dataclass(frozen=True, kw_only=True)
class Brief:
    """One finding that is ruled out, open or not evaluated."""

    row: Row
    measured: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What the section shows."""

    tally: str
    rows: tuple[Row, ...]  # gravest first
    ladder: tuple[Row, ...]  # the same, regions kept together
    chart: Ladder | None  # in the same order; None where no effect has a margin
    details: tuple[Detail, ...]
    briefs: tuple[Brief, ...]
    example_rule: str
    pictures_note: str
    shown: int  # photographs asked for
    missing: int  # of which could not be shown


def findings(
    document: Document, estimates: Estimates, *, images: Images, album: Album | None = None
) -> Findings | None:
    """Gather the section on findings.

    Parameters
    ----------
    document
        What the report speaks of.
    estimates
        Its numbers.
    images
        The images folder; None where there is none.
    album
        Keeps the photographs of a page; None in print.

    Returns
    -------
    Findings or None
        None where nothing was hidden and nothing found.
    """
    if document.protocol is None and not document.findings:
        return None
    order = ranked(document.findings)
    rows = tuple(_row(finding, document, name) for finding, name in zip(order, list_codes(document), strict=True))
    told = list(zip(order, rows, strict=True))
    about = {row.anchor: finding for finding, row in told}
    full = [(finding, row) for finding, row in told if finding.level not in _BRIEF]
    curator = Curator(document, images, album=album)
    details = tuple(
        Detail(
            row=row,
            numbers=numbers_table(finding, estimates),
            beside=beside_table(finding, estimates),
            sureness=sureness_table(finding, document.protocol, estimates),
            walls=curator.hang(finding, anchor=row.anchor) if place < PICTURED else (),
        )
        for place, (finding, row) in enumerate(full)
    )
    hung = [exhibit for detail in details for wall in detail.walls for exhibit in wall.exhibits]
    return Findings(
        tally=_tally(order),
        rows=rows,
        ladder=_by_region(rows),
        chart=make_ladder([(about[row.anchor], row) for row in _by_region(rows)], document, estimates),
        details=details,
        briefs=tuple(
            Brief(row=row, measured=told_measured(finding, estimates))
            for finding, row in told
            if finding.level in _BRIEF
        ),
        example_rule=document.protocol.example_rule if document.protocol is not None else "",
        pictures_note=f"{_pictures_note(full)} {photographs.told(images) if hung else ''}".strip(),
        shown=len(hung),
        missing=sum(exhibit.missing for exhibit in hung),
    )


def _tally(order: Sequence[Finding]) -> str:
    """How many cells were tested, and how they came out."""
    outcomes = [_outcome(finding) for finding in order]
    found, out, still = (outcomes.count(name) for name in ("found", "ruled out", "open"))
    tested = found + out + still
    if not order:
        return "There was no pair of region and attribute to test."
    whole = sum(is_property(finding.region) for finding in order)
    pairs = len(order) - whole
    parts = [f"{count(pairs)} pair{'s' * (pairs != 1)} of region and attribute"] if pairs else []
    parts += [f"{count(whole)} {'property' if whole == 1 else 'properties'} of the whole picture"] if whole else []
    return (
        f"Of {' and '.join(parts)}, {count(tested)} could be tested: use was found in {count(found)}, ruled out "
        f"above the margin in {count(out)}, and left open in {count(still)}."
    )


def _outcome(finding: Finding) -> str:
    """What became of the question whether a region is used; by the level, so that both always agree."""
    if finding.level in _USED:
        return "found"
    if finding.level in {"R", "I", "E0"}:
        return {"R": "ruled out", "I": "open"}.get(finding.level, "")
    answers = {rung.name: rung.answer for rung in finding.rungs}
    answer = answers.get("uses", "not evaluated")
    return "open" if answer in {"not enough evidence", "found"} else answer


def _row(finding: Finding, document: Document, name: Code) -> Row:
    return Row(
        code=name.code,
        anchor=name.anchor,
        region=region_name(finding.region),
        role="" if is_property(finding.region) else ROLES[finding.role],
        compared=comparison(finding, document) or ("none: the whole picture" if is_property(finding.region) else ""),
        title=topic(finding, document),
        headline=_set(finding.headline),
        badge=badge(finding.level),
        steps=tuple(_steps(finding)),
    )


def _steps(finding: Finding) -> Iterator[Step]:
    for name, question in RUNGS.items():
        rung = next((rung for rung in finding.rungs if rung.name == name), None)
        answer = rung.answer if rung is not None else "not evaluated"
        sentence = _set(rung.sentence) if rung is not None else ""
        yield Step(name=name, question=question, answer=answer, shape=ANSWERS[answer], sentence=sentence)


def _set(words: str) -> str:
    """A sentence with its numbers kept beside their units."""
    return re.sub(r"(?<=\d) (?=(%|pp|SD)(?!\w))", SPACE, words)


def _by_region(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Regions kept together, that of the gravest finding first."""
    regions = list(dict.fromkeys(row.region for row in rows))
    return tuple(sorted(rows, key=lambda row: regions.index(row.region)))


def _pictures_note(full: Sequence[tuple[Finding, Row]]) -> str:
    more = sum(bool(finding.examples) for finding, _ in full[PICTURED:])
    return f"Photographs are shown for the {PICTURED} gravest findings; {more} more are in audit.json." if more else ""
