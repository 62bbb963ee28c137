"""Attention and errors: whether images on which the map lies more on a region are answered wrongly more often.

That is an association: attention is no treatment that was dealt out, and what draws the map may be what misleads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from auditor.analysis.statistics.borrowing import pair_masses
from auditor.analysis.statistics.cells import Key, tabulate
from auditor.analysis.statistics.conflict import NEITHER, WORDS, mark_conflicts
from auditor.analysis.statistics.counting import count_clusters, count_distinct
from auditor.analysis.statistics.intervals import Intervals
from auditor.analysis.statistics.regression import fit_logistic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.borrowing import Pair
    from auditor.analysis.statistics.cells import Row
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.analysis.statistics.regression import Fit
    from auditor.geometry import BoolArray, FloatArray

IN_CONFLICT: Final = "attention_error_odds"
INTERACTION: Final = "attention_error_interaction"
TARGET: Final = "predicted"
FEWEST_ERRORS: Final = 10
"""Clusters with an error, and with a right answer, that images in conflict and the others need each."""
_STILL: Final = 1e-9
_QUESTIONS: Final = {
    IN_CONFLICT: ((1, 0, 1, 0), "odds of a wrong answer on images in conflict, {more}"),
    INTERACTION: ((0, 0, 1, 0), "odds of a wrong answer, {more}: in conflict over not in conflict"),
}
_MODEL: Final = (
    "logistic regression of errors on attention, conflict, both together and the logarithm of the region's area, "
    "within label"
)


class Asked(NamedTuple):
    """Images that take part.

    Attributes
    ----------
    columns
        ``(n, 4)``: attention in its standard deviations, conflict, both together, logarithm of area.
    wrong
        ``(n,)``.
    label, cluster
        ``(n,)`` numbers.
    """

    columns: FloatArray
    wrong: BoolArray
    label: IntArray
    cluster: IntArray


def measure_attention_errors(evidence: Evidence) -> list[Row]:
    """How the odds of a wrong answer go with attention to a region, on images where an attribute is in conflict.

    The model is ``logit P(wrong) = label + b1 e + b2 conflict + b3 e conflict + b4 log area``, with ``e`` the mass in
    the region less that in its borrowed boxes, divided by its standard deviation; of a region that is aligned over
    images, the mass alone.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Row
        Per region and attribute ``attention_error_odds``, ``exp(b1 + b3)``: the ratio of odds per standard deviation of
        attention among images in conflict; and ``attention_error_interaction``, ``exp(b3)``: how many times that of the
        other images it is. No number where conflict or the rest have too few errors or right answers, or where these
        are separated.
    """
    pairs = [pair for pair in pair_masses(evidence) if pair.target == TARGET]
    return [
        row
        for attribute in evidence.settings.attributes
        for marks in (mark_conflicts(evidence, attribute),)
        for pair in pairs
        for row in _link(evidence, pair, marks=marks, attribute=attribute)
    ]


def _link(evidence: Evidence, pair: Pair, *, marks: IntArray, attribute: str) -> list[Row]:
    asked = _ask(evidence, pair, marks=marks)
    reason = _lack(asked, least=evidence.settings.min_clusters)
    fit = None
    if not reason:
        fit = fit_logistic(asked.wrong, asked.columns, groups=asked.label, clusters=asked.cluster)
        told = np.isfinite(fit.slopes[[0, 2]]).all()
        reason = fit.reason or ("" if told else "attention does not vary among images in conflict")
    what = "mass in the region" if pair.aligned else "mass in the region less that in borrowed boxes"
    how = f"not evaluated: {reason}" if reason else "standard error over clusters (CR1)"
    rows: list[Row] = []
    for statistic, (weights, words) in _QUESTIONS.items():
        result = _tell(asked, None if reason else fit, weights=weights, confidence=evidence.settings.confidence)
        method = words.format(more=f"per standard deviation more attention ({what})")
        facts = {"statistic": statistic, "target": TARGET, "region": pair.region, "unit": "ratio"}
        method = f"{method}; {_MODEL}; {how}; {WORDS}; an association, descriptive and not corrected"
        rows += tabulate(result, keys=[Key(attribute=attribute)], keep=None, **facts, method=method)
    return rows


def _ask(evidence: Evidence, pair: Pair, *, marks: IntArray) -> Asked:
    """Images of the labels that have right and wrong answers and enough clusters: the others say nothing within."""
    attention = pair.own if pair.aligned else pair.mass - pair.borrowed
    labels, n = evidence.cells(by_label=True).codes, len(evidence.labels)
    used = np.isfinite(attention) & (marks != NEITHER)
    counts = [np.bincount(labels[used & side], minlength=n) for side in (evidence.correct, ~evidence.correct)]
    found = count_clusters(labels[used], evidence.clusters[used], n_groups=n)
    enough = found >= evidence.settings.min_clusters
    used &= (enough & (counts[0] > 0) & (counts[1] > 0))[labels] if len(labels) else used
    conflict, own = marks[used].astype(np.float64), attention[used]
    spread = float(own.std()) if len(own) else 0.0
    own = (own - own.mean()) / spread if spread > _STILL else np.zeros_like(own)
    area = np.log(evidence.region(pair.region).area[used])
    return Asked(
        columns=np.column_stack([own, conflict, own * conflict, area]),
        wrong=~evidence.correct[used],
        label=labels[used],
        cluster=evidence.clusters[used],
    )


def _lack(asked: Asked, *, least: int) -> str:
    """Why the regression cannot be asked; empty where it can."""
    for side, words in ((1, "in conflict"), (0, "not in conflict")):
        here = asked.columns[:, 1] == side
        counts = {
            "images": (count_distinct(asked.cluster[here]), least),
            "errors": (count_distinct(asked.cluster[here & asked.wrong]), FEWEST_ERRORS),
            "right answers": (count_distinct(asked.cluster[here & ~asked.wrong]), FEWEST_ERRORS),
        }
        for name, (count, needed) in counts.items():
            if count < needed:
                return f"{count} independent {name} {words}, {needed} are needed"
    return ""


def _tell(asked: Asked, fit: Fit | None, *, weights: Sequence[float], confidence: float) -> Intervals:
    """Ratio of odds with its limits and p-value; NaN without a fit."""
    numbers = np.full(4, np.nan) if fit is None else fit.ratio(weights, confidence=confidence)
    return Intervals(
        estimate=numbers[:1],
        low=numbers[1:2],
        high=numbers[2:3],
        p_value=numbers[3:],
        n=np.array([len(asked.wrong)]),
        clusters=np.array([count_distinct(asked.cluster)]),
    )
