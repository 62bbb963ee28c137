"""Numbers with their draws, which can be added and taken from one another; and whether one is larger in size."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from scipy.special import stdtrit

from auditor.analysis.margins import exceed
from auditor.analysis.statistics.bootstrap import limits
from auditor.analysis.statistics.intervals import wilson
from auditor.analysis.statistics.signs import sign_flip_p

if TYPE_CHECKING:
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import FloatArray

Limits = tuple[float, float]

FLIPPED: Final = 20_000
"""With more clusters, Student's distribution takes the place of flips of signs."""
TELLING: Final = 20
"""Draws that must lie beyond the limits, both tails together, for their quantiles to be used as they are."""
_FEWEST: Final = 2


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """One number, and all that an interval of any level needs.

    Attributes
    ----------
    value
        NaN where not evaluated.
    draws, jackknife
        ``(B,)`` in each draw of the bootstrap, ``(m,)`` with one cluster left out.
    members
        ``(m,)`` which clusters these are, in rising order.
    effective
        Effective number of clusters.
    n, clusters
        Images and clusters.
    pulls
        ``(m,)`` sums over each cluster, of means whose sign chance alone would decide; None for other numbers.
    share
        Largest size of a single image's value where values are counts of answers: then what is the same in every
        cluster, where the bootstrap is silent, is still known only as far as so many clusters tell. 0 for other
        numbers: what is the same everywhere is certain.
    """

    value: float
    draws: FloatArray
    jackknife: FloatArray
    members: IntArray
    effective: float
    n: int
    clusters: int
    pulls: FloatArray | None = None
    share: float = 0.0
    _told: dict[float, Limits] = field(default_factory=dict, init=False, repr=False)

    def plus(self, other: Self, sign: float = 1.0) -> Self:
        """The sum of two numbers of the same draws.

        Parameters
        ----------
        other
            The other; without a cluster that it does not rest on it stays as it is.
        sign
            Of the other: with -1 it is taken off.

        Returns
        -------
        Sampled
            With limits of its own; with pulls where both have them and rest on the same clusters.
        """
        members = self.members
        if not (same := np.array_equal(members, other.members)):
            members = np.union1d(members, other.members)
        pulls = self.pulls + sign * other.pulls if same and self.pulls is not None and other.pulls is not None else None
        return type(self)(
            value=self.value + sign * other.value,
            draws=self.draws + sign * other.draws,
            jackknife=self.leave_out(members) + sign * other.leave_out(members),
            members=members,
            effective=min(self.effective, other.effective),
            n=min(self.n, other.n),
            clusters=min(self.clusters, other.clusters),
            pulls=pulls,
            share=self.share + other.share,
        )

    def leave_out(self, members: IntArray) -> FloatArray:
        """The number with each of some clusters left out.

        Parameters
        ----------
        members
            ``(k,)`` numbers of clusters, in rising order, all that it rests on among them.

        Returns
        -------
        ndarray
            ``(k,)``.
        """
        left = np.full(len(members), self.value)
        left[np.searchsorted(members, self.members)] = self.jackknife
        return left

    @property
    def known(self) -> bool:
        """Whether the number was evaluated."""
        return bool(np.isfinite(self.value))

    @property
    def still(self) -> bool:
        """Whether it is 0 in every draw and without any cluster: then there is nothing to resample."""
        return self.value == 0 and not np.nan_to_num(self.draws).any() and not np.nan_to_num(self.jackknife).any()

    @property
    def se(self) -> float:
        """Standard error; NaN where the draws do not tell."""
        told = self.draws[np.isfinite(self.draws)]
        if len(told) < _FEWEST or not self.effective > 1:
            return float("nan")
        return float(told.std(ddof=1) * np.sqrt(self.effective / (self.effective - 1)))

    def interval(self, confidence: float) -> Limits:
        """Limits at a level.

        Parameters
        ----------
        confidence
            In (0, 1).

        Returns
        -------
        tuple of float
            BCa limits over clusters, stretched by Student's quantiles where the level is too high for the number of
            draws; NaN where none can be given.
        """
        if confidence not in self._told:
            self._told[confidence] = self._limit(confidence)
        return self._told[confidence]

    def _limit(self, confidence: float) -> Limits:
        if not self.known:
            return float("nan"), float("nan")
        told = min(confidence, 1 - TELLING / len(self.draws))
        low, high = limits(
            np.array([self.value]),
            draws=self.draws[:, None],
            jackknife=self.jackknife[:, None],
            clusters=np.array([self.effective]),
            confidence=told,
        )
        if np.isnan(low[0]):
            return self._limit_silent(confidence)
        by = stretch(self.effective - 1, told=told, wanted=confidence)
        return self.value - by * (self.value - float(low[0])), self.value + by * (float(high[0]) - self.value)

    def _limit_silent(self, confidence: float) -> Limits:
        """Where the bootstrap says nothing."""
        if self.share and self.clusters > 1:
            most = wilson(np.zeros(1), np.array([float(self.clusters)]), confidence=confidence)[1]
            reach = self.share * float(most[0])
            return self.value - reach, self.value + reach
        return (0.0, 0.0) if self.still else (float("nan"), float("nan"))

    def test(self, *, draws: int, generator: np.random.Generator) -> float:
        """P-value of the hypothesis that the number is 0, in both directions.

        Parameters
        ----------
        draws, generator
            Random flips of signs, and their source.

        Returns
        -------
        float
            By flips of signs where there are pulls, else by Student's distribution; 1 where nothing moved, NaN where it
            cannot be told.
        """
        if not self.known:
            return float("nan")
        if self.still:
            return 1.0
        if self.pulls is not None and len(self.pulls) <= FLIPPED:
            return float(sign_flip_p(self.pulls[:, None], draws=draws, generator=generator)[0])
        freedom = max(self.effective - 1, 1.0)
        return float(exceed(np.array([self.value]), np.array([self.se]), delta=0.0, freedom=freedom)[0])


