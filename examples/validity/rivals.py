"""What other tools would say of the same models: each rule as it comes, and at an equal rate of false alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from measures import DECOYS, own, select, share

if TYPE_CHECKING:
    from collections.abc import Callable

ALARMS: Final = 0.05
"""Share of false alarms at which rules are compared."""
DOUBLE: Final = "redundant"
"""The kind with two cues that say the same, which has a table of its own."""


def score_audit(cells: pd.DataFrame) -> pd.Series[float]:
    """How far above 0 the aligned shift lies for certain, in both fills and one direction."""
    limits = []
    for fill in ("noise", "mean"):
        low, high = cells[f"{fill}_low"].astype(float), cells[f"{fill}_high"].astype(float)
        limits.append(pd.concat([low, -high], axis=1).max(axis=1).where(low.notna(), -np.inf))
    return pd.concat(limits, axis=1).min(axis=1)


def score_ratio(cells: pd.DataFrame) -> pd.Series[float]:
    """Lower limit of the map's mass in the region, over the region's area."""
    return cells["mass_low"].astype(float) / cells["area"].astype(float)


RULES: Final[dict[str, tuple[Callable[[pd.DataFrame], pd.Series[float]], str]]] = {
    "auditor (aligned shift)": (score_audit, "answer is *found*"),
    "attention share, area null": (score_ratio, "interval of mass / area above 1"),
    "Attention-IoU, one threshold": (lambda cells: cells["attention_iou"].astype(float), "above the threshold"),
    "accuracy gap (Fisher)": (lambda cells: -np.log10(cells["gap_p"].astype(float).clip(lower=1e-300)), "p ≤ 0.05"),
    "attention only (enrichment)": (lambda cells: cells["enrichment"].astype(float), "above 1.5"),
}


def flag(cells: pd.DataFrame, rule: str, *, threshold: float) -> pd.Series[bool]:
    """What a rule flags as it comes; the threshold is that of Attention-IoU, which comes with none."""
    if rule.startswith("auditor"):
        return cells["answer"] == "found"
    levels = {"attention share": 1.0, "Attention-IoU": threshold, "accuracy": -np.log10(0.05), "attention only": 1.5}
    level = next(value for name, value in levels.items() if rule.startswith(name))
    return RULES[rule][0](cells) > level


def tabulate_rivals(
    rows: pd.DataFrame,
    tiers: tuple[str, ...] = DECOYS,
    *,
    kinds: tuple[str, ...] = ("base", "small", "wide", "large", "fixed"),
) -> pd.DataFrame:
    """Each rule as it comes, and with the threshold at which it flags at most one in twenty immaterial cells."""
    nulls, true = _split(rows, tiers)
    cells = pd.concat([nulls, true])
    if cells.empty:
        return pd.DataFrame()
    trained = select(nulls, kind=kinds[0])["attention_iou"].astype(float)
    threshold = float(trained.quantile(1 - ALARMS)) if len(trained) else float("nan")
    found = []
    for rule, (score, words) in RULES.items():
        told = {"rule": rule, "as it comes": words}
        told["false alarms"] = share(flag(nulls, rule, threshold=threshold))
        told["power"] = share(flag(true, rule, threshold=threshold))
        level = _equal(score(nulls))
        told["power at ≤ 5 % false alarms"] = share(score(true) > level)
        for kind in [kind for kind in kinds if kind in set(cells["kind"])]:
            told[f"the same, {kind}"] = share(score(select(true, kind=kind)) > level)
        found.append(told)
    return pd.DataFrame(found)


def list_equal(rows: pd.DataFrame, tiers: tuple[str, ...] = DECOYS) -> dict[str, pd.Series[bool]]:
    """Which material cells each rule flags at that threshold; empty without any, or without a null cell."""
    nulls, true = _split(rows, tiers)
    if nulls.empty or true.empty:
        return {}
    return {rule: score(true) > _equal(score(nulls)) for rule, (score, _) in RULES.items()}


def _split(rows: pd.DataFrame, tiers: tuple[str, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells of which the truth is known: immaterial and material ones."""
    cells = own(select(rows, tier=tiers))
    cells = cells[(cells["level"] < 1) & (cells["kind"] != DOUBLE)]
    return cells[cells["band"] == "immaterial"], cells[cells["band"] == "material"]


def _equal(scores: pd.Series[float]) -> float:
    """Lowest threshold above which at most one in twenty scores lie."""
    known = scores.fillna(-np.inf).sort_values(ascending=False).to_numpy()
    return float(known[int(ALARMS * len(known))]) if len(known) else float("nan")
