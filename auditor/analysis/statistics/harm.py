"""Harm: who is misread, and who is selected less often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.analysis.statistics.bootstrap import limits, resample
from auditor.analysis.statistics.cells import Key, tabulate
from auditor.analysis.statistics.intervals import Intervals, differences, proportions, sum_by_cluster
from auditor.analysis.statistics.performance import MOST_CLASSES_IN_FULL, contrasts, share_method
from auditor.records import NOT_RECORDED

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import BoolArray, FloatArray

FOUR_FIFTHS: Final = 0.8
"""Ratio of selection rates below which the four-fifths rule speaks of adverse impact (29 CFR 1607.4 D)."""
LEAST_SHARE: Final = 0.02
"""A group with a smaller share of the images may be left out of the comparison (6 RCNY 5-301 d)."""
_PAIR: Final = 2
_WORDS: Final = {
    "false_positive_rate": "share, among images of other labels, that are predicted as this class",
    "precision": "share, among images predicted as this class, that are of this label",
}


def measure_harm(evidence: Evidence) -> list[Row]:
    """Errors by class and subgroup, and ratios of selection rates.

    Recall of a label, and its complement the false negative rate, are ``accuracy`` by label of
    `auditor.analysis.statistics.performance`.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Row
        Of at most `MOST_CLASSES_IN_FULL` classes: ``false_positive_rate`` and ``precision`` per predicted class,
        overall and by subgroup, their ``_gap`` between subgroups, and ``selection_ratio`` with
        ``selection_ratio_below_four_fifths``.
    """
    rows: list[Row] = []
    if len(evidence.settings.classes) <= MOST_CLASSES_IN_FULL:
        for statistic in _WORDS:
            rows += _rates(evidence, statistic)
            rows += _gaps(evidence, statistic)
        for attribute in evidence.settings.attributes:
            rows += _ratios(evidence, attribute)
    return rows


def _base(evidence: Evidence, statistic: str, name: str) -> tuple[BoolArray, BoolArray]:
    """Images that a rate of a class is taken over, and those that count."""
    predicted = evidence.texts("predicted") == name
    if statistic == "precision":
        return predicted, evidence.correct
    return evidence.texts("label") != name, predicted


def _rates(evidence: Evidence, statistic: str) -> list[Row]:
    """A row per class, overall and by subgroup."""
    method = f"{_WORDS[statistic]}; {share_method(evidence)}"
    rows: list[Row] = []
    for attribute in (None, *evidence.settings.attributes):
        cells = evidence.cells(by_label=False, attribute=attribute)
        for name in evidence.settings.classes:
            base, hits = _base(evidence, statistic, name)
            found = proportions(
                hits,
                codes=np.where(base, cells.codes, -1),
                clusters=evidence.clusters,
                n_cells=len(cells.keys),
                confidence=evidence.settings.confidence,
            )
            keys = [key._replace(predicted=name) for key in cells.keys]
            rows += tabulate(found, keys=keys, statistic=statistic, unit="share", method=method)
    return rows


def _gaps(evidence: Evidence, statistic: str) -> list[Row]:
    """A row per class and contrast of subgroups: Newcombe's interval, with what clusters have in common."""
    rows: list[Row] = []
    for attribute in evidence.settings.attributes:
        values = evidence.texts(attribute)
        for subgroup, others in contrasts(evidence, attribute):
            for name in evidence.settings.classes:
                base, hits = _base(evidence, statistic, name)
                found = differences(
                    hits,
                    member=values == subgroup,
                    codes=np.where(base & (values != NOT_RECORDED), 0, -1),
                    clusters=evidence.clusters,
                    n_cells=1,
                    confidence=evidence.settings.confidence,
                )
                method = f"{_WORDS[statistic]}: {subgroup} minus {others}; Newcombe interval, cluster-aware"
                keys = [Key(predicted=name, attribute=attribute, subgroup=subgroup)]
                rows += tabulate(found, keys=keys, statistic=f"{statistic}_gap", unit="difference", method=method)
    return rows


