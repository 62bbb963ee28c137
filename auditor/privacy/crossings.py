"""Crossed attributes: whose cells may be printed, as they are counted nowhere but in the numbers on selection.

A crossing is printed whole or not at all. Its cells sum to the values of both attributes, and what they leave of a
value are images with a record of one attribute alone: these are cells as well.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import permutations
from typing import TYPE_CHECKING, Final

from auditor.privacy.suppression import NOT_RECORDED, THRESHOLD, Size, is_small

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from auditor.documents.document import AttributeFacts, Document
    from auditor.documents.ladder import Estimate

CROSS: Final = " × "
"""Stands between two attributes, and between two values."""
SELECTION: Final = frozenset({"selection_rate", "group_share", "impact_ratio", "flip_one_ratio"})
"""Statistics that tell of crossed attributes."""
COUNTED: Final = "selection_rate"
"""The statistic whose n is the size of each cell."""


def find_small_crossings(document: Document, *, hidden: Collection[str | None]) -> frozenset[str]:
    """Find crossed attributes that must not be told of.

    Parameters
    ----------
    document
        The audit, before anything was taken out of it.
    hidden
        Attributes of which a group is hidden; None, which stands for labels alone, is of no crossing.

    Returns
    -------
    frozenset of str
        Names as the numbers have them; a crossing is among them unless each of its cells is known to be large.
    """
    known = {one.name for one in document.data.attributes}
    cells: dict[str, list[Estimate]] = defaultdict(list)
    for row in document.estimates:
        if row.statistic in SELECTION and row.attribute is not None and row.attribute not in known:
            cells[row.attribute] += [row] if row.statistic == COUNTED else []
    told = (one for one in document.data.attributes if one.name not in hidden)
    large = {
        name
        for one, two in permutations(told, 2)
        if (name := f"{one.name}{CROSS}{two.name}") in cells and _is_large(cells[name], one, two)
    }
    return frozenset(cells) - large


def _is_large(rows: Sequence[Estimate], one: AttributeFacts, two: AttributeFacts) -> bool:
    """Whether every cell of a crossing is empty or large, those without a record of one or both included."""
    sizes = {row.subgroup or NOT_RECORDED: row.n for row in rows}
    without = sizes.pop(NOT_RECORDED, 0)
    table = {
        (value, other): sizes.pop(f"{value}{CROSS}{other}", 0) for value in _recorded(one) for other in _recorded(two)
    }
    if sizes or any(is_small(Size(row.n, row.clusters)) for row in rows):  # a cell that is of no two values
        return False
    left = [n - sum(table[value, other] for other in _recorded(two)) for value, n in _recorded(one).items()]
    left += [n - sum(table[value, other] for value in _recorded(one)) for other, n in _recorded(two).items()]
    # Below none is what names leave that can be read in two ways.
    return all(n == 0 or n >= THRESHOLD for n in (*left, without - sum(left)))


def _recorded(attribute: AttributeFacts) -> dict[str, int]:
    return {value: n for value, n in attribute.counts.items() if value != NOT_RECORDED}
