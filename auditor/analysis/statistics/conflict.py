"""Conflict: whether the model errs more often where an attribute speaks against the label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.special import stdtr, stdtrit

from auditor.analysis.statistics.cells import Key, tabulate
from auditor.analysis.statistics.counting import count_clusters, count_distinct
from auditor.analysis.statistics.intervals import Intervals, differences, proportions
from auditor.analysis.statistics.performance import share_method
from auditor.records import NOT_RECORDED

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import FloatArray

NEITHER: Final = -1
WORDS: Final = (
    "an image is in conflict where its value is rarer among images of its label than among those of all others"
)
_PAIR: Final = 2


class Strata(NamedTuple):
    """Images with a direction, by label: in conflict or not, wrong or not.

    Attributes
    ----------
    label, side, wrong, cluster
        ``(n,)`` number of the label; 1 in conflict and 0 if not; 1 wrong and 0 if not; number of the cluster.
    """

    label: IntArray
    side: IntArray
    wrong: IntArray
    cluster: IntArray

    def counts(self) -> FloatArray:
        """Images by label, side and outcome, ``(labels, 2, 2)``."""
        n = int(self.label.max(initial=-1)) + 1
        code = 4 * self.label + 2 * self.side + self.wrong
        return np.bincount(code, minlength=4 * n).reshape(n, 2, 2).astype(np.float64)

    def spread(self, pulls: FloatArray) -> float:
        """Standard error of a sum of pulls, one per image, over clusters."""
        sums = np.bincount(self.cluster, weights=pulls)
        seen = count_distinct(self.cluster)
        return float(np.sqrt((sums**2).sum() * seen / max(seen - 1, 1)))


def measure_conflict(evidence: Evidence) -> list[Row]:
    """How often images are in conflict, and how much more often the model is wrong on them, within labels.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Row
        Per attribute ``conflict_share`` in [0, 1], ``conflict_error_gap`` in [-1, 1] and
        ``conflict_error_odds_ratio`` above 0, both pooled over labels with Mantel and Haenszel's weights.
    """
    rows: list[Row] = []
    for attribute in evidence.settings.attributes:
        rows += _rows(evidence, attribute)
    return rows


def mark_conflicts(evidence: Evidence, attribute: str) -> IntArray:
    """Which images are in conflict: their attribute value speaks against their label.

    Parameters
    ----------
    evidence
        The tables.
    attribute
        Its name.

    Returns
    -------
    ndarray
        ``(n,)``: 1 where the value is rarer among images of the label than among images of all other labels, 0 where it
        is more frequent, `NEITHER` where it is equally frequent or not recorded.
    """
    values = evidence.texts(attribute)
    known = values != NOT_RECORDED
    marks = np.full(len(values), NEITHER)
    if known.any():
        label, value = (np.unique(part[known], return_inverse=True)[1] for part in (evidence.texts("label"), values))
        marks[known] = compare_shares(label, value)
    return marks


def compare_shares(labels: IntArray, values: IntArray) -> IntArray:
    """`mark_conflicts` on numbers.

    Parameters
    ----------
    labels, values
        ``(n,)`` from 0 without gaps, at least one image.

    Returns
    -------
    ndarray
        ``(n,)`` of 1, 0 and `NEITHER`.

    Examples
    --------
    >>> compare_shares(np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 1, 1, 0]))
    array([0, 0, 1, 0, 0, 1])
    """
    counts = np.zeros((int(labels.max()) + 1, int(values.max()) + 1), dtype=np.int64)
    np.add.at(counts, (labels, values), 1)
    size, total = counts.sum(axis=1, keepdims=True), counts.sum(axis=0)
    # P(value | label) against P(value), which lies on the same side of it as P(value | other labels)
    pull = np.sign(counts * counts.sum() - size * total)
    marks: IntArray = np.choose(pull + 1, [1, NEITHER, 0])[labels, values]
    return marks


def pooled_odds_ratio(counts: FloatArray) -> tuple[float, float]:
    """Mantel and Haenszel's odds ratio, and the standard error of its logarithm for independent images.

    Parameters
    ----------
    counts
        ``(labels, 2, 2)`` images by label, side and outcome.

    Returns
    -------
    tuple of float
        Odds of outcome 1 on side 1 over those on side 0, and the standard error; both NaN where a side has no odds.

    References
    ----------
    Mantel & Haenszel (1959), Statistical aspects of the analysis of data from retrospective studies of disease. JNCI
    22, 719-748. Robins, Breslow & Greenland (1986), Estimators of the Mantel-Haenszel variance consistent in both
    sparse data and large-strata limiting models. Biometrics 42, 311-323.

    Examples
    --------
    >>> ratio, error = pooled_odds_ratio(np.array([[[80.0, 20.0], [60.0, 40.0]]]))
    >>> round(ratio, 3), round(error, 3)
    (2.667, 0.323)
    """
    n = counts.sum(axis=(1, 2))
    counts, n = counts[n > 0], n[n > 0]
    along = counts[:, 1, 1] * counts[:, 0, 0] / n
    across = counts[:, 1, 0] * counts[:, 0, 1] / n
    r, s = along.sum(), across.sum()
    if not (r > 0 and s > 0):
        return float("nan"), float("nan")
    p = (counts[:, 1, 1] + counts[:, 0, 0]) / n
    q = 1 - p
    variance = (p * along).sum() / (2 * r**2)
    variance += (p * across + q * along).sum() / (2 * r * s) + (q * across).sum() / (2 * s**2)
    return float(r / s), float(np.sqrt(variance))


def _odds_pulls(strata: Strata) -> FloatArray:
    """What each image adds to the logarithm of the pooled odds ratio, to first order."""
    counts = strata.counts()
    n = np.maximum(counts.sum(axis=(1, 2)), 1)
    along, across = counts[:, 1, 1] * counts[:, 0, 0] / n, counts[:, 1, 0] * counts[:, 0, 1] / n
    slope = np.zeros_like(counts)
    slope[:] = (across / across.sum() / n - along / along.sum() / n)[:, None, None]
    for side in (0, 1):
        slope[:, side, side] += counts[:, 1 - side, 1 - side] / n / along.sum()
        slope[:, side, 1 - side] -= counts[:, 1 - side, side] / n / across.sum()
    pulls: FloatArray = slope[strata.label, strata.side, strata.wrong]
    return pulls


def _rows(evidence: Evidence, attribute: str) -> list[Row]:
    marks = mark_conflicts(evidence, attribute)
    known = marks != NEITHER
    confidence = evidence.settings.confidence
    keys = [Key(attribute=attribute)]
    codes = np.where(known, 0, -1)
    share = proportions(marks == 1, codes=codes, clusters=evidence.clusters, n_cells=1, confidence=confidence)
    method = f"share of images in conflict: {WORDS}; {share_method(evidence)}"
    rows = tabulate(share, keys=keys, statistic="conflict_share", unit="share", method=method)
    label = np.unique(evidence.texts("label"), return_inverse=True)[1]
    strata = Strata(label[known], marks[known], (~evidence.correct[known]).astype(np.int64), evidence.clusters[known])
    strata = _paired(strata)
    p = _no_link(strata)
    gap, how = _gap(strata, confidence=confidence)
    method = f"share wrong in conflict minus share wrong otherwise, pooled over labels (Mantel-Haenszel weights); {how}"
    rows.append(_row(gap, p, strata=strata, key=keys[0], statistic="conflict_error_gap", unit="difference", how=method))
    odds, how = _odds(strata, confidence=confidence)
    method = f"odds of being wrong in conflict over those otherwise, pooled over labels (Mantel-Haenszel); {how}"
    name = "conflict_error_odds_ratio"
    return [*rows, _row(odds, p, strata=strata, key=keys[0], statistic=name, unit="ratio", how=method)]


def _paired(strata: Strata) -> Strata:
    """Only labels with images on both sides: the others say nothing about the difference."""
    both = (strata.counts().sum(axis=2) > 0).all(axis=1)
    return Strata(*(part[both[strata.label]] for part in strata))


def _row(numbers: FloatArray, p: float, *, strata: Strata, key: Key, statistic: str, unit: str, how: str) -> Row:
    found = Intervals(
        estimate=numbers[:1],
        low=numbers[1:2],
        high=numbers[2:],
        n=np.array([len(strata.label)]),
        clusters=np.array([count_distinct(strata.cluster)]),
        p_value=np.array([p]),
    )
    method = f"{how}; {WORDS}; p-value of the cluster-robust score test of no link within labels"
    return tabulate(found, keys=[key], statistic=statistic, unit=unit, method=method)[0]


def _no_link(strata: Strata) -> float:
    """Two-sided p-value of Cochran, Mantel and Haenszel's test with a variance over clusters."""
    counts = strata.counts()
    n = np.maximum(counts.sum(axis=(1, 2)), 1)
    side, wrong = counts[:, 1].sum(axis=1) / n, counts[:, :, 1].sum(axis=1) / n
    pulls = (strata.side - side[strata.label]) * (strata.wrong - wrong[strata.label])
    error = strata.spread(pulls) if len(pulls) else 0.0
    freedom = count_distinct(strata.cluster) - 1
    return float(2 * stdtr(freedom, -abs(pulls.sum()) / error)) if error > 0 and freedom > 0 else float("nan")


