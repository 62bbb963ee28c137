"""Calibration of two models: how good their scores are as probabilities, and whether they claim too much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log_softmax

from auditor.analysis.paired.base import Asked, compare
from auditor.analysis.statistics.contrasts import unpack_logits

if TYPE_CHECKING:
    from auditor.analysis.paired.base import PairedEvidence, Unit
    from auditor.analysis.statistics.base import Evidence
    from auditor.documents.comparisons import Change
    from auditor.geometry import FloatArray


def compare_calibration(pair: PairedEvidence) -> list[Change]:
    """Differences in Brier score, log loss and overconfidence.

    Parameters
    ----------
    pair
        The two models.

    Returns
    -------
    list of Change
        ``brier_score``, ``log_loss`` and ``overconfidence`` (mean score of the predicted class minus accuracy), overall
        and by subgroup; the lower the better but for the last, which is best at 0.
    """
    sides = (score_answers(pair.baseline), score_answers(pair.candidate))
    words: tuple[tuple[str, Unit, str], ...] = (
        (
            "brier_score",
            "index",
            "mean over images of the squared distance of the scores of all classes from the label",
        ),
        ("log_loss", "nats", "mean over images of minus the logarithm of the label's score"),
        ("overconfidence", "difference", "mean score of the predicted class minus accuracy"),
    )
    asked = [
        Asked(statistic, unit, method, baseline=sides[0][:, i], candidate=sides[1][:, i])
        for i, (statistic, unit, method) in enumerate(words)
    ]
    attributes = (None, *pair.settings.attributes)
    cells = [pair.candidate.cells(by_label=False, attribute=attribute) for attribute in attributes]
    return compare(pair, asked, cells=cells, shares=False, purpose="signs of calibration")


def score_answers(evidence: Evidence) -> FloatArray:
    """Brier score, log loss and overconfidence of each answer.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    ndarray
        ``(n, 3)``: in [0, 2], from 0 upward, and in [-1, 1]; the first two are NaN where the label is no class of the
        model.

    References
    ----------
    Brier (1950), Verification of forecasts expressed in terms of probability. Monthly Weather Review 78, 1-3, eq. 2:
    summed over all classes, so that it lies in [0, 2].
    """
    classes, n = evidence.settings.classes, len(evidence.read)
    logs = log_softmax(unpack_logits(evidence.read["logits"], n=n, classes=classes), axis=1)
    hits = evidence.texts("label")[:, None] == np.array(classes)
    known = hits.any(axis=1)
    brier = ((np.exp(logs) - hits) ** 2).sum(axis=1)
    loss = -np.where(hits, logs, 0).sum(axis=1)
    over = evidence.read["score"].to_numpy(dtype=np.float64, na_value=np.nan) - evidence.correct
    return np.column_stack([np.where(known, brier, np.nan), np.where(known, loss, np.nan), over])
