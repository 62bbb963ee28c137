"""The section on maps: how much of them lies on each region, and where they lie on average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.report import tables
from auditor.report.charts import Forest, Group, Mark
from auditor.report.figures import SPACE, count, share
from auditor.report.names import shown, value_name
from auditor.report.performance import subgroups
from auditor.report.tables import Cell, Table, head
from auditor.report.withholding import list_withheld

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.documents.document import Document, RegionFacts
    from auditor.report.estimates import Estimates
    from auditor.report.figures import Number

CELLS: Final = 12
"""Rows per region that are split by class and subgroup; with more, subgroups are shown over all classes."""

PARTLY: Final = (
    "Where an n is given, the share elsewhere and the enrichment rest on fewer images than the share of the map: those "
    "with room for an equally large area beside the region. There the shares do not divide into the enrichment, and "
    "the plots leave out the share elsewhere."
)
TARGETS: Final = {"predicted": "map of the class answered", "label": "map of the class labelled"}
ROLES: Final = {
    "core": "core",
    "context": "context",
    "protected": "protected",
    "artefact": "artefact",
    "undeclared": "role not declared",
}


@dataclass(frozen=True, kw_only=True)
class Attention:
    """What the section shows."""

    withheld: tuple[str, ...]  # statements that no reader may make of what is shown, and why
    by_target: tuple[Targeted, ...]
    empty: Table | None


@dataclass(frozen=True, kw_only=True)
class Targeted:
    """What the maps of one kind of target show."""

    name: str
    regions: Table | None
    forests: tuple[Forest, ...]


def attention(document: Document, estimates: Estimates) -> Attention:
    """Gather the section on attention.

    Parameters
    ----------
    document
        What the report speaks of.
    estimates
        Its numbers.

    Returns
    -------
    Attention
        Tables and charts, ready to print.
    """
    targets = sorted(document.method.targets, reverse=True)
    return Attention(
        withheld=list_withheld(document.protocol, layer="attention"),
        by_target=tuple(_targeted(document, estimates, target) for target in targets),
        empty=_empty(document, estimates, targets),
    )


def _targeted(document: Document, estimates: Estimates, target: str) -> Targeted:
    forests = (_forest(document, estimates, (target, attribute)) for attribute in _splits(document))
    outcome = _by_outcome(document, estimates, target)
    return Targeted(
        name=TARGETS.get(target, target),
        regions=_regions(document, estimates, target),
        forests=tuple(chart for chart in (*forests, outcome) if chart is not None),
    )


def _splits(document: Document) -> list[str | None]:
    return [attribute.name for attribute in document.data.attributes] or [None]


def region_name(region: RegionFacts) -> str:
    """A region with its declared role.

    Parameters
    ----------
    region
        One of the document's.

    Returns
    -------
    str
        Such as ``face (protected)``.
    """
    return f"{shown(region.name)} ({ROLES[region.role]})"


def _regions(document: Document, estimates: Estimates, target: str) -> Table | None:
    """One row per region, over all images."""
    measured = {row.region for row in estimates.of("mass") if row.target == target and row.value is not None}
    if not measured:
        return None
    names = ("Share of map", "Area", "Elsewhere", "Enrichment", "Maximum inside", "Attention-IoU")
    return Table(
        caption=f"Share of the {TARGETS.get(target, target)} on each region, all images",
        columns=(head("Region"), *(tables.number_head(name) for name in names), tables.number_head("n")),
        rows=tuple(_region_row(region, estimates, target) for region in document.data.regions),
        note=PARTLY if _partly(estimates) else "",
    )


def _partly(estimates: Estimates) -> bool:
    """Whether some share elsewhere could be measured on part of the images only."""
    keys = ("target", "region", "label", "attribute", "subgroup", "outcome")
    found = (
        (row, estimates.find("mass", **{key: getattr(row, key) for key in keys})) for row in estimates.of("enrichment")
    )
    return any(row.value is not None and mass is not None and row.n != mass.n for row, mass in found)


def _region_row(region: RegionFacts, estimates: Estimates, target: str) -> tuple[Cell, ...]:
    def number(statistic: str) -> Number:
        return estimates.number(statistic, target=target, region=region.name)

    names = ("mass", "area", "borrowed_mass", "enrichment", "pointing", "attention_iou")
    numbers = [number(name) for name in names]
    if numbers[1].value is None:
        numbers[1] = estimates.number("area", region=region.name)
    cells = [
        Cell(
            text=one.text,
            note=one.brief if one.n == numbers[0].n else f"{one.brief} n{SPACE}={SPACE}{count(one.n)}".strip(),
            numeric=True,
            small=one.small and one.value is not None,
        )
        for one in numbers
    ]
    return (head(shown(region.name), note=ROLES[region.role]), *cells, tables.whole(numbers[0].n))


def _forest(document: Document, estimates: Estimates, split: tuple[str, str | None]) -> Forest | None:
    target, attribute = split
    groups = [_group(document, estimates, region, split=split) for region in document.data.regions]
    filled = tuple(group for group in groups if group.marks)
    if not filled:
        return None
    by = f"by region, class and {shown(attribute)}" if attribute else "by region and class"
    return _mass_forest(f"Share of the {TARGETS.get(target, target)}, {by}", filled)


def _mass_forest(title: str, groups: tuple[Group, ...]) -> Forest:
    return Forest(
        title=title,
        axis="share",
        axis_label="share of the map's mass",
        groups=groups,
        value_heading="share of map [interval]",
        extra_heading="enrichment",
    )


def _group(document: Document, estimates: Estimates, region: RegionFacts, *, split: tuple[str, str | None]) -> Group:
    target, attribute = split
    labels = [name for name in document.model.classes if document.data.labels.get(name)]
    values = [value for name, value in subgroups(document) if name == attribute]
    keys: list[dict[str, str | None]] = [{}]
    if attribute is None:
        keys += [{"label": label} for label in labels if len(labels) > 1]
    elif len(labels) * len(values) > CELLS:
        keys += [{"attribute": attribute, "subgroup": value} for value in values]
    else:
        keys += [{"label": label, "attribute": attribute, "subgroup": value} for label in labels for value in values]
    marks = (_mark(estimates, {"target": target, "region": region.name, **key}) for key in keys)
    return Group(heading=region_name(region), marks=tuple(mark for mark in marks if mark is not None))


def _mark(estimates: Estimates, keys: dict[str, str | None]) -> Mark | None:
    found = estimates.find("mass", **keys)
    if found is None:
        return None
    area = estimates.number("area", **keys)
    if area.value is None:
        area = estimates.number("area", **{**keys, "target": None})
    borrowed, enrichment = (estimates.number(name, **keys) for name in ("borrowed_mass", "enrichment"))
    same = borrowed.n == found.n
    return Mark(
        label=_mark_name(keys),
        number=estimates.printed(found),
        area=area.value,
        borrowed=borrowed.value if same else None,  # it speaks of other images than the share beside it
        extra=_enrichment(enrichment, same=same),
    )


def _enrichment(number: Number, *, same: bool) -> str:
    """As it stands in its column: with its n where that is not the row's, in brackets where it rests on few cases."""
    if number.value is None:
        return number.text
    text = number.text if same else f"{number.text} of {count(number.n)}"
    return f"({text})" if number.small else text


