"""Could a model that knew only the attribute guess the label? A question to the data, before any model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.analysis.statistics.cells import Key, tabulate
from auditor.analysis.statistics.contingency import cramers_v
from auditor.analysis.statistics.independence import permutation_p
from auditor.analysis.statistics.intervals import proportions
from auditor.analysis.statistics.performance import share_method
from auditor.records import NOT_RECORDED

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import BoolArray

FOLDS: Final = 10


def measure_association(evidence: Evidence) -> list[Row]:
    """Association of each attribute with the label, and how far guessing from it alone would get.

    Parameters
    ----------
    evidence
        The tables; images whose attribute is not recorded take no part.

    Returns
    -------
    list of Row
        Per attribute ``cramers_v``, ``attribute_only_accuracy`` and ``majority_accuracy``, all in [0, 1].
    """
    rows: list[Row] = []
    for attribute in evidence.settings.attributes:
        known = evidence.texts(attribute) != NOT_RECORDED
        values = np.unique(evidence.texts(attribute)[known], return_inverse=True)[1]
        labels = np.unique(evidence.texts("label")[known], return_inverse=True)[1]
        rows += _association(evidence, attribute, labels=labels, values=values, known=known)
    return rows


def _association(
    evidence: Evidence, attribute: str, *, labels: IntArray, values: IntArray, known: BoolArray
) -> list[Row]:
    """The three rows of one attribute."""
    keys = [Key(attribute=attribute)]
    confidence = evidence.settings.confidence
    left_out = "" if known.all() else f"; {(~known).sum()} images without a recorded value left out"
    present, clusters = np.unique(evidence.clusters[known], return_inverse=True)
    weights = evidence.weights if known.all() else evidence.weights[:, present]
    strength = cramers_v(labels, values, clusters=clusters, weights=weights, confidence=confidence)
    folds = deal(clusters, generator=evidence.settings.generator(f"folds {attribute}"))
    draws, generator = evidence.settings.draws, evidence.settings.generator(f"independence {attribute}")
    p = permutation_p(labels, values, clusters=clusters, draws=draws, generator=generator)
    strength = replace(strength, p_value=np.array([p]))
    shares = {
        "attribute_only_accuracy": (
            guess(labels, values, folds=folds),
            f"share of images with the most frequent label of their {attribute}, learned on the other parts of {FOLDS}",
        ),
        "majority_accuracy": (
            labels == np.bincount(labels).argmax() if len(labels) else labels > 0,
            "share of the most frequent label",
        ),
    }
    method = (
        "bias-corrected Cramér's V of label and attribute (Bergsma 2013); bootstrap over clusters, "
        f"{draws} draws; p-value from up to {draws} permutations over clusters{left_out}"
    )
    rows = tabulate(strength, keys=keys, statistic="cramers_v", unit="index", method=method)
    for name, (hits, words) in shares.items():
        zeros = np.zeros(len(labels), dtype=np.int64)
        found = proportions(hits, codes=zeros, clusters=clusters, n_cells=1, confidence=confidence)
        method = f"{words}; {share_method(evidence)}{left_out}"
        rows += tabulate(found, keys=keys, statistic=name, unit="share", method=method)
    return rows


def deal(clusters: IntArray, *, generator: np.random.Generator) -> IntArray:
    """Deal clusters into parts of equal number, in random order.

    Parameters
    ----------
    clusters
        ``(n,)`` cluster of each image, numbered from 0.
    generator
        Source of the order.

    Returns
    -------
    ndarray
        ``(n,)`` part of each image, below `FOLDS`; a cluster is never divided.
    """
    n = int(clusters.max()) + 1 if len(clusters) else 0
    part: IntArray = (generator.permutation(n) % FOLDS)[clusters]
    return part


def guess(labels: IntArray, values: IntArray, *, folds: IntArray) -> BoolArray:
    """Whether the most frequent label of an image's attribute value, on the other parts, is its own.

    Parameters
    ----------
    labels, values
        ``(n,)`` numbers of the label and of the attribute value.
    folds
        ``(n,)`` part of each image.

    Returns
    -------
    ndarray
        ``(n,)`` of bool. Of equally frequent labels the first counts; a value that the other parts lack is taken for
        the most frequent label of all.

    Examples
    --------
    >>> labels, values = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 0, 1, 1, 0])
    >>> guess(labels, values, folds=np.arange(6))
    array([ True,  True,  True,  True,  True, False])
    """
    if len(labels) == 0:
        return np.zeros(0, dtype=bool)
    shape = (int(folds.max()) + 1, int(values.max()) + 1, int(labels.max()) + 1)
    per_fold = np.zeros(shape)
    np.add.at(per_fold, (folds, values, labels), 1)
    others = per_fold.sum(axis=0) - per_fold
    overall = others.sum(axis=1).argmax(axis=1)
    rule = np.where(others.sum(axis=2) > 0, others.argmax(axis=2), overall[:, None])
    right: BoolArray = rule[folds, values] == labels
    return right
