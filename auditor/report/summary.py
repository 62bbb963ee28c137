"""Page 1: the key numbers, what stands out in words, what to be careful about, what was not tested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.report.figures import SPACE, count
from auditor.report.names import shown, value_name
from auditor.report.pageroom import cut_warnings, share_page
from auditor.report.performance import contrast, subgroups
from auditor.report.sentences import standing_out
from auditor.report.tables import listed
from auditor.report.withholding import is_withheld

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.documents.document import Document
    from auditor.documents.ladder import Estimate
    from auditor.report.checks import Checks
    from auditor.report.estimates import Estimates
    from auditor.report.figures import Number
    from auditor.report.findings import Findings, Row
    from auditor.report.signoff import SignedOff

SHOWN: Final = 8
"""Warnings on page 1; the rest is counted."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """A key number."""

    name: str
    value: str
    note: str
    source: str = "measured"
    small: bool = False


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What page 1 says."""

    lead: str
    tally: str  # of what was tested; nothing where nothing was hidden
    found: tuple[Row, ...]  # the gravest findings
    further: str  # findings that the page has no room for
    checked: str  # how the checks of the audit came out
    banner: str  # nothing where flags may be relied on
    cards: tuple[Card, ...]
    sentences: tuple[str, ...]
    warnings: tuple[str, ...]
    not_tested: tuple[str, ...]


def summary(
    document: Document,
    estimates: Estimates,
    *,
    missing: int,
    findings: Findings | None = None,
    checks: Checks | None = None,
    signed: SignedOff | None = None,
) -> Summary:
    """Gather page 1.

    Parameters
    ----------
    document
        What the report speaks of.
    estimates
        Its numbers.
    missing
        Example images of the gallery that could not be shown.
    findings
        Section on findings; None where nothing was hidden.
    checks
        Section on the audit's own instruments; None where nothing was hidden.
    signed
        Section on sign-off.

    Returns
    -------
    Summary
        Everything in words.
    """
    said = [*_signatures(signed), *(checks.withheld if checks is not None else ()), *document.warnings]
    warnings = _warnings(document, said, missing=missing, findings=findings)
    sentences = standing_out(document, estimates)
    rows = findings.rows if findings is not None else ()
    banner = checks.banner if checks is not None else ""
    found = rows
    if findings is not None:
        marks = {anchor: row.mark for anchor, row in signed.marks.items()} if signed is not None else {}
        others = (*warnings, *document.not_tested)
        shown_rows, told = share_page(rows, sentences, others=others, banner=banner, marks=marks)
        found, sentences = rows[:shown_rows], sentences[:told]
    more = len(rows) - len(found)
    return Summary(
        lead=_lead(document),
        tally=findings.tally if findings is not None else "",
        found=found,
        further=f"{count(more)} more {'finding' if more == 1 else 'findings'}" if more else "",
        checked=checks.tally if checks is not None else "",
        banner=banner,
        cards=tuple(_cards(document, estimates)),
        sentences=sentences,
        warnings=tuple(warnings),
        not_tested=tuple(document.not_tested),
    )


def _signatures(signed: SignedOff | None) -> Iterator[str]:
    """Signatures that do not hold."""
    if signed is not None and signed.alarm:
        yield signed.alarm
    if signed is not None and signed.expired:
        noun = "decision has" if signed.expired == 1 else "decisions have"
        yield f"{count(signed.expired)} signed {noun} expired."


def _warnings(document: Document, said: list[str], *, missing: int, findings: Findings | None) -> list[str]:
    """What does not hold or is withheld, then what looks wrong, then pictures that are missing; of any number."""
    warnings = list(said)
    gone = missing + (findings.missing if findings is not None else 0)
    if gone:
        asked = len(document.examples.items) + (findings.shown if findings is not None else 0)
        warnings.append(f"{gone} of {asked} example images could not be shown: image not available.")
    if findings is not None:
        return cut_warnings(warnings)
    more = len(warnings) - SHOWN
    return [*warnings[:SHOWN], f"… and {more} more, in audit.json."] if more > 0 else warnings


