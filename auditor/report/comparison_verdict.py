"""Page 1 of a comparison: who leans less on declared cues, on what evidence, at what cost, with what reservations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.report.changes import compared, signed, subject
from auditor.report.comparison_cues import margin, name_cue, said
from auditor.report.figures import SPACE, count
from auditor.report.names import shown
from auditor.report.pageroom import lines
from auditor.report.plaintext import line
from auditor.report.summary import Card

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.documents.comparisons import Change, Comparison, CueChange, Pair
    from auditor.documents.document import Document
    from auditor.report.comparison_cues import Said

ROOM: Final = 23
"""Lines of page 1 for all that is said there, in print, headings apart."""
LONGEST: Final = 700
"""Characters of one sentence on page 1."""
FEWEST: Final = 2
"""Sentences of evidence, and cautions, that are shown whatever happens."""
ARROW: Final = "\N{RIGHTWARDS ARROW}"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is said of one pair."""

    candidate: str
    said: Said
    headline: str
    evidence: tuple[str, ...]
    more_evidence: str  # what page 1 has no room for
    trust: str
    cost: str
    cautions: tuple[str, ...]
    more_cautions: str


@dataclass(frozen=True, kw_only=True)
class FirstPage:
    """What page 1 says."""

    lead: str
    verdicts: tuple[Verdict, ...]  # of each pair; one of them is said in full
    more: str  # pairs that page 1 has no room for
    cards: tuple[Card, ...]
    alarms: tuple[str, ...]  # of this version of the audit, and of its reports


def first_page(document: Document, comparison: Comparison, *, alarms: Sequence[str] = ()) -> FirstPage:
    """Gather page 1.

    Parameters
    ----------
    document
        What the report speaks of.
    comparison
        Its comparison.
    alarms
        What a reader must know first.

    Returns
    -------
    FirstPage
        One pair in full; of several pairs the headlines.
    """
    told = tuple(line(words, LONGEST) for words in alarms)
    verdicts = tuple(full_verdict(pair, comparison.baseline) for pair in comparison.pairs)
    more = ""
    if len(verdicts) == 1:
        verdicts = (_fit(verdicts[0], sum(map(lines, told))),)
    else:
        kept = _count_fitting([one.headline for one in verdicts], ROOM - sum(map(lines, told)))
        more = f"{count(len(verdicts) - kept)} more pairs stand below." if kept < len(verdicts) else ""
        verdicts = verdicts[:kept]
    return FirstPage(
        lead=_lead(comparison),
        verdicts=verdicts,
        more=more,
        cards=tuple(_cards(document, comparison)),
        alarms=told,
    )


def full_verdict(pair: Pair, baseline: str) -> Verdict:
    """Say all that is said of one pair.

    Parameters
    ----------
    pair
        Baseline and candidate.
    baseline
        Name of the baseline.

    Returns
    -------
    Verdict
        Without any cut but that of endless sentences.
    """
    words = pair.verdict
    return Verdict(
        candidate=shown(pair.candidate),
        said=said(words.leaning, (baseline, pair.candidate)),
        headline=line(words.headline, LONGEST),
        evidence=tuple(line(one, LONGEST) for one in words.evidence),
        more_evidence="",
        trust=line(words.trust, LONGEST),
        cost=line(words.cost, LONGEST),
        cautions=tuple(line(one, LONGEST) for one in words.cautions),
        more_cautions="",
    )


