"""Text for formats that are not pages: letters that no file may hold, lines that must stay one, files written whole."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from auditor.errors import RenderError

if TYPE_CHECKING:
    import os

UNREADABLE: Final = "\N{REPLACEMENT CHARACTER}"
_FORBIDDEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""Controls, halves of surrogate pairs and what is no character: XML holds none of them."""
_TURNING: Final = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides and isolates: they turn the words that follow. Scripts that run from the right need none."""
_BREAKS: Final = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029 ]+")


def clean(text: str) -> str:
    r"""Text that every format can hold, line breaks kept.

    Parameters
    ----------
    text
        From the user's data.

    Returns
    -------
    str
        With a replacement character for each that is forbidden.

    Examples
    --------
    >>> clean("face\x00") == "face\N{REPLACEMENT CHARACTER}"
    True
    """
    return _FORBIDDEN.sub(UNREADABLE, text)


def prose(text: str) -> str:
    r"""Text of several lines that turns nothing around it.

    Parameters
    ----------
    text
        From the user's data.

    Returns
    -------
    str
        Without marks that override the direction of writing.

    Examples
    --------
    >>> len(prose("\u202eegral\nface"))
    11
    """
    return clean(_TURNING.sub(UNREADABLE, text))


def line(text: str, most: int | None = None) -> str:
    r"""Text on one line that turns nothing around it.

    Parameters
    ----------
    text
        From the user's data.
    most
        Characters at most; what is longer is cut in its middle.

    Returns
    -------
    str
        Without breaks and without marks that override the direction of writing.

    Examples
    --------
    >>> line("coat\nand  hair", 10)
    'coat …hair'
    """
    flat = prose(_BREAKS.sub(" ", text)).strip()
    if most is None or len(flat) <= most:
        return flat
    tail = (most - 1) // 2
    return f"{flat[: most - 1 - tail]}…{flat[len(flat) - tail :]}"


def write_text(path: str | os.PathLike[str], text: str, *, what: str) -> None:
    """Write a file of text, the same bytes on every system.

    Parameters
    ----------
    path
        Where to.
    text
        Without forbidden characters.
    what
        It is called in an error.

    Raises
    ------
    RenderError
        If the file cannot be written.
    """
    try:
        Path(path).write_bytes(text.encode("utf-8"))
    except OSError as error:
        msg = f"{path}: the {what} cannot be written: {error.strerror or error}; choose another folder"
        raise RenderError(msg) from error
