"""What conditions on findings are about: regions, alone or with an attribute, and what each should have been asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.analysis.conditions.base import Audited, missing
from auditor.analysis.conditions.choices import choose
from auditor.analysis.rules import EACH
from auditor.analysis.wording import listed
from auditor.properties import is_property

if TYPE_CHECKING:
    from auditor.analysis.conditions.base import Pair
    from auditor.analysis.rules import Rule
    from auditor.documents.verdicts import Item


def choose_regions(rule: Rule, audited: Audited, *, whole: bool = True) -> tuple[list[str], list[Item]]:
    """Regions that a rule is about.

    Parameters
    ----------
    rule
        It may name regions, roles, both or neither.
    audited
        The audit.
    whole
        Whether properties of whole pictures are meant as well, where they are not named.

    Returns
    -------
    tuple
        Names, and what is missing; never both empty.
    """
    named = rule.region or (EACH,)
    known = [name for name in audited.roles if whole or name in named or not is_property(name)]
    names, lost = choose(named, known, what="region")
    if rule.role is None:
        return names, lost
    inside = [name for name in names if audited.roles[name] & set(rule.role)]
    outside = [name for name in names if name not in inside]
    if rule.region is not None and rule.region != (EACH,):
        lost += [missing(f"region {name}", f"was not declared {' or '.join(rule.role)}") for name in outside]
    elif not inside:
        there = listed(outside) if outside else "no region at all"
        lost.append(missing(f"role {', '.join(rule.role)}", f"no region was declared so; there is {there}"))
    return inside, lost


def choose_pairs(rule: Rule, audited: Audited, *, alone: bool) -> tuple[list[Pair], list[Item]]:
    """Pairs of region and attribute that a rule is about.

    Parameters
    ----------
    rule
        It may name regions, roles and attributes.
    audited
        The audit.
    alone
        Whether regions without an attribute are meant as well, where no attribute is named.

    Returns
    -------
    tuple
        All pairs that the audit should have asked about, whether or not it did, and what is missing; never both empty.
    """
    regions, lost = choose_regions(rule, audited)
    attributes, more = choose(rule.attribute or (), audited.attributes, what="attribute")
    lost += more
    pairs: list[Pair] = []
    unasked: list[str] = []
    for region in regions:
        found = _pair(region, audited, attributes=attributes if rule.attribute else None, alone=alone)
        pairs += found
        unasked += [] if found or more else [region]
    named = [region for region in unasked if region in (rule.region or ())]
    told = named or ([] if pairs else unasked)
    if told:
        lost.append(missing(f"region {', '.join(told)}", _tell_unasked(told)))
    return list(dict.fromkeys(pairs)), lost


def _pair(region: str, audited: Audited, *, attributes: list[str] | None, alone: bool) -> list[Pair]:
    """What was asked of a region, and what should have been: with the attributes that are named, else with all."""
    asked = [one.attribute for one in audited.document.findings if one.region == region]
    known = list(audited.attributes) if attributes is None else attributes
    pairs: list[Pair] = [(region, name) for name in known if name in asked or not is_property(region)]
    if attributes is not None:
        return pairs
    pairs += [(region, None)] if alone and _stands_alone(region, audited) else []
    return pairs + [(region, name) for name in asked if alone or name is not None]


def _tell_unasked(regions: list[str]) -> str:
    if all(map(is_property, regions)):
        return "what is a property of whole pictures is asked about as such, not with an attribute"
    return "this audit has no attribute to ask with"


def _stands_alone(region: str, audited: Audited) -> bool:
    """Whether it is asked of a region as such if it is used: see `auditor.analysis.questions`."""
    if is_property(region):
        return True
    roles = audited.roles[region]
    if roles <= {"core"}:
        return not audited.attributes
    return not (roles <= {"core", "protected"} and audited.attributes)


def fingerprint_of(audited: Audited, pair: Pair) -> str | None:
    """What a waiver names: the fingerprint of the finding on a pair; None where there is none."""
    return next((finding.fingerprint for finding in audited.findings(pair)), None)
