"""Names from the user's data in print: how wide they are set, and how long ones are cut."""

from __future__ import annotations

import unicodedata
from typing import Final

NOT_RECORDED: Final = "not recorded"
"""How an empty attribute value reads."""

NAME_WIDTH: Final = 17.0
"""Ems that a name may take: about thirty letters."""


def value_name(value: str) -> str:
    """An attribute value as it reads in print.

    Parameters
    ----------
    value
        As in the annotations; empty where they say nothing.

    Returns
    -------
    str
        The value, or *not recorded*.

    Examples
    --------
    >>> value_name("")
    'not recorded'
    """
    return shown(value) if value else NOT_RECORDED


def shown(name: str) -> str:
    """A name from the user's data as it stands in tables, charts and sentences.

    Parameters
    ----------
    name
        Of a class, an attribute, a region, of any length.

    Returns
    -------
    str
        Cut in its middle where it is too long.

    Examples
    --------
    >>> shown("stethoscope")
    'stethoscope'
    """
    return shorten(name, NAME_WIDTH)


def shorten(text: str, width: float) -> str:
    """Text cut to a width, with an ellipsis where it was cut.

    Parameters
    ----------
    text
        Any text.
    width
        In ems: a Latin letter counts about one half, an East Asian one a whole.

    Returns
    -------
    str
        The text itself where it fits; else its two ends, so that names that begin alike stay apart.

    Examples
    --------
    >>> shorten("stethoscope", 4)
    'st…pe'
    """
    if text_width(text) <= width:
        return text
    head, tail = "", ""
    for first, last in zip(text, reversed(text), strict=True):
        if text_width(head + first + last + tail) > width - 1:
            break
        head, tail = head + first, last + tail
    return f"{head.rstrip()}…{tail.lstrip()}"


def text_width(text: str) -> float:
    """About how wide a text is set.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    float
        In ems of a sans-serif face.

    Examples
    --------
    >>> text_width("face") < text_width("stethoscope")
    True
    """
    return sum(_letter_width(character) for character in text)


def _letter_width(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in "iljtf.,:;|!'()[] ":
        return 0.34
    return 0.72 if character.isupper() or character in "mw%@" else 0.58
