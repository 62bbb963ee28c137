"""The second rung of the ladder: whether the maps lie on a region, and what that is said against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from auditor.analysis.margins import FOUND, MARGINS, decide
from auditor.analysis.rungs import ANSWERS, as_estimates, find_rows
from auditor.analysis.statistics.heads import HEADS_MASS, OVER_HEADS
from auditor.analysis.statistics.randomisation import PROBED, RANDOM_HEADS
from auditor.analysis.wording import percent, span
from auditor.documents.ladder import Rung

if TYPE_CHECKING:
    from auditor.documents.ladder import Answer

_TARGET = "predicted"


def judge_looks(estimates: pd.DataFrame, region: str, *, withheld: str | None) -> Rung:
    """Whether the maps lie on a region more than on equally large areas where the region usually lies.

    Where the region is aligned over images there are no such areas, and the maps are set against those of the same
    network with random heads. That says what the trained head adds, and no more: it is *found* only where the region
    also gets more than from 97.5 % of the random heads, one by one, since a single head may do as much by chance.

    Parameters
    ----------
    estimates
        All numbers of the audit.
    region
        Its name.
    withheld
        Why attention to the region may not be read, if a check failed.

    Returns
    -------
    Rung
        From the enrichment of the predicted class's map against its material margin.
    """
    rows = find_rows(estimates, "enrichment", region=region, target=_TARGET)
    heads = find_rows(estimates, OVER_HEADS, region=region, target=_TARGET)
    borrowed = len(rows) > 0 and rows["ci_low"].iloc[0] > 0
    if withheld is not None:
        numbers = as_estimates(rows if borrowed or heads.empty else heads)
        return Rung(name="looks", answer="withheld", sentence=f"Withheld: {withheld}", estimates=numbers)
    if borrowed:
        return _judge_by_boxes(rows, region)
    if len(heads):
        return _judge_by_heads(estimates, heads, region)
    sentence = (
        f"Attention to {region} could not be set against equally large areas: too few of its images have room for "
        "one elsewhere."
    )
    return Rung(name="looks", answer="not evaluated", sentence=sentence, estimates=as_estimates(rows))


def is_by_heads(rung: Rung) -> bool:
    """Whether a rung rests on the comparison with random heads, so that it does not say where the map lies.

    Parameters
    ----------
    rung
        Of `judge_looks`.

    Returns
    -------
    bool
        False where areas of the same pictures were compared, or nothing was.
    """
    return any(estimate.statistic == OVER_HEADS for estimate in rung.estimates)


def hides_use(rung: Rung) -> bool:
    """Whether the maps do not show a region though they could: they lie on it no more than beside it.

    Parameters
    ----------
    rung
        Of `judge_looks`.

    Returns
    -------
    bool
        False where nothing was compared, and where it was with random heads: maps that lie on the region with any head
        do show it.
    """
    return rung.answer in {"ruled out", "not enough evidence"} and not is_by_heads(rung)


def tell_looks(rung: Rung, named: str) -> str:
    """The second rung in a headline.

    Parameters
    ----------
    rung
        Of `judge_looks`, found.
    named
        The region with its role.

    Returns
    -------
    str
        With random heads, no more than what was compared.
    """
    if is_by_heads(rung):
        return f"The map favours {named} more than with a random head. {rung.sentence}"
    return f"The model looks at {named}. {rung.sentence}"


def _judge_by_boxes(rows: pd.DataFrame, region: str) -> Rung:
    row = rows.iloc[0]
    answer = ANSWERS[decide(row["ci_low"], row["ci_high"], MARGINS["enrichment"].material)]
    sentence = (
        f"The map of the predicted class lies on {region} {row['estimate']:.1f} times as much as on equally large "
        f"areas where {region} usually lies {span(row['ci_low'], row['ci_high'])} ({row['n']} images)."
    )
    return Rung(name="looks", answer=answer, sentence=sentence, estimates=as_estimates(rows))


def _judge_by_heads(estimates: pd.DataFrame, rows: pd.DataFrame, region: str) -> Rung:
    masses = find_rows(estimates, HEADS_MASS, region=region, target=_TARGET)
    why = (
        f"{region} lies in the same place in every image, so that no area beside it can be compared; the same network "
        "with random heads stands in"
    )
    answer, told = _set_against_heads(estimates, rows.iloc[0], region)
    numbers = as_estimates(pd.concat([rows, masses]))
    return Rung(name="looks", answer=answer, sentence=f"{why}. {told}", estimates=numbers)


def _set_against_heads(estimates: pd.DataFrame, row: pd.Series[float], region: str) -> tuple[Answer, str]:
    material = MARGINS["enrichment"].material
    masses = find_rows(estimates, HEADS_MASS, region=region, target=_TARGET)
    if not row["ci_low"] > 0:
        return "not evaluated", f"Too few images were tried with them ({row['clusters']} independent ones)."
    if len(masses) and masses["estimate"].iloc[0] * material >= 1:
        share = percent(masses["estimate"].iloc[0])
        return "not evaluated", f"Their maps already have {share} of their mass there: {material} times that cannot be."
    answer = ANSWERS[decide(row["ci_low"], row["ci_high"], material)]
    told = (
        f"On the same images the map of the predicted class lies on {region} {row['estimate']:.1f} times as much as "
        f"theirs {span(row['ci_low'], row['ci_high'])} ({row['n']} images). That is what the trained head adds; what "
        "features and place attract is in both, and of where the map lies it says nothing."
    )
    if answer == ANSWERS[FOUND] and not _beats_heads(estimates, region):
        return "not enough evidence", f"{told} Some random heads put as much there, so this does not count."
    return answer, told


def _beats_heads(estimates: pd.DataFrame, region: str) -> bool:
    """Whether the region gets more than from 97.5 % of the random heads (check S1)."""
    own, heads = (find_rows(estimates, name, region=region, target=_TARGET) for name in (PROBED, RANDOM_HEADS))
    return bool(len(own) and len(heads) and own["estimate"].iloc[0] > heads["ci_high"].iloc[0])
