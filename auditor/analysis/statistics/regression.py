"""Regression with an intercept for each group, linear or logistic, and errors that know clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import expit, log_expit, logit, stdtr, stdtrit

from auditor.analysis.statistics.counting import count_distinct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import BoolArray, FloatArray

_NEGLIGIBLE: Final = 1e-9
_TOLD: Final = 1e-6
"""Share of a column's length that is left by what tells it, and still counts as nothing."""
_MOST_STEPS: Final = 30
"""Of Newton's method: it doubles its digits with each, unless the maximum lies at infinity; then it never arrives."""
_CLOSE: Final = 1e-9
_BEYOND: Final = 50.0
"""Logarithm of a ratio that no data could show."""
_HALVES: Final = 20
_LEAST_WEIGHT: Final = 1e-8


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Slopes of a regression, and how sure they are.

    Attributes
    ----------
    slopes
        ``(k,)``; NaN for a column that the groups and the columns before it tell already.
    covariance
        ``(k, k)`` over clusters; NaN likewise.
    freedom
        Degrees of freedom: clusters less parameters.
    reason
        Why there are no slopes at all; empty where there are.
    """

    slopes: FloatArray
    covariance: FloatArray
    freedom: int
    reason: str = ""

    def ratio(self, weights: Sequence[float], *, confidence: float) -> FloatArray:
        """The exponential of a weighted sum of slopes.

        Parameters
        ----------
        weights
            One per column.
        confidence
            Level, in (0, 1).

        Returns
        -------
        ndarray
            ``(4,)`` ratio, lower and upper limit by Student's quantiles, and two-sided p-value; NaN where a slope with
            a weight is none, or a limit is beyond all measure.
        """
        used = np.asarray(weights) != 0
        taken, freedom = np.asarray(weights, dtype=np.float64)[used], max(self.freedom, 1)
        estimate = float(taken @ self.slopes[used])
        error = float(np.sqrt(taken @ self.covariance[np.ix_(used, used)] @ taken))
        reach = error * float(stdtrit(freedom, 0.5 + confidence / 2))
        if not (error > 0 and abs(estimate) + reach < _BEYOND):
            return np.full(4, np.nan)
        p = 2 * float(stdtr(freedom, -abs(estimate) / error))
        return np.array([*np.exp([estimate, estimate - reach, estimate + reach]), p])


def fit_linear(y: FloatArray, columns: FloatArray, *, groups: IntArray, clusters: IntArray) -> Fit:
    """Least squares with an intercept per group.

    Parameters
    ----------
    y
        ``(n,)``.
    columns
        ``(n, k)``; one that is told by the groups and the columns before it is left out.
    groups, clusters
        ``(n,)`` from 0.

    Returns
    -------
    Fit
        The covariance is the sandwich over clusters times G / (G - K), with G clusters and K parameters: CR1, with the
        parameters counted against clusters, so that images that occur twice in their cluster change nothing. Where each
        image is its own cluster it is HC1.

    References
    ----------
    Cameron & Miller (2015), A practitioner's guide to cluster-robust inference. Journal of Human Resources 50, 317-372.

    Examples
    --------
    >>> y, x = np.array([1.0, 3.0, 5.0, 8.0]), np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> fit_linear(y, x, groups=np.zeros(4, int), clusters=np.arange(4)).slopes.round(3)
    array([2.3])
    """
    groups = np.unique(groups, return_inverse=True)[1]
    even = np.ones(len(y))
    inner = _centre(columns, groups=groups, weights=even)
    kept = _independent(inner, whole=columns)
    x = inner[:, kept]
    freedom = _freedom(kept, groups=groups, clusters=clusters)
    if not kept.any() or freedom < 1:
        return _nothing(len(kept), "too few independent images for this many quantities")
    bread = np.linalg.inv(x.T @ x).astype(np.float64)
    own = _centre(y[:, None], groups=groups, weights=even)[:, 0]
    slopes = bread @ (x.T @ own)
    return _wrap(slopes, bread, pulls=x * (own - x @ slopes)[:, None], kept=kept, clusters=clusters, freedom=freedom)


def fit_logistic(hits: BoolArray, columns: FloatArray, *, groups: IntArray, clusters: IntArray) -> Fit:
    """Maximum likelihood with an intercept per group, by Newton's method.

    Parameters
    ----------
    hits
        ``(n,)``.
    columns
        ``(n, k)``; one that is told by the groups and the columns before it is left out.
    groups, clusters
        ``(n,)`` from 0; each group must have hits and misses, since its intercept is infinite otherwise.

    Returns
    -------
    Fit
        With the covariance of `fit_linear`. Without slopes where hits and misses are separated, completely or but for
        ties: then the likelihood has no maximum, and Newton's method takes steps without end.

    References
    ----------
    Albert & Anderson (1984), On the existence of maximum likelihood estimates in logistic regression models. Biometrika
    71, 1-10. Cameron & Miller (2015), section VII.

    Examples
    --------
    >>> x, hits = np.repeat([0.0, 1.0], 4)[:, None], np.array([1, 0, 0, 0, 1, 1, 1, 0]) == 1
    >>> fit_logistic(hits, x, groups=np.zeros(8, int), clusters=np.arange(8)).slopes.round(4)  # 2 log 3
    array([2.1972])
    """
    groups = np.unique(groups, return_inverse=True)[1]
    kept = _independent(_centre(columns, groups=groups, weights=np.ones(len(hits))), whole=columns)
    freedom = _freedom(kept, groups=groups, clusters=clusters)
    if not kept.any() or freedom < 1:
        return _nothing(len(kept), "too few independent images for this many quantities")
    scale = columns[:, kept].std(axis=0)
    slopes, eta = _climb(hits, columns[:, kept] / scale, groups=groups)
    if slopes is None:
        return _nothing(len(kept), "right and wrong answers are separated, so that odds have no finite estimate")
    chance = expit(eta)
    x = _centre(columns[:, kept] / scale, groups=groups, weights=chance * (1 - chance))
    bread = np.linalg.inv((x * (chance * (1 - chance))[:, None]).T @ x) / np.outer(scale, scale)
    pulls = x * scale * (hits - chance)[:, None]
    return _wrap(slopes / scale, bread, pulls=pulls, kept=kept, clusters=clusters, freedom=freedom)


def _climb(hits: BoolArray, x: FloatArray, *, groups: IntArray) -> tuple[FloatArray | None, FloatArray]:
    """Slopes and linear predictors at the maximum; None where there is none."""
    size = np.bincount(groups)
    heights, slopes = logit(np.bincount(groups, hits) / size), np.zeros(x.shape[1])
    sign = np.where(hits, 1.0, -1.0)
    eta = heights[groups]
    for _ in range(_MOST_STEPS):
        step = _find_step(hits, x, groups=groups, eta=eta)
        if step is None:
            return None, eta
        rise, turn = step
        along = rise[groups] + x @ turn
        share = _shorten(sign * eta, sign * along)
        slopes, eta = slopes + share * turn, eta + share * along
        if np.abs(along).max() < _CLOSE:
            return slopes, eta
    return None, eta


def _find_step(
    hits: BoolArray, x: FloatArray, *, groups: IntArray, eta: FloatArray
) -> tuple[FloatArray, FloatArray] | None:
    """Newton's step of the intercepts and of the slopes; None where the likelihood is flat."""
    chance = expit(eta)
    weight, left = chance * (1 - chance), hits - chance
    total = np.bincount(groups, weight)
    if not (total > _LEAST_WEIGHT).all():
        return None
    means = np.column_stack([np.bincount(groups, weight * column) / total for column in x.T])
    inner = x - means[groups]
    curvature = (inner * weight[:, None]).T @ inner
    if not np.linalg.cond(curvature) < 1 / _NEGLIGIBLE:
        return None
    turn = np.linalg.solve(curvature, inner.T @ left).astype(np.float64)
    return np.bincount(groups, left) / total - means @ turn, turn


