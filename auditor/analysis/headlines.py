"""What a finding says in one or two sentences, level by level, to someone who is no specialist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.analysis.guards import PAIR
from auditor.analysis.joint_tests import margin_of
from auditor.analysis.looks import hides_use, tell_looks
from auditor.analysis.questions import Q
from auditor.analysis.settling import ways_part
from auditor.analysis.uses import is_small, rests_on_controls
from auditor.analysis.wording import describe_role, known, listed, percent, span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.analysis.questions import Cell
    from auditor.analysis.uses import Use
    from auditor.documents.ladder import Level, Role, Rung

_ELSEWHERE: Final = (
    "Without what was taken off for controls the answer would be another: controls may lie on what matters as well."
)


def write_headline(level: Level, use: Use, *, role: Role, rungs: Mapping[str, Rung], classes: tuple[str, ...]) -> str:
    """One or two sentences for the first page.

    Parameters
    ----------
    level
        Of the finding.
    use
        Its decisive cell.
    role
        Declared for the region.
    rungs
        By name.
    classes
        Of the model.

    Returns
    -------
    str
        Plain words with the numbers that matter.
    """
    region = use.cell.region
    named = describe_role(region, role)
    whom = f" with {use.cell.attribute}" if use.cell.attribute else ""
    reason = f"{use.cell.reason}." if use.cell.reason is not None else rungs["uses"].sentence
    if level in {"E3", "E3'", "E4"}:
        text = f"The model uses {named}{whom}. {tell_effect(use, classes)}"
        if hides_use(rungs["looks"]):
            text += " The heat map does not show this."
        return text + (f" {rungs['hurts'].sentence}" if level == "E4" else "")
    if level == "E2":
        return f"{tell_looks(rungs['looks'], named)} Looking is not using: {_tell_no_use(use, rungs['uses'], whom)}"
    if level == "R":
        return f"{region}{whom}: ruled out above the margin. {tell_bound(use)}"
    if level == "I":
        return f"{region}{whom}: not enough evidence either way. {tell_effect(use, classes)}{_tell_open(use)}"
    if level == "E1":
        return f"{rungs['opportunity'].sentence} Whether the model does this could not be tested: {reason}"
    return f"{region}{whom}: we could not check this: {reason}"


def _tell_no_use(use: Use, uses: Rung, whom: str) -> str:
    about = whom and f" in connection{whom}"
    if use.cell.reason is not None:
        return f"use could not be tested{about}: {use.cell.reason}."
    shown = "hiding it did not materially change answers" if uses.answer == "ruled out" else "use was not shown"
    return f"{shown}{about}."


def tell_effect(use: Use, classes: tuple[str, ...]) -> str:
    """What hiding did, on the way of hiding that shows it least.

    Parameters
    ----------
    use
        A cell that could be tested.
    classes
        Of the model.

    Returns
    -------
    str
        One or two sentences.
    """
    cell, part = use.cell, use.cell.weakest
    low, high = part.interval(use.level)
    flips = _tell_flips(use)
    if cell.attribute is None:
        excess = span(low, high, unit="%")
        return f"{flips} The difference is {percent(part.estimate)} {excess}, hidden in {len(cell.parts)} ways."
    one, other = known(cell.subgroup or ""), known(cell.others or "")
    favours = cell.favours or ""
    against = next((name for name in classes if name != favours), "") if len(classes) == PAIR else "the other classes"
    if part.estimate < 0:
        one, other, low, high = other, one, -high, -low
    size = f"{abs(part.estimate):.2f} SD {span(low, high)}"
    if use.guarded is not None and use.guarded.startswith("the two sides"):
        ways = f"it takes evidence for {favours} from {one} and for {against} from {other}"
    else:
        ways = f"it takes more evidence for {favours} from {one} than from {other}"
    return f"{flips} Hiding {cell.region} shifts {cell.attribute} groups apart by {size}: {ways}."


def _tell_flips(use: Use) -> str:
    """How many answers changed, in the way of hiding that the sentence speaks of."""
    effect = use.cell.weakest.effect
    taking = effect.paired if effect.paired.any() else np.isfinite(effect.own)
    own = percent(float(effect.flip_own[taking].mean()))
    if not effect.paired.any():
        return f"Hiding {use.cell.region} changes the answer in {own} of images (no room for an equally large area)."
    control = percent(float(effect.flip_control[taking].mean()))
    region = use.cell.region
    return f"Hiding {region} changes the answer in {own} of images, hiding equally large other areas in {control}."


def tell_bound(use: Use) -> str:
    """How small an effect that was ruled out must be.

    Parameters
    ----------
    use
        A cell that was ruled out.

    Returns
    -------
    str
        One sentence.
    """
    most = margin_of(use.cell)[1]
    if use.cell.attribute is None:
        widest = max(part.interval(1 - Q)[1] for part in use.cell.parts)
        return (
            f"With 95 % confidence hiding it changes at most {percent(max(widest, 0))} more answers than hiding "
            f"equally large other areas (margin {percent(most)})."
        )
    widest = max(max(abs(end) for end in part.interval(1 - Q)) for part in use.cell.parts)
    return (
        f"With 95 % confidence hiding it shifts {known(use.cell.subgroup or '')} and {known(use.cell.others or '')} "
        f"apart by at most {widest:.2f} SD (margin {most:.2f} SD)."
    )


def tell_needed(use: Use) -> str:
    """How many images would settle an open question, where a number would.

    Parameters
    ----------
    use
        A cell that is open.

    Returns
    -------
    str
        A sentence with a space before it, or nothing.
    """
    if use.needed is None:
        return ""
    n = use.cell.weakest.n
    return f" About {use.needed:,} images would settle it, if the effect is as large as it looks (there were {n:,})."


def _tell_unguarded(use: Use, classes: tuple[str, ...]) -> str:
    if use.cell.attribute is None:
        return "The region lies partly on core regions: hiding it hides these as well."
    if len(classes) > PAIR:
        return (
            "With more than two classes other parts of the image could make such a shift, and no swap shows otherwise."
        )
    return "Unequal regions could make such a shift, and nothing shows that they did not."


def _tell_open(use: Use) -> str:
    """Why a question is open, and what would settle it."""
    text = f" {_ELSEWHERE}" if rests_on_controls(use.cell) else ""
    if use.doubt is not None and is_small(use.cell):
        text += f" {use.doubt}"
    if ways_part(use.cell):
        text += f" {_tell_apart(use.cell)}: if they are as far apart as they look, more images would not settle it."
    return text + tell_needed(use)


def _tell_apart(cell: Cell) -> str:
    """How far ways of hiding lie apart; the way with the smallest effect, of which the sentence speaks, is positive."""
    turn = -1 if cell.attribute is not None and cell.weakest.estimate < 0 else 1
    least, *_, most = sorted(turn * part.estimate for part in cell.parts)
    alike = all(part.size > margin_of(cell)[0] for part in cell.parts)
    sides = "in opposite directions" if alike else "on different sides of the margin"
    ends = (percent(least), percent(most)) if cell.attribute is None else (f"{least:.2f} SD", f"{most:.2f} SD")
    return f"Ways of hiding give {' to '.join(ends)}, {sides}"


def tell_use(use: Use, classes: tuple[str, ...]) -> str:
    """The sentence of the third rung.

    Parameters
    ----------
    use
        The cell.
    classes
        Of the model.

    Returns
    -------
    str
        With fills, correction and safeguard.
    """
    if use.cell.reason is not None:
        return f"Not evaluated: {use.cell.reason}."
    ways = listed([part.effect.fill for part in use.cell.parts])
    text = f"{tell_effect(use, classes)} Smallest effect of {len(use.cell.parts)} ways of hiding ({ways})."
    if use.answer == "found":
        strict = "still" if use.by_value <= Q else "no longer"
        text += f" Under the strict correction (Benjamini-Yekutieli) it is {strict} flagged; safeguard: {use.guarded}."
    elif use.answer == "ruled out":
        text += f" {tell_bound(use)}"
    else:
        guard = "" if use.guarded else f" {_tell_unguarded(use, classes)}"
        text += f"{guard}{_tell_open(use)}"
    return text
