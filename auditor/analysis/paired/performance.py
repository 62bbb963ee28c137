"""Accuracy of two models: overall, by label, by subgroup and by both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditor.analysis.paired.base import Asked, compare

if TYPE_CHECKING:
    from auditor.analysis.paired.base import PairedEvidence
    from auditor.documents.comparisons import Change


def compare_performance(pair: PairedEvidence) -> list[Change]:
    """How much more often the candidate is right than the baseline.

    Parameters
    ----------
    pair
        The two models.

    Returns
    -------
    list of Change
        ``accuracy`` in every cell of every margin, with McNemar's exact test where every image is its own cluster.
    """
    accuracy = Asked(
        statistic="accuracy",
        unit="share",
        method="share of images predicted as their label",
        baseline=pair.baseline.correct.astype(np.float64),
        candidate=pair.candidate.correct.astype(np.float64),
    )
    margins = list(pair.candidate.margins())
    return compare(pair, [accuracy], cells=margins, shares=True, purpose="signs of accuracy")
