"""What was asked for before the run, and what came of it: one line per goal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import pandas as pd
from cases import list_classes
from measures import DECOYS, EVEN, NAIVE, list_p_values, own, select, share
from rivals import DOUBLE, RULES, list_equal
from scipy.stats import binomtest

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST: Final = 0.8
"""The alignment from which hardly a cue may be missed; 1 cannot be told within class."""
LOWER: Final = 0.7
LEVEL: Final = 0.05
CLEAR: Final = 0.06
"""Share of changed answers that 2 000 pictures tell from the 5 % at which use is material."""


class Goal(NamedTuple):
    """One goal: what is counted, between which shares it should lie, and in which cells or models it holds."""

    words: str
    low: float
    high: float
    hits: pd.Series[bool]


def tabulate_goals(rows: pd.DataFrame) -> pd.DataFrame:
    """Each goal with what was measured; empty where there are no decoys."""
    drawn = select(rows, tier=DECOYS)
    if drawn.empty:
        return pd.DataFrame()
    told = [
        {"goal": goal.words, "asked for": _ask(goal), "measured": share(goal.hits), "met": _judge(goal)}
        for goal in (
            *_list_alarms(drawn),
            *_list_power(drawn),
            *_list_limits(rows),
            *_list_rules(drawn),
            *_list_classes(rows),
        )
        if len(goal.hits)
    ]
    return pd.DataFrame(told)


def _ask(goal: Goal) -> str:
    if goal.low == 0:
        return f"at most {100 * goal.high:g} %"
    return f"{100 * goal.low:g} to {100 * goal.high:g} %" if goal.high < 1 else f"at least {100 * goal.low:.3g} %"


def _judge(goal: Goal) -> str:
    """Whether a share lies where it should, and whether chance alone could have put it there."""
    hits, n = int(goal.hits.sum()), len(goal.hits)
    low, high = binomtest(hits, n).proportion_ci(method="wilson")
    if not goal.low <= hits / n <= goal.high:
        return "no" if high < goal.low or low > goal.high else "no, by the share; its interval reaches within"
    return "yes" if low >= goal.low and high <= goal.high else "yes, by the share; its interval reaches beyond"


def _list_alarms(drawn: pd.DataFrame) -> Iterator[Goal]:
    cells = drawn[(drawn["band"] == "immaterial") & ((drawn["attribute"] != "") | (drawn["region"] != "cue"))]
    unused = cells[(cells["level"] == EVEN) | cells["kind"].isin(NAIVE)]
    for words, part in (("decoys", cells), ("decoys without a planted cue", unused)):
        flagged = part.groupby("model")["answer"].agg(lambda answers: bool((answers == "found").any()))
        yield Goal(f"audits of {words} with a false finding", 0, 0.05, flagged.astype(bool))
    used = own(select(drawn, band="material"))
    for words, part in (
        ("", used),
        (f", where it changes {100 * CLEAR:.0f} % of answers or more", used[used["truth"] >= CLEAR]),
    ):
        ruled = part["answer"] == "ruled out"
        yield Goal(f"cells of decoys that are used and ruled out{words}", 0, 0.025, ruled)


def _list_power(drawn: pd.DataFrame) -> Iterator[Goal]:
    cue = select(drawn, region="cue", attribute="colour")
    single = cue[(cue["kind"] != DOUBLE) & ~cue["kind"].isin(NAIVE)]
    for words, part in (("kind *base*", select(single, kind="base")), ("all kinds but the known miss", single)):
        strong = part[(part["level"] >= LEAST) & (part["level"] < 1)]["answer"] == "found"
        yield Goal(f"cues found, alignment {LEAST:g} to 0.95, {words}", 0.95, 1, strong)
        yield Goal(f"cues found, alignment {LOWER:g}, {words}", 0.8, 1, select(part, level=LOWER)["answer"] == "found")


def _list_limits(rows: pd.DataFrame) -> Iterator[Goal]:
    closed = select(rows, tier="t0", attribute=("colour", "shuffled"))
    drawn = select(rows, tier=DECOYS, attribute="shuffled").assign(theta=0.0)
    for words, part in (("closed form", closed if len(closed) else drawn[:0]), ("decoys, shuffled attribute", drawn)):
        known = part.dropna(subset=["noise_low"])
        held = (known["noise_low"] <= known["theta"]) & (known["theta"] <= known["noise_high"])
        yield Goal(f"95 % intervals that hold the true shift: {words}", 0.93, 0.97, held)
    for name, values in list_p_values(rows).items():
        if name.startswith("aligned shift") and "photographs" not in name:
            yield Goal(f"p-values at or below 0.05 where nothing is: {name}", 0, 0.05, values <= LEVEL)


def _list_rules(drawn: pd.DataFrame) -> Iterator[Goal]:
    """Power of the audit and of its best rival, both at the threshold that flags one null cell in twenty."""
    found = list_equal(drawn)
    if not found:
        return
    ours, *others = RULES
    best = max(others, key=lambda rule: found[rule].mean())
    least = float(found[best].mean())
    yield Goal(f"used cells found at ≤ 5 % false alarms, {ours}, against {best}", least, 1, found[ours])


def _list_classes(rows: pd.DataFrame) -> Iterator[Goal]:
    """False findings and false all-clears where there are several classes."""
    cells = list_classes(rows)
    if cells.empty:
        return
    unused, used = select(cells, band="immaterial"), select(cells, band="material")
    flagged = unused.groupby("model")["answer"].agg(lambda answers: bool((answers == "found").any()))
    yield Goal("audits of several classes, closed form, with a false finding", 0, 0.05, flagged.astype(bool))
    yield Goal("used cells of several classes that are ruled out", 0, 0.025, used["answer"] == "ruled out")
