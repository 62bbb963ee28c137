"""How often the models of a history are right, over all images and in the worst group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.report.estimates import Estimates
from auditor.report.figures import LEFT_OUT, absent
from auditor.report.names import shown, value_name
from auditor.report.plaintext import line

if TYPE_CHECKING:
    from auditor.documents.document import Document
    from auditor.documents.histories import Version
    from auditor.documents.ladder import Estimate
    from auditor.report.figures import Number


@dataclass(frozen=True, kw_only=True)
class Rates:
    """How often one audit's model is right."""

    overall: Number
    worst: Number
    group: str  # that is worst, in words; nothing where it is not told


def rates(version: Version) -> Rates:
    """How often an audit's model is right, and in the worst group.

    Parameters
    ----------
    version
        The audit.

    Returns
    -------
    Rates
        Dashes where it is not told.
    """
    estimates = Estimates(version.document)
    rows = [row for row in estimates.of("worst_group_accuracy") if row.label is None and row.value is not None]
    if not rows:
        left = version.document.redaction is not None and bool(version.document.data.attributes)
        worst = absent(text=LEFT_OUT) if left else absent()
        return Rates(overall=estimates.number("accuracy"), worst=worst, group="")
    worst_row = min(rows, key=lambda row: row.value or 0.0)
    return Rates(
        overall=estimates.number("accuracy"),
        worst=estimates.printed(worst_row),
        group=_find_group(worst_row, version.document),
    )


def _find_group(worst: Estimate, document: Document) -> str:
    """Label and value of the group that the number is of."""
    cells = [
        row
        for row in document.estimates
        if row.statistic == "accuracy" and row.attribute == worst.attribute and row.value == worst.value
    ]
    cell = next((row for row in cells if row.label is not None and row.n == worst.n), None)
    if cell is None:
        return shown(line(worst.attribute or ""))
    return f"{shown(line(cell.label or ''))}, {value_name(line(cell.subgroup or ''))}"
