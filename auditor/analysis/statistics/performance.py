"""Performance: how often the model is right, for whom, and what it says instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.analysis.statistics.cells import Key, tabulate
from auditor.analysis.statistics.counting import count_clusters
from auditor.analysis.statistics.intervals import differences, proportions
from auditor.records import NOT_RECORDED

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Cells, Row
    from auditor.analysis.statistics.intervals import IntArray, Intervals
    from auditor.geometry import BoolArray

MOST_CLASSES_IN_FULL: Final = 20
"""With more classes, pairs of label and prediction that never occur are left out."""
_PAIR: Final = 2


def measure_performance(evidence: Evidence) -> list[Row]:
    """Accuracy, its gaps between subgroups, and what labels are predicted as.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Row
        ``accuracy``, ``accuracy_gap``, ``simultaneous_accuracy_gap`` and ``confusion``, as shares in [0, 1] and
        differences in [-1, 1].
    """
    rows: list[Row] = []
    for cells in evidence.margins():
        rows += _accuracy(evidence, cells)
    for name in evidence.settings.attributes:
        for by_label in (False, True):
            rows += _gaps(evidence, name, by_label=by_label)
        rows += _gaps_at_once(evidence, name)
    for attribute in (None, *evidence.settings.attributes):
        rows += _confusion(evidence, evidence.cells(by_label=True, attribute=attribute))
    return rows


def share_method(evidence: Evidence) -> str:
    """How the interval of a share was made, in words."""
    if evidence.repeats:
        by = "near-duplicates" if evidence.settings.group_duplicates else "group_id"
        return f"Wilson interval at the effective number of images (images over design effect; clusters: {by})"
    return "Wilson interval"


def _accuracy(evidence: Evidence, cells: Cells) -> list[Row]:
    found = proportions(
        evidence.correct,
        codes=cells.codes,
        clusters=evidence.clusters,
        n_cells=len(cells.keys),
        confidence=evidence.settings.confidence,
    )
    method = f"share of images predicted as their label; {share_method(evidence)}"
    return tabulate(found, keys=cells.keys, statistic="accuracy", unit="share", method=method)


def contrasts(evidence: Evidence, attribute: str) -> list[tuple[str, str]]:
    """Subgroups to set against the others, and who the others are.

    Of two subgroups one contrast is made, not its mirror image as well: the last in sorted order minus the first.
    *Not recorded* is on neither side.

    Parameters
    ----------
    evidence
        The tables.
    attribute
        Its name.

    Returns
    -------
    list of tuple
        Subgroup and the words for the rest; empty where fewer than two subgroups are recorded.
    """
    values = [value for value in evidence.subgroups(attribute) if value != NOT_RECORDED]
    if len(values) < _PAIR:
        return []
    if len(values) == _PAIR:
        return [(values[1], values[0])]
    return [(value, "all other recorded subgroups, pooled") for value in values]


def _gaps(evidence: Evidence, attribute: str, *, by_label: bool) -> list[Row]:
    """A row per contrast and cell of the margin."""
    cells = evidence.cells(by_label=by_label)
    rows: list[Row] = []
    for subgroup, others in contrasts(evidence, attribute):
        found = _compare(evidence, cells, attribute, subgroup=subgroup, confidence=evidence.settings.confidence)
        keys = [key._replace(attribute=attribute, subgroup=subgroup) for key in cells.keys]
        method = f"accuracy of {subgroup} minus accuracy of {others}; {_difference_method(evidence)}"
        rows += tabulate(found, keys=keys, statistic="accuracy_gap", unit="difference", method=method)
    return rows


def _compare(evidence: Evidence, cells: Cells, attribute: str, *, subgroup: str, confidence: float) -> Intervals:
    """Accuracy of a subgroup minus that of the others, cell by cell."""
    values = evidence.texts(attribute)
    return differences(
        evidence.correct,
        member=values == subgroup,
        codes=np.where(values == NOT_RECORDED, -1, cells.codes),
        clusters=evidence.clusters,
        n_cells=len(cells.keys),
        confidence=confidence,
    )


def _gaps_at_once(evidence: Evidence, attribute: str) -> list[Row]:
    """Gaps within labels, with limits that hold for all of them together.

    Whoever looks for the worst of many gaps will find a large one: only those with enough images on both sides are
    here, and the chance that any of their intervals misses is held (Bonferroni).
    """
    cells = evidence.cells(by_label=True)
    sides = contrasts(evidence, attribute)
    enough = {subgroup: _have_enough(evidence, cells, attribute, subgroup=subgroup) for subgroup, _ in sides}
    gaps = int(sum(kept.sum() for kept in enough.values()))
    rows: list[Row] = []
    for subgroup, others in sides if gaps else ():
        confidence = 1 - (1 - evidence.settings.confidence) / gaps
        found = _compare(evidence, cells, attribute, subgroup=subgroup, confidence=confidence)
        keys = [key._replace(attribute=attribute, subgroup=subgroup) for key in cells.keys]
        method = (
            f"accuracy of {subgroup} minus accuracy of {others}; {_difference_method(evidence)}, for {gaps} gaps at "
            "once (Bonferroni)"
        )
        facts = {"statistic": "simultaneous_accuracy_gap", "unit": "difference", "method": method}
        rows += tabulate(found, keys=keys, keep=enough[subgroup], **facts)
    return rows


def _have_enough(evidence: Evidence, cells: Cells, attribute: str, *, subgroup: str) -> BoolArray:
    """Labels with enough clusters in a subgroup and among the others."""
    values = evidence.texts(attribute)
    sides = (values == subgroup, (values != subgroup) & (values != NOT_RECORDED))
    counts = [
        count_clusters(np.where(side, cells.codes, -1), evidence.clusters, n_groups=len(cells.keys)) for side in sides
    ]
    kept: BoolArray = np.minimum(*counts) >= evidence.settings.min_clusters
    return kept


def _difference_method(evidence: Evidence) -> str:
    if evidence.repeats:
        return "Newcombe interval from Wilson limits at the effective numbers of images, correlation within clusters in"
    return "Newcombe interval from Wilson limits (method 10)"


def _confusion(evidence: Evidence, cells: Cells) -> list[Row]:
    """A row per cell and predicted class, as shares of the cell's images."""
    predicted = evidence.texts("predicted")
    names = (*evidence.settings.classes, *sorted(set(predicted).difference(evidence.settings.classes)))
    in_full = len(evidence.settings.classes) <= MOST_CLASSES_IN_FULL
    counts = cells.counts()
    method = f"share of the label's images that are predicted as this class; {share_method(evidence)}"
    rows: list[Row] = []
    for name in names:
        hits = predicted == name
        narrowed = _narrow(cells, hits=hits, wanted=counts > 0, in_full=in_full)
        found = proportions(
            hits,
            codes=narrowed[0],
            clusters=evidence.clusters,
            n_cells=len(narrowed[1]),
            confidence=evidence.settings.confidence,
        )
        keys = [key._replace(predicted=name) for key in narrowed[1]]
        rows += tabulate(found, keys=keys, statistic="confusion", unit="share", method=method)
    return rows


def _narrow(cells: Cells, *, hits: BoolArray, wanted: BoolArray, in_full: bool) -> tuple[IntArray, list[Key]]:
    """Cells with images, and among many classes only those with a hit, numbered anew."""
    if not in_full:
        wanted = np.bincount(cells.codes[hits], minlength=len(cells.keys)) > 0
    number = np.where(wanted, np.cumsum(wanted) - 1, -1)
    return number[cells.codes], [key for key, keep in zip(cells.keys, wanted, strict=True) if keep]
