"""Control boxes: where else, as large, each image is changed, so that the change itself is told from its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.analysis.donors import NOBODY, Circle, Pool, cut_parts, draw_nearest
from auditor.analysis.statistics.lending import (
    ALIGNED,
    FEWEST_DONORS,
    MOST_OVERLAP,
    STRATA,
    fit_boxes,
    mean_overlap,
    measure_cover,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.analysis.statistics.base import Evidence, RegionView
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import BoolArray, FloatArray

TERCILES: Final = 3
"""Equal parts of a label's images of one fifth of area, by how far from the middle of the frame the region lies."""
APART: Final = 0.3
"""Intersection over union up to which two controls of an image count as apart."""
ALIKE: Final = 0.5
"""Intersection over union above which the second of two controls is not used."""
_TRIES: Final = 16
_AT_ONCE: Final = 500


@dataclass(frozen=True, kw_only=True)
class Controls:
    """Control boxes of one region on some images.

    Attributes
    ----------
    boxes
        ``(n, controls, 4)``: x_min, y_min, x_max, y_max as shares of the frame; NaN where there was no room.
    used
        ``(n, controls)`` whether there is a box; those of an image come first.
    borrowed
        ``(n, controls)`` whether it lies where the region lies on another image; the others lie at random.
    overlap
        Mean intersection over union of the region's bounding boxes on two images; NaN where there is no pair.
    """

    boxes: FloatArray
    used: BoolArray
    borrowed: BoolArray
    overlap: float


def place_controls(evidence: Evidence, region: str, *, rows: IntArray, controls: int) -> Controls:
    """Place boxes as large as the region beside it, the same for every fill.

    Boxes are borrowed from images of other clusters, of the same label, the same fifth of region area and the same
    third of distance from the middle of the frame, where at least `FEWEST_DONORS` have that, and then whatever that
    distance; each is scaled to the area of the image's own region and shifted into the frame. Where too few can be
    borrowed, or the region is aligned over images, boxes of the own region's shape take their place at random. None
    covers more than a tenth of the image's own region. Of boxes equally near to the region's distance, those that leave
    the other annotated regions alone are preferred, then those that lie apart, in the order drawn: what is hidden with
    a control would be taken off what hiding the region does.

    Parameters
    ----------
    evidence
        The tables.
    region
        Its name.
    rows
        ``(n,)`` images that show it, as positions among those read.
    controls
        Boxes per image, at most.

    Returns
    -------
    Controls
        Fewer or no boxes where there is no room after a fixed number of tries.
    """
    view = evidence.region(region)
    generator = evidence.settings.generator(f"controls {region}")
    others = [evidence.region(name) for name in evidence.settings.regions if name != region]
    overlap = mean_overlap(evidence, region)
    uniform = generator.random((len(rows), _TRIES * max(controls, 1), 4))
    lenders = np.full((len(rows), 0), NOBODY)
    if not overlap > ALIGNED:
        lenders = _find_lenders(evidence, view=view, rows=rows, uniform=uniform[..., 2:])
    parts = [
        _place([view, *others], own=rows[part], lenders=lenders[part], uniform=uniform[part, :, :2], controls=controls)
        for part in _slices(len(rows))
    ]
    boxes, used, borrowed = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Controls(boxes=boxes, used=used, borrowed=borrowed, overlap=overlap)


def _slices(n: int) -> Iterator[slice]:
    """At least one, so that no image has the same form as many."""
    return (slice(start, start + _AT_ONCE) for start in range(0, max(n, 1), _AT_ONCE))


