"""Condition on scores: whether the model is right as often as they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.analysis.conditions.base import Audited, judge_rows, name_cell, within
from auditor.analysis.conditions.choices import choose_groups
from auditor.analysis.wording import percent
from auditor.documents.verdicts import Item

if TYPE_CHECKING:
    from auditor.analysis.rules import Rule


def judge_miscalibration(rule: Rule, audited: Audited) -> list[Item]:
    """Mean score and share answered right differ by at most this: over all images, and in each group that is named."""
    bound = float(rule.bound)
    return [
        group
        if isinstance(group, Item)
        else judge_rows(
            audited,
            audited.pick("overconfidence", attribute=group[0], subgroup=group[1], label=None),
            subject=name_cell("mean score less accuracy", None, group),
            judge=within(bound),
            asked=f"at most {percent(bound)} either way",
        )
        for group in choose_groups(rule, audited, default=False)
    ]
