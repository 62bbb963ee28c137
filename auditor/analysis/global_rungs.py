"""The rungs of the evidence ladder for a property of whole pictures, such as brightness, in numbers and in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from auditor.analysis.headlines import tell_needed
from auditor.analysis.joint_tests import margin_of
from auditor.analysis.margins import FOUND, MARGINS, RULED_OUT, decide
from auditor.analysis.questions import Q
from auditor.analysis.rungs import ANSWERS, as_estimates, find_rows
from auditor.analysis.wording import percent, span, whole_points
from auditor.documents.ladder import Rung
from auditor.properties import PROPERTIES, name_region

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.analysis.uses import Use
    from auditor.documents.ladder import Answer, Level

ONE_WAY: Final = (
    "it can only be taken down, which takes other detail away as well, and no change of equal size serves as control"
)
"""Why use of a property that cannot be raised is neither found nor ruled out."""
_LOCAL: Final = (
    "A cue in one place, such as an object or a tag, changes this number of the whole picture as well, and may be all "
    "there is to it."
)
_ELSEWHERE: Final = "Of a cue in one place this says nothing."
_CAVEAT: Final = "The change reaches the subject as well as what is around it: which of the two matters it cannot tell."
_PAIR: Final = 2


def judge_global_opportunity(estimates: pd.DataFrame, name: str, *, labels: tuple[str, ...]) -> Rung:
    """Whether the label could be guessed from a property.

    Parameters
    ----------
    estimates
        All numbers of the audit.
    name
        One of `auditor.properties.PROPERTIES`.
    labels
        That occur.

    Returns
    -------
    Rung
        From the association of property and label against the material margin for associations, on the scale where 0
        is no link and 1 a complete one, as for Cramér's V: of two labels the size of the rank-biserial correlation,
        ``2 AUC - 1``; of more the root of epsilon squared, the correlation ratio of the ranks.

    References
    ----------
    Kerby (2014), The simple difference formula: an approach to teaching nonparametric correlation. Comprehensive
    Psychology 3, article 1.
    """
    region, words = name_region(name), PROPERTIES[name].words
    pair = len(labels) == _PAIR
    rows = find_rows(estimates, "property_association", region=region, label=labels[1] if pair else None)
    if rows.empty or rows["ci_low"].isna().all():
        sentence = f"How far {words} and label go together could not be measured."
        return Rung(name="opportunity", answer="not evaluated", sentence=sentence, estimates=as_estimates(rows))
    row = rows.iloc[0]
    low, high = (as_correlation(row[end], pair=pair) for end in ("ci_low", "ci_high"))
    answer = ANSWERS[decide(low, high, MARGINS["association"].material, signed=pair)]
    alone = find_rows(estimates, "property_only_accuracy", region=region)
    always = find_rows(estimates, "property_majority_accuracy", region=region)
    if pair:
        sentence = (
            f"In {percent(row['estimate'])} {span(row['ci_low'], row['ci_high'], unit='%')} of pairs of these images "
            f"the one labelled {labels[1]} has more {words} than the one labelled {labels[0]} (50 % is no link)."
        )
    else:
        sentence = f"In these images {words} and label go together with epsilon = {math.sqrt(row['estimate']):.2f}"
        sentence += f" {span(low, high)}."
    if len(alone) and len(always):
        sentence += (
            f" Guessing from {words} alone would be right {percent(alone['estimate'].iloc[0])} of the time; always "
            f"naming the commonest label, {percent(always['estimate'].iloc[0])}."
        )
    sentence += " These are the audited images; what the model was trained on may differ."
    numbers = as_estimates(pd.concat([rows, alone, always]))
    return Rung(name="opportunity", answer=answer, sentence=sentence, estimates=numbers)


def as_correlation(value: float, *, pair: bool) -> float:
    """An association on the scale on which its margin is set: 0 is no link, 1 a complete one.

    Parameters
    ----------
    value
        An area under the ROC curve of a pair of labels, else epsilon squared.
    pair
        Which of them.

    Returns
    -------
    float
        In [-1, 1] for a pair, else in [0, 1].

    Examples
    --------
    >>> as_correlation(0.75, pair=True), as_correlation(0.25, pair=False)
    (0.5, 0.5)
    """
    return 2 * value - 1 if pair else math.sqrt(max(value, 0.0))


def state_no_place() -> Rung:
    """The second rung, which a property does not have.

    Returns
    -------
    Rung
        Not evaluated.
    """
    sentence = "A property of the whole picture has no place for a map to lie on."
    return Rung(name="looks", answer="not evaluated", sentence=sentence, estimates=[])


def judge_global_use(estimates: pd.DataFrame, name: str, *, use: Use | None, classes: tuple[str, ...]) -> Rung:
    """Whether bringing a property to one value changes the answer.

    Parameters
    ----------
    estimates
        All numbers of the audit.
    name
        One of `auditor.properties.PROPERTIES`.
    use
        The answer to its decisive cell; None for a property that can be taken down only.
    classes
        Of the model.

    Returns
    -------
    Rung
        With a property that can be taken down only, never more than *not evaluated*: its numbers are told all the same.
    """
    rows = estimates[estimates["region"] == name_region(name)]
    favours = use.cell.favours if use is not None else None
    shifts = rows[rows["statistic"].isin({"property_shift", "property_both_ways"})]
    if favours is not None:
        shifts = shifts[shifts["predicted"] == favours]
    flips = rows[rows["statistic"] == "property_flips"]
    numbers = as_estimates(pd.concat([shifts, flips]))
    if use is None:
        told = f"Taking it down to that of the poorest twentieth changes the answer in {_share(flips)} of the images."
        sentence = f"Not evaluated: {ONE_WAY}. {told} This is neither found nor ruled out. {_LOCAL}"
        return Rung(name="uses", answer="not evaluated", sentence=sentence, estimates=numbers)
    return Rung(name="uses", answer=use.answer, sentence=_tell_use(use, name, classes), estimates=numbers)


def judge_global_harm(estimates: pd.DataFrame, name: str) -> Rung:
    """Whether images with more of a property are answered wrongly more, or less, often than those with less.

    Parameters
    ----------
    estimates
        All numbers of the audit.
    name
        One of `auditor.properties.PROPERTIES`.

    Returns
    -------
    Rung
        Found where the gap within some label lies beyond its material margin; ruled out where those within all labels
        lie inside of it.
    """
    words = PROPERTIES[name].words
    gaps = estimates[(estimates["statistic"] == "property_accuracy_gap") & (estimates["region"] == name_region(name))]
    gaps = gaps[gaps["ci_low"].notna()]
    if gaps.empty:
        sentence = f"Accuracy could not be compared between images with more and with less {words}."
        return Rung(name="hurts", answer="not evaluated", sentence=sentence, estimates=[])
    limits = zip(gaps["ci_low"], gaps["ci_high"], strict=True)
    answers = [decide(low, high, MARGINS["error_gap"].material, signed=True) for low, high in limits]
    size = gaps["estimate"].abs().to_numpy(copy=True)
    if FOUND in answers:
        size[[answer != FOUND for answer in answers]] = -1
    answer: Answer = "not enough evidence"
    if FOUND in answers:
        answer = "found"
    elif all(value == RULED_OUT for value in answers):
        answer = "ruled out"
    sentence = _tell_gap(gaps.iloc[int(size.argmax())].to_dict(), words)
    return Rung(name="hurts", answer=answer, sentence=sentence, estimates=as_estimates(gaps))


def write_global_headline(
    level: Level, name: str, *, use: Use | None, rungs: Mapping[str, Rung], classes: tuple[str, ...]
) -> str:
    """One or two sentences for the first page.

    Parameters
    ----------
    level
        Of the finding.
    name
        One of `auditor.properties.PROPERTIES`.
    use
        The answer to its decisive cell; None for a property that can be taken down only.
    rungs
        By name.
    classes
        Of the model.

    Returns
    -------
    str
        Plain words with the numbers that matter.
    """
    words = f"{PROPERTIES[name].words} of the whole picture"
    reason = (use.cell.reason if use is not None else ONE_WAY) or "nothing could be compared"
    if level == "E1":
        return f"{rungs['opportunity'].sentence} {_LOCAL} Whether the model does this could not be tested: {reason}."
    if use is None or level == "E0":
        return f"{words}: we could not check this: {reason}."
    if level in {"E3", "E4"}:
        hurts = f" {rungs['hurts'].sentence}" if level == "E4" else ""
        return f"The model uses {words}. {_tell_effect(use, name, classes)} {_LOCAL}{hurts}"
    if level == "R":
        return f"{words}: ruled out above the margin. {_tell_bound(use)} {_ELSEWHERE}"
    return f"{words}: not enough evidence either way. {_tell_effect(use, name, classes)} {_LOCAL}{tell_needed(use)}"


def _tell_use(use: Use, name: str, classes: tuple[str, ...]) -> str:
    if use.cell.reason is not None:
        return f"Not evaluated: {use.cell.reason}."
    text = f"{_tell_effect(use, name, classes)} {_CAVEAT} {_ELSEWHERE if use.answer == 'ruled out' else _LOCAL}"
    if use.answer == "found":
        strict = "still" if use.by_value <= Q else "no longer"
        return (
            f"{text} As large a change the other way agrees. Under the strict correction (Benjamini-Yekutieli) it is "
            f"{strict} flagged; safeguard: {use.guarded}."
        )
    if use.answer == "ruled out":
        return f"{text} {_tell_bound(use)}"
    agree = "" if use.guarded else " The two sides, or the two ways of changing it, do not agree well enough."
    return f"{text}{agree}{tell_needed(use)}"


def _tell_effect(use: Use, name: str, classes: tuple[str, ...]) -> str:
    """How many answers changed, and how far the two sides were moved, in the way that shows it least."""
    words, part = PROPERTIES[name].words, use.cell.weakest
    flips = use.cell.parts[0].effect.flip_own
    text = (
        f"Bringing {words} to one value on all images changes the answer in "
        f"{percent(float(flips[np.isfinite(flips)].mean()))} of them."
    )
    size, favours = part.estimate, use.cell.favours
    low, high = part.interval(use.level)
    if use.answer != "found":
        apart = f"{_plain(size):.2f} SD {span(_plain(low), _plain(high))}"
        return f"{text} It moves images with more and with less of it apart by {apart}."
    speaks = f"for {favours}"
    if size < 0:
        other = [label for label in classes if label != favours]
        speaks = f"for {other[0]}" if len(classes) == _PAIR else f"against {favours}"
    ends = sorted((abs(low), abs(high)))
    return f"{text} More {words} is evidence {speaks}: {abs(size):.2f} SD {span(*ends)}."


def _tell_bound(use: Use) -> str:
    widest = max(max(abs(end) for end in part.interval(1 - Q)) for part in use.cell.parts)
    bound = max(math.ceil(100 * widest) / 100, 0.01)
    return (
        "With 95 % confidence bringing it to one value moves images with more and with less of it apart by at most "
        f"{bound:.2f} SD (margin {margin_of(use.cell)[1]:.2f} SD)."
    )


def _plain(value: float) -> float:
    """As it is printed, without the sign of a zero."""
    return round(value, 2) + 0.0


def _tell_gap(row: Mapping[Any, Any], words: str) -> str:
    gap, low, high = row["estimate"], row["ci_low"], row["ci_high"]
    often = "less" if gap < 0 else "more"
    if gap < 0:
        gap, low, high = -gap, -high, -low
    return (
        f"Among images labelled {row['label']}, those with more {words} than the median are answered correctly "
        f"{whole_points(gap)} {often} often than those with less {span(low, high, unit='%')} ({row['n']} images); "
        "other differences between these images are not accounted for."
    )


def _share(flips: pd.DataFrame) -> str:
    return percent(float(flips["estimate"].iloc[0])) if len(flips) else "an unknown share"
