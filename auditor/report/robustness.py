"""Whether the conclusions hold: other pictures, other ways of hiding, stricter rules, other maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.report import tables
from auditor.report.figures import NOTHING
from auditor.report.levels import badge, probability, ranked, region_name, topic
from auditor.report.names import shown
from auditor.report.tables import Cell, Table, head
from auditor.report.vocabulary import fill_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.documents.document import Document
    from auditor.documents.ladder import Finding
    from auditor.report.estimates import Estimates

ROWS: Final = 60
"""Of each table."""
PICTURES: Final = ("neutral", "mirrored")
MAPS: Final = {
    "map_correlation_heads": "Maps beside those of a random last layer, rank correlation",
    "map_similarity_heads": "Maps beside those of a random last layer, structural similarity",
    "faithfulness_blob": "Deleting what the map puts first, beyond a blob of that size",
    "faithfulness_edges": "Deleting what the map puts first, beyond the strongest edges",
    "faithfulness_centre": "Deleting what the map puts first, beyond the centre",
}
NEVER: Final = (
    "Other seeds of training: one set of weights was audited.",
    "Other methods of making maps, and other target layers: one of each was used.",
    "Damage that a camera or a network does, such as noise, blur or strong compression, beyond what is told above.",
    "Photographs from another source.",
)


@dataclass(frozen=True, kw_only=True)
class Robustness:
    """What the section shows."""

    tables: tuple[Table, ...]
    missing: tuple[str, ...]  # not measured in this run


def robustness(document: Document, estimates: Estimates) -> Robustness:
    """Gather the section on robustness.

    Parameters
    ----------
    document
        What the report speaks of.
    estimates
        Its numbers.

    Returns
    -------
    Robustness
        A table for each kind of change that was measured, and a line for each that was not.
    """
    made = {
        "Changing the whole picture: not measured in this run.": _pictures(estimates),
        "Hiding regions in several ways: not measured in this run.": _fills(estimates),
        "Stricter rules for findings: there was nothing to apply them to.": _rules(document),
        "Random last layers and deletion along the map: not measured in this run.": _maps(estimates),
    }
    kept = tuple(table for table in made.values() if table is not None)
    return Robustness(tables=kept, missing=(*(words for words, table in made.items() if table is None), *NEVER))


def _pictures(estimates: Estimates) -> Table | None:
    """Answers that change with a property of the whole picture."""
    found = [row for row in estimates.of("property_flips") if row.value is not None]
    names = list(dict.fromkeys(row.region or "" for row in found))
    rows = tuple(
        (head(region_name(name)), *(_number(estimates, "property_flips", region=name, fill=fill) for fill in PICTURES))
        for name in names[:ROWS]
    )
    return _table(
        "Answers changed by changing the whole picture",
        (head("Property"), *(tables.number_head(fill_name(fill)) for fill in PICTURES)),
        rows,
        total=len(names),
        note="Each picture is brought to the middle of all pictures, or as far to the other side as it was on its own.",
    )


def _fills(estimates: Estimates) -> Table | None:
    """Answers that change by hiding a region, by how it was hidden."""
    found = [row for row in estimates.of("flip_excess") if row.label is None and row.attribute is None and row.fill]
    names = list(dict.fromkeys(row.region or "" for row in found))
    fills = list(dict.fromkeys(row.fill or "" for row in found))[: tables.COLUMNS]
    rows = tuple(
        (head(shown(name)), *(_number(estimates, "flip_excess", region=name, fill=fill) for fill in fills))
        for name in names[:ROWS]
    )
    return _table(
        "Answers changed by hiding a region, beyond control areas, by way of hiding",
        (head("Region"), *(tables.number_head(fill_name(fill)) for fill in fills)),
        rows,
        total=len(names),
        note="A conclusion that hangs on one way of hiding is not one about the region.",
    )


def _number(estimates: Estimates, statistic: str, *, region: str, fill: str) -> Cell:
    number = estimates.number(statistic, region=region, fill=fill)
    return Cell(text=number.text, note=number.interval, numeric=True, small=number.small)


def _rules(document: Document) -> Table | None:
    """Which findings a stricter rule would still flag."""
    told = [one for one in ranked(document.findings) if one.q_value is not None]
    q = document.protocol.q if document.protocol is not None else 0.0
    rows = tuple((head(topic(one, document)), *_rule(one, q)) for one in told[:ROWS])
    names = ("q", "Strict correction", "Over all pairs at once")
    return _table(
        f"Findings under stricter rules, at {q:g}",
        (head("Finding"), head("Level"), *(tables.number_head(name) for name in names)),
        rows,
        total=len(told),
        note="Strict correction: Benjamini and Yekutieli, under any dependence. Over all pairs at once: Westfall and "
        "Young, for effects beyond the margin.",
    )


def _rule(one: Finding, q: float) -> Iterator[Cell]:
    yield tables.text(badge(one.level).code)
    for value in (one.q_value, one.by_value, one.familywise):
        if value is None:
            yield tables.figure(NOTHING)
        else:
            yield tables.figure(probability(value), note="flagged" if value <= q else "not flagged")


def _maps(estimates: Estimates) -> Table | None:
    """Whether the maps follow the model."""
    found = [(words, estimates.number(name, target="predicted")) for name, words in MAPS.items()]
    rows = tuple(
        (head(words), tables.figure(one.text, note=one.interval), tables.whole(one.n))
        for words, one in found
        if one.value is not None
    )
    columns = (head("What was tried"), tables.number_head("Result"), tables.number_head("n"))
    return _table("Whether the maps follow the model", columns, rows, total=len(rows))


def _table(
    caption: str, columns: Sequence[Cell], rows: tuple[tuple[Cell, ...], ...], *, total: int, note: str = ""
) -> Table | None:
    if not rows:
        return None
    cut = f" {len(rows)} of {total} rows; audit.json has all." if len(rows) < total else ""
    return Table(
        caption=caption, columns=tuple(columns), rows=rows, source="measured, derived", note=f"{note}{cut}".strip()
    )
