"""What conditions on findings are about: regions, alone or with an attribute, and what each should have been asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.analysis.conditions.base import Audited, is_property, missing
from auditor.analysis.conditions.choices import choose
from auditor.analysis.rules import EACH
from auditor.analysis.wording import listed

if TYPE_CHECKING:
    from auditor.analysis.conditions.base import Pair
    from auditor.analysis.rules import Rule
    from auditor.documents.verdicts import Item


def choose_regions(rule: Rule, audited: Audited) -> tuple[list[str], list[Item]]:
    """Regions that a rule is about.

    Parameters
    ----------
    rule
        It may name regions, roles, both or neither.
    audited
        The audit.

    Returns
    -------
    tuple
        Names, and what is missing; never both empty.
    """
    names, lost = choose(rule.region or (EACH,), audited.roles, what="region")
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
    if rule.attribute is not None:
        attributes, more = choose(rule.attribute, audited.attributes, what="attribute")
        return [(region, name) for region in regions for name in attributes], lost + more
    pairs: list[Pair] = []
    for region in regions:
        pairs += [(region, name) for name in audited.attributes if not is_property(region)]
        pairs += [(region, None)] if alone and _stands_alone(region, audited) else []
        pairs += [
            (region, finding.attribute)
            for finding in audited.document.findings
            if finding.region == region and (alone or finding.attribute is not None)
        ]
    if regions and not pairs:
        lost.append(missing(f"region {', '.join(regions)}", "this audit has no attribute to ask with"))
    return list(dict.fromkeys(pairs)), lost


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
