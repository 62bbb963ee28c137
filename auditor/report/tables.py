"""Tables as plain data: what stands in each cell, and how it is marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from auditor.report.figures import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_T = TypeVar("_T")

COLUMNS: Final = 8
"""Columns of a table before it is split."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell."""

    text: str
    note: str = ""  # a second, smaller line
    colour: str = ""  # of the ground; the ink stays dark
    small: bool = False  # hatched
    head: bool = False  # names its row
    numeric: bool = False
    code: bool = False
    strong: bool = False
    faint: bool = False  # stands for what is not there
    source: str = ""  # where it comes from, unless that is what the table says


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table with a caption."""

    caption: str
    columns: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    kind: str = "plain"  # plain, heat, matrix, facts, long
    source: str = "measured"  # where its numbers and fields come from: words of `ladder.Source`
    verbatim: bool = False  # its rows hold words of a file or a machine, the same in every language


def text(value: str, *, note: str = "", code: bool = False, source: str = "") -> Cell:
    """Put words into a cell.

    Parameters
    ----------
    value
        What stands in it.
    note
        A second line.
    code
        Whether it is set in a fixed-width face.
    source
        Where it comes from, unless that is what its table says.

    Returns
    -------
    Cell
        Set flush left.

    Examples
    --------
    >>> text("doctor").text
    'doctor'
    """
    return Cell(text=value, note=note, code=code, source=source)


def head(value: str, *, note: str = "") -> Cell:
    """Put the name of a row or column into a cell.

    Parameters
    ----------
    value
        The name.
    note
        A second line.

    Returns
    -------
    Cell
        Marked as a heading.

    Examples
    --------
    >>> head("doctor").head
    True
    """
    return Cell(text=value, note=note, head=True)


def whole(value: int, *, note: str = "") -> Cell:
    """Put a count into a cell.

    Parameters
    ----------
    value
        The count.
    note
        A second line.

    Returns
    -------
    Cell
        Set flush right.

    Examples
    --------
    >>> whole(1200).text
    '1,200'
    """
    return Cell(text=count(value), note=note, numeric=True)


def figure(value: str, *, note: str = "") -> Cell:
    """Put a printed number into a cell.

    Parameters
    ----------
    value
        As `figures` prints it.
    note
        A second line.

    Returns
    -------
    Cell
        Set flush right.

    Examples
    --------
    >>> figure("62 %").numeric
    True
    """
    return Cell(text=value, note=note, numeric=True)


def number_head(value: str, *, note: str = "") -> Cell:
    """Name a column of numbers.

    Parameters
    ----------
    value
        The name.
    note
        A second line.

    Returns
    -------
    Cell
        A heading, flush right.

    Examples
    --------
    >>> number_head("n").numeric
    True
    """
    return Cell(text=value, note=note, head=True, numeric=True)


def chunks(items: Sequence[_T], size: int = COLUMNS) -> Iterator[Sequence[_T]]:
    """Split a sequence into runs of nearly equal length, none longer than a size.

    Parameters
    ----------
    items
        Any sequence.
    size
        At most so many in each.

    Yields
    ------
    sequence
        In order.

    Examples
    --------
    >>> [len(run) for run in chunks(range(10), 8)]
    [5, 5]
    """
    parts = -(-len(items) // size)
    for k in range(parts):
        yield items[k * len(items) // parts : (k + 1) * len(items) // parts]


def listed(names: Iterable[str], *, last: str = "and") -> str:
    """Join names as a sentence does.

    Parameters
    ----------
    names
        In the order wanted.
    last
        The word before the last one.

    Returns
    -------
    str
        Nothing for no names.

    Examples
    --------
    >>> listed(["face", "hair", "coat"])
    'face, hair and coat'
    """
    *most, final = list(names) or [""]
    return f"{', '.join(most)} {last} {final}" if most else final
