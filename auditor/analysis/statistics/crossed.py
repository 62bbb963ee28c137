"""Trials that share donors: an interval that knows that both the image and the donor of a trial may come up again."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import stdtr, stdtrit

from auditor.analysis.statistics.bootstrap import pick

if TYPE_CHECKING:
    from auditor.analysis.statistics.intervals import ByteArray, IntArray
    from auditor.geometry import BoolArray, FloatArray


class Crossed(NamedTuple):
    """A difference of two means over trials.

    Attributes
    ----------
    low, high
        Limits.
    p_value
        Two-sided, of no difference.
    """

    low: float
    high: float
    p_value: float


def compare_crossed(
    values: FloatArray,
    *,
    first: BoolArray,
    images: IntArray,
    donors: IntArray,
    weights: ByteArray,
    confidence: float,
) -> Crossed:
    """Mean of some trials minus mean of the others, where images and donors are both drawn.

    Images and donors are drawn anew independently of one another, and a trial counts as often as its image was drawn
    times as often as its donor was. That is somewhat too wide, never too narrow, where donors or images matter.

    Parameters
    ----------
    values
        ``(t,)`` one per trial.
    first
        ``(t,)`` which trials are on the side that counts positively.
    images, donors
        ``(t,)`` cluster of each trial's image and of its donor.
    weights
        ``(B, clusters)`` of the bootstrap.
    confidence
        Level, in (0, 1).

    Returns
    -------
    Crossed
        NaN where a side has no trial or nothing differs.

    References
    ----------
    Owen (2007), The pigeonhole bootstrap. Annals of Applied Statistics 1, 386-411.
    """
    if not first.any() or first.all():
        return Crossed(np.nan, np.nan, np.nan)
    estimate = float(values[first].mean() - values[~first].mean())
    # one draw's clusters as images, the next draw's as donors: independent of one another
    drawn = pick(weights, images).astype(np.float32) * np.roll(pick(weights, donors), 1, axis=0)
    sides = [(drawn[:, side] @ values[side].astype(np.float32), drawn[:, side].sum(axis=1)) for side in (first, ~first)]
    means = [np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0) for top, bottom in sides]
    error = float(np.nanstd(means[0] - means[1], ddof=1))
    freedom = min(len(np.unique(images)), len(np.unique(donors))) - 1
    if not (error > 0 and freedom > 0):
        return Crossed(np.nan, np.nan, np.nan)
    reach = float(stdtrit(freedom, (1 + confidence) / 2)) * error
    return Crossed(estimate - reach, estimate + reach, float(2 * stdtr(freedom, -abs(estimate) / error)))
