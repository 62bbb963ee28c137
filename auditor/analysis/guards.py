"""Safeguards of use: what shows that an effect comes from what a region shows, not from its size or neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.analysis.rungs import find_rows
from auditor.analysis.statistics.balance import BALANCED
from auditor.records import RASTER, pack_raster, unpack_rasters

if TYPE_CHECKING:
    import pandas as pd

    from auditor.analysis.questions import Cell
    from auditor.analysis.statistics.base import Evidence

PAIR: Final = 2
"""Of two classes the margin of one is that of the other turned round; of more it is that against the best."""
MOST_SHARED: Final = 0.1
"""Share of a region that may lie on core regions before hiding it says nothing of the region alone."""


def find_guard(evidence: Evidence, estimates: pd.DataFrame, cell: Cell) -> str | None:
    """What shows that unequal regions, or what lies in their place, did not make an effect.

    Parameters
    ----------
    evidence
        The tables.
    estimates
        All numbers of the audit.
    cell
        The question.

    Returns
    -------
    str or None
        In words; None where nothing does.
    """
    if cell.attribute is None:
        return None if share_on_core(evidence, cell.region) > MOST_SHARED else "controls are equally large"
    if len(evidence.settings.classes) > PAIR:
        # The margin against the best of several others bends where another takes its place. What lies elsewhere in the
        # image decides where that is, so hiding may shift groups apart that the region itself does not tell apart.
        return _by_swapped_margins(estimates, cell)
    return _by_swapped_answers(estimates, cell) or _by_swapped_margins(estimates, cell) or _by_balance(estimates, cell)


def _by_swapped_answers(estimates: pd.DataFrame, cell: Cell) -> str | None:
    """Regions from donors of the opposite value against those of the same value: the cut and its edges cancel."""
    keys = {"region": cell.region, "attribute": cell.attribute, "fill": "swap"}
    flips = find_rows(estimates, "cross_swap_excess", **keys)
    if len(flips) and flips["ci_low"].iloc[0] > 0:
        return "regions of the opposite value change more answers than regions of the same value"
    return None


def _by_swapped_margins(estimates: pd.DataFrame, cell: Cell) -> str | None:
    keys = {"region": cell.region, "attribute": cell.attribute, "fill": "swap"}
    shifts = find_rows(estimates, "cross_swap_shift", subgroup=cell.subgroup, predicted=cell.favours, **keys)
    direction = np.sign(cell.weakest.estimate)
    limits = direction * shifts[["ci_low", "ci_high"]].to_numpy(dtype=np.float64)
    if len(limits) and limits[0].min() > 0:
        return "regions of the opposite value shift the margin further, the same way, than regions of the same value"
    return None


def _by_balance(estimates: pd.DataFrame, cell: Cell) -> str | None:
    keys = {"region": cell.region, "attribute": cell.attribute, "subgroup": cell.subgroup}
    rows = [find_rows(estimates, f"{name}_balance", **keys) for name in ("area", "eccentricity")]
    apart = [abs(part["estimate"].iloc[0]) for part in rows if len(part)]
    if len(apart) == len(rows) and all(value <= BALANCED for value in apart):
        return "the region is as large and lies as far out in both groups"
    return None


def share_on_core(evidence: Evidence, region: str) -> float:
    """How much of a region lies on regions that were declared core.

    Parameters
    ----------
    evidence
        The tables.
    region
        Its name.

    Returns
    -------
    float
        Mean share over the images that show it, in [0, 1]; 0 for a core region itself.
    """
    roles = evidence.settings.roles
    core = [name for name in evidence.settings.regions if roles.get(name) == "core"]
    own = evidence.region(region)
    rows = np.flatnonzero(own.seen)
    if region in core or not core or len(rows) == 0:
        return 0.0
    mine = _rasters(own.rasters[rows])
    others = np.zeros_like(mine)
    for name in core:
        others |= _rasters(evidence.region(name).rasters[rows])
    inside = mine.sum(axis=(1, 2))
    shared = (mine & others).sum(axis=(1, 2))
    return float((shared[inside > 0] / inside[inside > 0]).mean()) if inside.any() else 0.0


def _rasters(packed: np.ndarray[tuple[int], np.dtype[np.object_]]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    empty = pack_raster(np.zeros(RASTER))
    return unpack_rasters(part or empty for part in packed)
