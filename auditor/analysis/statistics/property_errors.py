"""Whether the model errs more often on images that have much of a property of whole pictures, label by label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditor.analysis.statistics.cells import Key, tabulate
from auditor.analysis.statistics.counting import count_clusters
from auditor.analysis.statistics.intervals import differences
from auditor.analysis.statistics.mirroring import read_values, split_sides
from auditor.analysis.statistics.performance import MOST_CLASSES_IN_FULL
from auditor.properties import PROPERTIES, name_region

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import BoolArray

_PAIR = 2


def measure_property_errors(evidence: Evidence) -> list[Row]:
    """Difference in accuracy between images with more of a property than the median of all and images with less.

    Parameters
    ----------
    evidence
        The tables; an image without the property, or at the median, takes no part.

    Returns
    -------
    list of Row
        ``property_accuracy_gap`` in [-1, 1] per property and label with enough clusters on both sides, of at most
        `MOST_CLASSES_IN_FULL` labels; its intervals hold for all labels of a property together (Bonferroni). The
        property stands as ``(brightness)`` in the column ``region``.
    """
    if evidence.read.empty or len(evidence.labels) > MOST_CLASSES_IN_FULL:
        return []
    rows: list[Row] = []
    for name in PROPERTIES:
        values = read_values(evidence, name)
        if np.isfinite(values).any():
            rows += _gaps(evidence, name, sides=split_sides(values, float(np.nanmedian(values))))
    return rows


def _gaps(evidence: Evidence, name: str, *, sides: IntArray) -> list[Row]:
    labels = evidence.cells(by_label=True)
    codes = np.where(sides >= 0, labels.codes, -1)
    enough = _enough(evidence, codes, sides=sides, n_labels=len(labels.keys))
    if not enough.any():
        return []
    level = 1 - (1 - evidence.settings.confidence) / int(enough.sum())
    found = differences(
        evidence.correct,
        member=sides == 1,
        codes=codes,
        clusters=evidence.clusters,
        n_cells=len(labels.keys),
        confidence=level,
    )
    method = (
        f"share right among images with more {PROPERTIES[name].words} than the median, less the share among those with "
        f"less; Newcombe interval at level {level:.4g}, so that all labels hold together"
    )
    return tabulate(
        found,
        keys=[Key(label=key.label) for key in labels.keys],
        keep=enough,
        statistic="property_accuracy_gap",
        region=name_region(name),
        unit="difference",
        method=method,
    )


def _enough(evidence: Evidence, codes: IntArray, *, sides: IntArray, n_labels: int) -> BoolArray:
    """Labels with enough clusters on both sides."""
    both = np.where(codes >= 0, sides * n_labels + codes, -1)
    seen = count_clusters(both, evidence.clusters, n_groups=_PAIR * n_labels)
    most: BoolArray = seen.reshape(_PAIR, n_labels).min(axis=0) >= evidence.settings.min_clusters
    return most
