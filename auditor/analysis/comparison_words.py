"""What may be said of two models on page one: which leans less on what was declared, and what limits that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auditor.analysis.comparison_answers import tell_accuracy, tell_cost
from auditor.analysis.comparison_trust import AGREEING, tell_trust
from auditor.analysis.matching import FEWEST
from auditor.analysis.wording import listed
from auditor.documents.comparisons import ComparisonVerdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.analysis.comparison_trust import Grounds
    from auditor.documents.comparisons import Change, CueChange, Leaning

LESS: Final = "candidate leans less"
MORE: Final = "baseline leans less"
ALIKE: Final = "alike"
MIXED: Final = "mixed"
OPEN: Final = "cannot tell"
_NAMED: Final = 4


def judge_pair(changes: Sequence[Change], cues: Sequence[CueChange], *, grounds: Grounds) -> ComparisonVerdict:
    """Say which of two models leans less on declared cues, on what evidence, and at what cost.

    Parameters
    ----------
    changes
        Numbers of both models.
    cues
        What is said of each cue; those that do not count are left aside.
    grounds
        What the verdict stands on.

    Returns
    -------
    ComparisonVerdict
        *Less* only where one model leans less on a cue and the other on none; *alike* only where every cue is.
    """
    counting = [cue for cue in cues if cue.counts]
    leaning = conclude([cue.leaning for cue in counting])
    if find_obstacle(counting, grounds) is not None:
        leaning = OPEN
    return ComparisonVerdict(
        leaning=leaning,
        headline=f"{_tell_leaning(leaning, counting, grounds)} {tell_accuracy(changes, grounds.names)}",
        evidence=_list_evidence(leaning, counting, grounds),
        trust=tell_trust(changes, grounds),
        cost=tell_cost(changes, grounds.names),
        cautions=_list_cautions(leaning, counting, grounds),
    )


def conclude(leanings: Sequence[Leaning]) -> Leaning:
    """Say of all cues together what was said of each.

    Parameters
    ----------
    leanings
        Of the cues that count.

    Returns
    -------
    str
        *Cannot tell* of no cue.

    Examples
    --------
    >>> conclude(["candidate leans less", "cannot tell"]), conclude(["alike", "cannot tell"]), conclude([])
    ('candidate leans less', 'cannot tell', 'cannot tell')
    """
    said = set(leanings)
    if {LESS, MORE} <= said:
        return MIXED
    for one in (LESS, MORE):
        if one in said:
            return one
    return ALIKE if said == {ALIKE} else OPEN


def find_obstacle(counting: Sequence[CueChange], grounds: Grounds) -> str | None:
    """Why nothing can be told of any cue.

    Parameters
    ----------
    counting
        Cues that count.
    grounds
        What the verdict stands on.

    Returns
    -------
    str or None
        In words; None where at least one cue could be told.
    """
    if grounds.clusters < FEWEST:
        return (
            f"only {grounds.clusters:,} independent persons or sources are shared; at least {FEWEST} are needed, "
            "ideally 80 or more"
        )
    if grounds.unhidden:
        return (
            f"nothing was hidden from {listed(list(grounds.unhidden))}. Maps are compared below, but attention alone "
            "never tells what a model leans on"
        )
    if not grounds.cues:
        return "no region that both audits know was declared protected or an artefact"
    if grounds.withheld and not any(cue.leaning in {LESS, MORE} for cue in counting):
        return f"checks of the audit of {listed(list(grounds.withheld))} withhold what hiding does"
    if len(grounds.ways) < AGREEING:
        ways = (
            "no way of hiding that counts was"
            if not grounds.ways
            else f"of those that count only {grounds.ways[0]} was"
        )
        return f"{AGREEING} ways of hiding must agree, and {ways} tried on both models"
    return None if counting else "no declared region was hidden in both audits"


def name_cues(cues: Sequence[CueChange], *, among: Sequence[CueChange] = ()) -> str:
    """Cues as a sentence lists them, region by region.

    Parameters
    ----------
    cues
        At least one.
    among
        All cues: a region that is among them with an attribute as well is called *alone* where it stands without.

    Returns
    -------
    str
        Such as ``"face (with gender), hair (alone and with gender) and tag"``; many regions are counted.
    """
    split = {cue.region for cue in (*cues, *among) if cue.attribute is not None}
    regions = dict.fromkeys(cue.region for cue in cues)
    names = []
    for region in regions:
        asked = dict.fromkeys(cue.attribute for cue in cues if cue.region == region)
        ways = ["alone"] if None in asked and region in split else []
        attributes = [attribute for attribute in asked if attribute is not None]
        ways += [f"with {listed(attributes)}"] if attributes else []
        names.append(f"{region} ({listed(ways)})" if ways else region)
    shown = names if len(names) <= _NAMED else [*names[: _NAMED - 1], f"{len(names) - _NAMED + 1} more regions"]
    return listed(shown)


def _pick(cues: Sequence[CueChange], leaning: str) -> list[CueChange]:
    return [cue for cue in cues if cue.leaning == leaning]


def _tell_leaning(leaning: Leaning, counting: Sequence[CueChange], grounds: Grounds) -> str:
    baseline, candidate = grounds.names
    if leaning == LESS:
        return f"{candidate} leans less than {baseline} on {name_cues(_pick(counting, LESS), among=counting)}."
    if leaning == MORE:
        return f"{candidate} leans more than {baseline} on {name_cues(_pick(counting, MORE), among=counting)}."
    if leaning == MIXED:
        ours, theirs = (name_cues(_pick(counting, one), among=counting) for one in (LESS, MORE))
        return f"Each model leans less on something: {candidate} on {ours}, {baseline} on {theirs}."
    if leaning == ALIKE:
        told = "differences are below the material margin"
        return f"{baseline} and {candidate} lean alike on {name_cues(counting)}: {told}."
    reason = find_obstacle(counting, grounds) or "no difference is shown, and none is ruled out"
    return f"Which of {baseline} and {candidate} leans less on declared cues cannot be told: {reason}."


def _list_evidence(leaning: Leaning, counting: Sequence[CueChange], grounds: Grounds) -> list[str]:
    """Sentences of the cues that decided; where none did, of all, or why there is none."""
    obstacle = find_obstacle(counting, grounds)
    if obstacle is not None:
        return [f"{obstacle[0].upper()}{obstacle[1:]}."]
    deciding = [cue for cue in counting if cue.leaning in {LESS, MORE}] if leaning in {LESS, MORE, MIXED} else counting
    ordered = sorted(deciding, key=lambda cue: 1.0 if cue.p_adjusted is None else cue.p_adjusted)
    return [cue.sentence for cue in ordered]


def _list_cautions(leaning: Leaning, counting: Sequence[CueChange], grounds: Grounds) -> list[str]:
    cautions = []
    if grounds.same_weights:
        cautions.append("Both audits are of the same weights: what differs comes of seeds, settings or data.")
    if leaning in {LESS, MORE, MIXED}:
        cautions += _tell_rest(counting)
        cautions.append("Leaning less is not leaning not at all: the findings of each audit say what is left.")
    if leaning == ALIKE:
        cautions.append("Alike is no all-clear: two models that lean on the same cues are alike.")
    if grounds.withheld and leaning in {LESS, MORE, MIXED}:
        cautions.append(
            f"A check of the audit of {listed(list(grounds.withheld))} failed: hiding may do more there than was "
            "measured, so that it leans less is never told."
        )
    if grounds.blurred:
        cautions.append(
            f"Checks of the audit of {listed(list(grounds.blurred))} found its maps not to be relied on: where they "
            "lie says nothing here."
        )
    if grounds.aside:
        cautions.append(f"{grounds.aside:,} images that only one of the models read are left aside.")
    cautions.append(
        "Only declared regions were hidden, and of whole pictures only colours and light were changed: what else "
        "either model leans on is not compared."
    )
    return cautions


def _tell_rest(counting: Sequence[CueChange]) -> list[str]:
    """What is not told, or alike, beside what is."""
    rest = ((OPEN, "cannot be told which model leans less"), (ALIKE, "lean alike"))
    told = []
    for leaning, words in rest:
        cues = _pick(counting, leaning)
        if cues:
            subject = "it " if leaning == OPEN else "the models "
            told.append(f"On {name_cues(cues, among=counting)} {subject}{words}.")
    return told
