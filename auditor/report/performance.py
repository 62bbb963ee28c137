"""The section on right and wrong answers: by class, by subgroup, and which class was answered instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.report import tables
from auditor.report.calibration import Calibration, calibration
from auditor.report.charts import Forest, Group, Mark
from auditor.report.confusion import MATRICES, MATRIX, frequent, matrices
from auditor.report.figures import LEFT_OUT, MINUS, SPACE, count
from auditor.report.names import shown, value_name
from auditor.report.palettes import heat
from auditor.report.tables import Cell, Table, head

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.documents.document import Document
    from auditor.report.estimates import Estimates

ANSWERED: Final = {
    "precision": "Right, of those answered so",
    "false_positive_rate": "Answered so, of other labels",
}

Subgroup = tuple[str, str]
"""Attribute and value."""


@dataclass(frozen=True, kw_only=True)
class Performance:
    """What the section shows."""

    classes: Table
    calibration: Calibration | None
    heats: tuple[Table, ...]
    gaps: Forest | None
    matrices: tuple[Table, ...]
    more_matrices: int  # that there is no room for
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
    groups = () if many else ((None, None), *subgroups(document))
    return Performance(
        classes=_classes(document, estimates),
        calibration=calibration(document, estimates),
        heats=tuple(_heats(document, estimates)),
        gaps=_gaps(document, estimates),
        matrices=tuple(matrices(document, estimates, groups[:MATRICES])),
        more_matrices=max(len(groups) - MATRICES, 0),
        frequent=frequent(document, estimates) if many else None,
    )


def _classes(document: Document, estimates: Estimates) -> Table:
    split = [name for name in ANSWERED if any(row.attribute is None for row in estimates.of(name))]
    rows = [
        _class_row("All classes", estimates, None, split=split),
        *(_class_row(name, estimates, name, split=split) for name in _labels(document)),
    ]
    return Table(
        caption="Right answers by class",
        columns=(
            head("Labelled"),
            tables.number_head("Images"),
            tables.number_head("Answered right"),
            tables.number_head("Interval"),
            *(tables.number_head(ANSWERED[name]) for name in split),
        ),
        rows=tuple(rows),
        note="Of those answered so: how often an answer of this class is right. Of other labels: how often images of "
        "another label get this answer."
        if split
        else "",
    )


def _class_row(name: str, estimates: Estimates, label: str | None, *, split: Sequence[str]) -> tuple[Cell, ...]:
    number = estimates.number("accuracy", label=label)
    return (
        head(shown(name)),
        tables.whole(number.n),
        Cell(text=number.text, numeric=True, small=number.small, strong=True),
        tables.figure(number.interval),
        *(_answered(estimates, statistic, label) for statistic in split),
    )


def _answered(estimates: Estimates, statistic: str, label: str | None) -> Cell:
    """A share among the images that got an answer, or among those that should not have."""
    if label is None:
        return tables.figure("")
    number = estimates.number(statistic, predicted=label)
    return Cell(text=number.text, note=number.interval, numeric=True, small=number.small)


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
        nobody = "" if number.text == LEFT_OUT else "no images"
        return Cell(text=number.text, note=_size(number.n) if number.n else nobody, colour=heat(0.0), small=True)
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
