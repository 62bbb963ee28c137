"""How many images would settle an open question: one answer for all ways of hiding, or no number at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.analysis.joint_tests import margin_of
from auditor.analysis.margins import needed
from auditor.analysis.questions import Q

if TYPE_CHECKING:
    from auditor.analysis.questions import Cell, Part


def count_needed(cell: Cell, *, guarded: bool, doubted: bool) -> int | None:
    """Images until an effect is found or ruled out in every way of hiding, if it is as large as it looks.

    Parameters
    ----------
    cell
        An open question.
    guarded
        Whether something shows that unequal regions did not make the effect: else it is not found with any number.
    doubted
        Whether something else speaks against ruling it out: else it is not ruled out with any number.

    Returns
    -------
    int or None
        The smaller of the two numbers. None where ways of hiding lie on different sides of the margin or contradict
        each other: if they are as they look, more images would only make that surer.
    """
    least, most = margin_of(cell)
    numbers = [
        _count(cell, least, beyond=True) if guarded and cell.one_way else None,
        _count(cell, most, beyond=False) if not doubted else None,
    ]
    return min((number for number in numbers if number is not None), default=None)


def ways_part(cell: Cell) -> bool:
    """Whether ways of hiding lie on different sides of the margin, or beyond it in opposite directions.

    Parameters
    ----------
    cell
        An open question.

    Returns
    -------
    bool
        True where neither *found* nor *ruled out* would become of it with any number of images, if the effects are as
        they look.
    """
    least, most = margin_of(cell)
    beyond = cell.one_way and all(part.size > least for part in cell.parts)
    return not beyond and not all(part.size < most for part in cell.parts)


def _count(cell: Cell, delta: float, *, beyond: bool) -> int | None:
    """The most that any way of hiding needs; None where one has its effect on the other side, or none needs any."""
    numbers = [_count_part(part, delta, beyond=beyond) for part in cell.parts]
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers) or all(number <= part.n for number, part in zip(known, cell.parts, strict=True)):
        return None
    return max(known)


def _count_part(part: Part, delta: float, *, beyond: bool) -> int | None:
    if not (part.size > delta if beyond else part.size < delta):
        return None
    low, high = part.interval(1 - Q)
    if part.estimate < 0 < part.size:  # a shift the other way
        low, high = -high, -low
    reach = part.size - low if beyond else high - part.size
    return needed(part.n, reach, estimate=part.size, delta=delta)
