"""Conditions on the evidence ladder: how high a finding reaches, how high it may, what is new since the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from auditor.analysis.conditions.base import NO_BASELINE, NOT_COMPARED, Audited, missing
from auditor.analysis.conditions.choices import miss_classes
from auditor.analysis.conditions.pairs import choose_pairs
from auditor.documents.verdicts import Item
from auditor.properties import BY_REGION, is_property

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.analysis.conditions.base import Pair
    from auditor.analysis.rules import Rule
    from auditor.documents.comparisons import CueChange
    from auditor.documents.ladder import Finding, Level
    from auditor.documents.verdicts import State

HEIGHT: Final[dict[Level, int]] = {"R": 0, "E1": 1, "E2": 2, "E3": 3, "E3'": 3, "E4": 4, "I": 0, "E0": 0}
"""How high a level reaches; what is open or was not evaluated reaches nothing yet."""
LOOKS, USES, HURTS = 2, 3, 4
NO_MORE: Final = frozenset({"unchanged", "shrank", "disappeared"})
"""Fates of findings to which nothing came, by the paired difference."""
UNANSWERED: Final = frozenset({None, "not evaluated", "withheld"})
ASKED: Final = {"looks": "the maps lie on it", "uses": "hiding it changes answers", "hurts": "a group is worse off"}
"""What a rung asks, in words."""


class Reach(NamedTuple):
    """Between which heights of the ladder a finding lies.

    Attributes
    ----------
    low, high
        What was shown, and what could still be.
    unasked
        Rungs above `low` that nothing is known of: not evaluated, withheld, or not in the audit.
    """

    low: int
    high: int
    unasked: tuple[str, ...]


def find_reach(finding: Finding, *, family: str = "fdr") -> Reach:
    """Say between which heights of the ladder a finding lies.

    Parameters
    ----------
    finding
        One of the audit's.
    family
        ``"fwer"`` takes use for shown only where the chance of even one false finding is held.

    Returns
    -------
    Reach
        An interval, as a number has one.
    """
    answers = {rung.name: rung.answer for rung in finding.rungs}
    uses, looks, hurts = (answers.get(name) for name in ("uses", "looks", "hurts"))
    low = HEIGHT[finding.level]
    if family == "fwer":  # the one place where what holds against even one false finding is read
        uses = finding.gate
        low = low if low < USES or uses == "found" else 0
    unasked = [name for name, answer in (("uses", uses), ("hurts", hurts)) if answer in UNANSWERED]
    if low >= USES or uses == "found":
        low = max(low, USES)
        high = max(low, USES if hurts == "ruled out" else HURTS)
        return Reach(low, high, tuple(name for name in unasked if name == "hurts" and high > low))
    if uses == "ruled out":
        blind = is_property(finding.region) or looks == "ruled out" or low == LOOKS
        dark = looks in UNANSWERED and not blind
        return Reach(low, low if blind else LOOKS, ("looks",) if dark else ())
    high = USES if hurts == "ruled out" else HURTS
    return Reach(low, high, tuple(unasked) if "uses" in unasked else ())


def judge_level(rule: Rule, audited: Audited) -> list[Item]:
    """No finding on these regions reaches above this level of evidence, nor could it with more images."""
    pairs, items = choose_pairs(rule, audited, alone=True)
    return items + [item for pair in pairs for item in _level(audited, pair, most=HEIGHT[rule.bound])]


def _level(audited: Audited, pair: Pair, *, most: int) -> list[Item]:
    found = audited.findings(pair)
    if not found:
        return [missing(name_pair(pair), "this audit has no finding on it: it was not asked")]
    return [_judge(finding, most=most, family=audited.family) for finding in found]


def name_pair(pair: Pair) -> str:
    """A pair in words."""
    return pair[0] if pair[1] is None else f"{pair[0]} with {pair[1]}"


def _judge(finding: Finding, *, most: int, family: str) -> Item:
    reach = find_reach(finding, family=family)
    state: State = "open"
    if reach.low > most:
        state = "outside"
    elif reach.high <= most:
        state = "inside"
    elif reach.unasked:
        state = "missing"
    words = f"{finding.level}: {finding.headline.split('. ')[0].rstrip('.')}"
    if state == "missing":
        words = (
            f"{finding.level}: the audit does not answer whether {' and '.join(ASKED[name] for name in reach.unasked)}"
        )
    if HEIGHT[finding.level] >= USES > reach.low:
        words = f"{words} (not shown once the chance of even one false finding is held)"
    return Item(
        subject=name_pair((finding.region, finding.attribute)),
        state=state,
        words=words,
        fingerprint=finding.fingerprint,
    )


def judge_new_findings(rule: Rule, audited: Audited) -> list[Item]:
    """No use was found that the baseline audit had not found, and nothing that it had ruled out is open again."""
    pairs, items = choose_pairs(rule, audited, alone=True)
    if audited.is_compared:
        if audited.paired is None:
            return [missing("findings of the baseline", NOT_COMPARED)]
        cues = audited.paired.cues
        everything = dict.fromkeys([*pairs, *_choose_compared(rule, cues, pairs)])
        return items + [item for pair in everything for item in _judge_fates(audited, cues, pair)]
    if audited.baseline is None:
        return [missing("findings of the baseline", NO_BASELINE)]
    before = Audited(audited.baseline, family=audited.family)
    other = miss_classes(audited, before, subject="findings of the baseline")
    if other:
        return other
    earlier, _ = choose_pairs(rule, before, alone=True)
    everything = dict.fromkeys([*pairs, *(pair for pair in earlier if before.findings(pair))])
    return items + [item for pair in everything for item in _compare(audited, before, pair)]


def _choose_compared(rule: Rule, cues: Sequence[CueChange], pairs: Sequence[Pair]) -> list[Pair]:
    """Pairs that the baseline has a finding on and the rule is about, whether or not this audit has."""
    regions = {region for region, _ in pairs}
    found = [(cue.region, cue.attribute) for cue in cues if cue.baseline_level is not None and cue.region in regions]
    return [pair for pair in found if rule.attribute is None or pair in pairs]


def _judge_fates(audited: Audited, cues: Sequence[CueChange], pair: Pair) -> list[Item]:
    """What became of the findings on a pair, by the comparison."""
    now = audited.findings(pair)
    if not now:
        return [missing(name_pair(pair), "this audit has no finding on it: it was not asked")]
    then = [] if audited.baseline is None else Audited(audited.baseline).findings(pair)
    by_name = {cue.fingerprint: cue for cue in cues}
    return [_judge_fate(one, by_name.get(one.fingerprint), then=then, family=audited.family) for one in now]


def _judge_fate(finding: Finding, cue: CueChange | None, *, then: list[Finding], family: str) -> Item:
    """What the levels of both audits say, as far as the paired difference bears it out."""
    subject = name_pair((finding.region, finding.attribute))
    if cue is None and is_never_asked(finding):
        return _judge_new(finding, then=then, known=0, family=family)
    if cue is None:
        return missing(subject, "the comparison does not speak of it")
    reach = find_reach(finding, family=family)
    used = _was_used(cue, then=then, family=family)
    was_open = cue.baseline_level == "I" or any(_was_open(one, family=family) for one in then)
    state: State = "inside"
    if "uses" in reach.unasked:
        state = "missing"
    elif reach.low >= USES and not used:
        state = "outside" if cue.fate == "appeared" else "open"
    elif cue.fate == "appeared" or (reach.high >= USES and not (used or was_open or cue.fate in NO_MORE)):
        state = "open"
    words = f"{cue.fate}: {finding.level} now, {cue.baseline_level or 'not asked'} in the baseline, on the same images"
    return Item(subject=subject, state=state, words=words, fingerprint=finding.fingerprint)


def _was_used(cue: CueChange, *, then: list[Finding], family: str) -> bool:
    """Whether the baseline's use was found; of the level alone nobody knows if that held against one false finding."""
    if then:
        return any(find_reach(one, family=family).low >= USES for one in then)
    found = cue.baseline_level is not None and HEIGHT[cue.baseline_level] >= USES
    return found and (family == "fdr" or cue.fate in NO_MORE)


