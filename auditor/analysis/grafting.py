"""Donors: from which images content is taken and pasted into others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from auditor.analysis.donors import NOBODY, Circle, Pool, choose_evenly, cut_parts, draw_nearest
from auditor.analysis.statistics.lending import FEWEST_DONORS, STRATA
from auditor.records import NOT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from auditor.analysis.statistics.base import Evidence, RegionView
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import FloatArray

_TRIES: Final = 16


class Pairing(NamedTuple):
    """Images and their donors, as positions among those read.

    Attributes
    ----------
    group
        The donor group of `auditor.trials.Trial`.
    rows, donors
        ``(n,)`` each.
    """

    group: str
    rows: IntArray
    donors: IntArray


def pair_by_attribute(evidence: Evidence, region: str, *, rows: IntArray, attribute: str) -> Iterator[Pairing]:
    """Pair images with donors of the same label that have the same, and another, value of an attribute.

    Donors are of other clusters and, where `FEWEST_DONORS` have it, of the same fifth of region area within the label;
    of a few drawn, the one whose bounding box is most alike in area and in height by width.

    Parameters
    ----------
    evidence
        The tables.
    region
        Its name.
    rows
        ``(n,)`` images that show it, as positions among those read.
    attribute
        Images without a recorded value are left out.

    Yields
    ------
    Pairing
        ``"same"`` and ``"opposite"``, images without a donor left out.
    """
    view = evidence.region(region)
    generator = evidence.settings.generator(f"swap {region} by {attribute}")
    seen = np.flatnonzero(view.seen)
    labels, (values, codes) = _code(evidence, seen, "label")[1], _code(evidence, seen, attribute)
    groups = labels * max(len(values), 1) + codes
    parts = cut_parts(labels, view.area[seen], parts=STRATA)
    clusters = evidence.clusters[seen]
    wide, narrow = Pool(groups, clusters), Pool(groups * STRATA + parts, clusters)
    asking = np.searchsorted(seen, rows)
    asking = asking[values[codes[asking]] != NOT_RECORDED] if len(asking) else asking
    others = np.flatnonzero(values != NOT_RECORDED)
    offered = np.where(others == codes[asking, None], NOBODY, labels[asking, None] * len(values) + others)
    another = choose_evenly(wide, offered, clusters=clusters[asking], uniform=generator.random(len(asking)))
    for name, wanted in (("same", groups[asking]), ("opposite", another)):
        circles = (Circle(narrow, np.where(wanted < 0, NOBODY, wanted * STRATA + parts[asking])), Circle(wide, wanted))
        uniform = generator.random((len(asking), _TRIES))
        drawn = draw_nearest(circles, clusters=clusters[asking], uniform=uniform, fewest=FEWEST_DONORS)
        donors = np.where(drawn < 0, NOBODY, seen[drawn]) if len(seen) else drawn
        yield _drop(name, seen[asking], _most_alike(view, rows=seen[asking], donors=donors))


def pair_backgrounds(evidence: Evidence, region: str, *, rows: IntArray) -> Iterator[Pairing]:
    """Pair images with donors of a region of their own label, and of any label.

    Parameters
    ----------
    evidence
        The tables.
    region
        Its name.
    rows
        ``(n,)`` images that show it, as positions among those read.

    Yields
    ------
    Pairing
        ``"own_label"``, and ``"any_label"``, where each label that has donors is as likely; of other clusters.
    """
    generator = evidence.settings.generator(f"background {region}")
    seen, pool, labels = _pool_by_label(evidence, evidence.region(region))
    asking = np.searchsorted(seen, rows)
    clusters = evidence.clusters[rows]
    own = pool.draw(labels[asking], clusters, uniform=generator.random((len(rows), 1)))[:, 0]
    yield _drop("own_label", rows, np.where(own < 0, NOBODY, seen[own]) if len(seen) else own)
    yield _drop("any_label", rows, _draw_of_any_label(evidence, region, rows=rows, purpose=f"any background {region}"))


def pair_cues(evidence: Evidence, region: str, *, rows: IntArray) -> Pairing:
    """Pair images that lack a region with donors that show it.

    Parameters
    ----------
    evidence
        The tables.
    region
        Its name.
    rows
        ``(n,)`` images that lack it, as positions among those read.

    Returns
    -------
    Pairing
        ``"cue"``; donors are of other clusters, and each label that has donors is as likely.
    """
    return _drop("cue", rows, _draw_of_any_label(evidence, region, rows=rows, purpose=f"insert {region}"))


def _draw_of_any_label(evidence: Evidence, region: str, *, rows: IntArray, purpose: str) -> IntArray:
    generator = evidence.settings.generator(purpose)
    seen, pool, labels = _pool_by_label(evidence, evidence.region(region))
    offered = np.broadcast_to(np.unique(labels), (len(rows), len(np.unique(labels))))
    clusters = evidence.clusters[rows]
    label = choose_evenly(pool, offered, clusters=clusters, uniform=generator.random(len(rows)))
    drawn = pool.draw(label, clusters, uniform=generator.random((len(rows), 1)))[:, 0]
    return np.where(drawn < 0, NOBODY, seen[drawn]) if len(seen) else drawn


def _pool_by_label(evidence: Evidence, view: RegionView) -> tuple[IntArray, Pool, IntArray]:
    """Images that show a region, as a pool, and the label of each."""
    seen = np.flatnonzero(view.seen)
    labels = _code(evidence, seen, "label")[1]
    return seen, Pool(labels, evidence.clusters[seen]), labels


def _code(evidence: Evidence, rows: IntArray, column: str) -> tuple[npt.NDArray[np.str_], IntArray]:
    """Values of a column on some images, and the position of each image's."""
    values, codes = np.unique(evidence.texts(column)[rows], return_inverse=True)
    return values, codes


def _most_alike(view: RegionView, *, rows: IntArray, donors: IntArray) -> IntArray:
    """Of the donors drawn for each image, the one whose bounding box is most alike in area and shape."""
    own, other = _measure_shape(view.boxes[rows, None]), _measure_shape(view.boxes[donors])
    apart = np.where(donors < 0, np.inf, np.abs(own - other).sum(axis=-1))
    chosen: IntArray = np.take_along_axis(donors, apart.argmin(axis=1)[:, None], axis=1)[:, 0]
    return chosen


def _measure_shape(boxes: FloatArray) -> FloatArray:
    """Logarithms of area and of height by width: (..., 2)."""
    sides = np.log(np.maximum(boxes[..., 2:] - boxes[..., :2], np.finfo(float).tiny))
    return np.stack([sides.sum(axis=-1), sides[..., 1] - sides[..., 0]], axis=-1)


def _drop(group: str, rows: IntArray, donors: IntArray) -> Pairing:
    """A pairing without the images that have no donor."""
    has = donors >= 0
    return Pairing(group, rows[has], donors[has])