def _gap(strata: Strata, *, confidence: float) -> tuple[FloatArray, str]:
    """Estimate and limits of the pooled difference, and how they were made."""
    counts = strata.counts()
    size = counts.sum(axis=2)
    weight = np.divide(size[:, 0] * size[:, 1], size.sum(axis=1), out=np.zeros(len(size)), where=size.all(axis=1))
    if not weight.any():
        return np.full(3, np.nan), "no label has images on both sides"
    weight /= weight.sum()
    each = differences(
        strata.wrong == 1,
        member=strata.side == 1,
        codes=strata.label,
        clusters=strata.cluster,
        n_cells=len(weight),
        confidence=confidence,
    )
    used = weight > 0
    gap = float(weight[used] @ each.estimate[used])
    down, up = (
        float(np.sqrt(((weight[used] * (limit[used] - each.estimate[used])) ** 2).sum()))
        for limit in (each.low, each.high)
    )
    error = 0.0 if count_distinct(strata.cluster) == _labelled(strata) else strata.spread(_gap_pulls(strata, weight))
    if error > 0:
        reach = error * stdtrit(count_distinct(strata.cluster) - 1, 0.5 + confidence / 2)
        return np.array([gap, max(gap - reach, -1), min(gap + reach, 1)]), "cluster-robust standard error"
    return np.array([gap, gap - down, gap + up]), "Newcombe intervals of the labels combined (Yan and Su 2010)"


