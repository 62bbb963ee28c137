"""What the data hold: labels by attribute, association, regions, oddities, and what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auditor.report import tables
from auditor.report.attention import ROLES
from auditor.report.declared import missing_table
from auditor.report.figures import LEFT_OUT, count, share
from auditor.report.names import shown, value_name
from auditor.report.tables import Cell, Table, head, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.documents.document import Document
    from auditor.report.estimates import Estimates

LEFT_OUT_SHOWN: Final = 200
VALUES: Final = 24
"""Of an attribute set against labels: not recorded, and the most frequent."""


def data_tables(document: Document, estimates: Estimates) -> tuple[Table, ...]:
    """Count what the data hold.

    Parameters
    ----------
    document
        What the report speaks of.
    estimates
        Its numbers.

    Returns
    -------
    tuple of Table
        Labels by attribute, missing metadata, association, regions, oddities of files, what was left out; those that
        have rows.
    """
    made = (
        *_crossed(document, estimates),
        missing_table(document),
        _association(document, estimates),
        _regions(document),
        _notes(document),
        *_left_out(document),
    )
    return tuple(table for table in made if table.rows)


def _crossed(document: Document, estimates: Estimates) -> Iterator[Table]:
    labels = list(document.data.labels)
    if not document.data.attributes:
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (head(shown(name)), tables.whole(n), _part(n, document.data.n_read))
            for name, n in document.data.labels.items()
        )
        heads = (head("Labelled"), tables.number_head("Images"), tables.number_head("Share"))
        yield Table(caption="Images by label", columns=heads, rows=rows)
    for attribute in document.data.attributes:
        values = sorted(attribute.counts, key=lambda value: value == "")
        more = len(values) - VALUES
        if more > 0:
            values = sorted(values, key=lambda value: (value != "", -attribute.counts[value]))[:VALUES]
        for run in tables.chunks(values):
            names = (
                head("Labelled"),
                *(tables.number_head(value_name(value)) for value in run),
                tables.number_head("All"),
            )
            rows = tuple(
                _crossed_row(document, estimates, label=label, attribute=attribute.name, values=run) for label in labels
            )
            total = (
                head("All"),
                *(tables.whole(attribute.counts[value]) for value in run),
                tables.whole(document.data.n_read),
            )
            yield Table(
                caption=f"Images by label and {shown(attribute.name)}",
                kind="counts",
                columns=names,
                rows=(*rows, total),
                note=f"{count(more)} more values, with fewer images, in audit.json." if more > 0 else "",
            )


def _crossed_row(
    document: Document, estimates: Estimates, *, label: str, attribute: str, values: Sequence[str]
) -> tuple[Cell, ...]:
    total = document.data.labels[label]
    found = [estimates.number("accuracy", label=label, attribute=attribute, subgroup=value) for value in values]
    cells = (tables.figure(LEFT_OUT) if one.text == LEFT_OUT else _part(one.n, total, counted=True) for one in found)
    return (head(shown(label)), *cells, tables.whole(total))


def _part(n: int, total: int, *, counted: bool = False) -> Cell:
    part = share(n / total) if total else ""
    return tables.whole(n, note=part) if counted else tables.figure(part)


def _association(document: Document, estimates: Estimates) -> Table:
    rows = []
    for attribute in document.data.attributes:
        strength = estimates.number("cramers_v", attribute=attribute.name)
        guess = estimates.number("attribute_only_accuracy", attribute=attribute.name)
        base = estimates.number("majority_accuracy", attribute=attribute.name)
        base = base if base.value is not None else estimates.number("majority_accuracy")
        if strength.value is not None or guess.value is not None:
            cells = (tables.figure(one.text, note=one.interval) for one in (strength, guess, base))
            rows.append((head(shown(attribute.name)), *cells, tables.whole(max(strength.n, guess.n))))
    names = ("Cramér's V", "Guessing from it", "Most frequent label", "n")
    return Table(
        caption="How far an attribute tells the label",
        columns=(head("Attribute"), *(tables.number_head(name) for name in names)),
        rows=tuple(rows),
        note="Guessing from it: how often the label would be right if it were guessed from the attribute alone. A "
        "model has this much to gain from the attribute; whether it takes it is another question.",
    )


def _regions(document: Document) -> Table:
    rows = tuple(
        (
            head(shown(region.name)),
            text(ROLES[region.role]),
            tables.whole(region.images),
            tables.figure(share(region.images / document.data.n_read) if document.data.n_read else ""),
            tables.figure("" if region.median_area is None else share(region.median_area, decimals=1)),
        )
        for region in document.data.regions
    )
    heads = (
        head("Region"),
        head("Declared role"),
        *(tables.number_head(name) for name in ("Images", "Share", "Median area")),
    )
    return Table(
        caption="Marked regions",
        columns=heads,
        rows=rows,
        note="Median area: share of the frame, where the region is seen.",
    )


def _notes(document: Document) -> Table:
    rows = tuple((head(name), tables.whole(n)) for name, n in sorted(document.data.notes.items()))
    return Table(caption="Oddities of image files", columns=(head("Oddity"), tables.number_head("Images")), rows=rows)


def _left_out(document: Document) -> Iterator[Table]:
    """Why images were left out, by reason; the list itself stands in the appendix."""
    reasons: dict[str, int] = {}
    for one in document.data.left_out:
        reasons[one.reason] = reasons.get(one.reason, 0) + 1
    ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:LEFT_OUT_SHOWN]
    rows = tuple((head(reason), tables.whole(n)) for reason, n in ranked)
    yield Table(caption="Images left out, by reason", columns=(head("Reason"), tables.number_head("Images")), rows=rows)
