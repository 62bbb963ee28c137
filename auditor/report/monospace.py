"""Text in columns of a terminal: widths, padding, and intervals drawn with letters."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from auditor.report.axes import count_digits, place_ticks, print_tick
from auditor.report.figures import SPACE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from auditor.report.figures import Number


def cells(text: str) -> int:
    """How many columns a text takes.

    Parameters
    ----------
    text
        On one line, without controls.

    Returns
    -------
    int
        East Asian letters take two, marks that combine with the letter before take none.

    Examples
    --------
    >>> cells("face"), cells("看護師")
    (4, 6)
    """
    return sum(_cell(letter) for letter in text)


def _cell(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def fit(text: str, room: int) -> str:
    """Cut a text to a number of columns.

    Parameters
    ----------
    text
        On one line.
    room
        Columns, at least 1.

    Returns
    -------
    str
        The text itself where it fits; else its beginning and an ellipsis.

    Examples
    --------
    >>> fit("stethoscope", 6)
    'steth…'
    """
    if cells(text) <= room:
        return text
    kept = text
    while cells(kept) > room - 1:
        kept = kept[:-1]
    return f"{kept}…"


def pad(text: str, room: int) -> str:
    """Fill a text up with spaces.

    Parameters
    ----------
    text
        On one line.
    room
        Columns.

    Returns
    -------
    str
        The text itself where it is as long or longer.

    Examples
    --------
    >>> pad("看", 3) + "|"
    '看 |'
    """
    return text + " " * (room - cells(text))


def scale(numbers: Iterable[Number], room: int) -> tuple[float, float, str]:
    """Lay out an axis for shares.

    Parameters
    ----------
    numbers
        What is drawn on it; at least one with a value.
    room
        Columns.

    Returns
    -------
    tuple
        Both ends, and the ticks as a line of text of that many columns.
    """
    ends = [end for one in numbers for end in (one.value, one.low, one.high) if end is not None]
    ticks = place_ticks(ends, "share")
    digits = count_digits(ticks, "share")
    line = [" "] * room
    for tick in ticks:
        printed = print_tick(tick, "share", digits).replace(SPACE, " ")
        middle = _place(tick, (ticks[0], ticks[-1]), room)
        start = min(max(middle - len(printed) // 2, 0), room - len(printed))
        if "".join(line[max(start - 1, 0) : start + len(printed)]).strip() == "":
            line[start : start + len(printed)] = printed
    return ticks[0], ticks[-1], "".join(line).rstrip()


def whisker(number: Number, ends: tuple[float, float], *, room: int, mark: str) -> str:
    """Draw an estimate with its interval.

    Parameters
    ----------
    number
        What is drawn; nothing where it has no value.
    ends
        Of the axis.
    room
        Columns.
    mark
        One letter that stands for the estimate.

    Returns
    -------
    str
        Of exactly that many columns.

    Examples
    --------
    >>> from auditor.report.figures import Number
    >>> half = Number(text="", interval="", brief="", n=9, small=False, value=0.5, low=0.25, high=0.75)
    >>> whisker(half, (0.0, 1.0), room=9, mark="o")
    '  |-o-|  '
    """
    drawn = [" "] * room
    if number.value is not None:
        low, high = (_place(number.value if end is None else end, ends, room) for end in (number.low, number.high))
        drawn[low : high + 1] = "-" * (high + 1 - low)
        drawn[low] = drawn[high] = "|"
        drawn[_place(number.value, ends, room)] = mark
    return "".join(drawn)


def _place(value: float, ends: tuple[float, float], room: int) -> int:
    inside = min(max(value, ends[0]), ends[1])
    return round((inside - ends[0]) / (ends[1] - ends[0]) * (room - 1))
