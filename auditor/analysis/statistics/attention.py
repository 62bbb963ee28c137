"""Attention: where the model looks, by label, by subgroup, where it is right and where it is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from auditor.analysis.statistics.bootstrap import Ratio
from auditor.analysis.statistics.cells import tabulate
from auditor.analysis.statistics.intervals import proportions
from auditor.analysis.statistics.nesting import ratios_by_margin
from auditor.analysis.statistics.performance import share_method
from auditor.records import TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.analysis.statistics.base import Evidence, TargetView
    from auditor.analysis.statistics.cells import Cells, Row
    from auditor.analysis.statistics.intervals import IntArray, Intervals
    from auditor.geometry import BoolArray, FloatArray

WORDS: Final = {
    "mass": "mean share of the map's mass that lies in the region",
    "area": "mean share of the frame that the region covers",
    "attention_iou": "mean soft overlap of map and region (Attention-IoU)",
    "pointing": "share of images whose map is highest in the region (pointing game)",
}
UNITS: Final = {"mass": "share", "area": "share", "attention_iou": "index", "pointing": "share"}
_OVER: Final = "over images that show the region and have a map that is not empty"


class Track(NamedTuple):
    """One value per image read, NaN where the image does not take part."""

    statistic: str
    target: str
    region: str
    values: FloatArray

    @property
    def is_share(self) -> bool:
        """Whether the mean is a share: a hit or none per image."""
        return self.statistic == "pointing" and bool(np.isin(self.values[np.isfinite(self.values)], (0, 1)).all())


def measure_attention(evidence: Evidence) -> list[Row]:
    """Mass, area, pointing game and soft overlap of each region, and the share of empty maps.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Row
        ``mass``, ``area``, ``pointing``, ``attention_iou`` per target, region and cell of every margin, each also by
        outcome; ``empty_maps`` per target and cell of every margin. All lie in [0, 1].
    """
    rows: list[Row] = []
    tracks: list[Track] = []
    for target in TARGETS:
        view = evidence.target(target)
        rows += _empty_maps(evidence, target=target, view=view)
        for region in evidence.settings.regions:
            tracks += _tracks(evidence, target=target, region=region, view=view)
    margins = list(margins_by_outcome(evidence))
    means = _means(evidence, [track for track in tracks if not track.is_share], margins=margins)
    shares = [track for track in tracks if track.is_share]
    for cells, rest in zip(margins, means, strict=True):
        rows += _shares(evidence, shares, cells=cells)
        rows += rest
    return rows


def margins_by_outcome(evidence: Evidence) -> Iterator[Cells]:
    """Every margin, and every margin split into wrong and correct predictions."""
    for cells in evidence.margins():
        yield cells
        yield cells.by_outcome(evidence.correct)


def bootstrap_method(evidence: Evidence) -> str:
    """How the interval of a mean or ratio was made, in words."""
    return f"BCa bootstrap over clusters, {evidence.settings.draws} draws"


def _tracks(evidence: Evidence, *, target: str, region: str, view: TargetView) -> list[Track]:
    area = evidence.region(region).area
    mass = view.measure("mass", region)
    used = (area > 0) & np.isfinite(mass)
    values = {"mass": mass, "area": area}
    values |= {name: view.measure(name, region) for name in ("attention_iou", "pointing")}
    return [Track(name, target, region, np.where(used, values[name], np.nan)) for name in WORDS]


def _share(evidence: Evidence, hits: BoolArray, *, codes: IntArray, cells: Cells) -> Intervals:
    return proportions(
        hits,
        codes=codes,
        clusters=evidence.clusters,
        n_cells=len(cells.keys),
        confidence=evidence.settings.confidence,
    )


def _empty_maps(evidence: Evidence, *, target: str, view: TargetView) -> list[Row]:
    method = f"share of images whose map is zero everywhere or missing; {share_method(evidence)}"
    facts = {"statistic": "empty_maps", "target": target, "unit": "share", "method": method}
    rows: list[Row] = []
    for cells in evidence.margins():
        found = _share(evidence, ~view.has_map, codes=cells.codes, cells=cells)
        rows += tabulate(found, keys=cells.keys, keep=cells.counts() > 0, **facts)
    return rows


def _row(track: Track, found: Intervals, *, cells: Cells, interval: str) -> list[Row]:
    name = track.statistic
    return tabulate(
        found,
        keys=cells.keys,
        keep=cells.counts() > 0,
        statistic=name,
        target=track.target,
        region=track.region,
        unit=UNITS[name],
        method=f"{WORDS[name]}, {_OVER}; {interval}",
    )


def _shares(evidence: Evidence, tracks: Sequence[Track], *, cells: Cells) -> list[Row]:
    rows: list[Row] = []
    for track in tracks:
        codes = np.where(np.isfinite(track.values), cells.codes, -1)
        found = _share(evidence, track.values > 0, codes=codes, cells=cells)
        rows += _row(track, found, cells=cells, interval=share_method(evidence))
    return rows


def _means(evidence: Evidence, tracks: Sequence[Track], *, margins: Sequence[Cells]) -> Iterator[list[Row]]:
    """All means, margin by margin, of the same draws."""
    if not tracks:
        yield from ([] for _ in margins)
        return
    values = np.column_stack([track.values for track in tracks])
    known = np.isfinite(values)
    found = ratios_by_margin(
        np.hstack([np.where(known, values, 0.0), known]),
        [Ratio(i, i + len(tracks), i + len(tracks)) for i in range(len(tracks))],
        margins,
        clusters=evidence.clusters,
        weights=evidence.weights,
        confidence=evidence.settings.confidence,
    )
    interval = bootstrap_method(evidence)
    for cells, results in zip(margins, found, strict=True):
        pairs = zip(tracks, results, strict=True)
        yield [row for track, one in pairs for row in _row(track, one, cells=cells, interval=interval)]
