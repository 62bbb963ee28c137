"""Contrasts of attention: how much more the maps of one group, or of wrong answers, favour a region than others do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from auditor.analysis.statistics.attention import bootstrap_method
from auditor.analysis.statistics.bootstrap import limits, resample
from auditor.analysis.statistics.borrowing import pair_masses
from auditor.analysis.statistics.cells import Key, tabulate
from auditor.analysis.statistics.intervals import Intervals, sum_by_cluster
from auditor.analysis.statistics.performance import contrasts
from auditor.records import NOT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.borrowing import Pair
    from auditor.analysis.statistics.cells import Row
    from auditor.analysis.statistics.intervals import ByteArray, IntArray
    from auditor.geometry import BoolArray, FloatArray

ENRICHMENT: Final = "enrichment_contrast"
MASS: Final = "mass_contrast"
TARGET: Final = "predicted"
_PARTS: Final = 3
"""Sums per side: mass in the region, what it is set against, images."""
_AT_ONCE: Final = 16
"""Questions whose sums over clusters are held together."""
_NEGLIGIBLE: Final = 1e-9


class Sides(NamedTuple):
    """Who is set against whom.

    Attributes
    ----------
    key
        Attribute and subgroup, or outcome.
    member, other
        ``(n,)`` images of either side.
    words
        For the method.
    """

    key: Key
    member: BoolArray
    other: BoolArray
    words: str


class Question(NamedTuple):
    """One pair of sides on one region."""

    pair: Pair
    sides: Sides

    def columns(self) -> FloatArray:
        """``(n, 6)``: by side mass, what it is set against, and number of images; 0 where an image takes no part."""
        pair = self.pair
        if pair.aligned:
            parts = (pair.own, np.ones_like(pair.own), np.ones_like(pair.own))
        else:
            parts = (pair.mass * pair.room, pair.borrowed * pair.room, np.ones_like(pair.own))
        known = np.isfinite(parts[0])
        used = (known & self.sides.member, known & self.sides.other)
        return np.column_stack([np.where(side, part, 0) for side in used for part in parts])


@dataclass(frozen=True, kw_only=True)
class Contrasts:
    """Logarithms of ratios, one column per question.

    Attributes
    ----------
    value
        ``(k,)``.
    draws, left
        ``(B, k)`` in each draw; ``(rows, k)`` with one cluster left out.
    counts, clusters, effective
        ``(k, 2)`` images, clusters and effective number of clusters of either side.
    cluster
        ``(rows,)`` the cluster left out.
    present
        ``(rows, k)`` whether it has images on either side.
    """

    value: FloatArray
    draws: FloatArray
    left: FloatArray
    counts: FloatArray
    clusters: FloatArray
    effective: FloatArray
    cluster: IntArray
    present: BoolArray


def measure_contrasts(evidence: Evidence) -> list[Row]:
    """Enrichment of one side over that of the other, between subgroups, and between wrong and correct answers.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Row
        ``enrichment_contrast``: enrichment of the subgroup over that of the others, or of wrong answers over that of
        correct ones, within each label and over all labels (mean of the logarithms of the labels with both sides,
        weighted by n₁n₀/(n₁ + n₀)). For a region that is aligned over images ``mass_contrast``, the ratio of the mean
        masses. 1 where both sides are the same; of the predicted class's map.
    """
    pairs = [pair for pair in pair_masses(evidence) if pair.target == TARGET]
    if not pairs:
        return []
    questions = [Question(pair, sides) for sides in _list_sides(evidence) for pair in pairs]
    batches = (questions[start : start + _AT_ONCE] for start in range(0, len(questions), _AT_ONCE))
    return [row for batch in batches for row in _ask(evidence, batch)]


def _list_sides(evidence: Evidence) -> Iterator[Sides]:
    for attribute in evidence.settings.attributes:
        values = evidence.texts(attribute)
        for subgroup, others in contrasts(evidence, attribute):
            member = values == subgroup
            key = Key(attribute=attribute, subgroup=subgroup)
            yield Sides(key, member, ~member & (values != NOT_RECORDED), f"{subgroup} over {others}")
    yield Sides(Key(outcome="wrong"), ~evidence.correct, evidence.correct, "wrong answers over correct ones")


def _ask(evidence: Evidence, questions: Sequence[Question]) -> list[Row]:
    """Answers of some questions, within each label and over all labels."""
    labels, k = evidence.labels, len(questions)
    table = sum_by_cluster(
        np.hstack([question.columns() for question in questions]),
        codes=evidence.cells(by_label=True).codes,
        clusters=evidence.clusters,
        n_cells=len(labels),
    )
    pool = _Pool(evidence, k)
    rows: list[Row] = []
    for label, part in zip(labels, table.slices(), strict=True):
        found = _contrast(table.sums[part].reshape(-1, k, 2, _PARTS), table.cluster[part], weights=evidence.weights)
        pool.add(found)
        rows += _write(evidence, questions, found, label=label)
    return [*rows, *_write(evidence, questions, pool.sum_up(), label=None)]


def _contrast(sums: FloatArray, cluster: IntArray, *, weights: ByteArray) -> Contrasts:
    whole, size = sums.sum(axis=0), sums[..., 2]
    drawn = resample(sums.reshape(len(sums), -1), cluster, weights).reshape(-1, *sums.shape[1:])
    count = size.sum(axis=0)
    squares = (size**2).sum(axis=0)
    return Contrasts(
        value=_log_ratio(whole),
        draws=_log_ratio(drawn),
        left=_log_ratio(whole - sums),
        counts=count,
        clusters=(size > 0).sum(axis=0),
        effective=np.divide(count**2, squares, out=np.zeros_like(count), where=squares > 0),
        cluster=cluster,
        present=np.asarray(size.sum(axis=-1) > 0),
    )


def _log_ratio(sums: FloatArray) -> FloatArray:
    """Of sums by side, ``(…, 2, 3)``: logarithm of the first side's ratio over the second's; NaN where one is 0."""
    positive: BoolArray = (sums[..., :2].min(axis=(-1, -2))) > _NEGLIGIBLE
    logs = np.log(np.where(positive[..., None, None], sums[..., :2], 1))
    apart: FloatArray = logs[..., 0, 0] - logs[..., 0, 1] - logs[..., 1, 0] + logs[..., 1, 1]
    return np.where(positive, apart, np.nan)


class _Pool:
    """Contrasts of the labels that have enough clusters on both sides, weighted as aligned shifts are."""

    def __init__(self, evidence: Evidence, k: int) -> None:
        n_clusters = int(evidence.clusters.max(initial=-1)) + 1
        self._least = evidence.settings.min_clusters
        self._weight, self._value = np.zeros(k), np.zeros(k)
        self._known, self._draws = np.zeros((2, len(evidence.weights), k))
        self._left, self._present = np.zeros((n_clusters, k)), np.zeros((n_clusters, k), dtype=bool)
        self._counts, self._clusters, self._effective = np.zeros((3, k, 2))

    def add(self, found: Contrasts) -> None:
        used: BoolArray = (found.clusters.min(axis=1) >= self._least) & np.isfinite(found.value)
        first, second = found.counts.T
        weight = np.where(used, first * second / np.maximum(first + second, 1), 0)
        value, drawn = np.where(used, found.value, 0), np.isfinite(found.draws) & used
        self._weight += weight
        self._value += weight * value
        self._known += weight * drawn
        self._draws += weight * np.where(drawn, found.draws, 0)
        self._left[found.cluster] += weight * np.where(np.isfinite(found.left), found.left - value, 0)
        self._present[found.cluster] |= found.present & used
        self._counts += np.where(used[:, None], found.counts, 0)
        self._clusters += np.where(used[:, None], found.clusters, 0)
        self._effective += np.where(used[:, None], found.effective, 0)

    def sum_up(self) -> Contrasts:
        total = np.where(self._weight > 0, self._weight, np.nan)
        value, seen = self._value / total, self._present.any(axis=1)
        known = np.where(self._known > 0, self._known, np.nan)
        return Contrasts(
            value=value,
            draws=self._draws / known,
            left=value + self._left[seen] / total,
            counts=self._counts,
            clusters=self._clusters,
            effective=self._effective,
            cluster=np.flatnonzero(seen),
            present=self._present[seen],
        )


def _write(evidence: Evidence, questions: Sequence[Question], found: Contrasts, *, label: str | None) -> Iterator[Row]:
    """Rows of the questions that have images on both sides, and of all questions over all labels."""
    low, high = _limits(found, confidence=evidence.settings.confidence)
    enough = found.clusters.min(axis=1) > 1  # one cluster alone cannot vary
    ends = [np.exp(np.where(enough, limit, np.nan)) for limit in (low, high)]
    for i, (pair, sides) in enumerate(questions):
        counts, known = found.counts[i], np.isfinite(found.value[i])
        if label is not None and not (counts.all() and known):
            continue
        result = Intervals(
            estimate=np.exp(found.value[i : i + 1]),
            low=ends[0][i : i + 1],
            high=ends[1][i : i + 1],
            n=np.array([int(counts.sum())]),
            clusters=np.array([int(found.present[:, i].sum())]),
        )
        facts = {
            "target": TARGET,
            "region": pair.region,
            "unit": "ratio",
            "statistic": MASS if pair.aligned else ENRICHMENT,
        }
        method = _method(evidence, pair, sides, pooled=label is None)
        yield from tabulate(result, keys=[sides.key._replace(label=label)], keep=None, **facts, method=method)


def _limits(found: Contrasts, *, confidence: float) -> tuple[FloatArray, FloatArray]:
    if len(found.left) == 0:
        return np.full(len(found.value), np.nan), np.full(len(found.value), np.nan)
    clusters = found.effective.min(axis=1)
    return limits(found.value, draws=found.draws, jackknife=found.left, clusters=clusters, confidence=confidence)


def _method(evidence: Evidence, pair: Pair, sides: Sides, *, pooled: bool) -> str:
    what = "mean mass in the region" if pair.aligned else "enrichment of the region"
    why = "; the region is aligned over images, so nothing was borrowed" if pair.aligned else ""
    over = (
        f", within label, mean logarithm over labels with {evidence.settings.min_clusters} clusters on each side"
        if pooled
        else ", within label"
    )
    return f"{what}, {sides.words}{over}{why}; {bootstrap_method(evidence)}; descriptive, not corrected"
