"""A result in a notebook: a few lines of HTML that need no script, no style of the page and no file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from markupsafe import Markup

from auditor.report.estimates import Estimates
from auditor.report.figures import SPACE, count
from auditor.report.levels import badge, ranked, topic
from auditor.report.names import shorten
from auditor.report.plaintext import line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from auditor.documents.document import Document
    from auditor.documents.ladder import Finding

SHOWN: Final = 5
"""Findings in the summary: the gravest."""
WARNINGS: Final = 3
TITLE: Final = 80.0
LONGEST: Final = 600
_BOX: Final = (
    "border:1px solid rgba(127,127,127,.45);border-radius:6px;padding:.7em 1em;max-width:60em;color:inherit;"
    "font-family:system-ui,sans-serif;line-height:1.45;overflow-wrap:anywhere"
)
_BADGE: Final = (
    "border:1px solid currentColor;border-radius:3px;padding:0 .35em;font-size:.85em;white-space:nowrap;font-weight:600"
)


def tell_html(document: Document, *, report: str | None = None) -> str:
    """Tell an audit in a few lines of HTML.

    Parameters
    ----------
    document
        What it speaks of.
    report
        The way to the HTML report, relative and with slashes; None where it is not known.

    Returns
    -------
    str
        One element. Its colours are those of the page around it, so that it can be read on light and on dark ground;
        whatever the data hold is escaped.
    """
    order = ranked(document.findings)
    parts = [
        Markup('<p style="margin:0;font-size:1.15em;font-weight:600">{}</p>').format(_flat(document.title, TITLE)),
        Markup('<p style="margin:.2em 0 .6em;opacity:.8">{}</p>').format(_lead(document)),
        *_findings(document, order),
        *_warnings(document.warnings),
        _way(report),
    ]
    return str(Markup('<div style="{}">{}</div>').format(_BOX, Markup("").join(parts)))


def _flat(text: str, width: float) -> str:
    """On one line, cut to a width in ems."""
    return shorten(line(text), width)


def _lead(document: Document) -> str:
    """How many images, and how often the answer is right."""
    data = document.data
    read = f"{count(data.n_read)} of {count(data.n_listed)} images"
    right = Estimates(document).number("accuracy")
    if right.value is None:
        return f"{read}; no image could be classified"
    return f"{read}; answered right: {right.full}, n{SPACE}={SPACE}{count(right.n)}"


def _findings(document: Document, order: Iterable[Finding]) -> Iterator[Markup]:
    """The gravest findings, each with its level."""
    order = list(order)
    if not order:
        hidden = "No region was hidden, so nothing is said about what the model uses."
        tested = "There was no pair of region and attribute to test."
        yield Markup("<p>{}</p>").format(hidden if document.protocol is None else tested)
        return
    rows = (_row(finding, document) for finding in order[:SHOWN])
    yield Markup('<ul style="margin:0;padding:0;list-style:none">{}</ul>').format(Markup("").join(rows))
    more = len(order) - SHOWN
    if more > 0:
        noun = "finding" if more == 1 else "findings"
        yield Markup('<p style="margin:.4em 0 0;opacity:.8">{}</p>').format(f"{count(more)} more {noun}")


def _row(finding: Finding, document: Document) -> Markup:
    level = badge(finding.level)
    return Markup('<li style="margin:.35em 0"><span style="{}">{} {}</span> <b>{}</b>: {}</li>').format(
        _BADGE,
        level.code,
        level.words,
        line(topic(finding, document)),
        line(finding.headline, LONGEST),
    )


def _warnings(warnings: list[str]) -> Iterator[Markup]:
    for words in warnings[:WARNINGS]:
        yield Markup('<p style="margin:.4em 0 0"><b>Warning</b>: {}</p>').format(line(words, LONGEST))
    more = len(warnings) - WARNINGS
    if more > 0:
        noun = "warning" if more == 1 else "warnings"
        yield Markup('<p style="margin:.4em 0 0;opacity:.8">{}</p>').format(f"{count(more)} more {noun}")


def _way(report: str | None) -> Markup:
    """The way to the whole report."""
    if report is None:
        return Markup('<p style="margin:.6em 0 0;opacity:.8">{} <code>{}</code></p>').format(
            "The whole report:", "auditor.write_report(result, folder)"
        )
    link = Markup('<a href="{}" style="color:inherit;text-decoration:underline">{}</a>')
    return Markup('<p style="margin:.6em 0 0">{}</p>').format(link.format(quote(report, safe="/"), "The whole report"))
