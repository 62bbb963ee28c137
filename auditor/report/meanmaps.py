"""Mean maps on one shared scale, and what sets each subgroup's apart."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.report.attention import TARGETS
from auditor.report.figures import MINUS, SPACE, TIMES, count
from auditor.report.images import Picture, embedded, tile
from auditor.report.names import shown, value_name
from auditor.report.svg import colour_bar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markupsafe import Markup

    from auditor.documents.document import Document, MeanMap
    from auditor.geometry import FloatArray, Size

_PAIR: Final = 2
ROWS: Final = 16
"""Classes whose mean maps are shown."""
TILES: Final = 8
"""Subgroups whose mean maps are shown: those with the most images."""


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One mean map or difference."""

    heading: str
    note: str  # its n
    picture: Picture | None


@dataclass(frozen=True, kw_only=True)
class Row:
    """Tiles of one class."""

    label: str
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Mean maps of one kind of target, split by one attribute."""

    title: str
    rows: tuple[Row, ...]
    note: str


@dataclass(frozen=True, kw_only=True)
class MeanMaps:
    """All sheets, with the scales that they share."""

    sheets: tuple[Sheet, ...]
    bar: Markup
    difference_bar: Markup | None


@dataclass(frozen=True, kw_only=True)
class _Scales:
    """Ends of the two scales, in multiples of an even map, and what else all tiles share."""

    mean: float
    difference: float
    small: int
    frame: Size


def mean_maps(document: Document) -> MeanMaps | None:
    """Draw the mean maps of a document.

    Parameters
    ----------
    document
        What the report speaks of.

    Returns
    -------
    MeanMaps or None
        None where the document has none. A tile shows the map divided by an even one: 1 is what a map that ignores
        the image would have everywhere.
    """
    maps = [one for one in document.mean_maps if one.n]
    if not maps:
        return None
    differences = [difference for part in _comparable(maps) for difference, _ in _contrasts(part)]
    scales = _Scales(
        mean=max(float(_density(one).max()) for one in maps) or 1.0,
        difference=max([float(np.abs(one).max()) for one in differences], default=0.0) or 1.0,
        small=document.method.min_clusters,
        frame=document.model.frame,
    )
    sheets = tuple(_sheets(document, maps, scales))
    return MeanMaps(sheets=sheets, bar=_bar(scales), difference_bar=_difference_bar(scales) if differences else None)


def _density(one: MeanMap) -> FloatArray:
    grid = np.asarray(one.grid, dtype=np.float64)
    return grid * grid.size


def _comparable(maps: Sequence[MeanMap]) -> Iterator[list[MeanMap]]:
    """Maps of one target, label and attribute."""
    key = attrgetter("target", "label", "attribute")
    for wanted in dict.fromkeys(key(one) for one in maps):
        yield [one for one in maps if key(one) == wanted]


def _contrasts(maps: Sequence[MeanMap]) -> list[tuple[FloatArray, str]]:
    """What sets subgroups of one attribute apart: of two recorded values one difference, not its mirror image."""
    parts = sorted(
        (one for one in maps if one.attribute is not None and one.subgroup), key=lambda one: one.subgroup or ""
    )
    if len(parts) < _PAIR:
        return []
    made = []
    for one in parts[1:] if len(parts) == _PAIR else parts:
        rest = [other for other in parts if other is not one]
        mean = sum(_density(other) * other.n for other in rest) / sum(other.n for other in rest)
        others = shown(rest[0].subgroup or "") if len(rest) == 1 else "others"
        name = f"{shown(one.subgroup or '')} {MINUS} {others}"
        made.append((np.asarray(_density(one) - mean), name))
    return made


def _sheets(document: Document, maps: Sequence[MeanMap], scales: _Scales) -> Iterator[Sheet]:
    attributes = [attribute.name for attribute in document.data.attributes]
    for target in sorted({one.target for one in maps}, reverse=True):
        mine = [one for one in maps if one.target == target]
        labels = [name for name in document.model.classes if any(one.label == name for one in mine)]
        splits: list[str | None] = [name for name in attributes if any(one.attribute == name for one in mine)]
        for attribute in splits or [None]:
            rows = (_row([one for one in mine if one.label == label], attribute, scales) for label in labels[:ROWS])
            yield Sheet(
                title=f"Mean {TARGETS.get(target, target)}" + (f", by {shown(attribute)}" if attribute else ""),
                rows=tuple(rows),
                note=_note(len(labels), len({one.subgroup for one in mine if one.attribute == attribute})),
            )


def _note(labels: int, groups: int) -> str:
    """What there is no room for."""
    cut = [f"The first {ROWS} of {labels} classes."] if labels > ROWS else []
    cut += [f"The {TILES} largest of {groups} subgroups, set against each other alone."] if groups > TILES else []
    return " ".join([*cut, "audit.json has all."]) if cut else ""


def _row(maps: Sequence[MeanMap], attribute: str | None, scales: _Scales) -> Row:
    """The maps of one label: all images, each subgroup, and what sets the subgroups apart."""
    label = shown(maps[0].label)
    parts = [one for one in maps if attribute is not None and one.attribute == attribute]
    parts = sorted(parts, key=lambda one: -one.n)[:TILES] if len(parts) > TILES else parts
    tiles = [_tile(one, "all", scales) for one in maps if one.attribute is None]
    tiles += [_tile(one, value_name(one.subgroup or ""), scales) for one in parts]
    for difference, name in _contrasts(parts):
        image = tile(difference, limit=scales.difference, frame=scales.frame, signed=True)
        alt = f"Difference of mean maps of {label}: {name}"
        tiles.append(Tile(heading=name, note="difference", picture=embedded(image, alt=alt, sharp=True)))
    return Row(label=label, tiles=tuple(tiles))


def _tile(one: MeanMap, heading: str, scales: _Scales) -> Tile:
    image = tile(_density(one), limit=scales.mean, frame=scales.frame)
    alt = f"Mean {TARGETS.get(one.target, one.target)} of {shown(one.label)}, {heading}"
    few = ", few cases" if one.n < scales.small else ""
    note = f"n{SPACE}={SPACE}{count(one.n)}{few}"
    return Tile(heading=heading, note=note, picture=embedded(image, alt=alt, sharp=True))


def _bar(scales: _Scales) -> Markup:
    ticks = [(0.0, "0"), (1.0, f"{scales.mean:.1f}{TIMES}")]
    if 1.25 < scales.mean < 12:  # noqa: PLR2004 -- room for its label between the two ends
        ticks.insert(1, (1 / scales.mean, f"1{TIMES}"))
    return colour_bar("sequential", ticks=ticks, label=f"mean map, as multiples of an even one (1{TIMES})")


def _difference_bar(scales: _Scales) -> Markup:
    end = f"{scales.difference:.1f}"
    ticks = [(0.0, f"{MINUS}{end}"), (0.5, "0"), (1.0, f"+{end}")]
    return colour_bar("diverging", ticks=ticks, label="difference of two mean maps, same unit")
