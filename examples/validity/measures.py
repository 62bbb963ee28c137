"""What the rows of many models add up to: power, false alarms, calibration, coverage, and the rivals beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.stats import binomtest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUANTILES: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9)
ALARMS: Final = 0.05
"""Share of false alarms at which rules are compared."""
FAIR, PLANTED = 0.5, ("base", "wide", "small")
"""The alignment at which a cue tells nothing, and the kinds of model whose training pictures had tags."""
OWN: Final = {("cue", "colour"), ("distractor", "other")}
"""Cells in which the region is the one that shows the attribute."""


def share(hits: pd.Series[bool]) -> str:
    """A share with its Wilson interval, as ``k/n = 12 % [5, 25]``; a dash where nothing was tried."""
    n, k = len(hits), int(hits.sum())
    if not n:
        return "–"
    low, high = binomtest(k, n).proportion_ci(method="wilson")
    return f"{k}/{n} = {100 * k / n:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def select(rows: pd.DataFrame, **values: object) -> pd.DataFrame:
    """Rows that hold these values, or one of a tuple of them."""
    kept = np.ones(len(rows), dtype=bool)
    for name, value in values.items():
        kept &= rows[name].isin(value if isinstance(value, tuple) else (value,)).to_numpy()
    return rows[kept]


def own(rows: pd.DataFrame) -> pd.DataFrame:
    """Cells in which the region is the one that shows the attribute."""
    pairs = list(zip(rows["region"], rows["attribute"], strict=True))
    return rows[np.array([pair in OWN for pair in pairs], dtype=bool)]


def tabulate_power(rows: pd.DataFrame) -> pd.DataFrame:
    """Answers on the cue with its own attribute, by kind and level."""
    cue = select(rows, tier="t1", region="cue", attribute="colour")
    found = []
    for (kind, level), part in cue.groupby(["kind", "level"]):
        told = {"kind": kind, "alignment": level, "models": len(part)}
        told["true flips, median"] = f"{100 * part['truth'].median():.1f} %"
        told["material"] = int((part["band"] == "material").sum())
        told["median shift"] = f"{part['noise'].abs().median():.2f}"
        told["found"] = share(part["answer"] == "found")
        told["not enough evidence"] = int((part["answer"] == "not enough evidence").sum())
        told["ruled out"] = int((part["answer"] == "ruled out").sum())
        told["not evaluated"] = int((part["answer"] == "not evaluated").sum())
        alone = select(rows, model=tuple(part["model"]), region="cue", attribute="")
        told["found without attribute"] = share(alone["answer"] == "found")
        found.append(told)
    return pd.DataFrame(found)


def list_nulls(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Cells in which nothing should be found, by what makes them so."""
    unmoved = select(rows, tier="t1", band="immaterial")
    cue = select(unmoved, region="cue", attribute="colour")
    yield "cue with its colour, alignment 0.5", select(cue, kind=PLANTED, level=0.5)
    yield "cue with its colour, network never saw tags", select(cue, kind="test-only")
    yield "cue with its colour, network never saw tags, sizes unequal", select(cue, kind="size")
    yield "distractor with its own colour", select(unmoved, region="distractor", attribute="other")
    beside = select(unmoved, region=("distractor", "control"), attribute="colour")
    yield "distractor or empty corner with the cue's colour, alignment 0.5", beside[beside["level"] == FAIR]
    yield "distractor or empty corner with the cue's colour, alignment above 0.5", beside[beside["level"] > FAIR]
    shapes = select(unmoved, region="shape", attribute="colour")
    yield "shape with the cue's colour, alignment above 0.5", shapes[shapes["level"] > FAIR]
    others = select(unmoved, region=("cue", "control", "shape"), attribute="other")
    yield "cue, empty corner or shape with the distractor's colour", others
    yield "any region with the shuffled attribute", select(unmoved, attribute="shuffled")
    yield (
        "distractor or empty corner without attribute",
        select(unmoved, region=("distractor", "control"), attribute=""),
    )


def tabulate_alarms(rows: pd.DataFrame) -> pd.DataFrame:
    """How often what should not be found is found: by cell, and by audit."""
    found = []
    for name, part in list_nulls(rows):
        tried = part[part["answer"] != "not evaluated"]
        found.append({"nothing to find in": name, "cells flagged": share(tried["answer"] == "found")})
    return pd.DataFrame(found)


def tabulate_audits(rows: pd.DataFrame) -> pd.DataFrame:
    """Share of audits with at least one false finding, by kind and level."""
    cells = select(rows, tier="t1", band="immaterial")
    cells = cells[(cells["attribute"] != "") | (cells["region"] != "cue")]
    if cells.empty:
        return pd.DataFrame()
    any_found = cells.groupby(["kind", "level", "model"])["answer"].agg(lambda answers: (answers == "found").any())
    found = []
    for (kind, level), part in any_found.groupby(["kind", "level"]):
        found.append({"kind": kind, "alignment": level, "audits with a false finding": share(part)})
    return pd.DataFrame(found)


