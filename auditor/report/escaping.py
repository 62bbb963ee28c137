"""Escaping: text from the user's data on one line of Markdown, with nothing in it that is read as mark-up."""

from __future__ import annotations

import re
from typing import Final

from auditor.report.plaintext import line

LONGEST: Final = 400
"""Characters of a sentence."""
NAME: Final = 60.0
"""Ems of a title."""
_MARKS: Final = re.compile(r"([\\`*_\[\]|~{}$])")
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_CALLS: Final = re.compile(r"(?<=[@~])(?=\w)|(?<=[#!%&$])(?=\d)|(?<=[~%])(?=\")|(?<=\bGH)(?=-\d)", re.IGNORECASE)
"""Where code hosts would take a name for a person, a ticket, a milestone or a label, and tell somebody."""
_JOINER: Final = "\N{WORD JOINER}"
_START: Final = re.compile(r"^(?:([#=+-])|(\d+)([.)]))")


def escape(text: str, most: int | None = None) -> str:
    r"""Text that Markdown prints as it is.

    Parameters
    ----------
    text
        From the user's data.
    most
        Characters at most, before they are escaped.

    Returns
    -------
    str
        On one line, without mark-up, HTML, links, mentions or cells of a table.

    Examples
    --------
    >>> escape("<b>`a|b`</b>")
    '&lt;b&gt;\\`a\\|b\\`&lt;/b&gt;'
    >>> escape("http://x")
    'http:\\//x'
    """
    flat = _MARKS.sub(r"\\\1", _CALLS.sub(_JOINER, line(text, most)))
    flat = "".join(_ENTITIES.get(letter, letter) for letter in flat)
    return flat.replace("://", ":\\//").replace("www.", "www\\.")


def paragraph(text: str, most: int | None = None) -> str:
    r"""Text that begins a line of Markdown: it makes no heading, list or rule either.

    Parameters
    ----------
    text
        From the user's data.
    most
        Characters at most, before they are escaped.

    Returns
    -------
    str
        As `escape` gives it, its first mark escaped as well.

    Examples
    --------
    >>> paragraph("1. # x"), paragraph("# x")
    ('1\\. # x', '\\# x')
    """
    flat = escape(text, most)
    return _START.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", flat)
