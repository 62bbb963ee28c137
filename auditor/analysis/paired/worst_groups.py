"""The worst group of each model: how badly anyone may fare, and whether that is worse or better than before."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.analysis.paired.base import Asked, write_changes
from auditor.analysis.sizes import TELLING, stretch
from auditor.analysis.statistics.cells import Cells, Key
from auditor.analysis.statistics.intervals import Intervals, proportions
from auditor.analysis.statistics.pairing import Pairing, compare_pairs
from auditor.records import NOT_RECORDED

if TYPE_CHECKING:
    from auditor.analysis.paired.base import PairedEvidence
    from auditor.analysis.statistics.base import Evidence
    from auditor.documents.comparisons import Change
    from auditor.geometry import FloatArray


class Bounds(NamedTuple):
    """Limits of groups that hold for all of them together.

    Attributes
    ----------
    baseline, candidate, change
        Each ``(low, high)``, both ``(groups,)``: accuracies of the models, and their difference.
    """

    baseline: tuple[FloatArray, FloatArray]
    candidate: tuple[FloatArray, FloatArray]
    change: tuple[FloatArray, FloatArray]


def compare_worst_groups(pair: PairedEvidence) -> list[Change]:
    """Compare the lowest accuracy over the groups of each attribute.

    Parameters
    ----------
    pair
        The two models.

    Returns
    -------
    list of Change
        ``worst_group_accuracy`` per attribute, over its recorded values within each label, groups of one person or
        source left out. The worst group of one model need not be that of the other.
    """
    found = (_compare(pair, attribute) for attribute in pair.settings.attributes)
    return [change for changes in found for change in changes]


def bound_change(bounds: Bounds) -> tuple[float, float]:
    """Limits of the change in the lowest of several shares.

    If ``g`` is the lowest of the baseline, the candidate's lowest is at most what it has in ``g``: so the change is at
    most that of ``g``, which is among the groups that may be lowest. In the same way it is at least the change of a
    group that may be lowest in the candidate. It also lies between what the limits of both lowest shares leave open.

    Parameters
    ----------
    bounds
        Limits that hold together.

    Returns
    -------
    tuple of float
        Lower and upper.

    Examples
    --------
    >>> both = (np.array([0.5, 0.8]), np.array([0.6, 0.9]))
    >>> bound_change(Bounds(both, both, (np.array([-0.02, -0.2]), np.array([0.02, 0.2]))))
    (-0.02, 0.02)
    """
    (low_b, high_b), (low_c, high_c), (low, high) = bounds
    least = max(low[low_c <= high_c.min()].min(), low_c.min() - high_b.min())
    most = min(high[low_b <= high_b.min()].max(), high_c.min() - low_b.min())
    return float(least), float(most)


def _compare(pair: PairedEvidence, attribute: str) -> list[Change]:
    groups = _list_groups(pair.candidate, attribute)
    n, alpha, models = len(groups.keys), 1 - pair.settings.confidence, (pair.baseline, pair.candidate)
    if not n:
        return []
    # half of the error is for the changes, a quarter for each model's groups
    baseline, candidate = (_share(one, groups, confidence=1 - alpha / (4 * n)) for one in models)
    change = _differ(pair, groups, confidence=1 - alpha / (2 * n))
    bounds = Bounds((baseline.low, baseline.high), (candidate.low, candidate.high), change)
    worst = [_find_worst(_share(one, groups, confidence=1 - alpha / n)) for one in models]
    apart = Intervals(
        estimate=worst[1].estimate - worst[0].estimate,
        low=np.array([bound_change(bounds)[0]]),
        high=np.array([bound_change(bounds)[1]]),
        n=np.array([(groups.codes >= 0).sum()]),
        clusters=np.array([len(np.unique(pair.clusters[groups.codes >= 0]))]),
    )
    named = [groups.keys[int(side.estimate.argmin())] for side in (baseline, candidate)]
    told = " and ".join(f"{key.label}, {key.subgroup}" for key in named)
    asked = Asked(
        statistic="worst_group_accuracy",
        unit="share",
        method=f"lowest accuracy of {n} groups of label and {attribute}, in baseline and candidate {told}; limits from "
        "those that hold for all groups together",
        baseline=pair.baseline.correct.astype(np.float64),
        candidate=pair.candidate.correct.astype(np.float64),
    )
    everyone = Cells(codes=np.zeros(len(pair.clusters), dtype=np.int64), keys=(Key(attribute=attribute),))
    return list(write_changes(pair, asked, Pairing(first=worst[1], second=worst[0], excess=apart), margin=everyone))


def _list_groups(evidence: Evidence, attribute: str) -> Cells:
    """Cells of a label and a recorded value that have more than one cluster."""
    cells = evidence.cells(by_label=True, attribute=attribute)
    found = _share(evidence, cells, confidence=evidence.settings.confidence)
    kept = np.array([key.subgroup != NOT_RECORDED for key in cells.keys], dtype=bool) & (found.clusters > 1)
    return Cells(
        codes=np.where(kept, np.cumsum(kept) - 1, -1)[cells.codes],
        keys=tuple(key for key, keep in zip(cells.keys, kept, strict=True) if keep),
    )


def _share(evidence: Evidence, groups: Cells, *, confidence: float) -> Intervals:
    """Accuracy of each group."""
    return proportions(
        evidence.correct,
        codes=groups.codes,
        clusters=evidence.clusters,
        n_cells=len(groups.keys),
        confidence=confidence,
    )


def _differ(pair: PairedEvidence, groups: Cells, *, confidence: float) -> tuple[FloatArray, FloatArray]:
    """Limits of the change in accuracy of each group; stretched where the level is too high for the draws."""
    told = min(confidence, 1 - TELLING / pair.settings.draws)
    (pairing,) = compare_pairs(
        pair.candidate.correct[:, None].astype(np.float64),
        pair.baseline.correct[:, None].astype(np.float64),
        codes=groups.codes,
        clusters=pair.clusters,
        n_cells=len(groups.keys),
        weights=pair.weights,
        confidence=told,
        shares=True,
        draws=1,
        generator=pair.settings.generator("worst groups"),
    )
    apart = pairing.excess
    by = np.array([stretch(float(m) - 1, told=told, wanted=confidence) for m in apart.clusters])
    low, high = (apart.estimate + by * (limit - apart.estimate) for limit in (apart.low, apart.high))
    return np.maximum(low, -1), np.minimum(high, 1)


def _find_worst(found: Intervals) -> Intervals:
    """The lowest share, between the lowest lower and the lowest upper limit of all groups; n is of that group."""
    at = [int(found.estimate.argmin())]
    return Intervals(
        estimate=found.estimate[at],
        low=found.low.min(keepdims=True),
        high=found.high.min(keepdims=True),
        n=found.n[at],
        clusters=found.clusters[at],
    )
