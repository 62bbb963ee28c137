"""The job summary of a comparison: a verdict in at most thirty lines of Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auditor.report.comparison_cues import Cue, cues, said
from auditor.report.comparison_facts import find_time, print_place
from auditor.report.comparison_view import name_comparison
from auditor.report.escaping import LONGEST, NAME, escape, paragraph
from auditor.report.facts import printed_time
from auditor.report.figures import count, number
from auditor.report.names import shorten
from auditor.report.plaintext import line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.documents.comparisons import Comparison, Pair
    from auditor.documents.document import Document

ROWS: Final = 6
"""Cues, models or pairs in a table."""
EVIDENCE: Final = 3
CAUTIONS: Final = 2


def summarise_comparison(document: Document, comparison: Comparison, *, alarms: Sequence[str] = ()) -> str:
    """Tell a comparison in Markdown.

    Parameters
    ----------
    document
        What it speaks of.
    comparison
        Its comparison.
    alarms
        What a reader must know first.

    Returns
    -------
    str
        At most thirty lines; no name or sentence of the data is read as Markdown or HTML.
    """
    pairs = comparison.pairs
    told = _one(pairs[0], document, comparison) if len(pairs) == 1 else _several(document, comparison)
    warned = [f"- {paragraph(words, LONGEST)}" for words in alarms[:CAUTIONS]]
    lines = [
        f"## {escape(shorten(line(name_comparison(comparison)), NAME))}",
        "",
        *([*warned, ""] if warned else []),
        *told,
        _colophon(document, comparison),
    ]
    return "\n".join(lines) + "\n"


def _one(pair: Pair, document: Document, comparison: Comparison) -> Iterator[str]:
    """One candidate: the verdict in words, and its cues."""
    words = pair.verdict
    names = (comparison.baseline, pair.candidate)
    yield f"**{escape(said(words.leaning, names).words)}.** {escape(words.headline, LONGEST)}"
    yield ""
    rows = [row for row in cues(pair, document, names=names, prefix="").rows if row.counts]
    yield from _cue_rows(rows, names)
    for sentence in words.evidence[:EVIDENCE]:
        yield f"- {paragraph(sentence, LONGEST)}"
    for title, sentence in (("Right for which reasons", words.trust), ("Cost", words.cost)):
        if sentence:
            yield f"- **{title}:** {escape(sentence, LONGEST)}"
    yield from (f"- {paragraph(sentence, LONGEST)}" for sentence in words.cautions[:CAUTIONS])
    more = len(words.evidence[EVIDENCE:]) + len(words.cautions[CAUTIONS:])
    if more:
        yield f"- … and {count(more)} more, in audit.json"
    yield ""


def _cue_rows(rows: Sequence[Cue], names: tuple[str, str]) -> Iterator[str]:
    if not rows:
        return
    old, new = (escape(shorten(name, NAME / 3)) for name in names)
    yield f"| Cue | {old} | {new} | Which leans less | Change in size | Adjusted p |"
    yield "|---|---|---|---|--:|--:|"
    for row in rows[:ROWS]:
        levels = ("–" if level is None else f"{level.code} {level.words}" for level in row.levels)
        said_of = f"{row.said.words} ({row.fate})" if row.fate else row.said.words
        cells = (escape(row.title), *levels, escape(said_of), escape(_plain(row.size)), row.p)
        yield f"| {' | '.join(cells)} |"
    if len(rows) > ROWS:
        yield f"| … and {count(len(rows) - ROWS)} more, in audit.json | | | | | |"
    yield ""


def _several(document: Document, comparison: Comparison) -> Iterator[str]:
    """Several candidates: the headline of each, and the ranking."""
    few = document.method.min_clusters
    for pair in comparison.pairs[:ROWS]:
        leaning = escape(said(pair.verdict.leaning, (comparison.baseline, pair.candidate)).words)
        name = escape(shorten(line(pair.candidate), NAME))
        yield f"- **{name}: {leaning}.** {escape(pair.verdict.headline, LONGEST)}"
    if len(comparison.pairs) > ROWS:
        yield f"- … and {count(len(comparison.pairs) - ROWS)} more, in audit.json"
    yield ""
    if not comparison.ranking:
        return
    yield "| Model | Place | Reliance on declared cues, in margins | Answered right |"
    yield "|---|:-:|--:|--:|"
    for one in comparison.ranking[:ROWS]:
        numbers = (escape(_plain(number(row, min_clusters=few).cited)) for row in (one.reliance, one.accuracy))
        yield f"| {escape(shorten(line(one.name), NAME))} | {print_place(one)} | {' | '.join(numbers)} |"
    if len(comparison.ranking) > ROWS:
        yield f"| … and {count(len(comparison.ranking) - ROWS)} more, in audit.json | | | |"
    yield ""


def _plain(text: str) -> str:
    """An interval without brackets, which Markdown would have to escape."""
    return text.replace("[", "(").replace("]", ")")


def _colophon(document: Document, comparison: Comparison) -> str:
    matching, tool = comparison.matching, document.tool
    return (
        f"{count(len(comparison.models))} models on {count(matching.n)} of the same images; "
        f"{escape(f'{tool.name} {tool.version}', 60)}, {escape(printed_time(find_time(document)), 40)}. "
        "Evidence, not a certificate: every number is in audit.json."
    )
