"""Numbers in print: each with its interval, its n, and a mark where it rests on few cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.errors import RenderError

if TYPE_CHECKING:
    from auditor.documents.ladder import Estimate

SPACE: Final = "\N{NO-BREAK SPACE}"
MINUS: Final = "\N{MINUS SIGN}"
DASH: Final = "\N{EN DASH}"
TIMES: Final = "\N{MULTIPLICATION SIGN}"
NOTHING: Final = DASH
"""Stands where nothing could be computed."""
LEFT_OUT: Final = "left out"
"""Stands where a version of an audit leaves out what the audit has."""
_FORMS: Final = {
    "accuracy_gap": "difference", "enrichment": "ratio", "cramers_v": "index", "attention_iou": "index",
    "": "share", "share": "share", "difference": "difference", "pp": "difference", "ratio": "ratio", "index": "index",
    "sd": "deviation", "auc": "index",
}  # fmt: skip
"""How a number is printed, by its statistic or else by its unit; a unit that is not here stands beside it."""
_FINE: Final = frozenset({"mass", "area", "borrowed_mass"})
_NOISE: Final = 1e-6
_FINE_BELOW: Final = 0.0995


@dataclass(frozen=True, kw_only=True)
class Number:
    """One measured number, ready to print."""

    text: str  # "62 %"
    interval: str  # "[54 %, 70 %]", or nothing
    brief: str  # "[54-70]" with an en dash, for narrow cells; or nothing
    n: int
    small: bool  # rests on fewer cases than the method asks for
    value: float | None
    low: float | None
    high: float | None

    @property
    def full(self) -> str:
        """Value and interval: ``62 % [54 %, 70 %]``."""
        return f"{self.text} {self.interval}".rstrip()

    @property
    def cited(self) -> str:
        """Value, interval and n, as a sentence cites them: ``62 % [54 %, 70 %], n = 100``."""
        mark = ", few cases" if self.small else ""
        return f"{self.full}, n{SPACE}={SPACE}{count(self.n)}{mark}"


def count(number: int) -> str:
    """A whole number with its thousands apart.

    Parameters
    ----------
    number
        Any whole number.

    Returns
    -------
    str
        Grouped by commas.

    Examples
    --------
    >>> count(12345)
    '12,345'
    """
    return f"{number:,}".replace("-", MINUS)


def share(value: float, *, decimals: int = 0) -> str:
    """A share as per cent; never ``0 %`` or ``100 %`` unless it is exactly that.

    Parameters
    ----------
    value
        In [0, 1].
    decimals
        Digits behind the point, more where they are needed to tell the value from 0 and 1.

    Returns
    -------
    str
        Number and per cent sign, which do not break apart.

    Examples
    --------
    >>> [share(value).replace(SPACE, " ") for value in (0.155, 0.996, 0.0001, 1.0)]
    ['16 %', '99.6 %', '<0.1 %', '100 %']
    """
    return f"{_hundredths(value, decimals)}{SPACE}%"


def _hundredths(value: float, decimals: int) -> str:
    if value in {0.0, 1.0}:
        return f"{value * 100:.0f}"
    for digits in range(decimals, 2):
        printed = _round(value * 100, digits)
        if 0 < float(printed) < 100:  # noqa: PLR2004 -- per cent
            return printed
    return "<0.1" if value < 0.5 else ">99.9"  # noqa: PLR2004 -- nearer to 0 or to 1


def _round(value: float, digits: int) -> str:
    """Half up, as a reader rounds; 1e-9 swallows the noise of binary fractions."""
    step: float = 10.0**digits
    return f"{int(abs(value) * step + 0.5 + 1e-9) / step:.{digits}f}"


def points(value: float) -> str:
    """A difference of shares in percentage points, signed.

    Parameters
    ----------
    value
        In [-1, 1].

    Returns
    -------
    str
        With a true minus sign; no sign at zero.

    Examples
    --------
    >>> [points(value).replace(SPACE, " ") for value in (0.14, -0.004, 0.0)]
    ['+14 pp', '−0.4 pp', '0 pp']
    """
    return f"{_signed(value)}{SPACE}pp"


def _signed(value: float) -> str:
    small = abs(value) < 0.00995  # noqa: PLR2004 -- under one point, one more digit
    printed = _round(value * 100, 1 if small and value else 0)
    if float(printed) == 0:
        return "0"
    return (MINUS if value < 0 else "+") + printed


def times(value: float) -> str:
    """A ratio as *so many times*.

    Parameters
    ----------
    value
        At least 0.

    Returns
    -------
    str
        Two digits below 1, one up to 10, none above.

    Examples
    --------
    >>> [times(value) for value in (0.444, 2.61, 34.4)]
    ['0.44×', '2.6×', '34×']
    """
    digits = 2 if value < 0.995 else 1 if value < 9.95 else 0  # noqa: PLR2004 -- two digits that count
    return _round(value, digits) + TIMES


def deviations(value: float) -> str:
    """A shift of the margin in its standard deviations, signed.

    Parameters
    ----------
    value
        Any number.

    Returns
    -------
    str
        Two digits behind the point and the unit; no sign at zero.

    Examples
    --------
    >>> [deviations(value).replace(SPACE, " ") for value in (0.368, -0.05, 0.001)]
    ['+0.37 SD', '−0.05 SD', '0.00 SD']
    """
    printed = _round(value, 2)
    sign = "" if float(printed) == 0 else MINUS if value < 0 else "+"
    return f"{sign}{printed}{SPACE}SD"


def _index(value: float) -> str:
    return f"{value:.2f}".replace("-", MINUS)


FORMATS: Final = {"ratio": times, "difference": points, "index": _index, "deviation": deviations}
"""How a number of each form is printed."""


def number(estimate: Estimate, *, min_clusters: int) -> Number:
    """An estimate, ready to print.

    Parameters
    ----------
    estimate
        One row of the document.
    min_clusters
        Below this count of independent cases the number is marked as small.

    Returns
    -------
    Number
        Its text is a dash where nothing could be computed.

    Raises
    ------
    RenderError
        If it has a value and no n, or is a share outside of [0, 1]: such a number is not printed.
    """
    if estimate.value is None:
        return absent(estimate.n, small=estimate.clusters < min_clusters)
    if estimate.n < 1:
        msg = f"audit.json: {estimate.statistic} has a value ({estimate.value:g}) and n = {estimate.n}; expected n >= 1"
        raise RenderError(msg)
    low, high = estimate.ci or (None, None)
    ends = () if low is None or high is None else (low, high)
    printed = [_printed(estimate, value) for value in (estimate.value, *ends)]
    briefs = [_brief(estimate, value) for value in ends]
    return Number(
        text=printed[0],
        interval=f"[{', '.join(printed[1:])}]" if ends else "",
        brief=f"[{_range(briefs)}]" if ends else "",
        n=estimate.n,
        small=estimate.clusters < min_clusters,
        value=estimate.value,
        low=low,
        high=high,
    )


def absent(n: int = 0, *, small: bool = True, text: str = NOTHING) -> Number:
    """What stands where there is no number.

    Parameters
    ----------
    n
        How many cases were there all the same.
    small
        Whether these are too few.
    text
        What stands there.

    Returns
    -------
    Number
        A dash, as a rule.

    Examples
    --------
    >>> absent().value is None
    True
    """
    return Number(text=text, interval="", brief="", n=n, small=small, value=None, low=None, high=None)


def _printed(estimate: Estimate, value: float) -> str:
    form = _FORMS.get(estimate.statistic) or _FORMS.get(estimate.unit.casefold().partition(" ")[0])
    if form is None:
        return f"{value:.3g}{SPACE}{estimate.unit}".replace("-", MINUS)
    if form != "share":
        return FORMATS[form](value)
    if not -_NOISE <= value <= 1 + _NOISE:
        msg = f"audit.json: {estimate.statistic} holds {value:g}; expected a share in [0, 1]"
        raise RenderError(msg)
    return share(min(max(value, 0.0), 1.0), decimals=_decimals(estimate))


def _decimals(estimate: Estimate) -> int:
    return 1 if estimate.statistic in _FINE and (estimate.value or 0) < _FINE_BELOW else 0


def _brief(estimate: Estimate, value: float) -> str:
    printed = _printed(estimate, value).removesuffix(TIMES)
    return printed.removesuffix(f"{SPACE}%").removesuffix(f"{SPACE}pp").removesuffix(f"{SPACE}SD")


def _range(ends: list[str]) -> str:
    signed = any(end.startswith(("+", MINUS)) for end in ends)
    return (", " if signed else DASH).join(ends)
