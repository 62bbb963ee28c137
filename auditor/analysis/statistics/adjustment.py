"""Adjusted attention: the part of an attribute in how much of the map lies on a region, all else being equal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import logit

from auditor.analysis.statistics.balance import describe_place
from auditor.analysis.statistics.borrowing import pair_masses
from auditor.analysis.statistics.cells import Key, tabulate
from auditor.analysis.statistics.counting import count_distinct
from auditor.analysis.statistics.intervals import Intervals
from auditor.analysis.statistics.performance import contrasts
from auditor.analysis.statistics.regression import fit_linear
from auditor.records import NOT_RECORDED

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.borrowing import Pair
    from auditor.analysis.statistics.cells import Row
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.analysis.statistics.regression import Fit
    from auditor.geometry import BoolArray, FloatArray

ADJUSTED: Final = "adjusted_mass_odds"
TARGET: Final = "predicted"
MOST_AT_THE_ENDS: Final = 0.1
"""Share of masses of 0 or 1, above which their logits would say more of how the ends were moved than of the maps."""
_ENDS: Final = 1e-9
_ATTRIBUTE: Final = (0, 0, 0, 1)
_MODEL: Final = (
    "odds of the map's mass lying in the region, {sides}, at equal label, logarithm of region area, distance from the "
    "middle and outcome: least squares on the logit of the mass"
)


def measure_adjustment(evidence: Evidence) -> list[Row]:
    """How many times the odds of mass in a region one subgroup has over the others, all else being equal.

    The model is ``logit M = b0 + b1 log area + b2 eccentricity + label + b3 attribute + b4 outcome``; what is told is
    ``exp(b3)``. Masses of 0 and 1, which have no logit, are drawn in with all others: ``(M (m - 1) + 1/2) / m`` with m
    clusters, so that images that occur twice in their cluster change nothing.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Row
        ``adjusted_mass_odds`` per region, attribute and subgroup, of the predicted class's map; 1 where the attribute
        has no part in it. No number where fewer than the least number of clusters are on a side of the labels that have
        both, where the other quantities tell the attribute, or where more than a tenth of the masses are 0 or 1.

    References
    ----------
    Smithson & Verkuilen (2006), A better lemon squeezer? Maximum-likelihood regression with beta-distributed dependent
    variables. Psychological Methods 11, 54-71.
    """
    pairs = [pair for pair in pair_masses(evidence) if pair.target == TARGET]
    return [
        row
        for pair in pairs
        for attribute in evidence.settings.attributes
        for subgroup, others in contrasts(evidence, attribute)
        for row in _adjust(evidence, pair, key=Key(attribute=attribute, subgroup=subgroup), others=others)
    ]


def squeeze(mass: FloatArray, clusters: int) -> FloatArray:
    """Shares drawn in from 0 and 1.

    Parameters
    ----------
    mass
        ``(n,)`` in [0, 1].
    clusters
        Number of clusters.

    Returns
    -------
    ndarray
        ``(n,)`` in (0, 1).

    Examples
    --------
    >>> squeeze(np.array([0.0, 0.5, 1.0]), 100)
    array([0.005, 0.5  , 0.995])
    """
    inner: FloatArray = (np.clip(mass, 0, 1) * (clusters - 1) + 0.5) / clusters
    return inner


def _adjust(evidence: Evidence, pair: Pair, *, key: Key, others: str) -> list[Row]:
    values = evidence.texts(key.attribute or "")
    place = describe_place(evidence.region(pair.region))
    member = values == key.subgroup
    columns = np.column_stack([place["area"], place["eccentricity"], ~evidence.correct, member]).astype(np.float64)
    used = np.isfinite(pair.own) & (values != NOT_RECORDED) & np.isfinite(columns).all(axis=1)
    labels = evidence.cells(by_label=True).codes
    used &= _has_both(member, labels=labels, used=used)
    reason, fit = _fit(evidence, pair.own, columns=columns, used=used)
    level = evidence.settings.confidence
    found = np.full(4, np.nan) if fit is None else fit.ratio(_ATTRIBUTE, confidence=level)
    result = Intervals(
        estimate=found[:1],
        low=found[1:2],
        high=found[2:3],
        p_value=found[3:],
        n=np.array([int(used.sum())]),
        clusters=np.array([count_distinct(evidence.clusters[used])]),
    )
    ends = int(_at_the_ends(pair.own[used]).sum())
    squeezed = f"; {ends} masses of 0 or 1 drawn in by half an image" if ends else ""
    model = _MODEL.format(sides=f"{key.subgroup} over {others}")
    how = f"not evaluated: {reason}" if reason else f"standard error over clusters (CR1){squeezed}"
    facts = {"statistic": ADJUSTED, "target": TARGET, "region": pair.region, "unit": "ratio"}
    method = f"{model}; {how}; descriptive, not corrected"
    return tabulate(result, keys=[key], keep=None, **facts, method=method)


def _has_both(member: BoolArray, *, labels: IntArray, used: BoolArray) -> BoolArray:
    """Images of labels that have both sides: the others say nothing of the attribute."""
    n = int(labels.max(initial=0)) + 1
    sides = [np.bincount(labels[used & side], minlength=n) > 0 for side in (member, ~member)]
    both: BoolArray = (sides[0] & sides[1])[labels]
    return both


def _fit(evidence: Evidence, mass: FloatArray, *, columns: FloatArray, used: BoolArray) -> tuple[str, Fit | None]:
    """The regression, or why there is none."""
    least, clusters = evidence.settings.min_clusters, evidence.clusters[used]
    member = columns[used, -1] == 1
    fewest = min(count_distinct(clusters[side]) for side in (member, ~member))
    if fewest < least:
        return f"{fewest} independent images on one side of the labels that have both, {least} are needed", None
    share = float(_at_the_ends(mass[used]).mean())
    if share > MOST_AT_THE_ENDS:
        return f"{share:.0%} of the masses are 0 or 1, which have no logit", None
    inner = logit(squeeze(mass[used], count_distinct(clusters)))
    labels = evidence.cells(by_label=True).codes[used]
    fit = fit_linear(inner, columns[used], groups=labels, clusters=clusters)
    if fit.reason or not np.isfinite(fit.slopes[-1]):
        return fit.reason or "label, area, place and outcome tell the attribute", None
    return "", fit


def _at_the_ends(mass: FloatArray) -> BoolArray:
    ends: BoolArray = (mass <= _ENDS) | (mass >= 1 - _ENDS)
    return ends