def _ratios(evidence: Evidence, attribute: str) -> list[Row]:
    """Selection rates of each class over that of the subgroup that has the highest."""
    names = [name for name in evidence.subgroups(attribute) if name != NOT_RECORDED]
    if len(names) < _PAIR:
        return []
    group = np.searchsorted(names, evidence.texts(attribute))
    known = evidence.texts(attribute) != NOT_RECORDED
    member = (group[:, None] == np.arange(len(names))) & known[:, None]
    rows: list[Row] = []
    for name in evidence.settings.classes:
        hits = member & (evidence.texts("predicted") == name)[:, None]
        rates = hits.sum(axis=0) / member.sum(axis=0)
        best = int(np.argmax(np.where(member.sum(axis=0) >= LEAST_SHARE * known.sum(), rates, -1.0)))
        ratio, below = compare_rates(evidence, member=member, hits=hits, best=best)
        smallest = int(member.sum(axis=0).min())
        keys = [Key(predicted=name, attribute=attribute, subgroup=subgroup) for subgroup in names]
        others = np.arange(len(names)) != best
        words = (
            f"share predicted as this class, over that of {names[best]}, the highest of groups with "
            f"{LEAST_SHARE:.0%} of the images or more; the four-fifths rule asks for "
            f"{FOUR_FIFTHS}; smallest subgroup: {smallest} images; {evidence.settings.draws} draws of the bootstrap "
            "over clusters"
        )
        facts = {"statistic": "selection_ratio", "unit": "ratio", "method": f"{words}, BCa"}
        rows += tabulate(ratio, keys=keys, keep=others, **facts)
        facts = {"statistic": "selection_ratio_below_four_fifths", "unit": "share"}
        rows += tabulate(below, keys=keys, keep=others, **facts, method=f"share of draws below {FOUR_FIFTHS}: {words}")
    return rows


def compare_rates(evidence: Evidence, *, member: BoolArray, hits: BoolArray, best: int) -> tuple[Intervals, Intervals]:
    """Rate of each group over the rate of one of them, and how often it is below four fifths.

    Parameters
    ----------
    evidence
        The tables: clusters, draws and level.
    member, hits
        ``(n, groups)`` whether each image is in the group, and whether it counts there.
    best
        The group to compare with.

    Returns
    -------
    tuple of Intervals
        Ratios, 1 for the group itself, with BCa limits; and shares of draws in [0, 1] without interval. NaN where the
        group to compare with has no hits.
    """
    k = member.shape[1]
    columns = np.hstack([member, hits]).astype(np.float64)
    zeros = np.zeros(len(columns), dtype=np.int64)
    table = sum_by_cluster(columns, codes=zeros, clusters=evidence.clusters, n_cells=1)
    total = table.sums.sum(axis=0)

    def ratio(sums: FloatArray) -> FloatArray:
        rate = np.divide(sums[:, k:], sums[:, :k], out=np.full((len(sums), k), np.nan), where=sums[:, :k] > 0)
        top = rate[:, [best]]
        quotient: FloatArray = np.divide(rate, top, out=np.full(rate.shape, np.nan), where=top > 0)
        return quotient

    estimate = ratio(total[None])[0]
    drawn = ratio(resample(table.sums, table.cluster, evidence.weights))
    sizes = table.sums[:, :k]
    effective = total[:k] ** 2 / np.maximum((sizes**2).sum(axis=0), 1)
    low, high = limits(
        estimate,
        draws=drawn,
        jackknife=ratio(total - table.sums),
        clusters=np.minimum(effective, effective[best]),
        confidence=evidence.settings.confidence,
    )
    n = (total[:k] + total[best]).astype(np.int64)
    clusters: IntArray = ((sizes > 0) | (sizes[:, [best]] > 0)).sum(axis=0)
    finite = np.isfinite(drawn)
    below = np.where(finite, drawn < FOUR_FIFTHS, 0).sum(axis=0) / np.maximum(finite.sum(axis=0), 1)
    nothing = np.full(k, np.nan)
    below = np.where(np.isfinite(estimate), below, np.nan)
    return (
        Intervals(estimate=estimate, low=low, high=high, n=n, clusters=clusters),
        Intervals(estimate=below, low=nothing, high=nothing, n=n, clusters=clusters),
    )