def _shorten(eta: FloatArray, along: FloatArray) -> float:
    """Share of a step that does not lower the likelihood; both arguments signed so that larger is likelier."""
    before, share = float(log_expit(eta).sum()), 1.0
    for _ in range(_HALVES):
        if float(log_expit(eta + share * along).sum()) >= before - _NEGLIGIBLE:
            break
        share /= 2
    return share


def _centre(columns: FloatArray, *, groups: IntArray, weights: FloatArray) -> FloatArray:
    """Columns less their weighted mean in each group."""
    total = np.bincount(groups, weights)
    means = np.column_stack([np.bincount(groups, weights * column) / total for column in columns.T])
    inner: FloatArray = columns - means[groups]
    return inner


def _independent(inner: FloatArray, *, whole: FloatArray) -> BoolArray:
    """``(k,)`` which columns are not told by the groups and the columns before them."""
    kept = np.zeros(inner.shape[1], dtype=bool)
    basis: list[FloatArray] = []
    for number, column in enumerate(inner.T):
        left = column.copy()
        for one in basis:
            left -= (one @ left) * one
        length = float(np.linalg.norm(left))
        if length > _TOLD * float(np.linalg.norm(whole[:, number])):
            kept[number] = True
            basis.append(left / length)
    return kept


def _freedom(kept: BoolArray, *, groups: IntArray, clusters: IntArray) -> int:
    return count_distinct(clusters) - int(kept.sum()) - int(groups.max(initial=-1)) - 1


def _wrap(
    slopes: FloatArray, bread: FloatArray, *, pulls: FloatArray, kept: BoolArray, clusters: IntArray, freedom: int
) -> Fit:
    """The sandwich of the columns kept, and NaN for those left out."""
    number, seen = np.unique(clusters, return_inverse=True)
    sums = np.column_stack([np.bincount(seen, pull) for pull in pulls.T])
    found, covariance = np.full(len(kept), np.nan), np.full((len(kept), len(kept)), np.nan)
    found[kept] = slopes
    covariance[np.ix_(kept, kept)] = bread @ (sums.T @ sums) @ bread * len(number) / freedom
    return Fit(slopes=found, covariance=covariance, freedom=freedom)


def _nothing(k: int, reason: str) -> Fit:
    return Fit(slopes=np.full(k, np.nan), covariance=np.full((k, k), np.nan), freedom=0, reason=reason)
