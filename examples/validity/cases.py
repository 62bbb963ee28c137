"""Tables of special cases: several classes, two cues that say the same, cues that are there or not, and people."""

from __future__ import annotations

import pandas as pd
from measures import count_answers, select, share
from rivals import DOUBLE


def tabulate_classes(rows: pd.DataFrame) -> pd.DataFrame:
    """Models of several classes: answers on the cue, and what is found where nothing is."""
    cells = list_classes(rows)
    found = []
    for (kind, level), part in cells.groupby(["kind", "level"]):
        cue = select(part, region="cue", attribute="colour")
        others = part.drop(cue.index) if level else part
        told = {"kind": kind, "weight": level, "models": len(cue), "true flips": _percent(cue["truth"])}
        told |= count_answers(cue)
        told["nothing in them, flagged"] = share(others["answer"] == "found")
        loud = select(others, region="loud", attribute="colour")
        told["of them *loud* with the attribute"] = share(loud["answer"] == "found")
        found.append(told)
    return pd.DataFrame(found)


def list_classes(rows: pd.DataFrame) -> pd.DataFrame:
    """Cells with an attribute of the models of several classes: of a region alone nobody says what is true."""
    cells = select(rows, tier="t0_classes")
    return cells[(cells["attribute"] != "") & ~cells["region"].str.startswith("(")] if len(cells) else cells


def tabulate_twins(rows: pd.DataFrame) -> pd.DataFrame:
    """Two cues that say the same: what one does, what both do, and what is said of one."""
    found = []
    for level, part in select(rows, tier="t1", kind=DOUBLE, region="cue", attribute="colour").groupby("level"):
        told = {"alignment": level, "models": len(part), "one swapped": _percent(part["truth"])}
        told |= {"both swapped": _percent(part["flips_both"]), "one taken away": _percent(part["flips_without"])}
        told["both taken away"] = _percent(part["flips_without_both"])
        told["swap against swap above 0"] = share(part["cross_swap_excess_low"] > 0)
        found.append(told | count_answers(part))
    return pd.DataFrame(found)


def tabulate_presence(rows: pd.DataFrame) -> pd.DataFrame:
    """Cues that are there or not: hiding them where they are, and adding them where they are not."""
    cells = select(rows, tier="t2_garments", kind=("sticker", "watermark-classless"), region="cue", attribute="")
    found = []
    for (kind, level), part in cells.groupby(["kind", "level"]):
        told = {"kind": kind, "alignment": level, "models": len(part)}
        told["changed by taking it away"] = _percent(part["flips_without"])
        told["changed by adding it"] = _percent(part["flips_with"])
        told["pull to one class"] = _percent(part["pull"])
        told |= {f"hiding: {answer}": number for answer, number in count_answers(part).items()}
        told["adding: more answers than a sham"] = share(part["insertion_excess_low"] > 0)
        told["adding: shift above 0.10"] = share(part["insertion_shift_low"] > 0.1)
        found.append(told)
    return pd.DataFrame(found)


def tabulate_people(rows: pd.DataFrame) -> pd.DataFrame:
    """What is said of people and backgrounds, where the truth is known by half."""
    cells = select(rows, tier="people")
    cells = cells[~cells["region"].str.startswith("(")] if len(cells) else cells
    found = []
    for (kind, region, attribute), part in cells.groupby(["kind", "region", "attribute"]) if len(cells) else ():
        told = {"kind": kind, "region": region, "attribute": attribute or "none", "models": len(part)}
        known = part["truth"].dropna()
        told["true flips, median"] = _percent(known) if len(known) else "not known"
        told |= count_answers(part)
        checked = part["positive"].dropna()
        told["positive control held"] = share(checked.astype(bool))
        gaps = part.dropna(subset=["background_gap"])
        told["right on a background of its own label, more than of any"] = share(gaps["background_gap_low"] > 0)
        told["by"] = _percent(gaps["background_gap"])
        found.append(told)
    return pd.DataFrame(found)


def _percent(values: pd.Series[float]) -> str:
    """Median share."""
    return f"{100 * values.astype(float).median():.1f} %" if len(values) else "–"
