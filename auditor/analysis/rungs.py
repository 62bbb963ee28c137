"""Two rungs of the evidence ladder, read off the estimates: opportunity and hurts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from auditor.analysis.margins import FOUND, MARGINS, OPEN, RULED_OUT, decide
from auditor.analysis.questions import Q
from auditor.analysis.wording import known, percent, span, whole_points
from auditor.documents.ladder import Estimate, Rung

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from auditor.documents.ladder import Answer

_SPLITS: Final = ("label", "predicted", "attribute", "subgroup", "outcome")
AT_ONCE: Final = "simultaneous_accuracy_gap"
ANSWERS: Final[dict[str, Answer]] = {FOUND: "found", RULED_OUT: "ruled out", OPEN: "not enough evidence"}


def find_rows(estimates: pd.DataFrame, statistic: str, **keys: str | None) -> pd.DataFrame:
    """Rows of a statistic at one place of the table.

    Parameters
    ----------
    estimates
        Of `auditor.analysis.estimates.estimate`.
    statistic
        Its name.
    **keys
        Columns that must hold a value; None for not split by it. Other splits must be empty.

    Returns
    -------
    DataFrame
        In the order of the table.
    """
    chosen = estimates["statistic"] == statistic
    for name in {*_SPLITS, *keys}:
        value = keys.get(name)
        chosen &= estimates[name].isna() if value is None else estimates[name] == value
    return estimates[chosen]


def as_estimate(row: Any) -> Estimate:
    """A row of the estimates as audit.json holds it: what is not a number becomes null.

    Parameters
    ----------
    row
        With the columns of the estimates, by attribute.

    Returns
    -------
    Estimate
        Checked.
    """
    values = {name: (None if pd.isna(value) else value) for name, value in row._asdict().items()}
    low, high = values.pop("ci_low"), values.pop("ci_high")
    ci = None if low is None or high is None else (low, high)
    return Estimate(value=values.pop("estimate"), ci=ci, **values)


def as_estimates(rows: pd.DataFrame) -> list[Estimate]:
    """Rows of the estimates as audit.json holds them.

    Parameters
    ----------
    rows
        Of the estimates.

    Returns
    -------
    list of Estimate
        In the same order.
    """
    return [as_estimate(row) for row in rows.itertuples(index=False)]


def judge_opportunity(estimates: pd.DataFrame, attribute: str | None) -> Rung:
    """Whether the data lets a model guess the label from an attribute.

    Parameters
    ----------
    estimates
        All numbers of the audit.
    attribute
        None for a region alone: then there is nothing to guess from.

    Returns
    -------
    Rung
        From Cramér's V against its material margin.
    """
    if attribute is None:
        return Rung(name="opportunity", answer="not evaluated", sentence="No attribute is concerned.", estimates=[])
    rows = find_rows(estimates, "cramers_v", attribute=attribute)
    if rows.empty or rows["ci_low"].isna().all():
        sentence = f"How far {attribute} and label go together could not be measured."
        return Rung(name="opportunity", answer="not evaluated", sentence=sentence, estimates=as_estimates(rows))
    row = rows.iloc[0]
    answer = ANSWERS[decide(row["ci_low"], row["ci_high"], MARGINS["association"].material)]
    alone = find_rows(estimates, "attribute_only_accuracy", attribute=attribute)
    always = find_rows(estimates, "majority_accuracy", attribute=attribute)
    sentence = (
        f"In these images {attribute} and label go together with V = {row['estimate']:.2f} "
        f"{span(row['ci_low'], row['ci_high'])}."
    )
    if len(alone) and len(always):
        sentence += (
            f" Guessing from {attribute} alone would be right {percent(alone['estimate'].iloc[0])} of the time; always "
            f"naming the commonest label, {percent(always['estimate'].iloc[0])}."
        )
    sentence += " These are the audited images; what the model was trained on may differ."
    return Rung(
        name="opportunity",
        answer=answer,
        sentence=sentence,
        estimates=as_estimates(pd.concat([rows, alone, always])),
    )


def judge_harm(
    estimates: pd.DataFrame, *, attribute: str | None, labels: Sequence[str], repairs: pd.DataFrame, least: int
) -> Rung:
    """Whether the groups of an attribute are answered wrongly unequally often, or hiding the region repairs errors.

    Whoever picks the worst of many gaps will find one: what is found must hold for all gaps of the attribute at once,
    and gaps and repairs of a few images are not found at all.

    Parameters
    ----------
    estimates
        All numbers of the audit.
    attribute
        None for a region alone.
    labels
        That occur.
    repairs
        Rows of the repair excess of this region and attribute, one per fill.
    least
        Clusters of errors that a repair needs; `estimates` hold simultaneous limits only of gaps with as many.

    Returns
    -------
    Rung
        Found where a gap in accuracy lies beyond its material margin, or hiding repairs errors in every fill. The
        sentence says which of the two it was, and of the other only that it was not.
    """
    if attribute is None:
        return Rung(name="hurts", answer="not evaluated", sentence="No attribute is concerned.", estimates=[])
    gaps = pd.concat([find_gaps(estimates, attribute, label) for label in labels])
    gaps = gaps[gaps["ci_low"].notna()]
    if gaps.empty:
        sentence = f"Accuracy could not be compared between the groups of {attribute}."
        return Rung(name="hurts", answer="not evaluated", sentence=sentence, estimates=[])
    at_once = pd.concat([find_gaps(estimates, attribute, label, statistic=AT_ONCE) for label in labels])
    at_once = at_once[at_once["ci_low"].notna()]
    found = at_once[[answer == FOUND for answer in _answer(at_once)]]
    told = next(rows for rows in (found, at_once, gaps) if len(rows))
    worst = told.iloc[int(told["estimate"].abs().to_numpy().argmax())]
    repaired = _repairs(repairs, least=least)
    answer: Answer = "not enough evidence"
    if len(found) or repaired:
        answer = "found"
    elif all(value == RULED_OUT for value in _answer(gaps)):
        answer = "ruled out"
    gap = _tell_gap(worst.to_dict(), own=_count_side(estimates, worst), gaps=len(at_once))
    return Rung(
        name="hurts",
        answer=answer,
        sentence=_tell_harm(gap, _tell_repair(repairs), gapes=len(found) > 0, repaired=repaired),
        estimates=as_estimates(pd.concat([gaps, at_once, repairs])),
    )


def _answer(gaps: pd.DataFrame) -> list[str]:
    delta = MARGINS["error_gap"].material
    return [decide(low, high, delta, signed=True) for low, high in zip(gaps["ci_low"], gaps["ci_high"], strict=True)]


def _repairs(repairs: pd.DataFrame, *, least: int) -> bool:
    """Whether hiding corrects errors in every fill, and enough errors to say so."""
    shown = (repairs["ci_low"] > 0) & (repairs["p_value"] <= Q) & (repairs["clusters"] >= least)
    return not repairs.empty and bool(shown.all())


def _count_side(estimates: pd.DataFrame, gap: pd.Series[Any]) -> int:
    """Images of the subgroup that a gap is about; the others are the rest of its images."""
    keys = {name: gap[name] for name in ("label", "attribute", "subgroup")}
    return int(find_rows(estimates, "accuracy", **keys)["n"].iloc[0])


def find_gaps(estimates: pd.DataFrame, attribute: str, label: str, *, statistic: str = "accuracy_gap") -> pd.DataFrame:
    """Differences in accuracy between the groups of an attribute, within one label."""
    rows = estimates[(estimates["statistic"] == statistic) & (estimates["attribute"] == attribute)]
    return rows[(rows["label"] == label) & rows["predicted"].isna() & rows["outcome"].isna()]


def _tell_harm(told: str, repair: str, *, gapes: bool, repaired: bool) -> str:
    """Both measures, and which of them was found: a gap has many causes, a repaired error has one."""
    if gapes and repaired:
        return f"Both a gap in accuracy and errors that hiding corrects: {told} {repair}"
    if gapes:
        other = f" That hiding the region corrects errors was not shown. {repair}" if repair else ""
        return f"A gap in accuracy, whatever its cause: {told}{other}"
    if repaired:
        beyond = whole_points(MARGINS["error_gap"].material)
        return f"Errors that hiding corrects: {repair} A gap in accuracy beyond {beyond} was not shown: {told}"
    return f"{told[0].upper()}{told[1:]} {repair}".rstrip()


def _tell_gap(row: Mapping[Any, Any], *, own: int, gaps: int) -> str:
    gap, low, high = row["estimate"], row["ci_low"], row["ci_high"]
    more = "less" if gap < 0 else "more"
    if gap < 0:
        gap, low, high = -gap, -high, -low
    several = f"; limits for {gaps} gaps at once" if row["statistic"] == AT_ONCE and gaps > 1 else ""
    return (
        f"among images labelled {row['label']}, {row['attribute']} {known(row['subgroup'])} is answered correctly "
        f"{whole_points(gap)} {more} often than the rest {span(low, high, unit='%')} ({own} images against "
        f"{row['n'] - own}{several})."
    )


def _tell_repair(repairs: pd.DataFrame) -> str:
    rows = repairs[repairs["estimate"].notna()]
    if rows.empty:
        return ""
    weakest = rows.iloc[int(rows["estimate"].to_numpy().argmin())]
    gain, low, high = weakest["estimate"], weakest["ci_low"], weakest["ci_high"]
    more = "less" if gain < 0 else "more"
    if gain < 0:
        gain, low, high = -gain, -high, -low
    interval = "" if math.isnan(low) else f" {span(low, high, unit='%')}"
    return (
        f"Hiding the region corrects {percent(gain)} {more} of the {weakest['n']} errors on images whose "
        f"{weakest['attribute']} is rarer in their label than in the others than hiding other areas does{interval}."
    )
