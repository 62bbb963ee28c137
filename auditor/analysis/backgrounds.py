"""Findings on regions that cover most of the picture, which have no equally large area beside them.

Nothing as large can be hidden in the place of a control, so backgrounds are exchanged: one of an image of the same
label, and one of an image of another label, pasted in the same way onto the same image. Cut, seam and strangeness are
in both and cancel in the difference; what is left is what the background says of the label.

That is one way of changing a region. Use is called found only where two ways agree (protocol, section 5.4), so a
background does not reach E3, however large the gap: its size is told, and the answer stays *not enough evidence*.
*Ruled out* asks for no agreement, but for edits that leave the model as it is: a model that a pasted background throws
off altogether is right on neither, and their difference is small for that reason. So the gap and what pasting itself
costs must both lie within the margin. These questions are not in the confirmatory family, as none of them can be found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from auditor.analysis.findings import GRAVITY, escape, find_level
from auditor.analysis.looks import judge_looks, tell_looks
from auditor.analysis.margins import FOUND, MARGINS, RULED_OUT, decide, needed
from auditor.analysis.rungs import as_estimates, find_rows, judge_harm, judge_opportunity
from auditor.analysis.statistics.background import DROP, FILL, OTHER
from auditor.analysis.wording import percent, span
from auditor.documents.ladder import Finding, Rung

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from auditor.analysis.statistics.base import Evidence
    from auditor.documents.ladder import Check, Level

_SHOWN = (OTHER, "own_label_accuracy", "other_label_accuracy", "background_gap", DROP)
_ONE_WAY = "This is one way of changing it, and use counts as found only where two ways agree, so it stays open here"
_NOTHING_BESIDE = "nothing as large lies beside it to be hidden for comparison"


def list_background_findings(evidence: Evidence, estimates: pd.DataFrame, *, checks: Sequence[Check]) -> list[Finding]:
    """Say what exchanging backgrounds says, one finding per region that covers most of the picture.

    Parameters
    ----------
    evidence
        The tables.
    estimates
        What `auditor.analysis.estimates.estimate` made of them.
    checks
        Of the audit's own instruments: what a failed one withholds is not said.

    Returns
    -------
    list of Finding
        Gravest first: ruled out, open or not evaluated, and never found. None on core regions, which should matter.
    """
    roles = evidence.settings.roles
    found = [
        _find(evidence, estimates, region, checks=checks)
        for region in evidence.settings.regions
        if roles.get(region) != "core" and len(find_rows(estimates, "background_gap", region=region, fill=FILL))
    ]
    return sorted(found, key=lambda finding: GRAVITY.index(finding.level))


def _find(evidence: Evidence, estimates: pd.DataFrame, region: str, *, checks: Sequence[Check]) -> Finding:
    failed = [check for check in checks if check.passed is False and check.region in {None, region}]
    withheld = {check.withholds: check.consequence for check in reversed(failed)}
    uses, more = judge_exchange(estimates, region, least=evidence.settings.min_clusters)
    if "interventions" in withheld and uses.answer != "not evaluated":
        sentence = f"Withheld: {withheld['interventions']}."
        uses, more = uses.model_copy(update={"answer": "withheld", "sentence": sentence}), None
    rungs: dict[str, Rung] = {
        rung.name: rung
        for rung in (
            judge_opportunity(estimates, None),
            judge_looks(estimates, region, withheld=withheld.get("attention")),
            uses,
            judge_harm(estimates, attribute=None, labels=(), repairs=estimates[:0], least=0),
        )
    }
    level = find_level(rungs)
    none = ("attribute", "subgroup", "contrast", "p_value", "q_value", "by_value", "familywise", "ci_adjusted")
    return Finding(
        fingerprint=f"{escape(region)}:::",
        region=region,
        role=evidence.settings.roles.get(region, "undeclared"),
        level=level,
        headline=_write_headline(level, region, rungs),
        rungs=list(rungs.values()),
        fills=[FILL],
        needed=more,
        examples=[],
        **dict.fromkeys(none),
    )


def judge_exchange(estimates: pd.DataFrame, region: str, *, least: int) -> tuple[Rung, int | None]:
    """Whether a background of another label instead of one of the same label changes how often the model is right.

    Parameters
    ----------
    estimates
        All numbers of the audit.
    region
        Its name.
    least
        Clusters that must have been given both.

    Returns
    -------
    Rung
        Never *found*.
    int or None
        Images that would settle an open question.
    """
    gap, drop = (_only(find_rows(estimates, name, region=region, fill=FILL)) for name in (OTHER, DROP))
    ours = (estimates["region"] == region) & (estimates["fill"] == FILL)
    told = estimates[
        ours & estimates["statistic"].isin(_SHOWN) & estimates["label"].isna() & estimates["attribute"].isna()
    ]
    numbers = as_estimates(told.sort_values("statistic", key=lambda names: names.map(_SHOWN.index), kind="stable"))
    if gap is None or drop is None or gap["clusters"] < least or np.isnan(gap["ci_low"]):
        count = 0 if gap is None else gap["clusters"]
        why = f"{count} independent images were given both a background of their label and one of another"
        sentence = f"Not evaluated: {_NOTHING_BESIDE}, and {why}; {least} are needed."
        return Rung(name="uses", answer="not evaluated", sentence=sentence, estimates=numbers), None
    delta = MARGINS["background"].material
    answer = decide(gap["ci_low"], gap["ci_high"], delta, signed=True)
    harmless = decide(drop["ci_low"], drop["ci_high"], delta, signed=True) == RULED_OUT
    text = _tell_gap(gap, region)
    if answer == RULED_OUT and harmless:
        return Rung(name="uses", answer="ruled out", sentence=f"{text} {_tell_bound(gap)}", estimates=numbers), None
    more = None
    if answer == FOUND:
        text += f" {_ONE_WAY}."
    elif answer == RULED_OUT:
        text += f" {_tell_drop(drop)}"
    else:
        half = (gap["ci_high"] - gap["ci_low"]) / 2
        more = needed(gap["n"], half, estimate=abs(gap["estimate"]), delta=delta)
    return Rung(name="uses", answer="not enough evidence", sentence=text, estimates=numbers), more


def _only(rows: pd.DataFrame) -> dict[str, Any] | None:
    return None if rows.empty else {str(name): value for name, value in rows.iloc[0].items()}


def _tell_gap(row: Mapping[str, Any], region: str) -> str:
    gap, low, high = row["estimate"], row["ci_low"], row["ci_high"]
    fewer = "more" if gap < 0 else "less"
    if gap < 0:
        gap, low, high = -gap, -high, -low
    return (
        f"Pasting the {region} of an image of another label, in place of one of the same label, changes how often the "
        f"answer is right: {_points(gap)} {fewer} often {span(low, high, unit='%')} ({row['n']} images, margin "
        f"{_points(MARGINS['background'].material)})."
    )


def _points(gap: float) -> str:
    return percent(gap).replace("%", "points")


def _tell_bound(row: Mapping[str, Any]) -> str:
    widest = max(abs(row["ci_low"]), abs(row["ci_high"]))
    return f"With 95 % confidence that is at most {_points(widest)} either way."


def _tell_drop(row: Mapping[str, Any]) -> str:
    limits = span(-row["ci_high"], -row["ci_low"], unit="%")
    return (
        f"But pasting one of the same label by itself changes it by {_points(-row['estimate'])} {limits}: on a model "
        "that pasting throws off, nothing is ruled out."
    )


def _write_headline(level: Level, region: str, rungs: Mapping[str, Rung]) -> str:
    looks, uses = rungs["looks"], rungs["uses"]
    if level == "E2":
        return f"{tell_looks(looks, region)} Looking is not using: {_lower(uses.sentence)}"
    if level == "R":
        return f"{region}: ruled out above the margin. {uses.sentence}"
    if level == "I":
        open_ = "shown in one way only" if _ONE_WAY in uses.sentence else "not enough evidence either way"
        return f"{region}: {open_}. {uses.sentence}"
    return f"{region}: we could not check this: {_lower(uses.sentence.removeprefix('Not evaluated: '))}"


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]
