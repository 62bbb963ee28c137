"""Names of findings: a code for people, a link for pages, both the same whenever this audit is rendered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.report.levels import ranked, topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from auditor.documents.document import Document
    from auditor.documents.ladder import Finding


@dataclass(frozen=True, kw_only=True)
class Code:
    """What one finding is called."""

    fingerprint: str  # stays the same from audit to audit
    code: str  # F-01 is the gravest of this audit
    anchor: str  # what a link leads to
    title: str


def list_codes(document: Document) -> list[Code]:
    """Name the findings of a document.

    Parameters
    ----------
    document
        What the report speaks of.

    Returns
    -------
    list of Code
        Gravest first.
    """
    order = ranked(document.findings)
    return [
        Code(fingerprint=finding.fingerprint, code=f"F-{place:02}", anchor=anchor, title=topic(finding, document))
        for place, (finding, anchor) in enumerate(zip(order, anchors(order), strict=True), start=1)
    ]


def anchors(order: Iterable[Finding]) -> Iterator[str]:
    """Name each finding so that a link may hold it, the same from audit to audit.

    Parameters
    ----------
    order
        Findings, gravest first.

    Yields
    ------
    str
        Letters, digits, hyphens; each once.
    """
    taken: set[str] = set()
    for finding in order:
        stem = "finding-" + (re.sub(r"[^A-Za-z0-9_-]+", "-", finding.fingerprint)[:40].strip("-") or "unnamed")
        name, again = stem, 1
        while name in taken:
            again += 1
            name = f"{stem}-{again}"
        taken.add(name)
        yield name
