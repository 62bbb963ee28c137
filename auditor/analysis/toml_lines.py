"""Where things stand in a TOML file: the line of each table and key, for errors that point at them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

Place = tuple[str | int, ...]

_HEAD: Final = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]")
_KEY: Final = re.compile(
    r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_PART: Final = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_FENCE: Final = re.compile(r'"""|\'\'\'')


def find_lines(text: str) -> dict[Place, int]:
    r"""Find the lines of tables and keys.

    Parameters
    ----------
    text
        Of a TOML file that was read without a fault.

    Returns
    -------
    dict
        Line, from 1, by place: the names on the way from the top, and the number of an array's table, from 0. Keys of
        inline tables stand on the line of what holds them, which is not listed again.

    Examples
    --------
    >>> find_lines('title = "x"\n[[rule]]\nmin_n = 20\n')
    {('title',): 1, ('rule', 0): 2, ('rule', 0, 'min_n'): 3}
    """
    lines: dict[Place, int] = {}
    table: Place = ()
    counts: dict[Place, int] = {}
    for number, line in _outside_strings(text):
        head, key = _HEAD.match(line), _KEY.match(line)
        if head and not key:
            table = _parts(head[2])
            if head[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            lines.setdefault(table, number)
        elif key:
            lines.setdefault((*table, *_parts(key[1])), number)
    return lines


def _parts(dotted: str) -> Place:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def _outside_strings(text: str) -> Iterator[tuple[int, str]]:
    """Lines that do not begin within a text of several lines or within an array."""
    fence, depth = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not fence and depth == 0:
            yield number, line
        for mark in _FENCE.findall(line):
            fence = "" if mark == fence else fence or mark
        depth = max(depth + _opened(line), 0) if not fence and not _HEAD.match(line) else depth


def _opened(line: str) -> int:
    """Brackets opened and not closed, those in texts and comments left aside."""
    bare = re.sub(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'", "", line).partition("#")[0]
    return bare.count("[") - bare.count("]")
