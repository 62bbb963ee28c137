"""Calibration: whether the model is right as often as the scores of its answers say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import expit, logit, stdtrit

from auditor.analysis.statistics.attention import bootstrap_method
from auditor.analysis.statistics.bootstrap import Ratio, ratios
from auditor.analysis.statistics.cells import tabulate
from auditor.analysis.statistics.counting import count_distinct
from auditor.analysis.statistics.intervals import Intervals, sum_by_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Cells, Row
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import BoolArray, FloatArray

BINS: Final = 10
_CERTAIN: Final = 1e-7  # a score printed as 1 is held to be no nearer to it than single precision tells
_ROUNDS: Final = 50
_TOLERANCE: Final = 1e-10
_STEEPEST: Final = 30.0
_FEWEST: Final = 3


def measure_calibration(evidence: Evidence) -> list[Row]:
    """Overconfidence, calibration error and recalibration slope of the predicted class's score.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Row
        Overall and by subgroup: ``overconfidence`` (mean score minus accuracy), ``calibration_error``,
        ``calibration_error_by_chance`` and ``calibration_slope``. Not by label, for nobody knows the label when a
        score is read: a calibrated model need not look so within a label.
    """
    rows: list[Row] = []
    scores = evidence.read["score"].to_numpy(dtype=np.float64, na_value=np.nan)
    for attribute in (None, *evidence.settings.attributes):
        cells = evidence.cells(by_label=False, attribute=attribute)
        rows += _overconfidence(evidence, scores, cells=cells)
        rows += _errors(evidence, scores, cells=cells)
        rows += _slopes(evidence, scores, cells=cells)
    return rows


def calibration_error(scores: FloatArray, correct: BoolArray) -> tuple[float, float]:
    """Expected calibration error over equally wide bins, and what a calibrated model would show by chance.

    Parameters
    ----------
    scores
        ``(n,)`` in [0, 1].
    correct
        ``(n,)``.

    Returns
    -------
    tuple of float
        Mean over images of the distance of accuracy and mean score in the image's bin, of `BINS` equally wide ones;
        and its expectation if each image were correct, by itself, with the chance that its score says, by the normal
        approximation. Both NaN without images.

    References
    ----------
    Guo et al. (2017), On calibration of modern neural networks. ICML, eq. 3. Bröcker & Smith (2007), Increasing the
    reliability of reliability diagrams. Weather and Forecasting 22, 651-661: the distance that chance alone makes.

    Examples
    --------
    >>> error, by_chance = calibration_error(np.full(100, 0.8), np.arange(100) < 60)
    >>> round(error, 3), round(by_chance, 3)
    (0.2, 0.032)
    """
    if len(scores) == 0:
        return float("nan"), float("nan")
    bins = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
    distance = np.abs(np.bincount(bins, weights=correct - scores, minlength=BINS)).sum()
    variance = np.bincount(bins, weights=scores * (1 - scores), minlength=BINS)
    return float(distance / len(scores)), float(np.sqrt(2 / np.pi * variance).sum() / len(scores))


def recalibrate(scores: FloatArray, correct: BoolArray, clusters: IntArray) -> tuple[float, float]:
    """Slope of the logistic regression of being correct on the log-odds of the score, and its standard error.

    Parameters
    ----------
    scores
        ``(n,)`` in [0, 1].
    correct, clusters
        ``(n,)``.

    Returns
    -------
    tuple of float
        1 where scores are spread as they should be, below 1 where they are too extreme; the standard error is robust to
        clusters, times sqrt(m / (m - 1)). Both NaN where no finite slope fits best.

    References
    ----------
    Cox (1958), Two further applications of a model for binary regression. Biometrika 45, 562-565. Standard error:
    Liang & Zeger (1986), Longitudinal data analysis using generalized linear models. Biometrika 73, 13-22.
    """
    x = np.column_stack([np.ones(len(scores)), logit(np.clip(scores, _CERTAIN, 1 - _CERTAIN))])
    fit = _fit(x, correct.astype(np.float64))
    if fit is None:
        return float("nan"), float("nan")
    beta, inverse = fit
    pull = x * (correct - expit(x @ beta))[:, None]
    sums = sum_by_cluster(pull, codes=np.zeros(len(x), dtype=np.int64), clusters=clusters, n_cells=1).sums
    covariance = inverse @ (sums.T @ sums) @ inverse * len(sums) / max(len(sums) - 1, 1)
    return float(beta[1]), float(np.sqrt(covariance[1, 1]))


def _fit(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """Maximum likelihood by Newton's steps, and the inverse information; None where it runs away."""
    if len(y) < _FEWEST or y.min() == y.max() or np.ptp(x[:, 1]) <= _TOLERANCE:
        return None
    middle, spread = x[:, 1].mean(), x[:, 1].std()
    z = np.column_stack([x[:, 0], (x[:, 1] - middle) / spread])
    beta = np.array([logit(y.mean()), 0.0])
    for _ in range(_ROUNDS):
        chance = expit(z @ beta)
        information = (z * (chance * (1 - chance))[:, None]).T @ z
        if np.linalg.det(information) <= _TOLERANCE or np.abs(beta).max() > _STEEPEST:
            return None
        step = np.linalg.solve(information, z.T @ (y - chance))
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < _TOLERANCE:
            back = np.array([[1.0, -middle / spread], [0.0, 1 / spread]])
            return back @ beta, back @ np.linalg.inv(information) @ back.T
    return None


