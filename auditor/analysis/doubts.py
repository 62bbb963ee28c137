"""What speaks against ruling an effect out although hiding the region shifts nothing on average."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.special import ndtri

from auditor.analysis.joint_tests import margin_of
from auditor.analysis.margins import MARGINS
from auditor.analysis.questions import Q
from auditor.analysis.wording import known, percent, span
from auditor.records import NOT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from auditor.analysis.questions import Cell, Part
    from auditor.analysis.statistics.base import Evidence
    from auditor.geometry import FloatArray


class Effect(NamedTuple):
    """An effect among the images of one label, and its limits."""

    label: str
    size: float
    low: float
    high: float


def find_doubt(evidence: Evidence, estimates: pd.DataFrame, cell: Cell) -> str | None:
    """What speaks against ruling an effect out although hiding the region shifts nothing.

    What a region shows may change answers both ways: the shift towards a class is nothing then, on average, and the
    answers depend on the region all the same. Hiding may even change fewer answers than swapping does: the model then
    answers by what else there is. So a region alone is doubted by the swaps of any attribute. Of many labels a region
    may decide one: pooled with the others its effect is small. And the margin of a shift is in standard deviations:
    where many answers are close, even a shift below it changes many.

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
        A sentence on the swaps that may change the most, on the label with the largest effect, or on the answers that
        the shift may change; None where none of them is beyond its margin.
    """
    least = evidence.settings.min_clusters
    return _by_swaps(estimates, cell) or _by_label(estimates, cell, least=least) or _by_reach(evidence, cell)


def _by_swaps(estimates: pd.DataFrame, cell: Cell) -> str | None:
    rows = estimates[
        (estimates["statistic"] == "cross_swap_excess")
        & (estimates["region"] == cell.region)
        & (estimates["fill"] == "swap")
        & estimates["label"].isna()
        & estimates["subgroup"].isna()
        & (estimates["ci_high"] >= MARGINS["cross_swap"].material)
    ]
    if cell.attribute is not None:
        rows = rows[rows["attribute"] == cell.attribute]
    if rows.empty:
        return None
    row = rows.sort_values("ci_high", kind="stable").iloc[-1]
    whose = "" if cell.attribute is not None else f" of {row['attribute']}"
    return (
        f"Swapping does not rule it out: regions of the opposite value{whose} change {percent(row['estimate'])} more "
        f"answers than regions of the same value {span(row['ci_low'], row['ci_high'], unit='%')}, which may be "
        f"{percent(MARGINS['cross_swap'].material)} or more."
    )


def _by_label(estimates: pd.DataFrame, cell: Cell, *, least: int) -> str | None:
    """The label with the largest effect, by hiding or else by swapping, if it is beyond the margin there."""
    rows = estimates[
        (estimates["region"] == cell.region)
        & estimates["label"].notna()
        & estimates["outcome"].isna()
        & (estimates["clusters"] >= least)
    ]
    rows = rows[rows["attribute"].isna() if cell.attribute is None else rows["attribute"] == cell.attribute]
    worst = _pick(_list_hidden(rows, cell), margin_of(cell)[1])
    if worst is not None:
        return _tell(worst, _tell_hidden(worst, cell))
    swaps = rows[(rows["statistic"] == "cross_swap_excess") & (rows["fill"] == "swap") & rows["subgroup"].isna()]
    worst = _pick([_turn(row, signed=False) for row in swaps.itertuples()], MARGINS["cross_swap"].material)
    if worst is None:
        return None
    limits = span(worst.low, worst.high, unit="%")
    return _tell(
        worst,
        f"regions of the opposite value change {percent(worst.size)} more answers than regions of the same value "
        f"{limits}",
    )


def _by_reach(evidence: Evidence, cell: Cell) -> str | None:
    """How many answers a shift as large as its interval allows would change, in the way of hiding with the most."""
    if cell.attribute is None or cell.reason is not None:
        return None
    values = evidence.texts(cell.attribute)
    side = np.where(values == NOT_RECORDED, np.nan, np.where(values == cell.subgroup, -1.0, 1.0))
    share, most = max(_reach(part, side) for part in cell.parts), MARGINS["cross_swap"].material
    if not share >= most:
        return None
    return (
        f"A shift as large as its interval allows would change {percent(share)} of answers, which is {percent(most)} "
        "or more."
    )


def _reach(part: Part, side: FloatArray) -> float:
    """Share of answers that change if every margin moves by what swapping the group would move it, at the limit.

    The aligned shift is half of what parts the groups, in standard deviations: bringing what the region shows of one
    group to the other moves a margin by twice as much, down on one side and up on the other. Images of neither side,
    whose value is not recorded, do not count.
    """
    taking = np.isfinite(part.effect.own) & np.isfinite(side)
    before = part.effect.contrast.before[taking]
    moved = 2 * max(part.interval(1 - Q), key=abs) * part.effect.contrast.spread * side[taking]
    return float(((before > 0) != (before + moved > 0)).mean())


def _list_hidden(rows: pd.DataFrame, cell: Cell) -> list[Effect]:
    """By label the way of hiding with the smallest effect; labels in which they contradict are left out."""
    if cell.attribute is None:
        rows = rows[(rows["statistic"] == "flip_excess") & rows["subgroup"].isna()]
    else:
        rows = rows[(rows["statistic"] == "aligned_shift") & (rows["subgroup"] == cell.subgroup)]
        rows = rows[rows["predicted"] == cell.favours]
    rows = rows[rows["fill"].isin([part.effect.fill for part in cell.parts])]
    found = []
    for _, ways in rows.groupby("label", sort=False):
        if len(ways) == len(cell.parts) and ((ways["estimate"] > 0).all() or (ways["estimate"] <= 0).all()):
            effects = [_turn(row, signed=cell.attribute is not None) for row in ways.itertuples()]
            found.append(min(effects, key=lambda effect: effect.size))
    return found


def _turn(row: Any, *, signed: bool) -> Effect:
    """An effect as a size: of a shift the direction does not matter here."""
    if signed and row.estimate < 0:
        return Effect(row.label, -row.estimate, -row.ci_high, -row.ci_low)
    return Effect(row.label, row.estimate, row.ci_low, row.ci_high)


def _pick(effects: Sequence[Effect], margin: float) -> Effect | None:
    """The largest that lies beyond a margin, with limits widened for the number of labels that were looked through."""
    if not effects:
        return None
    wide = float(ndtri(1 - Q / 2 / len(effects)) / ndtri(1 - Q / 2))
    widened = [
        Effect(label, size, size - wide * (size - low), size + wide * (high - size))
        for label, size, low, high in effects
    ]
    return max((effect for effect in widened if effect.low > margin), key=lambda effect: effect.size, default=None)


def _tell(effect: Effect, what: str) -> str:
    return f"One label speaks against ruling it out: among images labelled {effect.label}, {what}."


def _tell_hidden(effect: Effect, cell: Cell) -> str:
    if cell.attribute is None:
        limits = span(effect.low, effect.high, unit="%")
        return f"hiding it changes {percent(effect.size)} more answers than hiding equally large other areas {limits}"
    one, other = known(cell.subgroup or ""), known(cell.others or "")
    return f"hiding it shifts {one} and {other} apart by {effect.size:.2f} SD {span(effect.low, effect.high)}"
