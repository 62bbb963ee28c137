"""The section on right and wrong answers: by class, by subgroup, and which class was answered instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.report import tables
from auditor.report.charts import Forest, Group, Mark
from auditor.report.figures import MINUS, SPACE, count, share
from auditor.report.names import shown, value_name
from auditor.report.palettes import heat
from auditor.report.tables import Cell, Table, head

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.document import Document
    from auditor.report.estimates import Estimates

MATRIX: Final = 8
"""Classes of a confusion matrix; with more, the most frequent confusions are listed."""
LISTED: Final = 20

Subgroup = tuple[str, str]
"""Attribute and value."""


@dataclass(frozen=True, kw_only=True)
class Performance:
    """What the section shows."""

    classes: Table
    heats: tuple[Table, ...]
    gaps: Forest | None
    matrices: tuple[Table, ...]
    frequent: Table | None  # instead of matrices, where there are many classes


def subgroups(document: Document) -> tuple[Subgroup, ...]:
    """All subgroups of a document.

    Parameters
    ----------
    document
        What the report speaks of.

    Returns
    -------
    tuple of tuple
        Attribute and value, in the document's order; values that are not recorded come last.
    """
    return tuple(
        (attribute.name, value)
        for attribute in document.data.attributes
        for value in sorted(attribute.counts, key=lambda value: value == "")
    )


def performance(document: Document, estimates: Estimates) -> Performance:
    """Gather the section on performance.

    Parameters
    ----------
    document
        What the report speaks of.
    estimates
        Its numbers.

    Returns
    -------
    Performance
        Tables and charts, ready to print.
    """
    many = len(document.model.classes) > MATRIX
    return Performance(
        classes=_classes(document, estimates),
        heats=tuple(_heats(document, estimates)),
        gaps=_gaps(document, estimates),
        matrices=() if many else tuple(_matrices(document, estimates)),
        frequent=_frequent(document, estimates) if many else None,
    )


def _classes(document: Document, estimates: Estimates) -> Table:
    rows = [
        _class_row("All classes", estimates, None),
        *(_class_row(name, estimates, name) for name in _labels(document)),
    ]
    return Table(
        caption="Right answers by class",
        columns=(
            head("Labelled"),
            tables.number_head("Images"),
            tables.number_head("Answered right"),
            tables.number_head("Interval"),
        ),
        rows=tuple(rows),
    )


def _class_row(name: str, estimates: Estimates, label: str | None) -> tuple[Cell, ...]:
    number = estimates.number("accuracy", label=label)
    return (
        head(shown(name)),
        tables.whole(number.n),
        Cell(text=number.text, numeric=True, small=number.small, strong=True),
        tables.figure(number.interval),
    )


def _labels(document: Document) -> list[str]:
    """Classes that at least one image bears, in the model's order."""
    return [name for name in document.model.classes if document.data.labels.get(name)]


def _heats(document: Document, estimates: Estimates) -> Iterator[Table]:
    """Class × subgroup tables: the longer of the two runs down, the other across in tables of at most eight columns."""
    labels, groups = _labels(document), subgroups(document)
    if not labels or not groups:
        return
    across: Sequence[str | None] = [None, *labels]
    if len(across) <= tables.COLUMNS or len(labels) <= len(groups):
        for run in tables.chunks(across):
            yield _heat_by_subgroup(run, groups, estimates)
        return
    for columns in tables.chunks(groups):
        yield _heat_by_class(across, columns, estimates)


def _heat_by_subgroup(labels: Sequence[str | None], groups: Sequence[Subgroup], estimates: Estimates) -> Table:
    return Table(
        caption="Right answers by subgroup and class",
        kind="heat",
        columns=(head("Attribute"), head("Subgroup"), *(tables.number_head(_class_name(label)) for label in labels)),
        rows=tuple(
            (
                head(shown(attribute)),
                head(value_name(value)),
                *(_heat_cell(estimates, label, (attribute, value)) for label in labels),
            )
            for attribute, value in groups
        ),
    )