def list_p_values(rows: pd.DataFrame) -> dict[str, pd.Series[float]]:
    """p-values of cells in which the hypothesis that they test is true."""
    drawn = select(rows, tier="t1", attribute="shuffled")
    closed = rows[(rows["tier"] == "t0") & (rows["attribute"] != "")]
    closed = closed[closed["theta"] == 0] if len(closed) else closed
    named = {
        "aligned shift, closed form, shift 0": closed.get("noise_p"),
        "aligned shift, decoys, shuffled attribute": drawn.get("noise_p"),
        "swap against swap (shift), closed form, no attribute in the region": closed.get("cross_swap_shift_p"),
        "swap against swap (shift), decoys, shuffled attribute": drawn.get("cross_swap_shift_p"),
        "swap against swap (answers), decoys, shuffled attribute": drawn.get("cross_swap_excess_p"),
    }
    return {name: values.dropna().astype(float) for name, values in named.items() if values is not None and len(values)}


def tabulate_p_values(rows: pd.DataFrame) -> pd.DataFrame:
    """Share of p-values at or below each level; it should be the level or less."""
    found = []
    for name, values in list_p_values(rows).items():
        told: dict[str, object] = {"p-value of": name, "cells": len(values)}
        told["models"] = int(rows.loc[values.index, "model"].nunique())
        told |= {f"≤ {level:g}": f"{100 * float((values <= level).mean()):.1f} %" for level in QUANTILES}
        found.append(told)
    return pd.DataFrame(found)


def tabulate_coverage(rows: pd.DataFrame) -> pd.DataFrame:
    """How often the 95 % interval of the aligned shift holds the true shift."""
    found = []
    closed = select(rows, tier="t0", attribute=("colour", "shuffled"))
    for (kind, region, theta), part in closed.groupby(["kind", "region", "theta"]) if len(closed) else ():
        held = (part["noise_low"] <= theta) & (theta <= part["noise_high"])
        told = {"models": kind, "region": region, "true shift": theta, "interval holds it": share(held)}
        told |= {answer: share(part["answer"] == answer) for answer in ("found", "ruled out")}
        found.append(told)
    drawn = select(rows, tier="t1", attribute="shuffled").dropna(subset=["noise_low"])
    for kind, part in drawn.groupby("kind"):
        held = (part["noise_low"] <= 0) & (part["noise_high"] >= 0)
        told = {"models": f"decoys, {kind}", "region": "any, shuffled attribute", "true shift": 0.0}
        told |= {"interval holds it": share(held), "found": share(part["answer"] == "found")}
        found.append(told | {"ruled out": share(part["answer"] == "ruled out")})
    return pd.DataFrame(found)


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


def tabulate_rivals(rows: pd.DataFrame) -> pd.DataFrame:
    """Each rule as it comes, and with the threshold at which it flags at most one in twenty immaterial cells."""
    cells = own(select(rows, tier="t1"))
    cells = cells[cells["level"] < 1]
    if cells.empty:
        return pd.DataFrame()
    nulls, true = cells[cells["band"] == "immaterial"], cells[cells["band"] == "material"]
    trained = select(nulls, kind="base")["attention_iou"].astype(float)
    threshold = float(trained.quantile(1 - ALARMS)) if len(trained) else float("nan")
    found = []
    for rule, (score, words) in RULES.items():
        told = {"rule": rule, "as it comes": words}
        told["false alarms"] = share(flag(nulls, rule, threshold=threshold))
        told["power"] = share(flag(true, rule, threshold=threshold))
        level = _equal(score(nulls))
        told["power at ≤ 5 % false alarms"] = share(score(true) > level)
        for kind in ("base", "small", "wide"):
            told[f"the same, {kind}"] = share(score(select(true, kind=kind)) > level)
        found.append(told)
    return pd.DataFrame(found)


def _equal(scores: pd.Series[float]) -> float:
    """Lowest threshold above which at most one in twenty scores lie."""
    known = scores.fillna(-np.inf).sort_values(ascending=False).to_numpy()
    return float(known[int(ALARMS * len(known))]) if len(known) else float("nan")


def tabulate_shams(rows: pd.DataFrame) -> pd.DataFrame:
    """The false-alarm rates that the audits print of themselves."""
    found = []
    for kind, part in rows.drop_duplicates("model").groupby(["tier", "kind"]):
        told = {"models": " ".join(kind), "audits": len(part)}
        for name in ("sham", "permuted"):
            if f"{name}_tried" not in part:
                continue
            flagged, tried = (int(part[f"{name}_{what}"].fillna(0).sum()) for what in ("flagged", "tried"))
            told[name] = f"{flagged}/{tried}" + (f" = {100 * flagged / tried:.2f} %" if tried else "")
        found.append(told)
    return pd.DataFrame(found)


def tabulate_time(rows: pd.DataFrame) -> pd.DataFrame:
    """Median seconds per model."""
    names = [name for name in ("seconds_training", "seconds_audit") if name in rows]
    models = rows.drop_duplicates("model").groupby(["tier", "kind", "images"])[names].median().round(0)
    return models.reset_index().rename(columns={name: name.replace("_", ", ") for name in names})
