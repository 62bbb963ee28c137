"""Mean maps of two models side by side on one scale, and their difference on another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.report.figures import MINUS, SPACE, TIMES, count
from auditor.report.images import embedded, tile, upsampled
from auditor.report.meanmaps import MeanMaps, Row, Sheet, Tile
from auditor.report.names import shown, value_name
from auditor.report.svg import colour_bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from auditor.documents.comparisons import Pair, PairMap
    from auditor.documents.document import Document, Grid
    from auditor.geometry import FloatArray, Size

ROWS: Final = 48
"""Labels and subgroups whose mean maps are shown."""
CELLS: Final = (56, 56)
"""Grid on which maps of two grids are taken off each other."""


def paired_maps(pair: Pair, document: Document, *, names: tuple[str, str]) -> MeanMaps | None:
    """Draw the mean maps of two models side by side.

    Parameters
    ----------
    pair
        Baseline and candidate.
    document
        What the report speaks of.
    names
        Of baseline and candidate.

    Returns
    -------
    MeanMaps or None
        None where there are none. A tile shows the map divided by an even one.
    """
    maps = [one for one in pair.maps if one.n][:ROWS]
    if not maps:
        return None
    mean = max(float(_density(grid).max()) for one in maps for grid in (one.baseline, one.candidate)) or 1.0
    apart = max(float(np.abs(_difference(one)).max()) for one in maps) or 1.0
    frame, few = document.model.frame, document.method.min_clusters
    rows = tuple(
        Row(label=_name(one), tiles=_tiles(one, names=names, ends=(mean, apart), frame=frame, few=few)) for one in maps
    )
    more = sum(1 for one in pair.maps if one.n) - len(rows)
    note = f"{count(more)} more are in audit.json." if more > 0 else ""
    title = "Mean map of the class answered"
    return MeanMaps(
        sheets=(Sheet(title=title, rows=rows, note=note),), bar=_bar(mean), difference_bar=_difference_bar(apart)
    )


def _density(grid: Grid) -> FloatArray:
    cells = np.asarray(grid, dtype=np.float64)
    return cells * cells.size


def _difference(one: PairMap) -> FloatArray:
    """Candidate minus baseline: on their own grid where they share one."""
    old, new = _density(one.baseline), _density(one.candidate)
    if old.shape == new.shape:
        return new - old
    return upsampled(new, CELLS) - upsampled(old, CELLS)


def _name(one: PairMap) -> str:
    split = f", {shown(one.attribute)}: {value_name(one.subgroup or '')}" if one.attribute is not None else ""
    return f"{shown(one.label)}{split}"


def _tiles(
    one: PairMap, *, names: tuple[str, str], ends: tuple[float, float], frame: Size, few: int
) -> tuple[Tile, ...]:
    note = f"n{SPACE}={SPACE}{count(one.n)}{', few cases' if one.n < few else ''}"
    tiles = []
    for name, grid in zip(names, (one.baseline, one.candidate), strict=True):
        image = tile(_density(grid), limit=ends[0], frame=frame)
        alt = f"Mean map of {_name(one)}, {shown(name)}"
        tiles.append(Tile(heading=shown(name), note=note, picture=embedded(image, alt=alt, sharp=True)))
    image = tile(_difference(one), limit=ends[1], frame=frame, signed=True)
    told = f"{shown(names[1])} {MINUS} {shown(names[0])}"
    alt = f"Difference of mean maps of {_name(one)}: {told}"
    tiles.append(Tile(heading=told, note="difference", picture=embedded(image, alt=alt, sharp=True)))
    return tuple(tiles)


def _bar(end: float) -> Markup:
    ticks: Sequence[tuple[float, str]] = [(0.0, "0"), (1.0, f"{end:.1f}{TIMES}")]
    return colour_bar("sequential", ticks=ticks, label=f"mean map, as multiples of an even one (1{TIMES})")


def _difference_bar(end: float) -> Markup:
    ticks = [(0.0, f"{MINUS}{end:.1f}"), (0.5, "0"), (1.0, f"+{end:.1f}")]
    return colour_bar("diverging", ticks=ticks, label="difference of two mean maps, same unit")
