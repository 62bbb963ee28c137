"""The job summary: an audit in at most thirty lines of Markdown, for a pipeline's page or a pull request."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from auditor.report.checks import checks
from auditor.report.codes import list_codes
from auditor.report.comparison_markdown import summarise_comparison
from auditor.report.escaping import LONGEST, NAME, escape, paragraph
from auditor.report.estimates import Estimates
from auditor.report.facts import printed_time
from auditor.report.figures import NOTHING, count
from auditor.report.levels import LEVELS, badge, probability, ranked, topic
from auditor.report.names import shorten
from auditor.report.outcomes import outcome, tally, told
from auditor.report.plaintext import line, write_text
from auditor.report.sentences import standing_out
from auditor.report.signoff import list_decided, signed_off

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence

    from auditor.documents.document import Document
    from auditor.documents.ladder import Finding
    from auditor.documents.signoff import Filed
    from auditor.report.signoff import Row as Decided

LINES: Final = 30
ROWS: Final = 7
"""Findings in the table: the gravest."""
WARNINGS: Final = 3
LIMITS: Final = 3
"""Warnings, and lines of what was not tested; the rest is counted."""


def write_markdown(document: Document, path: str | os.PathLike[str], *, filed: Filed | None = None) -> None:
    """Write the summary; the same document gives the same bytes.

    Parameters
    ----------
    document
        What it speaks of.
    path
        Where to write.
    filed
        What was signed; None where nothing was.

    Raises
    ------
    RenderError
        If the file cannot be written.
    """
    write_text(path, summarise(document, filed), what="summary")


def summarise(document: Document, filed: Filed | None = None) -> str:
    """Tell an audit in Markdown.

    Parameters
    ----------
    document
        What it speaks of.
    filed
        What was signed; None where nothing was.

    Returns
    -------
    str
        At most `LINES` lines: counts by level, the findings that are not ruled out, the warnings of page 1, what was
        not tested. No name or sentence of the data is read as Markdown or HTML.
    """
    if document.comparison is not None:
        return summarise_comparison(document, document.comparison, alarms=_derived(document, filed))
    lines = [
        f"## {escape(shorten(line(document.title), NAME))}",
        "",
        " ".join(_told_findings(document, filed)),
        "",
        " ".join(escape(sentence, LONGEST) for sentence in _told_answers(document)),
        "",
        *_table(document, list_decided(document, filed)),
        *_listed("Warnings", [*_alarms(document, filed), *warnings(document)], WARNINGS),
        *_listed("Not tested in this run", document.not_tested, LIMITS),
        _colophon(document),
    ]
    return "\n".join(lines) + "\n"


def _told_counts(document: Document) -> str:
    """How many findings came out how; in full what each level means."""
    if document.protocol is None and not document.findings:
        return "No region was hidden, so nothing is said about what the model uses."
    if not document.findings:
        return "There was no pair of region and attribute to test."
    levels = Counter(finding.level for finding in document.findings)
    by_level = " · ".join(
        f"**{badge(level).code}** {badge(level).words}: {levels[level]}" for level in LEVELS if levels[level]
    )
    found = tally(document.findings)["found"]
    return f"Use found in **{count(found)} of {count(len(document.findings))}** findings. {by_level}"


def _told_findings(document: Document, filed: Filed | None) -> Iterator[str]:
    """How many findings came out how, and how many people decided about; that only where somebody signed."""
    counts = _told_counts(document)
    if filed is None or filed.signoff is None:
        yield counts
        return
    yield f"{counts.removesuffix('.')}."
    yield signed_off(document, filed).tally


def _alarms(document: Document, filed: Filed | None) -> list[str]:
    """Signatures that belong to another audit."""
    alarm = signed_off(document, filed).alarm if filed is not None and filed.signoff is not None else ""
    return [alarm] if alarm else []


def _derived(document: Document, filed: Filed | None) -> list[str]:
    """What sets this version of a comparison apart, and signatures that belong to another one."""
    return [*(document.warnings[:1] if document.redaction is not None else []), *_alarms(document, filed)]


def _told_answers(document: Document) -> tuple[str, ...]:
    """How often answers are right; more of what stands out where there are no findings."""
    sentences = standing_out(document, Estimates(document))
    return sentences[:2] if document.findings else sentences[:4]


def _table(document: Document, decided: Mapping[str, Decided]) -> Iterator[str]:
    rows = [finding for finding in ranked(document.findings) if outcome(finding) != "ruled out"]
    if not rows:
        return
    yield "| | Level | Finding | Effect | Interval | n | Adjusted p |"
    yield "|---|---|---|--:|:-:|--:|--:|"
    codes = {one.fingerprint: one.code for one in list_codes(document)}
    estimates = Estimates(document)
    for finding in rows[:ROWS]:
        mark = decided[finding.fingerprint].mark if finding.fingerprint in decided else ""
        yield f"| {codes[finding.fingerprint]} {_row(finding, document, estimates, mark=mark)}"
    if len(rows) > ROWS:
        yield f"| | | … and {count(len(rows) - ROWS)} more, in audit.json | | | | |"
    yield ""


def _row(finding: Finding, document: Document, estimates: Estimates, *, mark: str = "") -> str:
    level = badge(finding.level)
    about = f"{escape(topic(finding, document))} ({finding.role}){f'; **{escape(mark)}**' if mark else ''}"
    effect, interval, n = told(finding, estimates)
    sure = probability(finding.q_value) if finding.q_value is not None else NOTHING
    between = interval.strip("[]").replace(", ", " to ")
    cells = (f"{level.code} {level.words}", about, *map(escape, (effect, between, n, sure)))
    return f"| {' | '.join(cells)} |"


def warnings(document: Document) -> list[str]:
    """List what a reader is warned of first, as page 1 has it.

    Parameters
    ----------
    document
        What is spoken of.

    Returns
    -------
    list of str
        Whether flags may be relied on, what is withheld, what looks wrong.
    """
    if document.protocol is None:
        return list(document.warnings)
    made = checks(document.protocol)
    return [*([made.banner] if made.banner else []), *made.withheld, *document.warnings]


def _listed(heading: str, sentences: Sequence[str], most: int) -> Iterator[str]:
    if not sentences:
        return
    kept = sentences if len(sentences) <= most else sentences[: most - 1]
    yield f"**{heading}**"
    yield ""
    for sentence in kept:
        yield f"- {paragraph(sentence, LONGEST)}"
    if len(sentences) > len(kept):
        yield f"- … and {count(len(sentences) - len(kept))} more, in audit.json"
    yield ""


def _colophon(document: Document) -> str:
    data, tool = document.data, document.tool
    return (
        f"{paragraph(document.model.source, 120)} on {count(data.n_read)} of {count(data.n_listed)} images listed in "
        f"{escape(data.annotations, 120)}; {escape(f'{tool.name} {tool.version}', 60)}, "
        f"{escape(printed_time(document.created), 40)}. Evidence, not a certificate: every number is in audit.json."
    )
