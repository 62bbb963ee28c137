"""Balance: whether a region is as large, and as far from the centre, on either side of an attribute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.analysis.statistics.shifts import weigh

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import RegionView
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import BoolArray, FloatArray

_NEGLIGIBLE: Final = 1e-12
BALANCED: Final = 0.25
"""A standardised difference of at most this size leaves the plain aligned shift believable."""
LARGEST: Final = 100.0
"""Beyond this a standardised difference is not told apart: regions of one size in each group have no spread at all."""


def standardised_difference(values: FloatArray, *, member: BoolArray, labels: IntArray) -> float:
    """Standardised mean difference of members and rest within labels, pooled.

    Parameters
    ----------
    values
        ``(n,)``; NaN where an image takes no part.
    member
        ``(n,)`` which side each image is on.
    labels
        ``(n,)`` from 0; -1 where an image takes no part.

    Returns
    -------
    float
        The mean differences of the labels, weighted by n₁n₀/(n₁ + n₀), over the root of the equally weighted mean of
        the two sides' variances, in [-100, 100]. 0 where nothing differs at all; 100 in size where the sides differ and
        nothing else does; NaN where no label has both sides.

    References
    ----------
    Austin (2009), Balance diagnostics for comparing the distribution of baseline covariates between treatment groups in
    propensity-score matched samples. Statistics in Medicine 28, 3083-3107.

    Examples
    --------
    >>> values, member = np.array([1.0, 3.0, 2.0, 4.0]), np.array([False, False, True, True])
    >>> standardised_difference(values, member=member, labels=np.zeros(4, int))
    1.0
    """
    inside = np.isfinite(values) & (labels >= 0)
    shape = (2, int(labels.max(initial=0)) + 1)
    place = np.ravel_multi_index((member[inside].astype(int), labels[inside]), shape)
    kept = values[inside] - values[inside].mean() if inside.any() else values[inside]
    counts, totals = (np.bincount(place, w, minlength=shape[0] * shape[1]).reshape(shape) for w in (None, kept))
    means = totals / np.maximum(counts, 1)
    squares = np.bincount(place, (kept - means.ravel()[place]) ** 2, minlength=means.size).reshape(shape)
    variances = squares / np.maximum(counts, 1)
    weights = weigh(counts.astype(np.float64))
    apart = float((weights * (means[1] - means[0])).sum())
    spread = float(np.sqrt((weights * variances.mean(axis=0)).sum()))
    least = _NEGLIGIBLE * max(1.0, float(np.abs(kept).max(initial=0)))
    if np.isnan(apart):
        return apart
    if abs(apart) <= least:
        return 0.0
    return float(np.clip(apart / max(spread, least), -LARGEST, LARGEST))


def describe_place(view: RegionView) -> dict[str, FloatArray]:
    """What must be balanced: the size of a region and how far from the centre it lies.

    Parameters
    ----------
    view
        The region on the images read.

    Returns
    -------
    dict
        ``area``: logarithm of the share of the frame; ``eccentricity``: distance of the box's centre from the frame's,
        1 at a corner. Both ``(n,)``, NaN where the region is not seen.
    """
    seen = np.where(view.seen, view.area, np.nan)
    centre = (view.boxes[:, :2] + view.boxes[:, 2:]) / 2 - 0.5
    return {"area": np.log(seen), "eccentricity": np.sqrt((centre**2).sum(axis=1) * 2)}
