"""Borrowed regions: equally large boxes where this region lies on other images.

A region that always lies in the middle gets much of any map. So the mass in it is set against the mass, on the same
map, of boxes that lie where the region lies on other images of the same label: as large, but elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.analysis.statistics.rasters import cover_packed
from auditor.geometry import project_intervals

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence, RegionView
    from auditor.analysis.statistics.grids import SingleArray
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import BoolArray, FloatArray, Size

MOST_OVERLAP: Final = 0.1
"""Share of the region that a borrowed box may cover."""
ALIGNED: Final = 0.6
"""Above this mean overlap of the boxes of two images, the region lies at one place and nothing can be borrowed."""
FEWEST_DONORS: Final = 5
"""Images of other clusters to borrow from, before the circle is widened."""
STRATA: Final = 5
"""Equal parts of a label's images, by the area of the region."""
_TRIES: Final = 4
_PAIRS: Final = 2000
_IMAGES_AT_ONCE: Final = 250


@dataclass(frozen=True, kw_only=True)
class Loan:
    """The boxes borrowed for one region.

    Attributes
    ----------
    weights
        ``(n, h, w)`` float32: mean grid weights of the boxes of each image, in pixels; zero where none fits.
    room
        ``(n,)`` share of the boxes tried that fit, 0 where the region is not seen. Of images weighted by it, regions
        and borrowed boxes lie in the same places: boxes beside a region in the middle are few, and lie further out.
    seen
        Images that show the region.
    widened
        Share of those that borrowed from all areas of their label, or from all labels.
    overlap
        Mean intersection over union of the bounding boxes of two images; NaN where there is no pair.
    """

    weights: SingleArray
    room: FloatArray
    seen: int
    widened: float
    overlap: float

    @property
    def aligned(self) -> bool:
        """Whether the region lies at one place on all images."""
        return self.overlap > ALIGNED

    @property
    def placed(self) -> BoolArray:
        """``(n,)`` whether the image has at least one box."""
        return self.room > 0


def borrow(evidence: Evidence, region: str) -> Loan:
    """Borrow boxes for each image that shows a region.

    For an image, boxes are drawn from images of other clusters of the same label and the same fifth of region area;
    each is scaled about its centre to the area of the image's own region, its shape kept, and shifted into the frame.
    Boxes that cover more than a tenth of the image's own region are put back.

    Parameters
    ----------
    evidence
        The tables.
    region
        Its name.

    Returns
    -------
    Loan
        Without boxes where the region is aligned.
    """
    view = evidence.region(region)
    rows = np.flatnonzero(view.seen)
    generator = evidence.settings.generator(f"borrow {region}")
    overlap = mean_overlap(evidence, region)
    grid = evidence.settings.grid
    weights = np.zeros((len(view.area), *grid), dtype=np.float32)
    room = np.zeros(len(view.area))
    widened = 0.0
    if not overlap > ALIGNED and len(rows):
        pools = _pools(evidence, view=view, rows=rows)
        widened = float(pools.widened.mean())
        for start in range(0, len(rows), _IMAGES_AT_ONCE):
            part = np.arange(start, min(start + _IMAGES_AT_ONCE, len(rows)))
            found = _place(evidence, view=view, rows=rows, part=part, donors=pools.draw(part, evidence, generator))
            weights[rows[part]], room[rows[part]] = found
    return Loan(weights=weights, room=room, seen=len(rows), widened=widened, overlap=overlap)


def mean_overlap(evidence: Evidence, region: str) -> float:
    """How much a region's bounding boxes overlap between images of different clusters.

    Parameters
    ----------
    evidence
        The tables.
    region
        Its name.

    Returns
    -------
    float
        Mean intersection over union of random pairs of boxes, in [0, 1]; NaN where there is no pair.
    """
    view = evidence.region(region)
    rows = np.flatnonzero(view.seen)
    if len(rows) == 0:
        return float("nan")
    first, second = rows[evidence.settings.generator(f"overlap {region}").integers(0, len(rows), (2, _PAIRS))]
    apart = evidence.clusters[first] != evidence.clusters[second]
    if not apart.any():
        return float("nan")
    one, two = view.boxes[first[apart]], view.boxes[second[apart]]
    sides = np.minimum(one[:, 2:], two[:, 2:]) - np.maximum(one[:, :2], two[:, :2])
    shared = np.clip(sides, 0, None).prod(axis=1)
    both = (one[:, 2:] - one[:, :2]).prod(axis=1) + (two[:, 2:] - two[:, :2]).prod(axis=1) - shared
    return float(np.divide(shared, both, out=np.zeros_like(shared), where=both > 0).mean())


@dataclass(frozen=True, kw_only=True)
class _Pools:
    """From which images each image borrows: a stretch of one order."""

    order: IntArray
    start: IntArray
    size: IntArray
    widened: BoolArray

    def draw(self, part: IntArray, evidence: Evidence, generator: np.random.Generator) -> IntArray:
        """Candidates for some images, as positions among those that show the region: (images, candidates)."""
        width = _TRIES * evidence.settings.borrowed
        steps = (generator.random((len(part), width)) * self.size[part, None]).astype(np.int64)
        steps += self.start[part, None]
        drawn: IntArray = self.order.take(steps)
        return drawn


