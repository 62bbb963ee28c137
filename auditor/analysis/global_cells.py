"""The questions on properties of whole pictures: whether bringing one to one value moves its two sides apart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.analysis.margins import MARGINS, exceed
from auditor.analysis.questions import Cell, Part, Q
from auditor.properties import name_region

if TYPE_CHECKING:
    from collections.abc import Iterable

    from auditor.analysis.questions import Limits
    from auditor.analysis.statistics.dealing import Cell as Compared
    from auditor.analysis.statistics.neutralising import Neutral
    from auditor.analysis.statistics.shifts import Shift

MORE: Final = "more"
LESS: Final = "less"


def list_global_cells(neutrals: Iterable[Neutral], *, least: int) -> list[Cell]:
    """Every question on a property that can go both ways: one per property and contrast.

    Parameters
    ----------
    neutrals
        Of `read_neutrals`.
    least
        Clusters that each side of a label needs.

    Returns
    -------
    list of Cell
        Each with two ways, the change to one value and its mirror image; the property stands as the attribute, and its
        sides as the subgroups.
    """
    together: dict[tuple[str, str], list[Part]] = {}
    for item in neutrals:
        if item.cell is not None:
            key = (item.name, item.effect.contrast.favours)
            together.setdefault(key, []).append(_part(item, item.cell, least=least))
    return [
        Cell(name_region(name), name, MORE, LESS, favours, tuple(parts)) for (name, favours), parts in together.items()
    ]


def _part(item: Neutral, compared: Compared, *, least: int) -> Part:
    shift = compared.shift
    remark = "more against less of the property"
    if not math.isfinite(shift.estimate):
        remark = (
            f"at most {compared.fewest} independent images or persons of a label have more, or less, of it than the "
            f"value that all are brought to; {least} on each side are needed"
        )
    still = shift.se == 0
    return Part(
        effect=item.effect,
        estimate=shift.estimate,
        error=shift.se,
        freedom=shift.freedom,
        p_value=_exceed(shift, still=still),
        interval=(lambda _: _points(shift.estimate)) if still else shift.interval,
        uncontrolled=None,
        both_ways=(lambda: _points(shift.both_ways)) if still else (lambda: shift.interval_both_ways(1 - Q)),
        null=compared.null,
        n=shift.n,
        clusters=shift.clusters,
        remark=remark,
    )


def _exceed(shift: Shift, *, still: bool) -> float:
    """P-value of no more than the margin; 1 where no draw moves at all, as with a model that is blind to colour."""
    delta = MARGINS["alignment"].material
    if still:
        return 1.0 if abs(shift.estimate) <= delta else math.nan
    at = (np.array([shift.estimate]), np.array([shift.se]))
    return float(exceed(*at, delta=delta, freedom=max(shift.freedom, 1))[0])


def _points(value: float) -> Limits:
    """An interval without width."""
    return value, value