def _lead(document: Document) -> str:
    data, classes = document.data, document.model.classes
    named = f"({', '.join(map(shown, classes))}) " if len(classes) <= 6 else ""  # noqa: PLR2004 -- more do not fit a sentence
    attributes = ", ".join(shown(attribute.name) for attribute in data.attributes)
    split = f" and each value of {attributes}" if attributes else ""
    names = listed(shown(region.name) for region in data.regions)
    few = len(data.regions) <= 6  # noqa: PLR2004 -- as above
    regions = f" and how much of each map lies on {names if few else 'each marked region'}" if data.regions else ""
    run = f"An image classifier that tells {len(classes)} classes {named}apart was run on "
    run += f"{count(data.n_read)} photographs"
    if document.protocol is not None:
        hidden = document.protocol.images
        again = f"on {count(hidden)} of them with marked regions hidden" if hidden else "with whole pictures changed"
        return f"{run}, and again {again}."
    return (
        f"{run}. For each class{split}, this report gives how often its answer was right{regions}. A map shows "
        "which places of a photograph spoke for an answer inside the model; it is computed "
        "from the model, and no person was asked."
    )


def _cards(document: Document, estimates: Estimates) -> Iterator[Card]:
    data = document.data
    left = data.n_listed - data.n_read
    yield Card(
        name="Images read", value=count(data.n_read), note=f"of {count(data.n_listed)} listed; {count(left)} left out"
    )
    overall = estimates.number("accuracy")
    if overall.value is not None:
        yield Card(name="Answered right", value=overall.text, note=_bounds(overall))
    yield from _lowest(document, estimates)
    yield from _largest_gap(document, estimates)
    yield from _strongest(document, estimates)


def _lowest(document: Document, estimates: Estimates) -> Iterator[Card]:
    """The subgroup of a class with the fewest right answers, among those that are not small."""
    cells = [
        row
        for row in estimates.of("accuracy")
        if row.label and (row.attribute, row.subgroup) in subgroups(document) and _solid(row, estimates)
    ]
    if cells:
        row = min(cells, key=lambda row: row.value or 0.0)
        number = estimates.printed(row)
        where = f"{shown(row.label or '')}, {shown(row.attribute or '')}: {value_name(row.subgroup or '')}"
        note = f"{_bounds(number)} · {where}; lowest of {len(cells)} measured"
        yield Card(name="Lowest subgroup", value=number.text, note=note, source=row.source)


def _largest_gap(document: Document, estimates: Estimates) -> Iterator[Card]:
    gaps = [row for row in estimates.of("accuracy_gap") if _solid(row, estimates)]
    if gaps:
        row = max(gaps, key=lambda row: abs(row.value or 0.0))
        number = estimates.printed(row)
        where = ", ".join(
            part
            for part in (shown(row.label or ""), contrast(document, row.attribute or "", row.subgroup or ""))
            if part
        )
        note = f"{number.interval} · {where}; of {len(gaps)} measured"
        yield Card(name="Largest difference", value=number.text, note=note, source=row.source)


def _strongest(document: Document, estimates: Estimates) -> Iterator[Card]:
    """The region outside of the declared core that the map favours most; where all are core, that of all images.

    Regions of which statements on attention are withheld are left out.
    """
    core = {region.name for region in document.data.regions if region.role == "core"}
    rows = [
        row
        for row in estimates.of("enrichment")
        if row.target == "predicted" and row.outcome is None and _solid(row, estimates)
        if not is_withheld(document.protocol, row.region)
    ]
    if {row.region for row in rows} <= core:
        rows = [row for row in rows if row.label is None and row.attribute is None]
    else:
        rows = [row for row in rows if row.region not in core]
    if rows:
        row = max(rows, key=lambda row: row.value or 0.0)
        number = estimates.printed(row)
        where = [shown(row.label)] if row.label is not None else []
        where += [value_name(row.subgroup)] if row.subgroup is not None else []
        among = f"; highest of {len(rows)} measured" if len(rows) > 1 else ""
        note = f"{_bounds(number)} · {', '.join(where) or 'all images'}, against equal areas elsewhere{among}"
        yield Card(name=f"Map on {shown(row.region or '')}", value=number.text, note=note, source=row.source)


def _bounds(number: Number) -> str:
    return f"{number.interval} n{SPACE}={SPACE}{count(number.n)}".lstrip()


def _solid(row: Estimate, estimates: Estimates) -> bool:
    return row.value is not None and row.clusters >= estimates.min_clusters
