"""Gate mode: all questions tested at once, so that the chance of even one false finding is held.

The declared questions are one family, and each is asked in several ways of hiding that must all agree. Every question
in every way is a test of its own in the step-down procedure of Westfall and Young, and a question counts as found where
all of its ways do: so one false finding takes one false test, whichever way it is that shows nothing.

Each test has two hypotheses to reject, and its p-value is the larger: that the region's content has no part in the
answer at all, where the permutations are exact; and that its part is no larger than the margin, where the same
permutations, moved to the margin, tell what chance adds there. Distances are counted from the mean of the permutations,
in their standard deviations: where a region is larger in one group, so that its area alone makes a shift, permutations
within fifths of area keep that shift, and only what goes beyond it counts.

Draws are shared by all regions and ways of hiding, for each attribute and for the questions without one: what these
have in common is in the draws. Between attributes draws are independent, which is on the safe side: of numbers that
are jointly normal, the largest in size is largest where they are independent.

References
----------
Westfall & Young (1993), Resampling-Based Multiple Testing, algorithm 4.1. Berger (1982), Multiparameter hypothesis
testing and acceptance sampling. Technometrics 24, 295-300: the larger of two p-values, and of those of all ways. Šidák
(1967), Rectangular confidence regions for the means of multivariate normal distributions. JASA 62, 626-633, theorem 1:
independence is the worst case.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.special import ndtri, stdtr

from auditor.analysis.margins import MARGINS
from auditor.analysis.multiplicity import step_down_by_part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.analysis.questions import Cell, Part
    from auditor.geometry import FloatArray

FWER: Final = 0.05
"""Chance of even one false finding, in gate mode."""
_AT_ONCE: Final = 20_000_000
_ROUNDING: Final = 1e-5  # draws are summed in single precision: what is nearly as far out counts as being as far out


def adjust_jointly(cells: Sequence[Cell]) -> FloatArray:
    """P-value of each question, adjusted so that the chance of even one false finding among all of them is held.

    Parameters
    ----------
    cells
        The whole family.

    Returns
    -------
    ndarray
        ``(cells,)`` in (0, 1]; the largest over the ways of hiding, 1 where these contradict one another. NaN where a
        question could not be tested, or was asked without draws.
    """
    p = np.full(len(cells), np.nan)
    asked = [
        (i, part)
        for i, cell in enumerate(cells)
        if cell.reason is None and all(part.null is not None for part in cell.parts)
        for part in cell.parts
    ]
    if not asked:
        return p
    tests = [_weigh(part, margin_of(cells[i])[0]) for i, part in asked]
    nothing = _step_down(tests, [test.size for test in tests], at_margin=False)
    margin = _step_down(tests, [test.distance for test in tests], at_margin=True)
    for (i, _), value in zip(asked, np.maximum(nothing, margin), strict=True):
        p[i] = max(value, np.nan_to_num(p[i])) if cells[i].one_way else 1.0
    return p


def margin_of(cell: Cell) -> tuple[float, float]:
    """From where an effect counts as use, and below which use is ruled out.

    Parameters
    ----------
    cell
        The question.

    Returns
    -------
    tuple of float
        In the unit of its estimates: the margin of the finding, and that of ruling out.
    """
    if cell.attribute is not None:
        return MARGINS["alignment"].material, MARGINS["alignment"].material
    return MARGINS["flips"].minor, MARGINS["flips"].material


class _Test(NamedTuple):
    """One question in one way of hiding."""

    null: FloatArray  # (draws,)
    centre: float  # of the null
    spread: float  # of the null; 1 where it does not vary
    signed: bool  # whether an effect counts in both directions
    ahead: float  # the margin in standard errors, on the side of the estimate
    size: float  # how far the estimate lies beyond the centre, in spreads
    distance: float  # from the margin outward, as a normal deviate

    def draw(self, rows: slice, *, at_margin: bool) -> FloatArray:
        """Size, or distance from the margin, in some draws; at the margin they lie around it."""
        pivot = (self.null[rows] - self.centre) / self.spread
        if at_margin:
            return np.abs(self.ahead + pivot) - abs(self.ahead) if self.signed else pivot
        return np.abs(pivot) if self.signed else pivot


def _weigh(part: Part, delta: float) -> _Test:
    null = part.null if part.null is not None else np.zeros(0)
    known = null[np.isfinite(null)]
    centre, spread = (float(known.mean()), float(known.std())) if len(known) else (0.0, 0.0)
    spread = spread if spread > 0 else 1.0
    signed = part.both_ways is not None
    side = math.copysign(1.0, part.estimate) if signed else 1.0
    error = part.error if part.error > 0 else math.nan
    near = (side * part.estimate - delta) / error
    return _Test(
        null=null,
        centre=centre,
        spread=spread,
        signed=signed,
        ahead=side * float(np.nan_to_num(delta / error)),
        size=side * (part.estimate - centre) / spread,
        distance=-float(ndtri(stdtr(max(part.freedom, 1), -near))) if math.isfinite(near) else -math.inf,
    )


def _step_down(tests: Sequence[_Test], observed: Sequence[float], *, at_margin: bool) -> FloatArray:
    least = np.array(observed)
    slack = _ROUNDING * np.abs(np.where(np.isfinite(least), least, 0.0))
    return step_down_by_part(least - slack, _draw(tests, at_margin=at_margin))


def _draw(tests: Sequence[_Test], *, at_margin: bool) -> Iterator[FloatArray]:
    """Draws of all tests, as many as each has, in slices."""
    draws = min(len(test.null) for test in tests)
    step = max(1, _AT_ONCE // len(tests))
    for start in range(0, draws, step):
        rows = slice(start, min(start + step, draws))
        yield np.column_stack([test.draw(rows, at_margin=at_margin) for test in tests])
