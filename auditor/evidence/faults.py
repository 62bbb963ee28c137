"""One fault of a dataset: where it is, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Something about one row or file that does not fit.

    Examples
    --------
    >>> print(Fault(line=2, text="label 'docter' is not a class"))
    line 2: label 'docter' is not a class
    >>> print(Fault(file="boxes.csv", line=7, text="inverted box"))
    boxes.csv line 7: inverted box
    """

    text: str
    line: int = 0  # 0 where there is none
    file: str = ""  # "" is the annotations

    def __str__(self) -> str:
        """Where, and what."""
        where = " ".join(part for part in (self.file, f"line {self.line}" if self.line else "") if part)
        return f"{where}: {self.text}" if where else self.text


def name_some(names: Iterable[str], *, shown: int = 3) -> str:
    """The first few names of many.

    Parameters
    ----------
    names
        All of them.
    shown
        How many to name.

    Returns
    -------
    str
        Quoted, with commas, and an ellipsis where there are more.

    Examples
    --------
    >>> name_some(["a", "b", "c", "d"], shown=2)
    "'a', 'b', …"
    """
    every = list(names)
    return ", ".join([*(repr(name) for name in every[:shown]), *(["…"] if len(every) > shown else [])])


def count(number: int, noun: str) -> str:
    """A number and its noun, in the plural where it must be.

    Parameters
    ----------
    number
        How many.
    noun
        Of what; its plural ends in s.

    Returns
    -------
    str
        Such as ``"1 image"``.

    Examples
    --------
    >>> count(1, "image"), count(2, "image")
    ('1 image', '2 images')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
