"""Small groups: which cells of a table must not be printed, so that none of them can be computed back from the others.

A cell is a group of people: those of a label, with a value of an attribute, or both. Cells below the threshold are
hidden (primary suppression). A hidden cell that totals and other cells still give away takes another cell with it
(complementary suppression): lines of the table, each a total and its parts, are linear equations, and a hidden cell is
given away where they have one solution for it.

References
----------
Willenborg, L. and de Waal, T. (2001). Elements of Statistical Disclosure Control, chapters 5 and 6. Springer.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

THRESHOLD: Final = 5
"""Groups of fewer are hidden."""
NOT_RECORDED: Final = ""
MOST_UNKNOWNS: Final = 600
"""Of one system of equations; a table with more hidden cells loses all cells that are split twice."""
_NOISE: Final = 1e-8


class Group(NamedTuple):
    """Whom a cell is about; None means *not split by it*."""

    label: str | None = None
    attribute: str | None = None
    subgroup: str | None = None


class Size(NamedTuple):
    """How many a cell rests on."""

    images: int
    persons: int  # independent cases: images where nobody knows whose they are


class Line(NamedTuple):
    """A total and the parts that sum to it."""

    total: Group
    parts: tuple[Group, ...]

    @property
    def cells(self) -> tuple[Group, ...]:
        """All of them."""
        return (self.total, *self.parts)


def hide_groups(
    sizes: Mapping[Group, Size], *, hidden: Iterable[Group] = (), threshold: int = THRESHOLD
) -> frozenset[Group]:
    """Choose the cells of a table that must not be printed.

    Parameters
    ----------
    sizes
        Every cell, with totals; a total that is not there counts as printed elsewhere.
    hidden
        Cells that are hidden already, for another reason; those that are not of this table as well.
    threshold
        A cell of fewer persons, and not none, is hidden.

    Returns
    -------
    frozenset of Group
        Small cells, those hidden already, and those that would give one of them away.

    Examples
    --------
    >>> counts = {"old": 3, "mid": 7, "young": 20}
    >>> sizes = {Group(): Size(30, 30)} | {Group(None, "age", value): Size(n, n) for value, n in counts.items()}
    >>> sorted(group.subgroup for group in hide_groups(sizes))
    ['mid', 'old']
    """
    lines = list_lines(sizes)
    gone = {group for group, size in sizes.items() if is_small(size, threshold)}
    gone |= set(hidden).intersection(cell for line in lines for cell in line.cells) | (set(hidden) & set(sizes))
    while gone:
        chosen = _choose_by_line(lines, sizes, gone, threshold=threshold) or _choose_by_algebra(lines, sizes, gone)
        if not chosen:
            break
        gone |= chosen
    return frozenset(gone)


def is_small(size: Size, threshold: int = THRESHOLD) -> bool:
    """Say whether a cell is too small to print.

    Parameters
    ----------
    size
        Of the cell.
    threshold
        See `hide_groups`.

    Returns
    -------
    bool
        False where it is empty: there is nobody to tell about.
    """
    return 0 < min(size) < threshold


def list_lines(cells: Iterable[Group]) -> list[Line]:
    """List the sums that hold among the cells of a table.

    Parameters
    ----------
    cells
        Of the table.

    Returns
    -------
    list of Line
        Values of each attribute sum to each label, and labels to each value.
    """
    by_value: dict[Group, list[Group]] = defaultdict(list)
    by_label: dict[Group, list[Group]] = defaultdict(list)
    for cell in cells:
        if cell.attribute is not None and cell.subgroup is not None:
            by_value[Group(cell.label, cell.attribute)].append(cell)
        if cell.label is not None:
            by_label[cell._replace(label=None)].append(cell)
    down = (Line(Group(key.label), tuple(parts)) for key, parts in by_value.items())
    across = (Line(total, tuple(parts)) for total, parts in by_label.items())
    return [*down, *across]


def _choose_by_line(
    lines: Iterable[Line], sizes: Mapping[Group, Size], gone: AbstractSet[Group], *, threshold: int
) -> set[Group]:
    """Cells to hide as well, for each line that gives a hidden one away, or the few whom its hidden ones are."""
    more: set[Group] = set()
    for line in lines:
        now = gone | more if more else gone
        away = [cell for cell in line.cells if cell in now]
        few = line.total not in now and 0 < sum(sizes[cell].persons for cell in away if cell in sizes) < threshold
        if len(away) == 1 or few:
            more |= _least(line, sizes, now)
    return more


def _choose_by_algebra(lines: list[Line], sizes: Mapping[Group, Size], gone: AbstractSet[Group]) -> set[Group]:
    """A cell to hide as well, where several lines together give a hidden one away."""
    if len(gone) > MOST_UNKNOWNS:
        return {cell for cell in sizes if cell.label is not None and cell.subgroup is not None} - gone
    unsure = [line for line in lines if not gone.isdisjoint(line.cells)]
    for cell in find_exposed(lines, gone):
        # Its own lines first; where all in them are hidden or empty, it is another line that gives it away.
        for line in sorted(unsure, key=lambda line: cell not in line.cells):
            chosen = _least(line, sizes, gone)
            if chosen:
                return chosen
    return set()


def _least(line: Line, sizes: Mapping[Group, Size], gone: AbstractSet[Group]) -> set[Group]:
    """What is missed least of a line: those not recorded, then the smallest part, the total last."""
    left = [cell for cell in line.parts if cell not in gone and sizes[cell].images]
    if left:
        return {min(left, key=lambda cell: (cell.subgroup != NOT_RECORDED, sizes[cell].images, _spelled(cell)))}
    last = line.total in sizes and line.total not in gone and line.total != Group()
    return {line.total} if last else set()


def _spelled(cell: Group) -> tuple[str, ...]:
    return tuple(part or "" for part in cell)


def find_exposed(lines: Iterable[Line], gone: Iterable[Group]) -> Iterator[Group]:
    """Find hidden cells that the printed ones give away exactly.

    Parameters
    ----------
    lines
        The sums that hold.
    gone
        Hidden cells.

    Yields
    ------
    Group
        Cells that take one value only in all solutions of the equations.
    """
    unknown = {cell: place for place, cell in enumerate(gone)}
    rows = [
        [(unknown[cell], 1.0 if cell == line.total else -1.0) for cell in line.cells if cell in unknown]
        for line in lines
    ]
    rows = [row for row in rows if row]
    if not rows:
        return
    matrix = np.zeros((len(rows), len(unknown)))
    for k, row in enumerate(rows):
        for place, sign in row:
            matrix[k, place] = sign
    _, scale, turned = np.linalg.svd(matrix, full_matrices=True)
    rank = int((scale > _NOISE).sum())
    free = np.abs(turned[rank:]).max(axis=0, initial=0.0)
    yield from (cell for cell, place in unknown.items() if free[place] < _NOISE)
