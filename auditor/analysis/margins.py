"""Margins: how large an effect has to be to matter, what an interval says about that, and how many images settle it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np
from scipy.special import ndtri, stdtr

if TYPE_CHECKING:
    from auditor.geometry import FloatArray

Answer = Literal["found", "ruled out", "not enough evidence"]
FOUND: Final = "found"
RULED_OUT: Final = "ruled out"
OPEN: Final = "not enough evidence"


class Margin(NamedTuple):
    """From where an effect is minor, and from where it is material.

    Attributes
    ----------
    minor, material
        In the unit of the quantity.
    unit
        As in the rows of the estimates.
    scale
        On which distances are measured: ``"log"`` for ratios, ``"plain"`` for all else.
    signed
        Whether the effect counts in both directions, so that its size is compared.
    """

    minor: float
    material: float
    unit: str
    scale: Literal["plain", "log"] = "plain"
    signed: bool = False


MARGINS: Final = {
    "alignment": Margin(0.05, 0.10, "SD", signed=True),
    "flips": Margin(0.02, 0.05, "difference"),
    "cross_swap": Margin(0.02, 0.05, "difference"),
    "background": Margin(0.02, 0.05, "difference", signed=True),
    "enrichment": Margin(1.25, 1.5, "ratio", scale="log"),
    "error_gap": Margin(0.03, 0.05, "difference", signed=True),
    "association": Margin(0.1, 0.3, "index"),
}
"""By quantity; the material one is the default of every answer."""


def decide(low: float, high: float, delta: float, *, signed: bool = False) -> Answer:
    """Say where an interval lies relative to a margin: above it, below it, or across.

    Parameters
    ----------
    low, high
        Limits; NaN where there is no interval.
    delta
        The margin, on the scale of the limits: of ratios a ratio.
    signed
        Whether an effect below ``-delta`` is one as well; *ruled out* then asks for an interval inside of
        ``(-delta, delta)``.

    Returns
    -------
    str
        ``"found"``, ``"ruled out"`` or ``"not enough evidence"``; the last also where there is no interval, or where a
        limit lies on the margin.

    References
    ----------
    Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach for assessing the
    equivalence of average bioavailability. Journal of Pharmacokinetics and Biopharmaceutics 15, 657-680: *ruled out*
    from an interval of level 1 - 2α is that test at level α. Murphy & Myors (1999), Testing the hypothesis that
    treatments have negligible effects. Journal of Applied Psychology 84, 234-248: *found*.

    Examples
    --------
    >>> decide(0.12, 0.3, 0.1), decide(-0.02, 0.08, 0.1), decide(-0.02, 0.13, 0.1)
    ('found', 'ruled out', 'not enough evidence')
    >>> decide(-0.3, -0.12, 0.1), decide(-0.3, -0.12, 0.1, signed=True)
    ('ruled out', 'found')
    """
    if low > delta or (signed and high < -delta):
        return FOUND
    if high < delta and (not signed or low > -delta):
        return RULED_OUT
    return OPEN


def needed(n: int, half_width: float, *, estimate: float, delta: float) -> int | None:
    """Number of images that would settle on which side of a margin an effect lies, if it is as large as estimated.

    Parameters
    ----------
    n
        Images behind the interval.
    half_width
        Of the interval, on the scale of the margin: of ratios take logarithms of all three.
    estimate
        What was estimated; of signed effects its size.
    delta
        The margin.

    Returns
    -------
    int or None
        ``n * (half_width / |estimate - delta|)**2``, rounded up: an interval narrows as one over the root of n. None
        where no number of images would do, or nothing is known: the estimate is the margin, or not a number.

    Examples
    --------
    >>> needed(100, 0.08, estimate=0.06, delta=0.1)
    400
    """
    distance = abs(estimate - delta)
    if not (distance > 0 and math.isfinite(half_width)):
        return None
    exact = n * (half_width / distance) ** 2
    return math.ceil(round(exact, 9)) if math.isfinite(exact) else None


def exceed(
    estimate: FloatArray, error: FloatArray, *, delta: float, freedom: FloatArray | float = np.inf
) -> FloatArray:
    """P-values of the hypothesis that an effect is at most as large as a margin, in either direction.

    The chance, at the margin itself, of an estimate at least as far from 0 on either side: without the far side, as
    the formula is often printed, the test is too bold where the margin is small against the standard error, and at
    margin 0 its level is twice what it says.

    Parameters
    ----------
    estimate, error
        ``(m,)`` effects and their standard errors.
    delta
        The margin, not negative.
    freedom
        Degrees of freedom of the standard errors; infinite for a normal distribution.

    Returns
    -------
    ndarray
        ``(m,)`` in [0, 1]; NaN where the standard error is not positive.

    References
    ----------
    Wellek (2010), Testing Statistical Hypotheses of Equivalence and Noninferiority, 2nd edition, chapter 11: tests for
    relevant differences.

    Examples
    --------
    >>> exceed(np.array([0.3]), np.array([0.1]), delta=0.1).round(4)
    array([0.0228])
    >>> exceed(np.array([0.196]), np.array([0.1]), delta=0.0).round(3)
    array([0.05])
    """
    near, far = _distances(estimate, error, delta=delta)
    p: FloatArray = np.minimum(stdtr(freedom, -near) + stdtr(freedom, -far), 1.0)
    return p


def exceed_draws(estimate: FloatArray, error: FloatArray, *, pivots: FloatArray, delta: float) -> FloatArray:
    """`exceed` by the studentised bootstrap, where the estimates are not normal.

    Parameters
    ----------
    estimate, error
        ``(m,)`` effects and their standard errors.
    pivots
        ``(draws, m)``: of each draw its estimate minus the estimate, over the standard error of the draw. A draw that
        is no number counts against the finding.
    delta
        The margin, not negative.

    Returns
    -------
    ndarray
        ``(m,)``: (1 + number of draws beyond) / (draws + 1); NaN where the standard error is not positive.

    References
    ----------
    Davison & Hinkley (1997), Bootstrap Methods and their Application, section 4.4.
    """
    near, far = _distances(estimate, error, delta=delta)
    outward = pivots * np.where(estimate < 0, -1.0, 1.0)
    beyond = (~(outward < near) | (outward <= -far)).sum(axis=0)
    return np.where(np.isnan(near), np.nan, (1 + beyond) / (len(pivots) + 1))


def _distances(estimate: FloatArray, error: FloatArray, *, delta: float) -> tuple[FloatArray, FloatArray]:
    """Standard errors from the near margin outward to the estimate, and from the far one."""
    usable = np.where(error > 0, error, np.nan)
    return (np.abs(estimate) - delta) / usable, (np.abs(estimate) + delta) / usable


def plan_gap(first: float, second: float, *, level: float = 0.05, power: float = 0.8) -> int:
    """Images per group that show a difference of two shares.

    Parameters
    ----------
    first, second
        The shares in the two groups, in [0, 1] and not equal.
    level
        Of the two-sided test; divided by the number of tests where there are several.
    power
        Chance that the difference is found, in (0, 1).

    Returns
    -------
    int
        ``(z_{1-level/2} + z_power)² (p₁q₁ + p₂q₂) / (p₁ - p₂)²``, rounded up.

    Raises
    ------
    ValueError
        If the shares are equal or outside of [0, 1].

    References
    ----------
    Fleiss, Levin & Paik (2003), Statistical Methods for Rates and Proportions, 3rd edition, section 4.2, in the form
    without pooled variance.

    Examples
    --------
    >>> plan_gap(0.9, 0.8)
    197
    """
    if first == second or not (0 <= first <= 1 and 0 <= second <= 1):
        msg = f"expected two different shares in [0, 1], found {first:g} and {second:g}"
        raise ValueError(msg)
    spread = first * (1 - first) + second * (1 - second)
    return _round_up(_reach(level, power) ** 2 * spread / (first - second) ** 2)


def plan_shift(effect: float, *, level: float = 0.05, power: float = 0.8) -> int:
    """Images that show a mean of paired differences.

    Parameters
    ----------
    effect
        Mean of the differences over their standard deviation, not 0.
    level, power
        As in `plan_gap`.

    Returns
    -------
    int
        ``((z_{1-level/2} + z_power) / effect)²``, rounded up.

    Raises
    ------
    ValueError
        If the effect is 0.

    Examples
    --------
    >>> plan_shift(0.3), plan_shift(0.3, level=0.05 / 50)
    (88, 190)
    """
    if effect == 0:
        msg = "expected an effect other than 0: no number of images shows none"
        raise ValueError(msg)
    return _round_up((_reach(level, power) / effect) ** 2)


def design_effect(images_per_cluster: float, correlation: float) -> float:
    """How many times as many images are needed where several show one person.

    Parameters
    ----------
    images_per_cluster
        Mean number, at least 1.
    correlation
        Intraclass correlation, in [0, 1].

    Returns
    -------
    float
        ``1 + (m - 1) * correlation``.

    Examples
    --------
    >>> design_effect(5, 0.3)  # Kish (1965), Survey Sampling, section 5.4
    2.2
    """
    return 1 + (images_per_cluster - 1) * correlation


def _reach(level: float, power: float) -> float:
    """Standard errors that an effect must lie away from 0."""
    return float(ndtri(1 - level / 2) + ndtri(power))


def _round_up(exact: float) -> int:
    return math.ceil(round(exact, 9))
