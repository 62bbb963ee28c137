"""The third rung: whether hiding a region changes the answer, and what to believe when that is asked many times."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from auditor.analysis.joint_tests import FWER, adjust_jointly, margin_of
from auditor.analysis.margins import FOUND, MARGINS, RULED_OUT, decide
from auditor.analysis.multiplicity import adjust, descend, fcr_level, simes, unite
from auditor.analysis.questions import Q
from auditor.analysis.settling import count_needed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from auditor.analysis.questions import Cell
    from auditor.documents.ladder import Answer
    from auditor.geometry import BoolArray, FloatArray

UNTESTED: Final = "not evaluated"


class Use(NamedTuple):
    """The answer to one cell.

    Attributes
    ----------
    cell
        The question.
    answer
        By the three-way rule.
    p_value, q_value, by_value
        The largest over the ways of hiding; adjusted over the families by Benjamini-Hochberg, and by
        Benjamini-Yekutieli, which holds under any dependence. NaN where not tested.
    familywise
        Adjusted by Westfall and Young's maxT over all cells and ways of hiding; NaN where not tested, or without draws.
    level
        Of the interval that allows for having picked this cell.
    guarded
        What shows that unequal regions did not make the shift; None where nothing does.
    needed
        Images that would settle an open question.
    doubt
        What else speaks against ruling the cell out; None where nothing does.
    """

    cell: Cell
    answer: Answer
    p_value: float
    q_value: float
    by_value: float
    familywise: float
    level: float
    guarded: str | None
    needed: int | None
    doubt: str | None = None


def judge(
    cells: Sequence[Cell],
    *,
    guards: Callable[[Cell], str | None] = lambda _: None,
    doubts: Callable[[Cell], str | None] = lambda _: None,
) -> list[Use]:
    """Answer every cell, with what asking all of them costs.

    Cells of one region and attribute are a family: families are tested first, and their cells only inside of those
    that were rejected, so that one effect that shows in several cells is one finding.

    Parameters
    ----------
    cells
        All that were asked.
    guards
        What else shows that a shift is not made by unequal regions, for a cell whose two sides are not both pushed.
    doubts
        What speaks against ruling a cell out although hiding the region shifts nothing.

    Returns
    -------
    list of Use
        In the same order.
    """
    if not cells:
        return []
    test = _test(cells)
    familywise = adjust_jointly(cells)
    return [
        _answer(
            cell,
            guard=guards(cell),
            doubt=doubts(cell),
            rejected=bool(test.rejected[i]),
            level=test.level,
            values=(float(test.p[i]), float(test.q[i]), float(test.by[i]), float(familywise[i])),
        )
        for i, cell in enumerate(cells)
    ]


def hold(use: Use) -> Answer:
    """Answer in gate mode: found only so that the chance of even one false finding among all cells is held.

    Parameters
    ----------
    use
        Of `judge`, with the adjusted p-value of gate mode.

    Returns
    -------
    str
        As `Use.answer`, with the adjusted p-value in the place of the false discovery rate and its intervals; what else
        a finding asks for stays.

    References
    ----------
    Westfall & Young (1993), Resampling-Based Multiple Testing, algorithm 4.1: see `auditor.analysis.joint_tests`.
    """
    if use.answer == UNTESTED:
        return UNTESTED
    if use.familywise <= FWER and _is_found(use.cell, level=1 - Q, guard=use.guarded):
        return "found"
    return "ruled out" if use.doubt is None and is_small(use.cell) else "not enough evidence"


def flag(cells: Sequence[Cell], *, guards: Callable[[Cell], str | None] = lambda _: None) -> list[bool | None]:
    """Say which cells `judge` finds, without what else it says of them.

    Parameters
    ----------
    cells, guards
        As there.

    Returns
    -------
    list of bool or None
        In the same order; None where a cell cannot be tested.
    """
    test = _test(cells) if cells else None
    return [
        None
        if test is None or cell.reason is not None
        else bool(test.rejected[i]) and _is_found(cell, level=test.level, guard=guards(cell))
        for i, cell in enumerate(cells)
    ]


class _Test(NamedTuple):
    """Of every cell, tested with all others: p-values as in `Use`, and whether it is rejected."""

    p: FloatArray
    q: FloatArray
    by: FloatArray
    rejected: BoolArray
    level: float  # of the intervals of rejected cells


def _test(cells: Sequence[Cell]) -> _Test:
    keys = list(dict.fromkeys((cell.region, cell.attribute) for cell in cells))
    family = np.array([keys.index((cell.region, cell.attribute)) for cell in cells])
    p = np.array([_unite(cell) for cell in cells])
    pooled = np.array([simes(p[family == number]) for number in range(len(keys))])
    tested = descend(pooled, p, family, q=Q)
    level = fcr_level(int(tested.rejected_cells.sum()), int((~np.isnan(p)).sum()), q=Q)
    return _Test(p, tested.family_q[family], adjust(pooled, method="by")[family], tested.rejected_cells, level)


def _unite(cell: Cell) -> float:
    """The largest p-value over the ways of hiding; NaN where the cell cannot be tested, 1 where they contradict."""
    if cell.reason is not None:
        return math.nan
    if not cell.one_way:
        return 1.0
    return float(unite(np.array([[part.p_value for part in cell.parts]]))[0])


def _answer(
    cell: Cell,
    *,
    guard: str | None,
    doubt: str | None,
    rejected: bool,
    level: float,
    values: tuple[float, float, float, float],
) -> Use:
    if cell.reason is not None:
        return Use(cell, UNTESTED, *values, level=1 - Q, guarded=None, needed=None)
    guarded = _guard(cell) or guard
    if rejected and _is_found(cell, level=level, guard=guarded):
        return Use(cell, "found", *values, level=level, guarded=guarded, needed=None)
    if doubt is None and is_small(cell):
        return Use(cell, "ruled out", *values, level=1 - Q, guarded=guarded, needed=None)
    more = count_needed(cell, guarded=guarded is not None, doubted=doubt is not None)
    return Use(cell, "not enough evidence", *values, level=1 - Q, guarded=guarded, needed=more, doubt=doubt)


def is_small(cell: Cell) -> bool:
    """Whether the effect is small in every way of hiding, and so is that of the region itself.

    Parameters
    ----------
    cell
        The question.

    Returns
    -------
    bool
        True for what is ruled out, unless something else speaks against it.
    """
    return _lies_within(cell) and _stays_small_alone(cell)


def rests_on_controls(cell: Cell) -> bool:
    """Whether an effect lies beyond the margin, or within it, only once what hiding controls does is taken off.

    Parameters
    ----------
    cell
        The question.

    Returns
    -------
    bool
        True where this alone is why a cell is neither found nor ruled out.
    """
    beyond, within = _lies_beyond(cell, level=1 - Q), _lies_within(cell)
    return (beyond and not _shows_alone(cell)) or (within and not _stays_small_alone(cell))


def _lies_within(cell: Cell) -> bool:
    most, signed = margin_of(cell)[1], cell.attribute is not None
    return all(decide(*part.interval(1 - Q), most, signed=signed) == RULED_OUT for part in cell.parts)


def _lies_beyond(cell: Cell, *, level: float) -> bool:
    least, signed = margin_of(cell)[0], cell.attribute is not None
    return cell.one_way and all(decide(*part.interval(level), least, signed=signed) == FOUND for part in cell.parts)


def _is_found(cell: Cell, *, level: float, guard: str | None) -> bool:
    """Whether a rejected cell is use: large enough in every way of hiding, and not made by anything else."""
    return _lies_beyond(cell, level=level) and (guard or _guard(cell)) is not None and _shows_alone(cell)


def _shows_alone(cell: Cell) -> bool:
    """Whether hiding the region moves the sides the same way, and as far, with nothing taken off for controls.

    A control may lie on what the model does use. Taking off what hiding it does then makes a shift of a region that has
    none, in the other direction and in both sides: use must show in the region itself as well as in the difference. A
    direction alone is not enough: a network each cell of which sees the whole picture had a shift of -0.01 SD in a
    region that it did not use, and of -0.13 SD once its controls were taken off.
    """
    least = margin_of(cell)[0]
    for part in cell.parts:
        if part.uncontrolled is not None:
            low, high = part.uncontrolled()
            nearest = low if part.estimate > 0 else -high
            if not nearest > least:
                return False
    return True


def _stays_small_alone(cell: Cell) -> bool:
    """Whether hiding the region does little with nothing taken off for controls, too.

    Controls that lie on what the model uses as well take off as much as the region does: the difference is small then,
    and the region is used all the same.
    """
    most, signed = margin_of(cell)[1], cell.attribute is not None
    alone = [part.uncontrolled() for part in cell.parts if part.uncontrolled is not None]
    return all(decide(*limits, most, signed=signed) == RULED_OUT for limits in alone)


def _guard(cell: Cell) -> str | None:
    """Unequal regions push both sides one way; only use pushes them in opposite directions."""
    if cell.attribute is None:
        return None
    pushed = all(part.both_ways is not None and part.both_ways()[0] > MARGINS["alignment"].minor for part in cell.parts)
    return "the two sides are pushed in opposite directions" if pushed else None
