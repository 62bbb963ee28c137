"""Opportunity: what attributes, and regions by being there, tell of the label before any model is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from scipy.special import ndtri, stdtrit

from auditor.analysis.statistics.cells import Key, tabulate
from auditor.analysis.statistics.contingency import associate, corrected_v
from auditor.analysis.statistics.independence import count, permutation_p
from auditor.analysis.statistics.information import corrected_information, odds_ratio_limits, shared_information
from auditor.analysis.statistics.intervals import Intervals, proportions
from auditor.analysis.statistics.performance import MOST_CLASSES_IN_FULL, share_method
from auditor.records import NOT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row
    from auditor.analysis.statistics.intervals import ByteArray, IntArray
    from auditor.geometry import BoolArray, FloatArray

_PAIR: Final = 2


class Question(NamedTuple):
    """A column of names to set against the label, on the images where it is known.

    Attributes
    ----------
    attribute, region
        What the column is: an attribute, or whether a region is there.
    names, label_names
        Of the values and of the labels, sorted.
    values, labels, clusters
        ``(n,)`` numbers from 0 without gaps.
    weights
        Of the bootstrap, over the clusters that are left.
    note
        What was left out, in words.
    """

    attribute: str | None
    region: str | None
    names: tuple[str, ...]
    label_names: tuple[str, ...]
    values: IntArray
    labels: IntArray
    clusters: IntArray
    weights: ByteArray
    note: str

    @property
    def varies(self) -> bool:
        """Whether both columns have at least two names."""
        return min(int(part.max(initial=-1)) for part in (self.values, self.labels)) >= 1


def measure_opportunity(evidence: Evidence) -> list[Row]:
    """How strongly each attribute, and the presence of each region, hangs together with the label.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Row
        Per attribute and per region that some images lack: ``mutual_information`` in bit,
        ``normalised_mutual_information`` (share of the label's entropy, in [0, 1]), and, of at most
        `MOST_CLASSES_IN_FULL` labels, ``odds_ratio`` and ``lift`` (share of the value among images of the label, over
        its share among all images) per label and value, with that share as ``attribute_share`` or ``presence_share``.
        For regions ``cramers_v`` with the p-value of a permutation test as well; attributes have it from
        `auditor.analysis.statistics.association`.
    """
    rows: list[Row] = []
    for question in _ask(evidence):
        if question.varies:
            rows += _strengths(evidence, question)
            rows += _odds(evidence, question)
            rows += _shares(evidence, question)
    return rows


def _ask(evidence: Evidence) -> Iterator[Question]:
    for attribute in evidence.settings.attributes:
        values = evidence.texts(attribute)
        yield _question(evidence, values, values != NOT_RECORDED, attribute=attribute)
    for region in evidence.settings.regions:
        seen = evidence.region(region).seen
        yield _question(evidence, np.where(seen, "there", "absent"), np.ones(len(seen), dtype=bool), region=region)


def _question(
    evidence: Evidence,
    values: np.ndarray[tuple[int], np.dtype[np.str_]],
    known: BoolArray,
    *,
    attribute: str | None = None,
    region: str | None = None,
) -> Question:
    names, numbers = np.unique(values[known], return_inverse=True)
    label_names, labels = np.unique(evidence.texts("label")[known], return_inverse=True)
    present, clusters = np.unique(evidence.clusters[known], return_inverse=True)
    weights = evidence.weights if known.all() else evidence.weights[:, present]
    note = "" if known.all() else f"; {(~known).sum()} images without a recorded value left out"
    both = tuple(names.tolist()), tuple(label_names.tolist())
    return Question(attribute, region, *both, numbers, labels, clusters, weights, note)


def _tabulate(found: Intervals, question: Question, key: Key, *, statistic: str, unit: str, method: str) -> list[Row]:
    where: dict[str, Any] = {} if question.region is None else {"region": question.region}
    return tabulate(found, keys=[key], statistic=statistic, unit=unit, method=method + question.note, **where)


def _independence(evidence: Evidence, question: Question) -> float:
    generator = evidence.settings.generator(f"independence {question.region}")
    labels, values, clusters = question.labels, question.values, question.clusters
    return permutation_p(labels, values, clusters=clusters, draws=evidence.settings.draws, generator=generator)


def _strengths(evidence: Evidence, question: Question) -> list[Row]:
    """Measures that sum up the whole table."""
    draws = evidence.settings.draws
    whole = "entropy of the label that the value removes, less its average by chance (Miller 1955)"
    measures = {
        "cramers_v": (corrected_v, "index", "bias-corrected Cramér's V with the label (Bergsma 2013)"),
        "mutual_information": (corrected_information, "bit", whole),
        "normalised_mutual_information": (shared_information, "index", f"share of the {whole}"),
    }
    if question.attribute is not None:
        del measures["cramers_v"]  # `auditor.analysis.statistics.association` has it
    results = associate(
        [measure for measure, _, _ in measures.values()],
        question.labels,
        question.values,
        clusters=question.clusters,
        weights=question.weights,
        confidence=evidence.settings.confidence,
    )
    rows: list[Row] = []
    for (name, (_, unit, words)), found in zip(measures.items(), results, strict=True):
        result, method = found, f"{words}; bootstrap over clusters, {draws} draws"
        if name == "cramers_v":
            result = replace(found, p_value=np.array([_independence(evidence, question)]))
            method += f"; p-value from up to {draws} permutations over clusters"
        rows += _tabulate(result, question, Key(attribute=question.attribute), statistic=name, unit=unit, method=method)
    return rows


def _odds(evidence: Evidence, question: Question) -> list[Row]:
    """Odds of the value within the label over its odds within all other labels."""
    if len(question.label_names) > MOST_CLASSES_IN_FULL:
        return []
    rows: list[Row] = []
    for label in _chosen_labels(evidence, question):
        for value in _chosen_values(question):
            found, how = odds_of(question, label=label, value=value, confidence=evidence.settings.confidence)
            method = f"odds of {question.names[value]} in the label over its odds in all others; {how}"
            key = _key(question, label=label, value=value)
            rows += _tabulate(found, question, key, statistic="odds_ratio", unit="ratio", method=method)
    return rows


def _key(question: Question, *, label: int, value: int) -> Key:
    subgroup = question.names[value] if question.attribute is not None else None
    return Key(label=question.label_names[label], attribute=question.attribute, subgroup=subgroup)


def _chosen_labels(evidence: Evidence, question: Question) -> list[int]:
    """In the order of the classes; of two the last alone, so that no row is the mirror of another."""
    order = [question.label_names.index(name) for name in evidence.labels if name in question.label_names]
    return order[1:] if len(order) == _PAIR else order


def _chosen_values(question: Question) -> list[int]:
    """Of two values the last alone; of presence *there*, which is the last as well."""
    every = list(range(len(question.names)))
    return every[1:] if len(every) == _PAIR else every


def odds_of(question: Question, *, label: int, value: int, confidence: float) -> tuple[Intervals, str]:
    """Odds ratio of one value and one label, and how its interval was made.

    Parameters
    ----------
    question
        The columns.
    label, value
        Which are set against all others.
    confidence
        Level, in (0, 1).

    Returns
    -------
    tuple
        One cell, and words; no number where a count is 0.
    """
    mine, has = question.labels == label, question.values == value
    table = count((~mine).astype(np.int64), (~has).astype(np.int64), (2, 2))
    if not table.all():
        return _single(question, np.nan, np.nan, np.nan), "not computed, because a count is 0"
    ratio = table[0, 0] * table[1, 1] / (table[0, 1] * table[1, 0])
    pulls = np.where(mine == has, 1.0, -1.0) / table[(~mine).astype(int), (~has).astype(int)]
    worth = _worth(pulls, question.clusters, confidence=confidence)
    limits = odds_ratio_limits(table * worth, confidence=confidence)
    return _single(question, ratio, *limits), "score interval at the number of independent images"


def _worth(pulls: FloatArray, clusters: IntArray, *, confidence: float) -> float:
    """Independent images that an image is worth: one over the design effect, less for few clusters; at most 1."""
    alone = float(np.sqrt((pulls**2).sum()) * ndtri(0.5 + confidence / 2))
    return (alone / max(_reach(pulls, clusters, confidence=confidence), alone)) ** 2


def _reach(pulls: FloatArray, clusters: IntArray, *, confidence: float) -> float:
    """Half the width of an interval, from what each image adds to an estimate to first order."""
    sums = np.bincount(clusters, weights=pulls)
    freedom = max(len(sums) - 1, 1)
    error = np.sqrt((sums**2).sum() * len(sums) / freedom)
    return float(error * stdtrit(freedom, 0.5 + confidence / 2))


def _single(question: Question, *numbers: float) -> Intervals:
    estimate, low, high = (np.array([number], dtype=np.float64) for number in numbers)
    n, clusters = (np.array([count]) for count in (len(question.labels), int(question.clusters.max()) + 1))
    return Intervals(estimate=estimate, low=low, high=high, n=n, clusters=clusters)


def _shares(evidence: Evidence, question: Question) -> list[Row]:
    """Share of each value among images of each label, and how many times its share among all images that is."""
    if len(question.label_names) > MOST_CLASSES_IN_FULL:
        return []
    confidence = evidence.settings.confidence
    values = range(len(question.names)) if question.attribute is not None else _chosen_values(question)
    rows: list[Row] = []
    for value in values:
        hits = question.values == value
        found = proportions(
            hits,
            codes=question.labels,
            clusters=question.clusters,
            n_cells=len(question.label_names),
            confidence=confidence,
        )
        for label in range(len(question.label_names)):
            key, one = _key(question, label=label, value=value), _pick(found, label)
            method = f"share of {question.names[value]} among images of the label; {share_method(evidence)}"
            name = "attribute_share" if question.attribute is not None else "presence_share"
            rows += _tabulate(one, question, key, statistic=name, unit="share", method=method)
            lifted = lift_of(question, label=label, value=value, confidence=confidence)
            method = (
                f"share of {question.names[value]} among images of the label, over its share among all images; "
                "interval from the cluster-robust standard error of the logarithm"
            )
            rows += _tabulate(lifted, question, key, statistic="lift", unit="ratio", method=method)
    return rows


def _pick(found: Intervals, cell: int) -> Intervals:
    one = slice(cell, cell + 1)
    return Intervals(
        estimate=found.estimate[one],
        low=found.low[one],
        high=found.high[one],
        n=found.n[one],
        clusters=found.clusters[one],
    )


def lift_of(question: Question, *, label: int, value: int, confidence: float) -> Intervals:
    """Share of a value among images of a label over its share among all images.

    Parameters
    ----------
    question
        The columns.
    label, value
        Which.
    confidence
        Level, in (0, 1).

    Returns
    -------
    Intervals
        One cell, at least 0; without interval where no image has both.
    """
    mine, has = question.labels == label, question.values == value
    both, n = mine & has, len(mine)
    lift = float(both.sum() * n / (mine.sum() * has.sum()))
    if lift == 0:
        return _single(question, 0.0, np.nan, np.nan)
    pulls = both / both.sum() + 1 / n - mine / mine.sum() - has / has.sum()
    reach = _reach(pulls, question.clusters, confidence=confidence)
    return _single(question, lift, lift * np.exp(-reach), lift * np.exp(reach))
