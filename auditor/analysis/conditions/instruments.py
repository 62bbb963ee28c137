"""Conditions on the audit itself: its checks, its false alarms, and when its policy was fixed."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from auditor.analysis.conditions.base import Audited, at_most, missing
from auditor.analysis.conditions.choices import choose
from auditor.analysis.rules import EACH
from auditor.analysis.wording import percent, span
from auditor.documents.verdicts import Item
from auditor.properties import is_property

if TYPE_CHECKING:
    from auditor.analysis.rules import Rule
    from auditor.documents.ladder import Check, FalseAlarms

OVERLAP: Final = "overlap and balance"
OF_THE_AUDIT: Final = ("model-specific maps", "faithful maps", "empty maps", "positive control")
OF_REGIONS: Final = ("resolution", OVERLAP)
"""Checks that every audit makes of itself once, and of each region, as `auditor.analysis.checks` names them: written
again, as that takes seconds to load. A test holds them alike."""
OF_HEADS: Final = ("model-specific maps", ("enrichment_probed", "enrichment_random_heads"))
"""A check that is made of regions that these numbers were taken of, written again as well."""


def judge_checks(rule: Rule, audited: Audited) -> list[Item]:
    """The audit's checks of its own instruments passed: those that are named, or all.

    A check that failed says nothing about the model, but that this audit cannot speak of it: the rule cannot tell then.
    """
    named = rule.check or (EACH,)
    if rule.region is None:
        checks, items = choose(named, (*OF_THE_AUDIT, *_others(audited)), what="check of the whole audit")
        return items + [_check(audited, name, None) for name in checks]
    regions, items = choose(rule.region, _regions(audited), what="region")
    due = {region: _due(audited, region) for region in _regions(audited)}
    checks, lost = choose(named, (*OF_REGIONS, *chain(*due.values())), what="check of a region")
    pairs = [(name, region) for name in checks for region in regions if name in named or name in due[region]]
    return items + lost + [_check(audited, *pair) for pair in pairs]


def _others(audited: Audited) -> list[str]:
    """Checks of the whole audit that not every audit makes."""
    protocol = audited.document.protocol
    made = [check.name for check in protocol.checks if check.region is None] if protocol is not None else []
    return [*([OVERLAP] if audited.attributes else []), *made]


def _due(audited: Audited, region: str) -> list[str]:
    """Checks of a region: those that every audit makes, those that were made, and those that should have been."""
    protocol = audited.document.protocol
    made = [check.name for check in protocol.checks if check.region == region] if protocol is not None else []
    name, read = OF_HEADS
    asked = [name] if all(any(row.region == region for row in audited.rows[each]) for each in read) else []
    return list(dict.fromkeys([*OF_REGIONS, *made, *asked]))


def _regions(audited: Audited) -> list[str]:
    return [name for name in audited.roles if not is_property(name)]


def _check(audited: Audited, name: str, region: str | None) -> Item:
    protocol = audited.document.protocol
    subject = f"check “{name}”" + (f" of {region}" if region is not None else "")
    made = protocol.checks if protocol is not None else ()
    found = [one for one in made if (one.name, one.region) == (name, region)]
    each = len(audited.attributes) if name == OVERLAP and region is None else 1  # that one is made of each attribute
    if len(found) < max(each, 1):
        return missing(subject, "was not made in this audit" if protocol else "nothing was hidden in this audit")
    return min((_checked(one, subject) for one in found), key=lambda item: item.state == "inside")


def _checked(check: Check, subject: str) -> Item:
    came = {True: "passed", False: "failed", None: "could not be made"}[check.passed]
    return Item(
        subject=subject,
        state="inside" if check.passed else "missing",
        words=f"{came}: {check.consequence.rstrip('.')}",
    )


def judge_false_alarms(rule: Rule, audited: Audited) -> list[Item]:
    """Where nothing is to be found, the audit flags at most this share: sham regions, attributes dealt at random."""
    protocol = audited.document.protocol
    if protocol is None:
        return [missing("false alarms", "nothing was hidden in this audit")]
    made: dict[str, FalseAlarms] = {alarm.kind: alarm for alarm in protocol.false_alarms}
    expected = ["sham regions", *(["permuted attributes"] if audited.attributes else [])]
    kinds = list(dict.fromkeys([*expected, *made]))
    return [
        _alarms(made[kind], float(rule.bound))
        if kind in made
        else missing(f"false alarms on {kind}", "were not counted in this audit")
        for kind in kinds
    ]


def _alarms(alarm: FalseAlarms, bound: float) -> Item:
    subject = f"false alarms on {alarm.kind}"
    if alarm.tried == 0:
        return missing(subject, "none was tried")
    told = f"{alarm.flagged:,} of {alarm.tried:,} flagged {span(*alarm.ci, unit='%')}"
    return Item(subject=subject, state=at_most(bound)(alarm.ci), words=f"{told}; asked for: at most {percent(bound)}")


def judge_lock(rule: Rule, audited: Audited) -> list[Item]:
    """The very policy of this rule was named in the plan, and locked before the run."""
    del rule
    if audited.locked_at is not None:
        return [Item(subject="policy", state="inside", words=f"locked at {audited.locked_at}, before the run")]
    lock = audited.document.policy
    words = "the audit's plan names none" if lock is None else f"the plan named {lock.name}, which is not this one"
    return [missing("policy locked before the run", words)]
