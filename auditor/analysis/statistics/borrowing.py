"""Attention to a region against equally large areas that lie where the region lies on other images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from auditor.analysis.statistics.attention import bootstrap_method, margins_by_outcome
from auditor.analysis.statistics.bootstrap import Ratio
from auditor.analysis.statistics.cells import tabulate
from auditor.analysis.statistics.lending import ALIGNED, borrow
from auditor.analysis.statistics.memory import once
from auditor.analysis.statistics.nesting import ratios_by_margin
from auditor.records import TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.analysis.statistics.base import Evidence, TargetView
    from auditor.analysis.statistics.cells import Cells, Row
    from auditor.analysis.statistics.grids import SingleArray
    from auditor.analysis.statistics.intervals import IntArray, Intervals
    from auditor.analysis.statistics.lending import Loan
    from auditor.geometry import FloatArray

WORDS: Final = {
    "borrowed_mass": "mean share of the map's mass in equally large boxes, placed as the region is on other images",
    "enrichment": "mean mass in the region divided by mean mass in borrowed boxes, on the same images",
}
UNITS: Final = {"borrowed_mass": "share", "enrichment": "ratio"}


class Pair(NamedTuple):
    """Mass in the region and mean mass in its borrowed boxes per image read; both NaN where either is missing.

    `room` is the weight of each image. Boxes lie beside the region, so images whose region is in the middle lend far
    and borrow far; weighted by the share of boxes that fit, a region and the boxes it is set against lie in the same
    places, and a model that favours the middle gives both the same. `own` is the mass in the region of every image that
    shows it and has a map, with boxes or without. `probed` are the images on whose maps random heads were tried, and
    `lent` the mean grid weights of their boxes: those of all images are not kept.
    """

    target: str
    region: str
    mass: FloatArray
    borrowed: FloatArray
    room: FloatArray
    own: FloatArray
    aligned: bool
    probed: IntArray
    lent: SingleArray
    note: str


def measure_enrichment(evidence: Evidence) -> list[Row]:
    """Mass of borrowed regions, and enrichment: how many times as much lies in the region.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Row
        ``borrowed_mass`` (a share in [0, 1]) and ``enrichment`` (a ratio, 1 where the region gets as much as its
        borrowed boxes) per target, region and cell of every margin, each also by outcome; NaN for regions that lie at
        one place on all images.
    """
    pairs = pair_masses(evidence)
    if not pairs:
        return []
    return _rows(evidence, pairs, margins=list(margins_by_outcome(evidence)))


@once
def pair_masses(evidence: Evidence) -> list[Pair]:
    """Mass in each region and in its borrowed boxes, image by image.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Pair
        By region and target; empty where there are no regions or no images.
    """
    return list(_pair_all(evidence)) if len(evidence.read) else []


def _pair_all(evidence: Evidence) -> Iterator[Pair]:
    views = {target: evidence.target(target) for target in TARGETS} if evidence.settings.regions else {}
    probed = np.flatnonzero(evidence.read["image_id"].isin(evidence.randomised["image_id"]))
    for region in evidence.settings.regions:
        loan = borrow(evidence, region)
        for target, view in views.items():
            yield _pair(evidence, loan, target=target, region=region, view=view, probed=probed)


def _pair(evidence: Evidence, loan: Loan, *, target: str, region: str, view: TargetView, probed: IntArray) -> Pair:
    """Maps are divided by their sum over the frame, so weights in pixels give shares."""
    mass = view.measure("mass", region)
    borrowed = np.einsum("nhw,nhw->n", view.maps, loan.weights, dtype=np.float64)
    used = loan.placed & np.isfinite(mass)
    return Pair(
        target=target,
        region=region,
        mass=np.where(used, mass, np.nan),
        borrowed=np.where(used, borrowed, np.nan),
        room=loan.room,
        own=np.where(evidence.region(region).seen, mass, np.nan),
        aligned=loan.aligned,
        probed=probed,
        lent=loan.weights[probed],
        note=_note(loan, asked=evidence.settings.borrowed),
    )


def _note(loan: Loan, *, asked: int) -> str:
    if loan.aligned:
        return (
            f"not computed: the region lies at nearly one place on all images (mean overlap of two boxes "
            f"{loan.overlap:.2f}, limit {ALIGNED}), so boxes borrowed from other images would cover it"
        )
    placed = int(loan.placed.sum())
    note = (
        f"up to {asked} boxes per image from other clusters of the same label and fifth of region area, images "
        "weighted by the share of boxes that fit beside the region"
    )
    if loan.widened > 0:
        note += f"; {loan.widened:.0%} of images had too few such donors and borrowed from a wider circle"
    if placed < loan.seen:
        note += (
            f"; {loan.seen - placed} of {loan.seen} images have no place for a box beside the region and are left out"
        )
    return note


def _rows(evidence: Evidence, pairs: Sequence[Pair], *, margins: Sequence[Cells]) -> list[Row]:
    """Both statistics of all pairs, margin by margin, of the same draws."""
    known = np.column_stack([np.isfinite(pair.mass) for pair in pairs])
    mass = np.column_stack([pair.mass for pair in pairs])
    borrowed = np.column_stack([pair.borrowed for pair in pairs])
    room = np.column_stack([pair.room for pair in pairs])
    k = len(pairs)
    wanted = [Ratio(k + i, 2 * k + i, 3 * k + i) for i in range(k)]
    wanted += [Ratio(i, k + i, 3 * k + i) for i in range(k)]
    weighted = [np.where(known, values * room, 0.0) for values in (mass, borrowed, np.ones_like(room))]
    found = ratios_by_margin(
        np.hstack([*weighted, known]),
        wanted,
        margins,
        clusters=evidence.clusters,
        weights=evidence.weights,
        confidence=evidence.settings.confidence,
    )
    return [
        row
        for cells, results in zip(margins, found, strict=True)
        for name, part in zip(WORDS, (results[:k], results[k:]), strict=True)
        for pair, result in zip(pairs, part, strict=True)
        for row in _tell(evidence, pair, result, name=name, cells=cells)
    ]


def _tell(evidence: Evidence, pair: Pair, result: Intervals, *, name: str, cells: Cells) -> list[Row]:
    return tabulate(
        result,
        keys=cells.keys,
        keep=cells.counts() > 0,
        statistic=name,
        target=pair.target,
        region=pair.region,
        unit=UNITS[name],
        method=f"{WORDS[name]}; {pair.note}; {bootstrap_method(evidence)}",
    )
