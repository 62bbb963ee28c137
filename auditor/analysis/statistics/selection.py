"""Selection: how often each group gets the favoured answer, and how that compares with the group that gets it most."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.special import ndtr
from scipy.stats import fisher_exact

from auditor.analysis.statistics.cells import Key, tabulate
from auditor.analysis.statistics.harm import FOUR_FIFTHS, LEAST_SHARE, compare_rates
from auditor.analysis.statistics.intervals import Intervals, proportions
from auditor.analysis.statistics.performance import share_method
from auditor.records import NOT_RECORDED

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import BoolArray, FloatArray

CROSS: Final = " × "
"""Stands between the names, and between the values, of two attributes that are crossed."""
MOST_EXACT: Final = 5_000
"""With more images, a test by the normal distribution takes the place of Fisher's."""
_PAIR: Final = 2
_ROUNDING: Final = 1e-9


class Groups(NamedTuple):
    """One way to divide the images: by an attribute, or by two crossed."""

    name: str
    values: tuple[str, ...]
    codes: IntArray  # ``(n,)`` value of each image, -1 where one is not recorded


def measure_selection(evidence: Evidence, positive: str) -> list[Row]:
    """Selection rates and impact ratios of a favoured answer.

    Parameters
    ----------
    evidence
        The tables.
    positive
        The class whose answer selects.

    Returns
    -------
    list of Row
        Per attribute, and per pair of attributes crossed: ``selection_rate`` of each group, *not recorded* included,
        with Wilson's interval; ``group_share`` of all images with a record; ``impact_ratio``, its rate over that of the
        group with the highest, with BCa limits and a p-value of equal rates; ``flip_one_ratio``, the same ratio had one
        answer of each of the two groups been the other. A group below `LEAST_SHARE` is never the one compared with.
    """
    rows: list[Row] = []
    for groups in _divide(evidence):
        rows += _rates(evidence, groups, positive)
        rows += _ratios(evidence, groups, positive)
    return rows


def _divide(evidence: Evidence) -> list[Groups]:
    """By each attribute, then by each pair that has more than one group."""
    singles = []
    for name in evidence.settings.attributes:
        texts = evidence.texts(name)
        values = tuple(value for value in evidence.subgroups(name) if value != NOT_RECORDED)
        codes = np.full(len(texts), -1, dtype=np.int64)
        for place, value in enumerate(values):
            codes[texts == value] = place
        singles.append(Groups(name, values, codes))
    return [*singles, *(_cross(one, two) for one, two in combinations(singles, 2))]


