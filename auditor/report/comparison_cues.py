"""The section on cues: how much each of two models leans on what was declared, what became of it, and the effects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from auditor.properties import is_property
from auditor.report import tables
from auditor.report.changes import AXES, change_table, compared, name_statistic, signed
from auditor.report.dumbbells import Bell, Dumbbells, Rack
from auditor.report.figures import NOTHING
from auditor.report.levels import badge, probability, region_name
from auditor.report.names import shown, value_name
from auditor.report.tables import Table, figure, head, number_head
from auditor.report.vocabulary import fill_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.documents.comparisons import Change, CueChange, Leaning, Pair
    from auditor.documents.document import Document
    from auditor.report.changes import Compared
    from auditor.report.levels import Badge

LEAST: Final = "leans less"
SHAPES: Final[dict[Leaning, str]] = {
    "candidate leans less": "lower",
    "baseline leans less": "higher",
    "mixed": "both",
    "alike": "alike",
    "cannot tell": "open",
}
"""The shape that stands before each leaning."""
QUANTITY: Final = {"sd": "alignment", "difference": "flips", "share": "flips"}
"""Whose margin an effect of a unit has."""
MATERIAL: Final = 1
"""Place of the larger margin."""
HIDING: Final = {"sd": "Evidence moved by hiding a region", "difference": "Answers changed by hiding a region"}
CHANGING: Final = "Evidence moved by changing whole pictures"


@dataclass(frozen=True, kw_only=True)
class Said:
    """Which model leans less, in words and with a shape."""

    words: str
    shape: str


@dataclass(frozen=True, kw_only=True)
class Cue:
    """One cue in detail."""

    anchor: str
    title: str
    role: str
    counts: bool
    said: Said
    fate: str  # of the finding; "" where neither audit has one
    levels: tuple[Badge | None, Badge | None]  # of baseline and candidate
    sentence: str
    size: str
    p: str
    numbers: Table | None


@dataclass(frozen=True, kw_only=True)
class Cues:
    """What the section shows of one pair."""

    charts: tuple[Dumbbells, ...]
    rows: tuple[Cue, ...]  # those that count come first
    margin: str  # what the band of the charts is


def said(leaning: Leaning, names: tuple[str, str]) -> Said:
    """Say which model leans less.

    Parameters
    ----------
    leaning
        As the document has it.
    names
        Of baseline and candidate.

    Returns
    -------
    Said
        With the model's name.

    Examples
    --------
    >>> said("candidate leans less", ("old", "new")).words
    'new leans less'
    """
    named = {"candidate leans less": f"{shown(names[1])} {LEAST}", "baseline leans less": f"{shown(names[0])} {LEAST}"}
    return Said(words=named.get(leaning, leaning), shape=SHAPES[leaning])


def name_cue(cue: CueChange, document: Document) -> str:
    """Say what a cue is.

    Parameters
    ----------
    cue
        Of a pair.
    document
        What the report speaks of.

    Returns
    -------
    str
        Region, and the attribute with the values that are compared.
    """
    compares = _groups(cue, document)
    return f"{region_name(cue.region)} · {compares}" if compares else region_name(cue.region)


def _groups(cue: CueChange, document: Document) -> str:
    if cue.attribute is None or cue.subgroup is None:
        return shown(cue.attribute or "")
    values = [value for one in document.data.attributes if one.name == cue.attribute for value in one.counts if value]
    others = [value for value in values if value != cue.subgroup]
    other = shown(others[0]) if len(others) == 1 else "others"
    return f"{shown(cue.attribute)}: {value_name(cue.subgroup)} against {other}"


def cues(pair: Pair, document: Document, *, names: tuple[str, str], prefix: str) -> Cues:
    """Gather the section on the cues of one pair.

    Parameters
    ----------
    pair
        Baseline and candidate.
    document
        What the report speaks of.
    names
        Of baseline and candidate.
    prefix
        Of anchors, one per pair.

    Returns
    -------
    Cues
        Charts and rows, those that count first.
    """
    ordered = sorted(pair.cues, key=lambda cue: not cue.counts)
    few = document.method.min_clusters
    rows = tuple(_row(cue, document, names=names, anchor=f"{prefix}cue-{k}") for k, cue in enumerate(ordered, start=1))
    charts = tuple(_charts(ordered, document, names=names, few=few))
    return Cues(charts=charts, rows=rows, margin=_told_band(charts))


def _row(cue: CueChange, document: Document, *, names: tuple[str, str], anchor: str) -> Cue:
    few = document.method.min_clusters
    unit = next((change.baseline.unit for change in cue.changes), "SD")
    size = None if cue.size is None else signed(cue.size, unit=unit, min_clusters=few)
    rows = [compared(change, min_clusters=few) for change in cue.changes]
    return Cue(
        anchor=anchor,
        title=name_cue(cue, document),
        role=_role(cue),
        counts=cue.counts,
        said=said(cue.leaning, names),
        fate=cue.fate if cue.baseline_level or cue.candidate_level else "",
        levels=(_badge(cue, "baseline"), _badge(cue, "candidate")),
        sentence=cue.sentence,
        size=size.full if size is not None and size.value is not None else NOTHING,
        p=NOTHING if cue.p_adjusted is None else probability(cue.p_adjusted),
        numbers=_numbers(rows, names) if rows else None,
    )


def _role(cue: CueChange) -> str:
    if is_property(cue.region):
        return "whole picture"
    return f"declared {cue.role}" if cue.role != "undeclared" else "not declared"


def _badge(cue: CueChange, side: str) -> Badge | None:
    level = cue.baseline_level if side == "baseline" else cue.candidate_level
    return None if level is None else badge(level)


def _numbers(rows: Sequence[Compared], names: tuple[str, str]) -> Table:
    caption = name_statistic(rows[0].source.baseline.statistic)
    caption = f"{caption[0].upper()}{caption[1:]}"
    first = "Way of changing" if is_property(rows[0].source.baseline.region or "") else "Way of hiding"
    return change_table(caption, rows, names=names, first=first, name=_fill)


def _fill(change: Change) -> str:
    return fill_name(change.baseline.fill or "") or NOTHING


def _charts(
    ordered: Sequence[CueChange], document: Document, *, names: tuple[str, str], few: int
) -> Iterator[Dumbbells]:
    """One chart for each unit that effects have, of regions and of whole pictures."""
    kinds = dict.fromkeys((is_property(cue.region), _unit(change)) for cue in ordered for change in cue.changes)
    for whole, unit in kinds:
        racks = [
            Rack(heading=name_cue(cue, document), bells=tuple(bells))
            for cue in ordered
            if is_property(cue.region) is whole
            and (bells := [_bell(one, few) for one in cue.changes if _unit(one) == unit and _is_known(one)])
        ]
        axis, label = AXES.get(unit, ("plain", unit))
        if racks:
            yield Dumbbells(
                title=CHANGING if whole else HIDING.get(unit, "Effect of hiding a region"),
                axis="points" if axis == "share" else axis,
                axis_label=label if axis != "share" else AXES["difference"][1],
                names=names,
                racks=tuple(racks),
                zero=True,
                band=margin(document, unit),
            )


def _unit(change: Change) -> str:
    return change.baseline.unit.casefold().partition(" ")[0]


def _is_known(change: Change) -> bool:
    return change.baseline.value is not None or change.candidate.value is not None


def _bell(change: Change, few: int) -> Bell:
    return replace(compared(change, min_clusters=few).bell, label=_fill(change))


def margin(document: Document, unit: str) -> float | None:
    """Find the size below which an effect does not matter.

    Parameters
    ----------
    document
        What the report speaks of.
    unit
        Of the effect.

    Returns
    -------
    float or None
        The larger of the two margins; None where there is none for this unit.
    """
    margins = document.protocol.margins if document.protocol is not None else {}
    found = margins.get(QUANTITY.get(unit.casefold().partition(" ")[0], ""))
    return None if found is None else found[MATERIAL]


def _told_band(charts: Sequence[Dumbbells]) -> str:
    known = any(chart.band is not None for chart in charts)
    return "The grey band is the margin: effects inside of it do not matter here." if known else ""


def cue_table(shown_cues: Cues, *, names: tuple[str, str]) -> Table:
    """Put all cues into one table.

    Parameters
    ----------
    shown_cues
        Of one pair.
    names
        Of baseline and candidate.

    Returns
    -------
    Table
        Level in both audits, change in size and what follows.
    """
    rows = []
    for counts, group in groupby(shown_cues.rows, key=lambda row: row.counts):
        for row in group:
            note = row.role if counts else f"{row.role}; does not count towards the verdict"
            rows.append(
                (
                    head(row.title, note=note),
                    *(_level(one) for one in row.levels),
                    tables.text(row.said.words, note=row.fate),
                    figure(row.size),
                    figure(row.p),
                )
            )
    columns = (
        head("Cue"),
        *(head(shown(one)) for one in names),
        head("Which leans less"),
        number_head("Change in size", note="simultaneous interval"),
        number_head("p", note="adjusted"),
    )
    return Table(caption="What became of each cue", kind="cues", columns=columns, rows=tuple(rows), source="derived")


def _level(level: Badge | None) -> tables.Cell:
    none = tables.Cell(text="no such finding", faint=True)
    return none if level is None else tables.text(level.code, note=level.words)
