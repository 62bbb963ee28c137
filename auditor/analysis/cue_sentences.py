"""What a comparison says of one cue, in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.analysis.comparison_answers import tell_points
from auditor.analysis.cue_numbers import FLIPS, PROPERTY
from auditor.analysis.cue_tests import margin_of
from auditor.analysis.margins import needed
from auditor.analysis.statistics.mirroring import MIRRORED
from auditor.analysis.wording import describe_role, percent, span
from auditor.properties import BY_REGION

if TYPE_CHECKING:
    from auditor.analysis.cue_numbers import Cue
    from auditor.analysis.cue_tests import CueTest
    from auditor.documents.comparisons import Leaning
    from auditor.documents.ladder import Estimate, Role


def tell_cue(
    test: CueTest,
    leaning: Leaning,
    *,
    role: Role,
    size: Estimate | None,
    reason: str | None,
    names: tuple[str, str],
    level: float,
) -> str:
    """Say which of two models leans less on a cue, and by how much.

    Parameters
    ----------
    test
        Of the cue.
    leaning
        The answer.
    role
        Declared for the region.
    size
        The least change in size.
    reason
        Why it cannot be told, where there is more to say than that the limits leave it open.
    names
        Of baseline and candidate.
    level
        Of limits that hold for the whole family.

    Returns
    -------
    str
        One sentence, or two.
    """
    cue = _name(test.cue, role)
    numbers = "" if size is None or size.ci is None else f" {_tell_numbers(test, size, names)}"
    if leaning in {"candidate leans less", "baseline leans less"}:
        who = names[1] if leaning == "candidate leans less" else names[0]
        return f"{_start(who)} leans less on {cue}.{numbers}"
    if leaning == "alike":
        turned = ", in opposite directions" if test.turns else ""
        return f"{_start(names[0])} and {names[1]} lean alike on {cue}{turned}.{numbers}"
    if reason is not None:
        return f"{_start(cue)}: cannot tell which leans less: {reason}.{numbers}"
    return f"{_start(cue)}: cannot tell which leans less.{numbers}{_tell_needed(test, size, level=level)}"


def describe_effect(cue: Cue, fill: str) -> str:
    """Say how the effect of a cue is measured.

    Parameters
    ----------
    cue
        Any.
    fill
        How it was changed.

    Returns
    -------
    str
        For the method of a number; how controls enter follows.
    """
    if cue.statistic == FLIPS:
        return "share of answers that change when the region is hidden"
    half = f"half the difference between the two sides of the margin of {cue.favours}"
    if cue.statistic == PROPERTY:
        words = BY_REGION[cue.region].words
        lost = (
            "gained by as large a change the other way"
            if fill == MIRRORED
            else f"lost by bringing {words} to one value"
        )
        return f"{half} {lost}, images with more against images with less"
    return f"{half} lost by hiding the region, {cue.subgroup} against {cue.others}, within label"


def _name(cue: Cue, role: Role) -> str:
    if cue.statistic == PROPERTY:
        return f"{BY_REGION[cue.region].words} of the whole picture"
    return f"{describe_role(cue.region, role)}{f' with {cue.attribute}' if cue.attribute else ''}"


def _start(text: str) -> str:
    """As a sentence begins, where the text is ours and not a name."""
    return text[0].upper() + text[1:] if text.startswith("the ") else text


def _tell_numbers(test: CueTest, size: Estimate, names: tuple[str, str]) -> str:
    way = test.weakest
    if way is None or size.value is None or size.ci is None:
        return ""
    baseline, candidate = way.effect.effects
    if test.cue.statistic == FLIPS:
        pair = f"{percent(baseline.value)} of answers in {names[0]} and {percent(candidate.value)} in {names[1]}"
        return (
            f"Hiding it ({way.effect.fill}) changes {pair} beyond what hiding equally large other areas changes: a "
            f"change in size of {tell_points(size)}, {way.change.n:,} images."
        )
    pair = f"{_plain(baseline.value):.2f} SD in {names[0]} and {_plain(candidate.value):.2f} SD in {names[1]}"
    change = f"a change in size of {_plain(size.value):+.2f} SD {span(*size.ci)}, {way.change.n:,} images."
    if test.cue.statistic == PROPERTY:
        what = "As large a change the other way" if way.effect.fill == MIRRORED else "Bringing it to one value"
        return f"{what} moves images with more and with less of it apart by {pair}: {change}"
    return f"Hiding it ({way.effect.fill}) shifts {test.cue.subgroup} against {test.cue.others} by {pair}: {change}"


def _plain(value: float) -> float:
    """As it is printed, without the sign of a zero."""
    return round(value, 2) + 0.0


def _tell_needed(test: CueTest, size: Estimate | None, *, level: float) -> str:
    """How many images would settle it either way, if changes are as large as they look."""
    if size is None or size.value is None or size.ci is None:
        return ""
    half = (size.ci[1] - size.ci[0]) / 2
    apart = needed(size.n, half, estimate=abs(size.value), delta=0.0) if test.matters else None
    known = [number for number in (apart, _find_alike(test, level)) if number is not None and number > size.n]
    return f" About {min(known):,} images tried with both would settle it." if known else ""


def _find_alike(test: CueTest, level: float) -> int | None:
    """Images with which every way of hiding would bound the change in size by the margin; None if none would do."""
    margin, found = margin_of(test.cue).material, []
    for way, (value, (low, high)) in test.list_sizes(level):
        number = needed(way.change.n, (high - low) / 2, estimate=abs(value), delta=margin)
        if number is None or abs(value) >= margin:
            return None
        found.append(number)
    return max(found, default=None)
