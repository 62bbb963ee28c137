"""Texts cut into sentences or items, and never within a name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from auditor.report.phrases import fold

if TYPE_CHECKING:
    from collections.abc import Iterable


class Cutter:
    """Cuts texts where a pattern is, but never within a name.

    Parameters
    ----------
    pattern
        What is between two parts.
    names
        Folded.

    Examples
    --------
    >>> Cutter(r" and ", ["salt and pepper"]).cut("sugar and salt and pepper")
    ['sugar', ' and ', 'salt and pepper']
    """

    def __init__(self, pattern: str, names: Iterable[str]) -> None:
        spoken = (name for name in names if re.search(r"\w", name))  # a folder called "." is every full stop
        held = sorted((name for name in spoken if re.search(pattern, f"{name} x")), key=len, reverse=True)
        # what goes on in small letters after a name with a full stop is the same sentence
        ends = (r"(?:\s+(?=[a-z]))?" if name[-1] in ".!?" else r"(?!\w)" for name in held)
        kept = [rf"(?<!\w){re.escape(name)}{end}" for name, end in zip(held, ends, strict=True)]
        self._pattern = re.compile("|".join([*kept, f"(?P<cut>{pattern})"]))

    def cut(self, text: str) -> list[str]:
        """Cut a text.

        Parameters
        ----------
        text
            Squeezed.

        Returns
        -------
        list of str
            Parts, and what is between them in every second place.
        """
        parts, start = list[str](), 0
        for match in self._pattern.finditer(fold(text)):
            if match["cut"] is not None:
                parts += [text[start : match.start()], text[match.start() : match.end()]]
                start = match.end()
        return [*parts, text[start:]]