def _heat_by_class(labels: Sequence[str | None], groups: Sequence[Subgroup], estimates: Estimates) -> Table:
    return Table(
        caption="Right answers by class and subgroup",
        kind="heat",
        columns=(
            head("Class"),
            *(tables.number_head(value_name(value), note=shown(attribute)) for attribute, value in groups),
        ),
        rows=tuple(
            (head(_class_name(label)), *(_heat_cell(estimates, label, group) for group in groups)) for label in labels
        ),
    )


def _class_name(label: str | None) -> str:
    return "all classes" if label is None else shown(label)


def _heat_cell(estimates: Estimates, label: str | None, group: Subgroup) -> Cell:
    number = estimates.number("accuracy", label=label, attribute=group[0], subgroup=group[1])
    average = estimates.number("accuracy", label=label).value
    if number.value is None:
        return Cell(text=number.text, note=_size(number.n) if number.n else "no images", colour=heat(0.0), small=True)
    difference = number.value - average if average is not None else 0.0
    return Cell(
        text=number.text,
        note=f"{number.brief} {_size(number.n)}".strip(),
        colour=heat(difference),
        small=number.small,
    )


def _size(n: int) -> str:
    return f"n{SPACE}={SPACE}{count(n)}"


def contrast(document: Document, attribute: str, subgroup: str) -> str:
    """Name a subgroup and whom it is compared with.

    Parameters
    ----------
    document
        What the report speaks of.
    attribute, subgroup
        One of its subgroups.

    Returns
    -------
    str
        The other value where there are two that are recorded, else *others*; *not recorded* is on neither side.
    """
    recorded = [value for name, value in subgroups(document) if name == attribute and value]
    others = [value for value in recorded if value != subgroup]
    return f"{value_name(subgroup)} {MINUS} {shown(others[0]) if len(others) == 1 else 'others'}"


def _gaps(document: Document, estimates: Estimates) -> Forest | None:
    """Accuracy of a subgroup minus that of those it is compared with."""
    groups = []
    for attribute in document.data.attributes:
        marks = tuple(_gap_marks(document, estimates, attribute.name))
        if marks:
            groups.append(Group(heading=shown(attribute.name), marks=marks))
    if not groups:
        return None
    return Forest(
        title="Difference in right answers between subgroups",
        axis="points",
        axis_label="percentage points",
        groups=tuple(groups),
        value_heading="difference [interval]",
        reference=0.0,
        reference_label="no difference",
    )


def _gap_marks(document: Document, estimates: Estimates, attribute: str) -> Iterator[Mark]:
    for name, value in subgroups(document):
        for label in (None, *_labels(document)):
            found = estimates.find("accuracy_gap", label=label, attribute=attribute, subgroup=value)
            if found is not None and name == attribute:
                words = f"{contrast(document, attribute, value)}, {_class_name(label)}"
                yield Mark(label=words, number=estimates.printed(found))


def _matrices(document: Document, estimates: Estimates) -> Iterator[Table]:
    for attribute, value in ((None, None), *subgroups(document)):
        matrix = _matrix(document, estimates, (attribute, value))
        if matrix is not None:
            yield matrix


def _matrix(document: Document, estimates: Estimates, group: tuple[str | None, str | None]) -> Table | None:
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
    estimates: Estimates, label: str, predicted: str, *, group: tuple[str | None, str | None]
) -> Cell:  # fmt: skip
    found = estimates.find("confusion", label=label, predicted=predicted, attribute=group[0], subgroup=group[1])
    if found is None or found.value is None:
        return Cell(text="", numeric=True)
    number = estimates.printed(found)
    tint = heat(found.value * (0.3 if label == predicted else -0.3)) if found.value else ""
    return Cell(
        text=number.text, note=count(round(found.value * found.n)), colour=tint, small=number.small, numeric=True
    )


def _frequent(document: Document, estimates: Estimates) -> Table | None:
    """The most frequent confusions, where a matrix would be too large to read."""
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