def stretch(freedom: float, *, told: float, wanted: float) -> float:
    """How much wider an interval of a higher level is.

    Parameters
    ----------
    freedom
        Degrees of freedom.
    told, wanted
        Levels, in (0, 1).

    Returns
    -------
    float
        Ratio of Student's quantiles, at least 1.

    Examples
    --------
    >>> round(stretch(1e9, told=0.95, wanted=0.99), 3)
    1.314
    """
    if wanted <= told:
        return 1.0
    least = max(freedom, 1.0)
    return float(stdtrit(least, (1 + wanted) / 2) / stdtrit(least, (1 + told) / 2))


def change_in_size(change: float, total: float) -> float:
    """By how much one number is larger in size than another, from what is between them and what they are together.

    Parameters
    ----------
    change, total
        ``c - b`` and ``c + b``.

    Returns
    -------
    float
        ``|c| - |b|``.

    Examples
    --------
    >>> change_in_size(0.25 - 1, 0.25 + 1), change_in_size(-1 - 0.25, -1 + 0.25)
    (-0.75, 0.75)
    """
    if np.isnan(change) or np.isnan(total):
        return float("nan")
    return max(min(change, total), -max(change, total))


def bound_change_in_size(change: Limits, total: Limits) -> Limits:
    """Limits of `change_in_size` where the two lie within limits that hold together.

    Parameters
    ----------
    change, total
        Limits of ``c - b`` and ``c + b``.

    Returns
    -------
    tuple of float
        Lower and upper: what `change_in_size` takes over the rectangle, least and largest in corners. NaN where
        a limit is missing.

    Examples
    --------
    >>> bound_change_in_size((-0.3, -0.1), (0.2, 0.4))
    (-0.3, -0.1)
    >>> bound_change_in_size((-0.3, 0.1), (-0.2, 0.4))
    (-0.3, 0.2)
    """
    corners = [change_in_size(one, other) for one in change for other in total]
    return float(np.min(corners)), float(np.max(corners))
