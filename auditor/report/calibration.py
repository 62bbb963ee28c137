"""Whether scores can be relied on: how often the model is right at a score, and how far that is from the score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.report import tables
from auditor.report.figures import Number, share
from auditor.report.names import shown, value_name
from auditor.report.tables import Cell, Table, head

if TYPE_CHECKING:
    from auditor.documents.document import Document
    from auditor.report.estimates import Estimates

BINS: Final = 10


@dataclass(frozen=True, kw_only=True)
class Point:
    """One bin of the score."""

    score: float
    right: Number


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The reliability curve."""

    title: str
    points: tuple[Point, ...]


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What the part shows."""

    errors: Table
    bins: Table | None
    curve: Curve | None


def calibration(document: Document, estimates: Estimates) -> Calibration | None:
    """Gather what was measured of scores.

    Parameters
    ----------
    document
        What the report speaks of.
    estimates
        Its numbers.

    Returns
    -------
    Calibration or None
        None where it was not measured.
    """
    groups: list[tuple[str | None, str | None]] = [(None, None)]
    groups += [(one.name, value) for one in document.data.attributes for value in sorted(one.counts, key=_last)]
    rows = tuple(_group(estimates, *group) for group in groups if _measured(estimates, *group))
    if not rows:
        return None
    points = _points(estimates)
    names = ("Score less right", "Calibration error", "By chance alone", "Slope")
    errors = Table(
        caption="How far scores are from right answers",
        columns=(head("Images"), *(tables.number_head(name) for name in names), tables.number_head("n")),
        rows=rows,
        source="measured, derived",
        note="Score less right: mean score of the answers minus their share right; above 0 the model is too sure. "
        "Calibration error: mean distance of the two over ten bins of the score; it is above 0 by chance alone, so "
        "what chance makes stands beside it. Slope: 1 where scores are as extreme as they should be, below 1 where "
        "they are too extreme.",
    )
    curve = Curve(title="Right answers by score", points=points) if points else None
    return Calibration(errors=errors, bins=_bins(points) if points else None, curve=curve)


def _last(value: str) -> bool:
    """Values that are not recorded come last."""
    return value == ""


def _measured(estimates: Estimates, attribute: str | None, subgroup: str | None) -> bool:
    return estimates.find("calibration_error", attribute=attribute, subgroup=subgroup) is not None


def _group(estimates: Estimates, attribute: str | None, subgroup: str | None) -> tuple[Cell, ...]:
    names = ("overconfidence", "calibration_error", "calibration_error_by_chance", "calibration_slope")
    found = [estimates.number(name, attribute=attribute, subgroup=subgroup) for name in names]
    name = "all" if attribute is None else f"{shown(attribute)}: {value_name(subgroup or '')}"
    cells = (Cell(text=one.text, note=one.interval, numeric=True, small=one.small) for one in found)
    return (head(name), *cells, tables.whole(found[1].n))


def _points(estimates: Estimates) -> tuple[Point, ...]:
    made = []
    for place in range(1, BINS + 1):
        score = estimates.find(f"score_in_bin_{place:02}")
        right = estimates.find(f"accuracy_in_bin_{place:02}")
        if score is not None and right is not None and score.value is not None and right.value is not None:
            made.append(Point(score=score.value, right=estimates.printed(right)))
    return tuple(made)


def _bins(points: tuple[Point, ...]) -> Table:
    rows = tuple(
        (
            head(share(one.score)),
            Cell(text=one.right.text, numeric=True, small=one.right.small),
            tables.figure(one.right.interval),
            tables.whole(one.right.n),
        )
        for one in points
    )
    names = ("Answered right", "Interval", "n")
    columns = (head("Mean score"), *(tables.number_head(name) for name in names))
    return Table(caption="Right answers by score", columns=columns, rows=rows)
