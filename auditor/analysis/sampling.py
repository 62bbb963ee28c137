"""Which images are tried: as many clusters as can be of every label and subgroup, within a number of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditor.records import NOT_RECORDED

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import BoolArray


def sample_images(evidence: Evidence, *, images: int, eligible: BoolArray | None = None) -> IntArray:
    """Draw images by whole clusters, equally many of each label and combination of attribute values.

    Rare combinations are kept whole and the common ones share the rest equally, as water fills vessels to one level.
    Images with no recorded attribute are in no comparison, so they come last. A cluster whose images differ counts
    for the rarest of their combinations; one that is too large for what is left is passed over.

    Parameters
    ----------
    evidence
        The tables.
    images
        At most so many.
    eligible
        ``(n,)`` which of the images read may be drawn; all by default.

    Returns
    -------
    ndarray
        Positions among the images read, in order; all that are eligible where they are no more than `images`.
    """
    rows = np.arange(len(evidence.read)) if eligible is None else np.flatnonzero(eligible)
    if len(rows) <= images:
        return rows
    clusters = np.unique(evidence.clusters[rows], return_inverse=True)[1]
    sizes = np.bincount(clusters)
    strata, last = _strata(evidence, rows)
    home = _rarest(strata, clusters)
    order = np.argsort(evidence.settings.generator("sample").random(len(sizes)))
    late: BoolArray = last[home]
    turn = _turns(home, order=order)
    position = np.empty(len(order), dtype=np.int64)
    position[order] = np.arange(len(order))
    queue = np.lexsort((position, turn, late))
    taken: BoolArray = np.zeros(len(sizes), dtype=bool)
    left = images
    for cluster in queue.tolist():
        if sizes[cluster] <= left:
            taken[cluster] = True
            left -= int(sizes[cluster])
    return rows[taken[clusters]]


def choose_probes(evidence: Evidence, *, images: int = 64) -> list[str]:
    """Choose images for the checks of the maps: equally many of each label, of as many clusters as there are.

    Parameters
    ----------
    evidence
        The tables.
    images
        At most so many; the choice of fewer is part of the choice of more.

    Returns
    -------
    list of str
        Image ids, sorted; all have a map of the predicted class that is not empty.
    """
    rows = np.flatnonzero(evidence.target("predicted").has_map)
    labels = np.unique(evidence.texts("label")[rows], return_inverse=True)[1]
    order = np.argsort(evidence.settings.generator("probes").random(len(rows)))
    within_cluster = _turns(evidence.clusters[rows], order=order)
    circle = labels + within_cluster * (int(labels.max(initial=0)) + 1)
    within_label = _turns(circle, order=order)
    position = np.empty(len(rows), dtype=np.int64)
    position[order] = np.arange(len(rows))
    chosen = np.lexsort((position, within_label, within_cluster))[:images]
    return sorted(evidence.read["image_id"].iloc[rows[chosen]].tolist())


def _strata(evidence: Evidence, rows: IntArray) -> tuple[IntArray, BoolArray]:
    """Label and combination of attribute values of some images; and the strata where no attribute is recorded."""
    columns = [evidence.texts(name)[rows] for name in evidence.settings.attributes]
    strata = np.unique(evidence.texts("label")[rows], return_inverse=True)[1]
    recorded = np.full(len(rows), not columns)
    for column in columns:
        values, codes = np.unique(column, return_inverse=True)
        strata = np.unique(strata * len(values) + codes, return_inverse=True)[1]
        recorded |= column != NOT_RECORDED
    return strata, np.bincount(strata, weights=recorded) == 0


def _rarest(strata: IntArray, clusters: IntArray) -> IntArray:
    """Stratum of each cluster: of those of its images, the one with the fewest images."""
    order = np.lexsort((strata, np.bincount(strata)[strata], clusters))
    first = np.unique(clusters[order], return_index=True)[1]
    home: IntArray = strata[order][first]
    return home


def _turns(groups: IntArray, *, order: IntArray) -> IntArray:
    """The turn of each member within its group when members come in an order."""
    ordered = order[np.argsort(groups[order], kind="stable")]
    sizes = np.bincount(groups) if len(groups) else np.zeros(0, dtype=np.int64)
    starts = np.cumsum(sizes) - sizes
    turns = np.empty(len(groups), dtype=np.int64)
    turns[ordered] = np.arange(len(groups)) - starts[groups[ordered]]
    return turns