def _mark_name(keys: dict[str, str | None]) -> str:
    parts = [
        shown(keys["label"] or "") if "label" in keys else None,
        value_name(keys["subgroup"] or "") if "subgroup" in keys else None,
    ]
    if keys.get("outcome"):
        parts.append(f"answered {'right' if keys['outcome'] == 'correct' else 'wrong'}")
    return ", ".join(part for part in parts if part) or "all images"


def _by_outcome(document: Document, estimates: Estimates, target: str) -> Forest | None:
    groups = []
    for region in document.data.regions:
        keys: Iterator[dict[str, str | None]] = (
            {"target": target, "region": region.name, "outcome": outcome} for outcome in ("correct", "wrong")
        )
        marks = tuple(mark for key in keys if (mark := _mark(estimates, key)) is not None)
        if marks:
            groups.append(Group(heading=region_name(region), marks=marks))
    if not groups:
        return None
    return _mass_forest(f"Share of the {TARGETS.get(target, target)}, right and wrong answers", tuple(groups))


def _empty(document: Document, estimates: Estimates, targets: list[str]) -> Table | None:
    """How often a map is zero everywhere: such a map says nothing and is left out, never counted as zero."""
    rows = []
    for label in (None, *document.model.classes):
        numbers = [estimates.find("empty_maps", target=target, label=label) for target in targets]
        if any(number is not None for number in numbers):
            cells = (
                tables.figure(share(row.value, decimals=1), note=f"of {row.n:,}")
                if row and row.value is not None
                else tables.figure("")
                for row in numbers
            )
            rows.append((head("All classes" if label is None else shown(label)), *cells))
    if not rows or not any(row.value for row in estimates.of("empty_maps")):
        return None
    heads = (head("Labelled"), *(tables.number_head(f"Empty {TARGETS.get(target, target)}") for target in targets))
    return Table(caption="Maps that are zero everywhere", columns=heads, rows=tuple(rows))
