"""What the rows of many models add up to: power, false alarms, calibration, coverage, and the rivals beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from reading import CONTROLS
from scipy.stats import binomtest

if TYPE_CHECKING:
    from collections.abc import Iterator

QUANTILES: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9)
EVEN, NAIVE = 0.5, ("test-only", "size")
"""The alignment at which a cue tells nothing, and the kinds of model that never saw a cue."""
DECOYS, PHOTOS = ("t1",), ("t2_cifar", "t2_garments")
WORDS: Final = {"t1": "decoys", "t2_cifar": "cats and dogs", "t2_garments": "garments", "people": "people"}
"""What the pictures of a tier show."""
OWN: Final = {("cue", "colour"), ("distractor", "other"), ("person", "tinge")}
"""Cells in which the region is the one that shows the attribute."""
CORES: Final = ("shape", "subject", "garment")
SWAPS: Final = ("cross_swap_excess", "cross_swap_excess_low", "cross_swap_excess_high")


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


def tabulate_power(rows: pd.DataFrame, tiers: tuple[str, ...] = DECOYS) -> pd.DataFrame:
    """Answers on the cue with its own attribute, by kind and level."""
    cue = select(rows, tier=tiers, region="cue", attribute="colour")
    found = []
    for (_, kind, level), part in cue.groupby(["tier", "kind", "level"]):
        told = {"kind": kind, "alignment": level, "models": len(part)}
        told["true flips, median"] = f"{100 * part['truth'].median():.1f} %"
        if "pull" in part and part["pull"].notna().any():
            told["pull, median"] = f"{100 * part['pull'].median():.1f} %"
        told["material"] = int((part["band"] == "material").sum())
        told["median shift"] = f"{part['noise'].abs().median():.2f}"
        told |= count_answers(part)
        alone = select(rows, model=tuple(part["model"]), region="cue", attribute="")
        told["found without attribute"] = share(alone["answer"] == "found")
        found.append(told)
    return pd.DataFrame(found)


def count_answers(cells: pd.DataFrame) -> dict[str, object]:
    """How often each answer was given."""
    others = ("not enough evidence", "ruled out", "not evaluated", "withheld")
    told: dict[str, object] = {"found": share(cells["answer"] == "found")}
    return told | {answer: int((cells["answer"] == answer).sum()) for answer in others}


def tabulate_confusion(rows: pd.DataFrame) -> pd.DataFrame:
    """Answers on cues and distractors, by what is true of them; a material one that is ruled out is the worst error."""
    cells = own(select(rows, tier=tuple(WORDS)))
    found = []
    for (tier, band), part in cells.groupby(["tier", "band"]):
        told: dict[str, object] = {"pictures": WORDS[str(tier)], "truth": band, "cells": len(part)}
        found.append(told | count_answers(part) | {"ruled out": share(part["answer"] == "ruled out")})
    return pd.DataFrame(found)


def tabulate_missed(rows: pd.DataFrame) -> pd.DataFrame:
    """Every material cell that was ruled out, so that each can be looked at."""
    cells = own(select(rows, tier=tuple(WORDS), band="material", answer="ruled out")).sort_values("truth")
    return pd.DataFrame(
        {
            "model": cells["model"],
            "region": cells["region"],
            "attribute": cells["attribute"],
            "true flips": [f"{100 * value:.1f} %" for value in cells["truth"]],
            "aligned shift": [_span(*part) for part in cells[["noise", "noise_low", "noise_high"]].to_numpy()],
            "swap against swap": [_span(*part) for part in cells[list(SWAPS)].to_numpy()],
        }
    )


def _span(value: float, low: float, high: float) -> str:
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def list_nulls(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Cells in which nothing should be found, by what makes them so."""
    for tier, words in WORDS.items():
        for name, part in _list_nulls(select(rows, tier=tier, band="immaterial")):
            if len(part):
                yield f"{words}: {name}", part


