"""Axes of charts: round numbers around what is drawn, and how they are written."""

from __future__ import annotations

from math import ceil, floor, log10
from typing import TYPE_CHECKING, Final, Literal

from auditor.report.figures import MINUS, SPACE, TIMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Axis = Literal["share", "points", "times", "plain"]
"""Per cent, signed percentage points, multiples, any other number."""
_MOST: Final = 4
"""Digits behind the point."""
_NARROWEST: Final = 0.02


def place_ticks(values: Iterable[float], axis: Axis) -> tuple[float, ...]:
    """Find round numbers around everything that is drawn.

    Parameters
    ----------
    values
        What is drawn; at least one.
    axis
        Shares end at 1.

    Returns
    -------
    tuple of float
        In even steps; the first and the last are the ends of the axis.

    Examples
    --------
    >>> place_ticks([0.0, 0.61], "share")
    (0.0, 0.2, 0.4, 0.6, 0.8)
    """
    drawn = list(values)
    low, high = min(drawn), max(drawn)
    if axis == "share":
        high = min(high, 1.0)
    span = max(high - low, _NARROWEST)
    step = _round_step(span / 5)
    first, last = floor(low / step + 1e-9), ceil((low + span) / step - 1e-9)
    return tuple(round(k * step, 10) for k in range(first, last + 1))


def _round_step(rough: float) -> float:
    power: float = 10.0 ** floor(log10(rough))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough - 1e-12)


def count_digits(ticks: Sequence[float], axis: Axis) -> int:
    """Count the digits behind the point that tell all ticks apart.

    Parameters
    ----------
    ticks
        Of one axis.
    axis
        Its unit.

    Returns
    -------
    int
        At most 4.

    Examples
    --------
    >>> count_digits((0.0, 0.005, 0.01), "share")
    1
    """
    scale = 1 if axis in {"times", "plain"} else 100
    fits = (k for k in range(_MOST) if all(abs(round(t * scale, k) - t * scale) < 1e-6 for t in ticks))  # noqa: PLR2004
    return next(fits, _MOST)


def print_tick(value: float, axis: Axis, digits: int) -> str:
    """Write a tick.

    Parameters
    ----------
    value
        Where it stands.
    axis
        Its unit.
    digits
        Behind the point, the same for all ticks.

    Returns
    -------
    str
        Differences with their sign, none at zero.

    Examples
    --------
    >>> [print_tick(value, "points", 0) for value in (-0.1, 0.0, 0.1)]
    ['−10', '0', '+10']
    """
    if axis == "times":
        return f"{value:.{digits}f}{TIMES}"
    printed = f"{abs(value) * (1 if axis == 'plain' else 100):.{digits}f}"
    if axis == "share" or value == 0:
        return f"{printed}{SPACE}%" if axis == "share" else printed
    return ("+" if value > 0 else MINUS) + printed
