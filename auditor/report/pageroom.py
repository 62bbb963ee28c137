"""What page 1 has room for in print: the gravest findings, then what else stands out."""

from __future__ import annotations

from math import ceil
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from auditor.report.names import text_width

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from auditor.report.findings import Row

LINES: Final = 25.0
"""Lines of page 1 for findings, sentences, warnings and what was not tested, headings apart."""
LINE: Final = 45.0
"""Ems of such a line, in the widest font that may stand in."""
BADGE: Final = 16.0
"""Ems that a level and a link take beside a finding."""
RULE: Final = 0.4
"""Lines between two findings."""
BANNER: Final = 3.0
HEADING: Final = 2.5
"""Lines that a banner takes beside its words, and the heading of what else stands out."""
WARNED: Final = 9
"""Lines of warnings that are shown; the rest is counted."""
FEWEST: Final = 3
FIRST: Final = 5
MOST: Final = 8
"""Findings: shown whatever happens, shown before anything else that stands out, shown at most."""


def lines(words: str, *, lead: float = 0) -> int:
    """Count the lines that a text takes.

    Parameters
    ----------
    words
        Any text.
    lead
        Ems that stand before it.

    Returns
    -------
    int
        At least 1.

    Examples
    --------
    >>> lines("Not enough evidence either way.")
    1
    """
    return max(1, ceil((text_width(words) + lead) / LINE))


def cut_warnings(warnings: Sequence[str]) -> list[str]:
    """Keep the warnings that page 1 has room for.

    Parameters
    ----------
    warnings
        Gravest first.

    Returns
    -------
    list of str
        At least one where there is one; what is left out is counted.
    """
    kept = _fitting([lines(words) for words in warnings], WARNED)
    kept = max(kept, 1)
    more = len(warnings) - kept
    return [*warnings[:kept], f"… and {more} more, in audit.json."] if more > 0 else list(warnings)


def share_page(
    rows: Sequence[Row],
    sentences: Sequence[str],
    *,
    others: Sequence[str],
    banner: str,
    marks: Mapping[str, str] = MappingProxyType({}),
) -> tuple[int, int]:
    """Share what is left of page 1 between findings and sentences.

    Parameters
    ----------
    rows
        Findings, gravest first.
    sentences
        What else stands out.
    others
        Everything else that the page says.
    banner
        Nothing where there is none.
    marks
        What was decided about a finding, by its link.

    Returns
    -------
    tuple of int
        How many findings and how many sentences to show.
    """
    room = LINES - sum(map(lines, others)) - (BANNER + lines(banner) if banner else 0)
    leads = [BADGE + text_width(marks.get(row.anchor, "")) for row in rows[:MOST]]
    costs = [lines(row.headline, lead=lead) + RULE for row, lead in zip(rows, leads, strict=False)]
    first = max(_fitting(costs[:FIRST], room), min(FEWEST, len(costs)))
    room -= sum(costs[:first])
    told = _fitting([lines(words) for words in sentences], room - HEADING)
    if told:
        room -= HEADING + sum(lines(words) for words in sentences[:told])
    return first + _fitting(costs[first:], room), told


def _fitting(costs: Sequence[float], room: float) -> int:
    """How many of the first fit."""
    kept = 0
    for cost in costs:
        room -= cost
        if room < 0:
            break
        kept += 1
    return kept