def _list_nulls(cells: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    even = cells["level"] == EVEN
    cue = select(cells, region="cue", attribute="colour")
    yield "cue with its colour, alignment 0.5", cue[even[cue.index] & ~cue["kind"].isin(NAIVE)]
    yield "cue with its colour, network never saw tags", select(cue, kind="test-only")
    yield "cue with its colour, network never saw tags, sizes unequal", select(cue, kind="size")
    yield "distractor with its own colour", select(cells, region="distractor", attribute="other")
    beside = select(cells, region=("distractor", "control"), attribute=("colour", "presence"))
    yield "distractor or empty area with the cue's attribute, alignment 0.5", beside[even[beside.index]]
    yield "distractor or empty area with the cue's attribute, alignment above 0.5", beside[~even[beside.index]]
    core = select(cells, region=CORES, attribute=("colour", "presence"))
    yield "shape, animal or garment with the cue's attribute, alignment above 0.5", core[~even[core.index]]
    yield (
        "any other region with the distractor's colour",
        select(cells, region=("cue", "control", *CORES), attribute="other"),
    )
    yield "person with a tint dealt by chance", select(cells, attribute="tinge")
    yield "any region with the shuffled attribute", select(cells, attribute="shuffled")
    yield "distractor or empty area without attribute", select(cells, region=("distractor", "control"), attribute="")


def tabulate_alarms(rows: pd.DataFrame) -> pd.DataFrame:
    """How often what should not be found is found: by cell, and by audit."""
    found = []
    for name, part in list_nulls(rows):
        tried = part[part["answer"] != "not evaluated"]
        found.append({"nothing to find in": name, "cells flagged": share(tried["answer"] == "found")})
    return pd.DataFrame(found)


def tabulate_audits(rows: pd.DataFrame) -> pd.DataFrame:
    """Share of audits with at least one false finding, by kind and level."""
    cells = select(rows, tier=tuple(WORDS), band="immaterial")
    cells = cells[(cells["attribute"] != "") | (cells["region"] != "cue")]
    if cells.empty:
        return pd.DataFrame()
    keys = ["tier", "kind", "level"]
    any_found = cells.groupby([*keys, "model"])["answer"].agg(lambda answers: (answers == "found").any())
    found = []
    for (_, kind, level), part in any_found.groupby(keys):
        found.append({"kind": kind, "alignment": level, "audits with a false finding": share(part)})
    return pd.DataFrame(found)


def list_p_values(rows: pd.DataFrame) -> dict[str, pd.Series[float]]:
    """p-values of cells in which the hypothesis that they test is true."""
    drawn, real = (select(rows, tier=tiers, attribute="shuffled") for tiers in (DECOYS, (*PHOTOS, "people")))
    closed = rows[(rows["tier"] == "t0") & (rows["attribute"] != "")]
    closed = closed[closed["theta"] == 0] if len(closed) else closed
    named = {
        "aligned shift, closed form, shift 0": closed.get("noise_p"),
        "aligned shift, decoys, shuffled attribute": drawn.get("noise_p"),
        "aligned shift, photographs, shuffled attribute": real.get("noise_p"),
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
    drawn = select(rows, tier=tuple(WORDS), attribute="shuffled").dropna(subset=["noise_low"])
    for (tier, kind), part in drawn.groupby(["tier", "kind"]):
        held = (part["noise_low"] <= 0) & (part["noise_high"] >= 0)
        told = {"models": f"{WORDS[tier]}, {kind}", "region": "any, shuffled attribute", "true shift": 0.0}
        told |= {"interval holds it": share(held), "found": share(part["answer"] == "found")}
        found.append(told | {"ruled out": share(part["answer"] == "ruled out")})
    return pd.DataFrame(found)


def tabulate_shams(rows: pd.DataFrame) -> pd.DataFrame:
    """The false-alarm rates that the audits print of themselves."""
    found = []
    for kind, part in rows.drop_duplicates("model").groupby(["tier", "kind"]):
        told = {"models": " ".join(kind), "audits": len(part)}
        for name in CONTROLS.values():
            if f"{name}_tried" not in part:
                continue
            flagged, tried = (int(part[f"{name}_{what}"].fillna(0).sum()) for what in ("flagged", "tried"))
            told[name.replace("_", " ")] = f"{flagged}/{tried}" + (f" = {100 * flagged / tried:.2f} %" if tried else "")
        found.append(told)
    return pd.DataFrame(found)


def tabulate_time(rows: pd.DataFrame) -> pd.DataFrame:
    """Median seconds per model."""
    names = [name for name in ("seconds_training", "seconds_audit") if name in rows]
    models = rows.drop_duplicates("model").groupby(["tier", "kind", "images"])[names].median().round(0)
    return models.reset_index().rename(columns={name: name.replace("_", ", ") for name in names})
