"""Reliability: how often the model is right among answers of like score, the points of the reliability curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.analysis.statistics.calibration import BINS
from auditor.analysis.statistics.cells import Key, tabulate
from auditor.analysis.statistics.intervals import Intervals, proportions

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row

ACCURACY: Final = "accuracy_in_bin_{:02}"
SCORE: Final = "score_in_bin_{:02}"
"""Statistics of the first to the last of `BINS` equally wide bins of the score."""


def measure_reliability(evidence: Evidence) -> list[Row]:
    """Share of right answers and mean score in equally wide bins of the predicted class's score, over all images.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Row
        ``accuracy_in_bin_01`` and ``score_in_bin_01``, and so on for each bin that holds an image. The bins are those
        of the calibration error: their distances, weighted by their images, sum to it.

    References
    ----------
    Guo et al. (2017), On calibration of modern neural networks. ICML, section 2.
    """
    scores = evidence.read["score"].to_numpy(dtype=np.float64, na_value=np.nan)
    if not len(scores):
        return []
    bins = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
    clusters, confidence = evidence.clusters, evidence.settings.confidence
    right = proportions(evidence.correct, codes=bins, clusters=clusters, n_cells=BINS, confidence=confidence)
    sums = np.bincount(bins, weights=scores, minlength=BINS)
    nothing = np.full(BINS, np.nan)
    mean = np.divide(sums, right.n, out=nothing.copy(), where=right.n > 0)
    score = Intervals(estimate=mean, low=nothing, high=nothing, n=right.n, clusters=right.clusters)
    rows: list[Row] = []
    for place in np.flatnonzero(right.n > 0).tolist():
        keep = np.arange(BINS) == place
        keys = [Key()] * BINS
        between = f"{place / BINS:g} and {(place + 1) / BINS:g}"
        method = f"share right among images scored between {between}; Wilson interval, effective n for clusters"
        rows += tabulate(right, keys=keys, keep=keep, statistic=ACCURACY.format(place + 1), unit="share", method=method)
        method = f"mean score of the predicted class among images scored between {between}"
        rows += tabulate(score, keys=keys, keep=keep, statistic=SCORE.format(place + 1), unit="share", method=method)
    return rows
