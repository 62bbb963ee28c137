"""Words for numbers: how findings speak to someone who has never heard of a heat map or a confidence interval.

They keep to what was measured: *attends to*, *hiding it changes*. Nothing here calls a model good or bad.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.documents.ladder import Role

ROLES = {
    "core": "declared core",
    "context": "declared context",
    "protected": "declared protected",
    "artefact": "declared an artefact",
    "undeclared": "with no declared role",
}


def percent(share: float) -> str:
    """A share as whole per cent, with a decimal below ten; halves rounded away from zero, as in tables.

    Parameters
    ----------
    share
        In [0, 1], or a difference of shares.

    Returns
    -------
    str
        Such as ``"18 %"``.

    Examples
    --------
    >>> percent(0.183), percent(0.765), percent(0.0325), percent(-0.0325), percent(0.0)
    ('18 %', '77 %', '3.3 %', '-3.3 %', '0 %')
    """
    size = round(abs(100 * share), 9)  # 76.5 is 77 and 3.25 is 3.3: Python would round to the even digit
    tenths = math.floor(10 * size + 0.5) / 10
    fine = 0 < tenths < 10  # noqa: PLR2004 -- see docstring
    found = tenths if fine else math.floor(size + 0.5)
    return f"{math.copysign(found, share) + 0.0 if found else 0:.{1 if fine else 0}f} %"


def whole_points(gap: float) -> str:
    """A difference of shares in whole percentage points, halves rounded away from zero, as in tables.

    Parameters
    ----------
    gap
        In [-1, 1].

    Returns
    -------
    str
        Such as ``"18 points"``.

    Examples
    --------
    >>> whole_points(0.183), whole_points(0.825), whole_points(0.008), whole_points(0.0)
    ('18 points', '83 points', '1 point', '0 points')
    """
    told = f"{math.copysign(math.floor(round(abs(100 * gap), 9) + 0.5), gap) + 0.0:.0f}"
    return f"{told} {'point' if told in {'1', '-1'} else 'points'}"


def span(low: float, high: float, *, unit: str = "") -> str:
    """An interval in brackets.

    Parameters
    ----------
    low, high
        Limits.
    unit
        Behind the numbers; ``"%"`` turns shares into per cent.

    Returns
    -------
    str
        Such as ``"[0.12, 0.30] SD"``.

    Examples
    --------
    >>> span(0.123, 0.3, unit="SD"), span(0.05, 0.2, unit="%")
    ('[0.12, 0.30] SD', '[5.0 %, 20 %]')
    """
    if unit == "%":
        return f"[{percent(low)}, {percent(high)}]"
    low, high = round(low, 2) + 0.0, round(high, 2) + 0.0
    return f"[{low:.2f}, {high:.2f}]{' ' if unit else ''}{unit}"


def known(value: str) -> str:
    """A value of an attribute, or what stands for none."""
    return value or "not recorded"


def listed(names: list[str]) -> str:
    """Names as a sentence lists them.

    Parameters
    ----------
    names
        At least one.

    Returns
    -------
    str
        With *and* before the last.

    Examples
    --------
    >>> listed(["noise"]), listed(["noise", "mean", "inpaint"])
    ('noise', 'noise, mean and inpaint')
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def describe_role(region: str, role: Role) -> str:
    """A region with what it was declared to be.

    Parameters
    ----------
    region
        Its name.
    role
        As declared before the run.

    Returns
    -------
    str
        Such as ``"hair (declared protected)"``.

    Examples
    --------
    >>> describe_role("hair", "protected")
    'hair (declared protected)'
    """
    return f"{region} ({ROLES[role]})"