def _labelled(strata: Strata) -> int:
    """Pairs of cluster and label: as many as clusters where no cluster has two labels."""
    n_labels = int(strata.label.max(initial=-1)) + 1
    return int(count_clusters(strata.label, strata.cluster, n_groups=n_labels).sum())


def _gap_pulls(strata: Strata, weight: FloatArray) -> FloatArray:
    """What each image adds to the pooled difference, to first order at the given weights."""
    counts = strata.counts()
    size = np.maximum(counts.sum(axis=2), 1)
    wrong = (counts[:, :, 1] / size)[strata.label, strata.side]
    sign = 2.0 * strata.side - 1
    pulls: FloatArray = sign * weight[strata.label] * (strata.wrong - wrong) / size[strata.label, strata.side]
    return pulls


def _odds(strata: Strata, *, confidence: float) -> tuple[FloatArray, str]:
    """Estimate and limits of the pooled odds ratio, and how they were made."""
    ratio, error = pooled_odds_ratio(strata.counts())
    if np.isnan(ratio):
        return np.full(3, np.nan), "not computed, because a side has no wrong images or only wrong ones in every label"
    pulls = _odds_pulls(strata)
    alone, freedom = float(np.sqrt((pulls**2).sum())), max(count_distinct(strata.cluster) - 1, 1)
    wider = max(strata.spread(pulls) / alone, 1.0) if alone > 0 else 1.0
    reach = error * wider * float(stdtrit(freedom, 0.5 + confidence / 2))
    return ratio * np.exp([0.0, -reach, reach]), "Robins-Breslow-Greenland interval times the root of the design effect"
