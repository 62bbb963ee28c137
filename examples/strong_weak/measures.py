"""What the rows of both runs come to: rank correlations of the series, and error rates and coverage of the repeats."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Row = dict[str, Any]

TRUTHS: Final = {
    "alignment": "planted alignment",
    "recoloured": "measured: answers changed by the patch's other colour",
    "pull": "measured: pull of the colour to its class",
    "removed": "measured: answers changed by taking the patch away",
}
FEWEST: Final = 3
"""Of fewer models an order says nothing."""
FILLS: Final = ("noise", "mean")
LESS: Final = {"candidate leans less": -1, "baseline leans less": 1}
"""Sign of the change in size that each answer claims."""
Z: Final = 1.959963984540054


def share(hits: int, tried: int) -> str:
    """A share with Wilson's interval at 95 %, as in "3/60 = 5.0 % [1.7, 13.7]"."""
    if tried == 0:
        return "–"
    p, z = hits / tried, Z**2 / tried
    middle, half = (p + z / 2) / (1 + z), np.sqrt(z * (p * (1 - p) + z / 4)) / (1 + z)
    low, high = max(middle - half, 0), min(middle + half, 1)
    return f"{hits}/{tried} = {100 * p:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def correlate(table: pd.DataFrame) -> Iterator[Row]:
    """Kendall's tau of the ranking by evidence, and of the one by accuracy, with what was planted and what is true.

    Parameters
    ----------
    table
        One row per model.

    Yields
    ------
    dict
        One row per set of models and truth; where several models share what was planted, the most that tau-b can be.
        Models whose reliance could not be told take no part, in any of the orders.
        The ranking by accuracy puts the most accurate model first, as if it leaned least.
    """
    table = table.dropna(subset=["reliance"])
    sets = {f"all {len(table)}": table} | {
        f"{len(part)} {quality} ones": part for quality, part in table.groupby("quality")
    }
    for name, part in sets.items():
        if len(part) < FEWEST:
            continue
        for column, words in TRUTHS.items():
            known, count = part[column].to_numpy(), len(part)
            pairs = count * (count - 1) / 2
            untied = sum(a != b for a, b in combinations(known, 2))
            yield {
                "models": name,
                "order": words,
                "by evidence": _tau(part["reliance"], known),
                "by accuracy on the biased test set": _tau(-part["biased"], known),
                "by accuracy on the balanced one": _tau(-part["balanced"], known),
                "most possible": f"{np.sqrt(untied / pairs):.2f}",
            }


def _tau(values: pd.Series[float], known: np.ndarray[tuple[int], Any]) -> str:
    return f"{kendalltau(values, known).statistic:+.2f}"


def count_sure(table: pd.DataFrame, truth: str) -> tuple[int, int, int]:
    """Pairs of models, those whose places do not overlap, and those of them in the wrong order of a truth."""
    pairs = list(combinations(table.to_dict("records"), 2))
    sure = [
        (first, second) if first["worst_place"] < second["best_place"] else (second, first)
        for first, second in pairs
        if first["worst_place"] < second["best_place"] or second["worst_place"] < first["best_place"]
    ]
    return len(pairs), len(sure), sum(less[truth] > more[truth] for less, more in sure)


def count_repeats(rows: Iterable[Row]) -> pd.DataFrame:
    """Count answers and intervals, comparison by comparison.

    Parameters
    ----------
    rows
        One per comparison and cue.

    Returns
    -------
    DataFrame
        One row per part and model, of whole numbers: comparisons, those with a false *leans less*, cues, their answers,
        and intervals that hold the truth, of those there are.
    """
    table = pd.DataFrame(list(rows))
    claimed = table["leaning"].map(LESS).fillna(0)
    table["claims"] = claimed != 0
    table["wrong"] = table["claims"] & (claimed != np.sign(table["true_size"].round(9)))
    counted = []
    for (part, model), ours in table.groupby(["part", "model"], sort=False):
        counted.append({"part": part, "model": model, **_count(ours)})
    return pd.DataFrame(counted)


def _count(ours: pd.DataFrame) -> Row:
    by_comparison, alone = ours.groupby("repeat"), ours["attribute"] == ""
    row: Row = {"comparisons": by_comparison.ngroups, "with_wrong": int(by_comparison["wrong"].any().sum())}
    row |= {"cues": len(ours), "wrong": int(ours["wrong"].sum()), "right": int((ours["claims"] & ~ours["wrong"]).sum())}
    row |= {name.replace(" ", "_"): int((ours["leaning"] == name).sum()) for name in ("alike", "cannot tell")}
    for quantity, part in (("flips", ours[alone]), ("shift", ours[~alone])):
        held = [_holds(part, fill, "true_change") for fill in FILLS if f"{fill}_low" in part]
        row |= {f"{quantity}_held": sum(map(sum, held)), f"{quantity}_tried": sum(map(len, held))}
    known = ours.dropna(subset=["size_low", "size_high"])
    inside = (known["size_low"] <= known["true_size"]) & (known["true_size"] <= known["size_high"])
    together = inside.groupby(known["repeat"]).all()
    return row | {"sizes_held": int(together.sum()), "sizes_tried": len(together)}


def _holds(part: pd.DataFrame, name: str, truth: str) -> list[bool]:
    known = part.dropna(subset=[f"{name}_low", f"{name}_high"])
    inside = (known[f"{name}_low"] <= known[truth]) & (known[truth] <= known[f"{name}_high"])
    return [bool(one) for one in inside]