def _fit(verdict: Verdict, taken: int) -> Verdict:
    """As much of a verdict as page 1 has room for: what was found comes before what limits it, and both are there."""
    room = ROOM - taken - sum(lines(words) for words in (verdict.headline, verdict.trust, verdict.cost) if words)
    cautions = _count_fitting(verdict.cautions, room // 2)
    evidence = _count_fitting(verdict.evidence, room - sum(map(lines, verdict.cautions[:cautions])))
    hidden, unsaid = len(verdict.evidence) - evidence, len(verdict.cautions) - cautions
    return Verdict(
        candidate=verdict.candidate,
        said=verdict.said,
        headline=verdict.headline,
        evidence=verdict.evidence[:evidence],
        more_evidence=f"{count(hidden)} more {'sentence' if hidden == 1 else 'sentences'}" if hidden else "",
        trust=verdict.trust,
        cost=verdict.cost,
        cautions=verdict.cautions[:cautions],
        more_cautions=f"{count(unsaid)} more {'caution' if unsaid == 1 else 'cautions'}" if unsaid else "",
    )


def _count_fitting(sentences: Sequence[str], room: int) -> int:
    """How many of some sentences fit, and the fewest that are shown whatever happens."""
    used = 0
    for place, words in enumerate(sentences):
        used += lines(words)
        if used > room and place >= FEWEST:
            return place
    return len(sentences)


def _lead(comparison: Comparison) -> str:
    n = count(comparison.matching.n)
    candidates = [shown(pair.candidate) for pair in comparison.pairs]
    base = shown(comparison.baseline)
    if len(candidates) == 1:
        return (
            f"Two image classifiers, {base} (the baseline) and {candidates[0]} (the candidate), were audited on the "
            f"same {n} photographs. Each difference is taken photograph by photograph."
        )
    return (
        f"{count(len(candidates))} image classifiers are each set against {base} (the baseline), on the same {n} "
        "photographs. Each difference is taken photograph by photograph."
    )


def _cards(document: Document, comparison: Comparison) -> Iterator[Card]:
    matching = comparison.matching
    aside = sum(matching.only.values())
    note = f"{count(matching.clusters)} independent cases; {count(aside)} read by some models only"
    few = document.method.min_clusters
    if len(comparison.pairs) == 1:
        (pair,) = comparison.pairs
        yield from (_card(name, change, few) for name, change in _telling(pair.changes))
        yield from _moved(document, pair, few)
    else:
        yield Card(name="Models compared", value=count(len(comparison.models)), note="the baseline among them")
    yield Card(name="Images compared", value=count(matching.n), note=note)


def _telling(changes: Sequence[Change]) -> Iterator[tuple[str, Change]]:
    """Accuracy over all images, and in the worst group."""
    for change in changes:
        row = change.baseline
        whole = row.label is None and row.attribute is None and row.outcome is None and row.region is None
        if row.statistic == "accuracy" and whole:
            yield "Answered right", change
            break
    for change in changes:
        if change.baseline.statistic == "worst_group_accuracy" and change.baseline.outcome is None:
            yield "Worst group", change
            break


def _card(name: str, change: Change, few: int) -> Card:
    made = compared(change, min_clusters=few)
    about = subject(change)
    where = f" · {about}" if change.baseline.attribute is not None or change.baseline.label is not None else ""
    note = f"change {made.change.full}, n{SPACE}={SPACE}{count(made.change.n)}{where}"
    value = f"{made.baseline.text} {ARROW} {made.candidate.text}"
    return Card(name=name, value=value, note=note, source="measured, derived")


def _moved(document: Document, pair: Pair, few: int) -> Iterator[Card]:
    """The cue whose effect changed most, in units of its margin where effects have several units."""
    known = [cue for cue in pair.cues if cue.counts and cue.size is not None and cue.size.value is not None]
    if not known:
        return
    cue = max(known, key=lambda cue: _weight(cue, document))
    assert cue.size is not None  # noqa: S101 -- for the type checker: see above
    unit = cue.changes[0].baseline.unit if cue.changes else cue.size.unit
    size = signed(cue.size, unit=unit, min_clusters=few)
    among = f"; largest of {count(len(known))} cues" if len(known) > 1 else ""
    note = f"{size.interval} · change in how far hiding it moves answers{among}"
    yield Card(name=name_cue(cue, document), value=size.text, note=note, source="derived")


def _weight(cue: CueChange, document: Document) -> float:
    unit = cue.changes[0].baseline.unit if cue.changes else ""
    value = abs(cue.size.value or 0.0) if cue.size is not None else 0.0
    return value / (margin(document, unit) or 1.0)