def _compare(audited: Audited, before: Audited, pair: Pair) -> list[Item]:
    now, then = audited.findings(pair), before.findings(pair)
    if not now:
        return [missing(name_pair(pair), "this audit has no finding on it: it was not asked")]
    known = max((find_reach(one, family=before.family).low for one in then), default=0)
    return [_judge_new(one, then=then, known=known, family=audited.family) for one in now]


def _judge_new(finding: Finding, *, then: list[Finding], known: int, family: str) -> Item:
    reach = find_reach(finding, family=family)
    earlier = then[0].level if then else "not asked"
    state: State = "inside"
    if reach.low >= USES:
        state = "inside" if known >= USES else "outside"
    elif "uses" in reach.unasked:
        state = "inside" if is_never_asked(finding) else "missing"
    elif reach.high >= USES and not any(_was_open(one, family=family) for one in then):
        state = "open"
    words = f"{finding.level} now, {earlier} in the baseline"
    if is_never_asked(finding):
        words = f"{words}; no audit asks whether it is used, as it can only be taken down"
    subject = name_pair((finding.region, finding.attribute))
    return Item(subject=subject, state=state, words=words, fingerprint=finding.fingerprint)


def is_never_asked(finding: Finding) -> bool:
    """Whether no audit asks if this is used, so that no audit can find it: what can only be taken down, as sharpness.

    Parameters
    ----------
    finding
        Of an audit.

    Returns
    -------
    bool
        False where the audit left the question out that it should have asked.
    """
    known = BY_REGION.get(finding.region)
    told = any(rung.name == "uses" and rung.answer == "not evaluated" for rung in finding.rungs)
    return known is not None and not known.both_ways and told


def _was_open(finding: Finding, *, family: str) -> bool:
    """Whether a finding of the baseline was asked about use, and not ruled out."""
    reach = find_reach(finding, family=family)
    return reach.high >= USES and "uses" not in reach.unasked