def _pools(evidence: Evidence, *, view: RegionView, rows: IntArray) -> _Pools:
    """The same label and fifth of area; where that has too few donors the same label, then all images."""
    labels = np.unique(evidence.texts("label")[rows], return_inverse=True)[1]
    order = np.lexsort((rows, view.area[rows], labels))
    per_label = np.bincount(labels)
    first = np.cumsum(per_label) - per_label
    rank = np.empty(len(rows), dtype=np.int64)
    rank[order] = np.arange(len(rows)) - first[labels[order]]
    fifth = labels * STRATA + rank * STRATA // per_label[labels]
    clusters = evidence.clusters[rows]
    start, size = _stretches(fifth)
    narrow = _donors(fifth, clusters) >= FEWEST_DONORS
    label_wide = _donors(labels, clusters) >= FEWEST_DONORS
    start = np.where(narrow, start, np.where(label_wide, first[labels], 0))
    size = np.where(narrow, size, np.where(label_wide, per_label[labels], len(rows)))
    return _Pools(order=order, start=start, size=size, widened=~narrow)


def _stretches(groups: IntArray) -> tuple[IntArray, IntArray]:
    """Start and size of each member's group in the order of the groups."""
    sizes = np.bincount(groups)
    return (np.cumsum(sizes) - sizes)[groups], sizes[groups]


def _donors(groups: IntArray, clusters: IntArray) -> IntArray:
    """Images of other clusters in each member's group."""
    pairs = groups * (int(clusters.max()) + 1) + clusters
    own, counts = np.unique(pairs, return_inverse=True, return_counts=True)[1:]
    donors: IntArray = np.bincount(groups)[groups] - counts[own]
    return donors


def _place(
    evidence: Evidence, *, view: RegionView, rows: IntArray, part: IntArray, donors: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Mean grid weights of the first boxes that fit, and the share that do."""
    own = rows[part]
    lenders = rows.take(donors)
    boxes, inside = fit_boxes(view.boxes.take(lenders, axis=0), area=view.area[own])
    apart = evidence.clusters.take(lenders) != evidence.clusters[own, None]
    fits = inside & apart & (measure_cover(boxes, view=view, own=own) <= MOST_OVERLAP)
    room: FloatArray = fits.mean(axis=1)
    first = np.argsort(~fits, axis=1, kind="stable")[:, : evidence.settings.borrowed]
    boxes, fits = np.take_along_axis(boxes, first[..., None], axis=1), np.take_along_axis(fits, first, axis=1)
    return _mean_weights(boxes, fits=fits, frame=evidence.settings.frame, grid=evidence.settings.grid), room


def fit_boxes(boxes: FloatArray, *, area: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Scale boxes about their centres to an area, keep their shape and shift them into the frame.

    Parameters
    ----------
    boxes
        ``(n, k, 4)``: x_min, y_min, x_max, y_max as shares of the frame.
    area
        ``(n,)`` share of the frame that each of the n images' boxes shall have.

    Returns
    -------
    boxes
        ``(n, k, 4)``, inside of the frame where they fit.
    inside
        ``(n, k)`` whether a box of this shape and area is small enough for the frame.

    Examples
    --------
    >>> fit_boxes(np.array([[[0.0, 0.0, 0.2, 0.2]]]), area=np.array([0.25]))[0]
    array([[[0. , 0. , 0.5, 0.5]]])
    """
    left, top, right, bottom = np.ascontiguousarray(np.moveaxis(boxes, -1, 0))  # one edge of all boxes after the other
    wide, high = right - left, bottom - top
    own = wide * high
    scale = np.sqrt(np.divide(area[:, None], own, out=np.zeros(own.shape), where=own > 0))
    wide *= scale
    high *= scale
    fitted = np.empty((4, *own.shape))
    for axis, (low, end, size) in enumerate(((left, right, wide), (top, bottom, high))):
        start = np.clip((low + end) / 2 - size / 2, 0, np.maximum(1 - size, 0), out=fitted[axis])
        np.add(start, size, out=fitted[axis + 2])
    return np.moveaxis(fitted, 0, -1), (scale > 0) & (wide <= 1) & (high <= 1)


def measure_cover(boxes: FloatArray, *, view: RegionView, own: IntArray) -> FloatArray:
    """Share of each image's own region that boxes cover: on its raster, or on its bounding box where that is empty.

    Parameters
    ----------
    boxes
        ``(n, k, 4)`` as shares of the frame.
    view
        The region.
    own
        ``(n,)`` the images, as positions among those read.

    Returns
    -------
    ndarray
        ``(n, k)`` in [0, 1].
    """
    covered, cells = cover_packed(view.rasters[own].tolist(), boxes)
    if cells.all():
        return covered
    return np.where(cells[:, None] > 0, covered, _covered_box(boxes, view.boxes[own]))


def _covered_box(boxes: FloatArray, own: FloatArray) -> FloatArray:
    """Share of each image's bounding box that its boxes cover."""
    sides = np.minimum(boxes[..., 2:], own[:, None, 2:]) - np.maximum(boxes[..., :2], own[:, None, :2])
    area = (own[:, 2:] - own[:, :2]).prod(axis=1)
    covered: FloatArray = np.clip(sides, 0, None).prod(axis=-1) / area[:, None]
    return covered


def _mean_weights(boxes: FloatArray, *, fits: BoolArray, frame: Size, grid: Size) -> FloatArray:
    """Mean over the boxes that fit of their grid weights, which are products of a row and a column part."""
    edges = np.moveaxis(np.where(fits[..., None], boxes, 0.0), -1, 0).reshape(4, -1)
    columns, rows = (
        project_intervals(edges[axis] * frame[1 - axis], edges[axis + 2] * frame[1 - axis], cells=cells, pixels=pixels)
        for axis, (cells, pixels) in enumerate(((grid[1], frame[1]), (grid[0], frame[0])))
    )
    shape = (*fits.shape, -1)
    total: FloatArray = np.matmul(rows.reshape(shape).transpose(0, 2, 1), columns.reshape(shape))
    total /= np.maximum(fits.sum(axis=1), 1)[:, None, None]
    return total
