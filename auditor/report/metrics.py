"""Flat numbers and tags of an audit, for trackers of experiments that know names and values alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from auditor.report.levels import LEVELS
from auditor.report.names import NOT_RECORDED
from auditor.report.outcomes import alarming, effect, tally
from auditor.report.plaintext import line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.documents.document import Document
    from auditor.documents.ladder import Estimate

MOST: Final = 1000
"""Numbers: trackers take no more at once, and nobody reads them."""
NAME: Final = 240
"""Characters of a name."""
TAG: Final = 500
"""Characters of a tag."""
PART: Final = 50
"""Characters of a name of the data within it."""
_ODD: Final = re.compile(r"[^\w\- ]")
_TOLD: Final = frozenset({"accuracy", "accuracy_gap"})


def list_metrics(document: Document) -> dict[str, float]:
    """List the numbers by which audits are compared.

    Parameters
    ----------
    document
        What they are of.

    Returns
    -------
    dict
        At most `MOST`, by names such as ``accuracy.gender.woman`` or ``finding.face.gender.effect``: counts, what
        decided each finding, then right answers, their differences and where the maps lie.
    """
    named: dict[str, float] = {}
    for parts, value in (*_counts(document), *_findings(document), *_estimates(document)):
        if value is not None and len(named) < MOST:
            named[_free(_join(parts), named)] = float(value)
    return named


def list_tags(document: Document, audit_sha256: str) -> dict[str, str]:
    """List what identifies an audit.

    Parameters
    ----------
    document
        What they are of.
    audit_sha256
        Of the bytes of audit.json.

    Returns
    -------
    dict
        Names and values.
    """
    values = {
        "auditor.audit_sha256": audit_sha256,
        "auditor.version": document.tool.version,
        "auditor.title": document.title,
        "auditor.created": document.created,
        "auditor.model": document.model.source,
        "auditor.weights_sha256": document.model.weights_sha256,
        "auditor.manifest_sha256": document.data.manifest_sha256,
        "auditor.use_found": "yes" if any(map(alarming, document.findings)) else "no",
    }
    return {name: line(value, TAG) for name, value in values.items()}


def _counts(document: Document) -> Iterator[tuple[tuple[str, ...], float | None]]:
    yield ("images.read",), document.data.n_read
    yield ("images.left_out",), document.data.n_listed - document.data.n_read
    if document.protocol is None and not document.findings:
        return
    for name, number in tally(document.findings).items():
        yield ("findings", name.replace(" ", "_")), number
    levels = [finding.level for finding in document.findings]
    for level in LEVELS:
        yield ("findings", level.replace("'", "prime")), levels.count(level)


def _findings(document: Document) -> Iterator[tuple[tuple[str, ...], float | None]]:
    for finding in document.findings:
        stem = ("finding", finding.region.strip("()"), *([finding.attribute] if finding.attribute else []))
        row = effect(finding)
        yield (*stem, "effect"), row.value if row is not None else None
        yield (*stem, "q"), finding.q_value


def _estimates(document: Document) -> Iterator[tuple[tuple[str, ...], float | None]]:
    for row in document.estimates:
        if row.predicted is None and row.outcome is None and (row.statistic in _TOLD or _is_overall(row)):
            yield (row.statistic, *_keys(row)), row.value


def _is_overall(row: Estimate) -> bool:
    """Where the map of the class answered lies, over all images."""
    split = (row.label, row.attribute, row.fill)
    return row.statistic == "enrichment" and row.target == "predicted" and split == (None, None, None)


def _keys(row: Estimate) -> Iterator[str]:
    for key in (row.region, row.label, row.attribute):
        if key is not None:
            yield key
    if row.subgroup is not None:
        yield row.subgroup or NOT_RECORDED


def _join(parts: tuple[str, ...]) -> str:
    """A name of letters, digits, points, hyphens and blanks: trackers refuse other marks."""
    first, *rest = parts
    return ".".join([first, *(_ODD.sub("_", line(part, PART)) or "_" for part in rest)])[:NAME]


def _free(name: str, taken: dict[str, float]) -> str:
    """The name, or the name and a number where another part of the data goes by it already."""
    free, again = name, 1
    while free in taken:
        again += 1
        free = f"{name}.{again}"
    return free
