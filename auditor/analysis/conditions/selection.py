"""Condition on who is selected: the rate of each group over the highest."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

from auditor.analysis.conditions.base import Audited, at_least, judge_rows, missing, name_cell
from auditor.analysis.conditions.choices import choose
from auditor.analysis.rules import EACH

if TYPE_CHECKING:
    from auditor.analysis.rules import Rule
    from auditor.documents.verdicts import Item

CROSS: Final = " × "
"""Stands between two attributes that are crossed."""


def judge_ratio(rule: Rule, audited: Audited) -> list[Item]:
    """The share that gets an answer, over that of the group that gets it most, is at least this in every group.

    The answer is the class that is named, or what the plan names as the one that selects (``report.positive``). Where
    the plan names it, each pair of attributes is crossed as well.
    """
    positive = audited.document.report.positive
    named = rule.labels or ((positive,) if positive is not None else ())
    if not named:
        words = 'name the answer that selects: class = "…" in the rule, or report.positive in the plan'
        return [missing("selection ratio", words)]
    answers, items = choose(named, audited.classes, what="class")
    known = _attributes(audited)
    names, lost = choose(rule.attribute or (EACH,), known, what="attribute")
    items += lost
    for answer in answers:
        planned = answer == positive or bool(audited.pick("impact_ratio", predicted=answer))
        statistic = "impact_ratio" if planned else "selection_ratio"
        asked = names if statistic == "impact_ratio" else [name for name in names if CROSS not in name]
        for name in asked:
            items += _ratios(audited, answer, attribute=name, statistic=statistic, bound=float(rule.bound))
    return items or [missing("selection ratio", "this audit has no attribute to compare by")]


def _attributes(audited: Audited) -> list[str]:
    """Attributes, and pairs of them where selection was measured for those."""
    single = list(audited.attributes)
    if audited.document.report.positive is None and not audited.rows.get("impact_ratio"):
        return single
    return [*single, *(f"{one}{CROSS}{two}" for one, two in combinations(single, 2) if _can_cross(audited, one, two))]


def _can_cross(audited: Audited, one: str, two: str) -> bool:
    """Whether both have values to be crossed."""
    return bool(audited.attributes[one] and audited.attributes[two])


def _ratios(audited: Audited, answer: str, *, attribute: str, statistic: str, bound: float) -> list[Item]:
    """Every group but the one with the highest rate must have its ratio."""
    ratios = audited.pick(statistic, predicted=answer, attribute=attribute)
    rates = [row for name in ("selection_rate", "group_share") for row in audited.pick(name, attribute=attribute)]
    groups = {*audited.attributes.get(attribute, ()), *(row.subgroup for row in rates if row.subgroup)}
    there = {row.subgroup for row in ratios if row.subgroup}
    subject = f"share answered {answer}, over the highest"
    items = [
        judge_rows(
            audited,
            [row for row in ratios if row.subgroup == group],
            subject=name_cell(subject, None, (attribute, group)),
            judge=at_least(bound),
            asked=f"at least {bound:g}",
        )
        for group in sorted(there)
    ]
    lost = sorted(groups - there)
    if len(lost) != 1:  # one group is the highest
        words = audited.tell_lost(f" for each of {', '.join(lost)}" if ratios else "")
        items.append(missing(name_cell(subject, None, (attribute, None)), words))
    return items
