"""Which class was answered instead: matrices, or the most frequent confusions where there are many classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auditor.report import tables
from auditor.report.figures import count, share
from auditor.report.names import shown, value_name
from auditor.report.palettes import heat
from auditor.report.tables import Cell, Table, head

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from auditor.documents.document import Document
    from auditor.report.estimates import Estimates

MATRIX: Final = 8
"""Classes of a confusion matrix; with more, the most frequent confusions are listed."""
MATRICES: Final = 13
"""That of all images, and those of the first subgroups."""
LISTED: Final = 20

Subset = tuple[str | None, str | None]
"""Attribute and value; both None for all images."""


def matrices(document: Document, estimates: Estimates, groups: Iterable[Subset]) -> Iterator[Table]:
    """Set labels against answers.

    Parameters
    ----------
    document
        What the report speaks of.
    estimates
        Its numbers.
    groups
        Attribute and value; both None for all images.

    Yields
    ------
    Table
        One per group that has such numbers.
    """
    for attribute, value in groups:
        matrix = _matrix(document, estimates, (attribute, value))
        if matrix is not None:
            yield matrix


def _matrix(document: Document, estimates: Estimates, group: Subset) -> Table | None:
    attribute, value = group
    name = "All images" if attribute is None else f"{shown(attribute)}: {value_name(value or '')}"
    classes = document.model.classes
    rows = []
    for label in classes:
        cells = [_confusion_cell(estimates, label, predicted, group=group) for predicted in classes]
        if any(cell.text for cell in cells):
            rows.append((head(shown(label)), *cells))
    if not rows:
        return None
    return Table(
        caption=name,
        kind="matrix",
        columns=(head("Labelled"), *(tables.number_head(shown(name)) for name in classes)),
        rows=tuple(rows),
    )


def _confusion_cell(
    estimates: Estimates, label: str, predicted: str, *, group: Subset
) -> Cell:  # fmt: skip
    found = estimates.find("confusion", label=label, predicted=predicted, attribute=group[0], subgroup=group[1])
    if found is None or found.value is None:
        return Cell(text="", numeric=True)
    number = estimates.printed(found)
    tint = heat(found.value * (0.3 if label == predicted else -0.3)) if found.value else ""
    return Cell(
        text=number.text, note=count(round(found.value * found.n)), colour=tint, small=number.small, numeric=True
    )


def frequent(document: Document, estimates: Estimates) -> Table | None:
    """List the most frequent confusions, where a matrix would be too large to read.

    Parameters
    ----------
    document
        What the report speaks of.
    estimates
        Its numbers.

    Returns
    -------
    Table or None
        None where no answer is wrong.
    """
    wrong = [
        row
        for row in estimates.of("confusion")
        if row.label != row.predicted and row.attribute is None and row.value and row.label and row.predicted
    ]
    wrong.sort(key=lambda row: (-round((row.value or 0) * row.n), row.label, row.predicted))
    rows = tuple(
        (
            head(shown(row.label or "")),
            tables.text(shown(row.predicted or "")),
            tables.whole(round((row.value or 0) * row.n)),
            tables.figure(share(row.value or 0)),
            tables.whole(row.n),
        )
        for row in wrong[:LISTED]
    )
    if not rows:
        return None
    kinds = f"{count(len(wrong))} kinds of confusion among {len(document.model.classes)} classes"
    note = f"The {len(rows)} most frequent of {kinds}."
    heads = (
        head("Labelled"),
        head("Answered"),
        *(tables.number_head(name) for name in ("Images", "Share", "of n")),
    )
    return Table(caption="Most frequent confusions", columns=heads, rows=rows, note=note)