def _find_lenders(evidence: Evidence, *, view: RegionView, rows: IntArray, uniform: FloatArray) -> IntArray:
    """Images whose place of the region is tried, at the own distance and then at any: (rows, 2 tries)."""
    seen = np.flatnonzero(view.seen)
    labels = np.unique(evidence.texts("label")[seen], return_inverse=True)[1]
    fifths = labels * STRATA + cut_parts(labels, view.area[seen], parts=STRATA)
    centre = (view.boxes[seen, :2] + view.boxes[seen, 2:]) / 2
    away = np.hypot(*(centre - 0.5).T)
    terciles = fifths * TERCILES + cut_parts(fifths, away, parts=TERCILES)
    own = np.searchsorted(seen, rows)
    members = evidence.clusters[seen]
    levels = (terciles, fifths, labels, np.zeros_like(labels))
    circles = [Circle(Pool(groups, members), groups[own]) for groups in levels]
    drawn = [
        draw_nearest(circles[i:], clusters=evidence.clusters[rows], uniform=uniform[..., i], fewest=FEWEST_DONORS)
        for i in range(uniform.shape[-1])
    ]
    found = np.concatenate(drawn, axis=1)
    return np.where(found >= 0, seen[found], NOBODY) if len(seen) else found


def _place(
    views: Sequence[RegionView], *, own: IntArray, lenders: IntArray, uniform: FloatArray, controls: int
) -> tuple[FloatArray, BoolArray, BoolArray]:
    """Boxes, used and borrowed of some images; the first view is the region, the others are to be left alone."""
    view, *others = views
    area = view.area[own]
    lent, lent_inside = fit_boxes(view.boxes[np.where(lenders >= 0, lenders, own[:, None])], area=area)
    shape, inside = fit_boxes(view.boxes[own, None], area=area)
    size = shape[..., 2:] - shape[..., :2]
    low = uniform * (1 - size)
    boxes = np.concatenate([lent, np.concatenate([low, low + size], axis=-1)], axis=1)
    turn = np.arange(boxes.shape[1]) // uniform.shape[1]  # equally many tries at the own distance, at any, at random
    last = lenders.shape[1] // uniform.shape[1]
    possible = np.concatenate([lent_inside & (lenders >= 0), np.broadcast_to(inside, uniform.shape[:2])], axis=1)
    fits = possible & (measure_cover(boxes, view=view, own=own) <= MOST_OVERLAP)
    hides = [measure_cover(boxes, view=other, own=own) > MOST_OVERLAP for other in others]
    cost = turn + ALIKE * np.any([np.zeros_like(fits), *hides], axis=0)
    at, used = _choose(boxes, fits=fits, cost=cost, controls=controls)
    chosen = np.where(used[..., None], np.take_along_axis(boxes, at[..., None], axis=1), np.nan)
    return chosen, used, used & (turn < last)[at]


def _choose(boxes: FloatArray, *, fits: BoolArray, cost: FloatArray, controls: int) -> tuple[IntArray, BoolArray]:
    """One box after the other: of the lowest cost, one that lies apart from those before, the first drawn."""
    most = np.zeros(fits.shape)
    at = np.zeros((len(boxes), controls), dtype=np.int64)
    used = np.zeros((len(boxes), controls), dtype=bool)
    for k in range(controls):
        rank = np.where(fits & (most <= ALIKE), np.maximum(most, APART) + cost, np.inf)
        at[:, k] = rank.argmin(axis=1)
        used[:, k] = np.isfinite(rank.min(axis=1))
        most = np.maximum(most, _measure_overlap(boxes, np.take_along_axis(boxes, at[:, k, None, None], axis=1)))
    return at, used


def _measure_overlap(boxes: FloatArray, other: FloatArray) -> FloatArray:
    """Intersection over union of each box with the chosen one; boxes of one image have one area."""
    sides = np.minimum(boxes[..., 2:], other[..., 2:]) - np.maximum(boxes[..., :2], other[..., :2])
    shared = np.clip(sides, 0, None).prod(axis=-1)
    both = (boxes[..., 2:] - boxes[..., :2]).prod(axis=-1) + (other[..., 2:] - other[..., :2]).prod(axis=-1) - shared
    overlap: FloatArray = np.divide(shared, both, out=np.zeros_like(shared), where=both > 0)
    return overlap
