"""Equality: whether all groups fare alike, and how badly the worst group may fare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.special import chdtrc, ndtr

from auditor.analysis.statistics.bootstrap import resample
from auditor.analysis.statistics.cells import Key, tabulate
from auditor.analysis.statistics.counting import count_distinct
from auditor.analysis.statistics.intervals import Intervals, proportions, sum_by_cluster
from auditor.analysis.statistics.performance import MOST_CLASSES_IN_FULL
from auditor.analysis.statistics.permutations import form_units, permute
from auditor.records import NOT_RECORDED

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row
    from auditor.analysis.statistics.intervals import ByteArray, IntArray
    from auditor.geometry import BoolArray, FloatArray

MOST_PERMUTED: Final = 5_000
"""With more clusters, none of them in two groups, the chi-squared distribution takes the place of permutations."""
_PAIR: Final = 2
_ROUNDING: Final = 1e-9
_AT_ONCE: Final = 500_000


class Spread(NamedTuple):
    """How far groups differ beyond chance: standard deviation of their true shares, and the p-value of none."""

    deviation: float
    p_value: float
    permuted: bool


def measure_equality(evidence: Evidence) -> list[Row]:
    """Accuracy of every group at once, the worst of them, and the test that all subgroups fare alike.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Row
        Per attribute ``group_accuracy`` of each label and recorded subgroup with limits that hold for all of them
        together, ``worst_group_accuracy``, and ``accuracy_spread`` overall and, of at most `MOST_CLASSES_IN_FULL`
        labels, by label.
    """
    rows: list[Row] = []
    for attribute in evidence.settings.attributes:
        rows += _groups(evidence, attribute)
        rows += _spreads(evidence, attribute)
    return rows


def widen(
    hits: BoolArray,
    *,
    codes: IntArray,
    clusters: IntArray,
    n_cells: int,
    weights: ByteArray,
    confidence: float,
    generator: np.random.Generator,
) -> float:
    """Level of single intervals that makes all intervals hold together.

    The largest studentised deviation over the groups is drawn by the bootstrap over clusters, whose draws all groups
    share. A group whose clusters do not differ deviates in no draw; it is given standard normal deviations.

    Parameters
    ----------
    hits
        ``(n,)`` whether each image counts.
    codes, clusters
        ``(n,)`` group (-1 for none) and cluster of each image.
    n_cells
        Number of groups.
    weights
        Of `auditor.analysis.statistics.bootstrap.draw_weights`, over all clusters.
    confidence
        Level that all intervals together are to have, in (0, 1).
    generator
        Source of the normal deviations.

    Returns
    -------
    float
        In [confidence, 1).

    References
    ----------
    Romano & Wolf (2005), Exact and approximate stepdown methods for multiple hypothesis testing. JASA 100, 94-108,
    the single-step maximum of studentised statistics.
    """
    columns = np.column_stack([np.ones(len(hits)), hits])
    table = sum_by_cluster(columns, codes=codes, clusters=clusters, n_cells=n_cells)
    largest = np.zeros(len(weights))
    for rows in table.slices():
        sums = table.sums[rows]
        if len(sums) < _PAIR:
            continue
        n, hit = sums.sum(axis=0)
        error = np.sqrt(((sums[:, 1] - hit / n * sums[:, 0]) ** 2).sum()) / n
        drawn = resample(sums, table.cluster[rows], weights)
        share = np.divide(drawn[:, 1], drawn[:, 0], out=np.full(len(drawn), hit / n), where=drawn[:, 0] > 0)
        told = error > _ROUNDING
        deviation = (share - hit / n) / error if told else generator.normal(size=len(weights))
        largest = np.maximum(largest, np.abs(deviation))
    return max(confidence, float(2 * ndtr(np.quantile(largest, confidence)) - 1))


def _groups(evidence: Evidence, attribute: str) -> list[Row]:
    """Groups with images, and the worst of them."""
    cells = evidence.cells(by_label=True, attribute=attribute)
    kept = (cells.counts() > 0) & np.array([key.subgroup != NOT_RECORDED for key in cells.keys], dtype=bool)
    if not kept.any():
        return []
    codes = np.where(kept, np.cumsum(kept) - 1, -1)[cells.codes]
    keys = [key for key, keep in zip(cells.keys, kept, strict=True) if keep]
    facts = {"codes": codes, "clusters": evidence.clusters}
    level = widen(
        evidence.correct,
        **facts,
        n_cells=len(keys),
        weights=evidence.weights,
        confidence=evidence.settings.confidence,
        generator=evidence.settings.generator(f"group accuracy {attribute}"),
    )
    found = proportions(evidence.correct, **facts, n_cells=len(keys), confidence=level)
    together = (
        f"limits that hold for all {len(keys)} groups together at {evidence.settings.confidence:.0%}: Wilson intervals "
        f"at {level:.2%} each, from the largest studentised deviation in {evidence.settings.draws} shared draws of "
        "the bootstrap over clusters"
    )
    method = f"share of images predicted as their label; {together}"
    rows = tabulate(found, keys=keys, statistic="group_accuracy", unit="share", method=method)
    return [*rows, *_worst(found, keys, attribute=attribute, together=together)]


def _worst(found: Intervals, keys: list[Key], *, attribute: str, together: str) -> list[Row]:
    """Lowest accuracy, between the lowest lower and the lowest upper limit of all groups."""
    known = ~np.isnan(found.low)
    if not known.any():
        return []
    at = int(np.flatnonzero(known)[found.estimate[known].argmin()])
    worst = Intervals(
        estimate=found.estimate[[at]],
        low=np.nanmin(found.low, keepdims=True),
        high=np.nanmin(found.high, keepdims=True),
        n=found.n[[at]],
        clusters=found.clusters[[at]],
    )
    alone = f"; left out: {(~known).sum()} groups of one cluster" if not known.all() else ""
    method = (
        f"lowest accuracy of all groups, here {keys[at].label}, {keys[at].subgroup}; n is of that group; {together}"
    )
    key = [Key(attribute=attribute)]
    return tabulate(worst, keys=key, statistic="worst_group_accuracy", unit="share", method=method + alone)


def spread_shares(
    hits: BoolArray, values: IntArray, *, clusters: IntArray, draws: int, generator: np.random.Generator
) -> Spread:
    """Test that the share of hits is the same in all groups, and estimate how far it varies.

    Parameters
    ----------
    hits
        ``(n,)`` whether each image counts.
    values
        ``(n,)`` group of each image from 0; -1 for none.
    clusters
        ``(n,)`` cluster of each image.
    draws
        Permutations of the groups over clusters.
    generator
        Source of the permutations.

    Returns
    -------
    Spread
        The deviation is 0 where the groups differ no more than by chance. NaN below two groups, or where all images are
        alike.

    References
    ----------
    DerSimonian & Laird (1986), Meta-analysis in clinical trials. Controlled Clinical Trials 7, 177-188, eq. 7 and 8.
    Studentised permutations: Chung & Romano (2013), Exact and asymptotically robust permutation tests. Annals of
    Statistics 41, 484-507.
    """
    known = values >= 0
    hit, value = hits[known], np.unique(values[known], return_inverse=True)[1]
    cluster = np.unique(clusters[known], return_inverse=True)[1]
    groups = int(value.max(initial=-1)) + 1
    if groups < _PAIR or hit.all() or not hit.any():
        return Spread(float("nan"), float("nan"), permuted=False)
    pull = hit - hit.mean()
    distances, weights = _distances(pull, value[None], cluster, groups=groups)
    observed, weight = float(distances[0]), weights[0]
    if np.isnan(observed):
        return Spread(float("nan"), float("nan"), permuted=False)
    scale = weight.sum() - (weight**2).sum() / weight.sum()
    deviation = float(np.sqrt(max(observed - (groups - 1), 0) / scale))
    n_clusters = int(cluster.max()) + 1
    if n_clusters > MOST_PERMUTED and count_distinct(cluster * groups + value) == n_clusters:
        return Spread(deviation, float(chdtrc(groups - 1, observed)), permuted=False)
    zeros = np.zeros(len(value), dtype=np.int64)
    units = form_units(value, labels=zeros, areas=zeros.astype(np.float64), clusters=cluster)
    step = max(1, _AT_ONCE // len(value))
    null = np.concatenate(
        [
            _distances(pull, part[start : start + step, units.unit].astype(np.int64), cluster, groups=groups)[0]
            for part in permute(units, draws=draws, generator=generator)
            for start in range(0, len(part), step)
        ]
    )
    beyond = int((~(null < observed * (1 - _ROUNDING))).sum())
    return Spread(deviation, (1 + beyond) / (len(null) + 1), permuted=True)


def _distances(pull: FloatArray, values: IntArray, cluster: IntArray, *, groups: int) -> tuple[FloatArray, FloatArray]:
    """Cochran's Q of the groups that each row makes, with variances over clusters, and the weights in it.

    Q is NaN where a group has no variance.
    """
    rows, width = np.arange(len(values))[:, None], int(cluster.max()) + 1
    at = ((rows * width + cluster) * groups + values).ravel()
    pulls = np.broadcast_to(pull, values.shape).ravel()
    sums = np.bincount(at, weights=pulls, minlength=len(values) * width * groups).reshape(len(values), width, groups)
    n = np.bincount((rows * groups + values).ravel(), minlength=len(values) * groups).reshape(len(values), groups)
    squares = (sums**2).sum(axis=1)
    told = squares.all(axis=1)
    weight = np.divide(n**2, squares, out=np.ones_like(squares), where=told[:, None])
    mean = np.divide(sums.sum(axis=1), n, out=np.zeros_like(squares), where=told[:, None])
    centre = np.vecdot(weight, mean) / weight.sum(axis=1)
    distance = (weight * (mean - centre[:, None]) ** 2).sum(axis=1)
    return np.where(told, distance, np.nan), weight


def _spreads(evidence: Evidence, attribute: str) -> list[Row]:
    """Overall, and by label where there are not too many."""
    texts = evidence.texts(attribute)
    values = np.where(texts == NOT_RECORDED, -1, np.unique(texts, return_inverse=True)[1])
    rows: list[Row] = []
    for label in (None, *evidence.labels[: MOST_CLASSES_IN_FULL * (len(evidence.labels) <= MOST_CLASSES_IN_FULL)]):
        mine = np.where((evidence.texts("label") == label) | (label is None), values, -1)
        generator = evidence.settings.generator(f"spread {attribute} {label}")
        draws, clusters = evidence.settings.draws, evidence.clusters
        found = spread_shares(evidence.correct, mine, clusters=clusters, draws=draws, generator=generator)
        how = f"{draws} permutations of subgroups over clusters" if found.permuted else "chi-squared distribution"
        result = Intervals(
            estimate=np.array([found.deviation]),
            low=np.full(1, np.nan),
            high=np.full(1, np.nan),
            n=np.array([(mine >= 0).sum()]),
            clusters=np.array([count_distinct(clusters[mine >= 0])]),
            p_value=np.array([found.p_value]),
        )
        method = (
            "standard deviation of accuracy between subgroups beyond chance (DerSimonian-Laird); p-value that all are "
            f"equal: Cochran's Q with variances over clusters, {how}"
        )
        key = [Key(label=label, attribute=attribute)]
        rows += tabulate(result, keys=key, statistic="accuracy_spread", unit="difference", method=method)
    return rows