def _slices(cells: Cells) -> Iterator[IntArray]:
    """Images of each cell."""
    return (np.flatnonzero(cells.codes == cell) for cell in range(len(cells.keys)))


def _counts(evidence: Evidence, cells: Cells) -> tuple[IntArray, IntArray]:
    """Images and clusters per cell."""
    clusters = [count_distinct(evidence.clusters[mine]) for mine in _slices(cells)]
    return cells.counts(), np.array(clusters, dtype=np.int64)


def _overconfidence(evidence: Evidence, scores: FloatArray, *, cells: Cells) -> list[Row]:
    columns = np.column_stack([scores - evidence.correct, np.ones(len(scores))])
    (found,) = ratios(
        columns,
        [Ratio(0, 1, 1)],
        codes=cells.codes,
        clusters=evidence.clusters,
        n_cells=len(cells.keys),
        weights=evidence.weights,
        confidence=evidence.settings.confidence,
    )
    method = f"mean score of the predicted class minus accuracy; {bootstrap_method(evidence)}"
    return tabulate(found, keys=cells.keys, statistic="overconfidence", unit="difference", method=method)


def _error(evidence: Evidence, scores: FloatArray, mine: IntArray) -> tuple[float, float]:
    error, by_chance = calibration_error(scores[mine], evidence.correct[mine])
    sizes = np.bincount(evidence.clusters[mine])
    return error, by_chance * float(np.sqrt((sizes**2).sum() / max(len(mine), 1)))


def _errors(evidence: Evidence, scores: FloatArray, *, cells: Cells) -> list[Row]:
    pairs = [_error(evidence, scores, mine) for mine in _slices(cells)]
    words = {
        "calibration_error": f"mean distance of accuracy and score over {BINS} equally wide bins of the score; it is "
        "above 0 by chance alone, so it has no interval and stands beside what chance makes",
        "calibration_error_by_chance": f"what a calibrated model with the same scores would show in the same {BINS} "
        "bins; normal approximation, images of a cluster taken for one observation",
    }
    n, clusters = _counts(evidence, cells)
    nothing = np.full(len(n), np.nan)
    rows: list[Row] = []
    values = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
    for estimate, (name, method) in zip(values, words.items(), strict=True):
        found = Intervals(estimate=estimate, low=nothing, high=nothing, n=n, clusters=clusters)
        rows += tabulate(found, keys=cells.keys, statistic=name, unit="share", method=method)
    return rows


def _slopes(evidence: Evidence, scores: FloatArray, *, cells: Cells) -> list[Row]:
    fits = [recalibrate(scores[i], evidence.correct[i], evidence.clusters[i]) for i in _slices(cells)]
    slope, error = np.array(fits).reshape(-1, 2).T
    n, clusters = _counts(evidence, cells)
    error = np.where(clusters > 1, error, np.nan)
    reach = error * stdtrit(np.maximum(clusters - 1, 1), 0.5 + evidence.settings.confidence / 2)
    found = Intervals(estimate=slope, low=slope - reach, high=slope + reach, n=n, clusters=clusters)
    method = (
        "slope of the logistic regression of being correct on the log-odds of the score, 1 where calibrated and below "
        "where scores are too extreme; cluster-robust standard error, Student's quantile"
    )
    return tabulate(found, keys=cells.keys, statistic="calibration_slope", unit="index", method=method)
