"""The aligned shift: how far hiding a region pushes the two sides of an attribute apart, and in which directions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.analysis.statistics.bootstrap import limits, resample

if TYPE_CHECKING:
    from auditor.analysis.statistics.contrasts import Scale
    from auditor.analysis.statistics.grids import SingleArray
    from auditor.analysis.statistics.intervals import ByteArray, IntArray
    from auditor.geometry import BoolArray, FloatArray

_COLUMNS_AT_ONCE: Final = 512


@dataclass(frozen=True, kw_only=True)
class Shift:
    """An aligned shift, and all that an interval of any level needs.

    The three columns are the shift itself, and the mean shift of each side along its direction: of the members times
    s, and of the rest times -s, where s is the sign of the shift. All are in standard deviations of the margin.

    Attributes
    ----------
    values
        ``(3,)``; NaN where not evaluated.
    draws, jackknife
        ``(B, 3)`` in each draw, ``(m, 3)`` with one cluster left out.
    effective
        ``(3,)`` effective number of clusters behind each.
    n, clusters
        Images and clusters.
    """

    values: FloatArray
    draws: FloatArray
    jackknife: FloatArray
    effective: FloatArray
    n: int
    clusters: int
    _told: dict[float, tuple[FloatArray, FloatArray]] = field(default_factory=dict, init=False, repr=False)

    @property
    def estimate(self) -> float:
        """The aligned shift, θ."""
        return float(self.values[0])

    @property
    def both_ways(self) -> float:
        """The smaller push of the two sides, each along its own direction: above 0 only if both are pushed."""
        return float(self.values[1:].min())

    @property
    def se(self) -> float:
        """Standard error of the aligned shift; NaN where the draws do not tell."""
        known = self.draws[np.isfinite(self.draws[:, 0]), 0]
        if len(known) < 2 or not self.effective[0] > 1:  # noqa: PLR2004 -- two draws can differ
            return float("nan")
        return float(known.std(ddof=1) * np.sqrt(self.effective[0] / (self.effective[0] - 1)))

    @property
    def freedom(self) -> float:
        """Degrees of freedom of the standard error."""
        return float(self.effective[0] - 1)

    def interval(self, confidence: float) -> tuple[float, float]:
        """Limits of the aligned shift at a level; NaN where none can be given."""
        low, high = self._limits(confidence)
        return float(low[0]), float(high[0])

    def interval_both_ways(self, confidence: float) -> tuple[float, float]:
        """Limits of the smaller push: the smaller of the lower and the smaller of the upper limits of the two sides.

        The smaller push lies above a bound if and only if both do, so the lower limit needs no correction.

        References
        ----------
        Berger (1982), Multiparameter hypothesis testing and acceptance sampling. Technometrics 24, 295-300.
        """
        low, high = self._limits(confidence)
        return float(low[1:].min()), float(high[1:].min())

    def _limits(self, confidence: float) -> tuple[FloatArray, FloatArray]:
        if not np.isfinite(self.values).all():
            return np.full(3, np.nan), np.full(3, np.nan)
        if confidence not in self._told:
            self._told[confidence] = limits(
                self.values,
                draws=self.draws,
                jackknife=self.jackknife,
                clusters=self.effective,
                confidence=confidence,
            )
        return self._told[confidence]


def unknown_shift(*, draws: int) -> Shift:
    """A shift of which nothing is known, as no image took part.

    Parameters
    ----------
    draws
        Of the bootstrap.

    Returns
    -------
    Shift
        NaN throughout.
    """
    nothing = np.full(3, np.nan)
    return Shift(
        values=nothing,
        draws=np.full((draws, 3), np.nan),
        jackknife=np.zeros((0, 3)),
        effective=nothing,
        n=0,
        clusters=0,
    )


def weigh(counts: FloatArray) -> FloatArray:
    """Weight of each label: n₁n₀/(n₁ + n₀), summed to 1.

    Parameters
    ----------
    counts
        ``(..., 2, labels)`` images of the rest and of the members.

    Returns
    -------
    ndarray
        ``(..., labels)``; 0 where a side is empty, NaN where every label lacks a side.

    Examples
    --------
    >>> weigh(np.array([[10.0, 30.0, 5.0], [10.0, 10.0, 0.0]]))
    array([0.4, 0.6, 0. ])
    """
    product, total = counts.prod(axis=-2), counts.sum(axis=-2)
    raw = np.divide(product, total, out=np.zeros_like(total), where=product > 0)
    whole = raw.sum(axis=-1, keepdims=True)
    weights: FloatArray = np.divide(raw, whole, out=np.full(raw.shape, np.nan), where=whole > 0)
    return weights


def mean_shifts(sums: FloatArray) -> FloatArray:
    """Mean shift of either side, over the labels at common weights: μ₀ and μ₁.

    Parameters
    ----------
    sums
        ``(..., 2, 2, labels)``: rest and members; number of images and sum of shifts.

    Returns
    -------
    ndarray
        ``(..., 2)``; NaN where no label has both sides.
    """
    counts, totals = sums[..., 0, :], sums[..., 1, :]
    means = np.divide(totals, counts, out=np.zeros_like(totals), where=counts > 0)
    both: FloatArray = (weigh(counts)[..., None, :] * means).sum(axis=-1)
    return both


def sum_sides(shifts: FloatArray, *, member: BoolArray, labels: IntArray, clusters: IntArray) -> FloatArray:
    """Numbers of images and sums of shifts per cluster, side and label.

    Parameters
    ----------
    shifts
        ``(n, k)``; NaN where an image takes no part.
    member
        ``(n,)`` on which side each image is.
    labels
        ``(n,)`` from 0; -1 where an image takes no part.
    clusters
        ``(n,)`` from 0.

    Returns
    -------
    ndarray
        ``(clusters, k, 2, 2, labels)``: rest and members; number and sum.
    """
    n_labels, n_clusters = int(labels.max(initial=0)) + 1, int(clusters.max(initial=-1)) + 1
    shape = (n_clusters, 2, n_labels)
    found = np.zeros((n_clusters, shifts.shape[1], 2, 2, n_labels))
    for column in range(shifts.shape[1]):
        inside = np.isfinite(shifts[:, column]) & (labels >= 0)
        place = np.ravel_multi_index((clusters[inside], member[inside].astype(int), labels[inside]), shape)
        for number, weights in enumerate((None, shifts[inside, column])):
            total = np.bincount(place, weights=weights, minlength=int(np.prod(shape)))
            found[:, column, :, number] = total.reshape(shape)
    return found


def align(
    sums: FloatArray, *, clusters: IntArray, scales: list[Scale], weights: ByteArray | SingleArray
) -> list[Shift]:
    """Aligned shifts with their draws.

    Parameters
    ----------
    sums
        ``(m, k, 2, 2, labels)`` of `sum_sides`, 0 in labels that take no part.
    clusters
        ``(m,)`` which column of the weights belongs to each row.
    scales
        k of them.
    weights
        ``(B, all clusters)`` of the bootstrap.

    Returns
    -------
    list of Shift
        One per column.

    References
    ----------
    Weights of strata: Mantel & Haenszel (1959), Statistical aspects of the analysis of data from retrospective studies
    of disease. Journal of the National Cancer Institute 22, 719-748.
    """
    step = max(1, _COLUMNS_AT_ONCE // int(np.prod(sums.shape[2:])))
    found: list[Shift] = []
    for start in range(0, sums.shape[1], step):
        part = sums[:, start : start + step]
        drawn = resample(part.reshape(len(part), int(np.prod(part.shape[1:]))), clusters, weights)
        around = mean_shifts(drawn.reshape(len(weights), *part.shape[1:]))
        found += [
            _align(part[:, k], around[:, k], scale=scales[start + k], left=scales[start + k].left[clusters])
            for k in range(part.shape[1])
        ]
    return found


def _align(sums: FloatArray, drawn: FloatArray, *, scale: Scale, left: FloatArray) -> Shift:
    whole = sums.sum(axis=0)
    taking = sums[:, :, 0].any(axis=(1, 2))
    around = mean_shifts(whole)
    direction = 1.0 if not around[1] < around[0] else -1.0
    spread = np.array(scale.value if scale.value > 0 else np.nan)
    return Shift(
        values=_columns(around, spread, direction),
        draws=_columns(drawn, scale.draws, direction),
        jackknife=_columns(mean_shifts(whole - sums[taking]), left[taking], direction),
        effective=_effective(sums[taking, :, 0], whole[:, 0]),
        n=int(whole[:, 0].sum()),
        clusters=int(taking.sum()),
    )


def _columns(around: FloatArray, spread: FloatArray, direction: float) -> FloatArray:
    """The shift and the two pushes along its direction, in units of the spread."""
    rest, members = around[..., 0], around[..., 1]
    columns = np.stack([(members - rest) / 2, direction * members, -direction * rest], axis=-1)
    return columns / spread[..., None]


def _effective(counts: FloatArray, whole: FloatArray) -> FloatArray:
    """Effective numbers of clusters, as Satterthwaite counts degrees of freedom, from each cluster's part in a mean."""
    part = np.divide(counts * weigh(whole), whole, out=np.zeros_like(counts), where=whole > 0)
    rest, members = (part**2).sum(axis=-1).T
    found = [side.sum() ** 2 / (side**2).sum() if side.any() else np.nan for side in (rest + members, members, rest)]
    return np.array(found, dtype=np.float64)