def _cross(one: Groups, two: Groups) -> Groups:
    """Only groups that occur."""
    both = np.where((one.codes >= 0) & (two.codes >= 0), one.codes * len(two.values) + two.codes, -1)
    present = np.unique(both[both >= 0])
    codes = np.where(both >= 0, np.searchsorted(present, both), -1)
    names = [(one.values[code // len(two.values)], two.values[code % len(two.values)]) for code in present.tolist()]
    return Groups(f"{one.name}{CROSS}{two.name}", tuple(CROSS.join(pair) for pair in names), codes)


def _rates(evidence: Evidence, groups: Groups, positive: str) -> list[Row]:
    """Rate and share of every group; images without a record are a group of their own, after the others."""
    k = len(groups.values)
    clusters, confidence = evidence.clusters, evidence.settings.confidence
    keys = [Key(predicted=positive, attribute=groups.name, subgroup=value) for value in (*groups.values, NOT_RECORDED)]
    selected = evidence.texts("predicted") == positive
    codes = np.where(groups.codes >= 0, groups.codes, k)
    rate = proportions(selected, codes=codes, clusters=clusters, n_cells=k + 1, confidence=confidence)
    keep = rate.n > 0
    method = f"share of images answered {positive}; {share_method(evidence)}"
    rows = tabulate(rate, keys=keys, keep=keep, statistic="selection_rate", unit="share", method=method)
    known = groups.codes >= 0
    zeros = np.where(known, 0, -1)
    for place, key in enumerate(keys[:k]):
        found = proportions(groups.codes == place, codes=zeros, clusters=clusters, n_cells=1, confidence=confidence)
        words = f"share of images with a record; {share_method(evidence)}"
        rows += tabulate(found, keys=[key], statistic="group_share", unit="share", method=words)
    return rows


def _ratios(evidence: Evidence, groups: Groups, positive: str) -> list[Row]:
    """Each group over the one with the highest rate among those that are not too small."""
    k = len(groups.values)
    member = groups.codes[:, None] == np.arange(k)
    hits = member & (evidence.texts("predicted") == positive)[:, None]
    n, selected = member.sum(axis=0), hits.sum(axis=0)
    rate = np.divide(selected, n, out=np.full(k, -1.0), where=n >= max(LEAST_SHARE * n.sum(), 1))
    if k < _PAIR or not (rate > 0).any():
        return []
    best = int(rate.argmax())
    ratio, _ = compare_rates(evidence, member=member, hits=hits, best=best)
    p = np.array([_equal(evidence, hits[:, [i, best]], member[:, [i, best]]) for i in range(k)])
    ratio = Intervals(
        estimate=ratio.estimate, low=ratio.low, high=ratio.high, n=ratio.n, clusters=ratio.clusters, p_value=p
    )
    keys = [Key(predicted=positive, attribute=groups.name, subgroup=value) for value in groups.values]
    others = np.arange(k) != best
    whom = f"share answered {positive}, over that of {groups.values[best]}, the highest"
    small = f" of the groups with at least {LEAST_SHARE:.0%} of the images"
    tests = "z-test on cluster-robust variance" if _is_large(evidence) else "Fisher's exact test, two-sided"
    method = (
        f"{whom}{small}; {evidence.settings.draws} draws of the bootstrap over clusters, BCa; p-value of equal rates: "
        f"{tests}, not corrected for the choice of the highest or for the number of groups"
    )
    rows = tabulate(ratio, keys=keys, keep=others, statistic="impact_ratio", unit="index", method=method)
    flipped = flip_one(selected, n, best=best)
    nothing = np.full(k, np.nan)
    result = Intervals(estimate=flipped, low=nothing, high=nothing, n=ratio.n, clusters=ratio.clusters)
    method = f"{whom}, had one answer of each of the two groups been the other, towards {FOUR_FIFTHS} and past it"
    return rows + tabulate(result, keys=keys, keep=others, statistic="flip_one_ratio", unit="index", method=method)


def _is_large(evidence: Evidence) -> bool:
    return evidence.repeats or len(evidence.read) > MOST_EXACT


def _equal(evidence: Evidence, hits: BoolArray, member: BoolArray) -> float:
    """P-value of equal rates in two groups."""
    if _is_large(evidence):
        return equal_rates_p(hits, member, clusters=evidence.clusters)
    n, hit = member.sum(axis=0), hits.sum(axis=0)
    return float(fisher_exact(np.array([hit, n - hit])).pvalue)


def equal_rates_p(hits: BoolArray, member: BoolArray, *, clusters: IntArray) -> float:
    """Test that two groups have the same rate, by a z-test that knows of clusters.

    Parameters
    ----------
    hits, member
        ``(n, 2)`` whether each image counts in a group, and whether it is in it.
    clusters
        ``(n,)`` cluster of each image.

    Returns
    -------
    float
        Two-sided; NaN where a group is empty or nothing varies.

    References
    ----------
    Liang & Zeger (1986), Longitudinal data analysis using generalized linear models. Biometrika 73, 13-22: the robust
    variance, here under the hypothesis that the rates are equal.

    Examples
    --------
    >>> member = np.repeat(np.eye(2, dtype=bool), 50, axis=0)
    >>> hits = member & (np.arange(100) % 2 == 0)[:, None]
    >>> equal_rates_p(hits, member, clusters=np.arange(100))
    1.0
    """
    n = member.sum(axis=0)
    if not n.all():
        return float("nan")
    pull = (hits - member * (hits.sum() / n.sum())) * (np.array([1.0, -1.0]) / n)
    per_cluster = np.bincount(clusters, weights=pull.sum(axis=1))
    variance = float((per_cluster**2).sum())
    if variance == 0:
        return float("nan")
    return float(2 * ndtr(-abs(per_cluster.sum()) / variance**0.5))


def flip_one(selected: IntArray, n: IntArray, *, best: int) -> FloatArray:
    """Ratio of rates, had one answer of each of the two groups been the other.

    A ratio below four fifths is moved up: one more of the group is selected, and one less of those compared with. A
    ratio at or above it is moved down. A verdict that one such pair of answers turns round rests on small numbers.

    Parameters
    ----------
    selected, n
        ``(groups,)`` images selected, and images.
    best
        The group compared with.

    Returns
    -------
    ndarray
        ``(groups,)``; NaN where the group compared with would have nobody selected.

    References
    ----------
    Questions and answers on the Uniform Guidelines, 44 FR 11996 (1979), question 21.

    Examples
    --------
    >>> flip_one(np.array([7, 20]), np.array([20, 40]), best=1).round(3)
    array([0.842, 0.905])
    """
    below = selected * n[best] < (FOUR_FIFTHS - _ROUNDING) * selected[best] * n
    up = np.where(below, 1, -1)
    moved = np.clip(selected + up, 0, n) / np.maximum(n, 1)
    top = np.clip(selected[best] - up, 0, n[best]) / max(int(n[best]), 1)
    ratio: FloatArray = np.divide(moved, top, out=np.full(len(n), np.nan), where=top > 0)
    return ratio
