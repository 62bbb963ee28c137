"""Conditions on how often answers are right: overall, in each group, between groups, against an earlier audit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from auditor.analysis.conditions.base import (
    NO_BASELINE,
    NOT_COMPARED,
    Audited,
    at_least,
    at_most,
    find_fault,
    judge_rows,
    missing,
    name_cell,
    within,
)
from auditor.analysis.conditions.choices import choose, choose_classes, choose_groups, miss_classes
from auditor.analysis.rules import EACH
from auditor.analysis.wording import percent, span
from auditor.documents.verdicts import Item

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.analysis.rules import Rule
    from auditor.documents.comparisons import Change
    from auditor.documents.ladder import Estimate

    Group = tuple[str | None, str | None]


def judge_accuracy(rule: Rule, audited: Audited) -> list[Item]:
    """The share of images answered right is at least this: of all, of each class, of each group that is named."""
    bound = float(rule.bound)
    return [
        cell
        if isinstance(cell, Item)
        else judge_rows(
            audited,
            audited.pick("accuracy", label=cell[0], attribute=cell[1][0], subgroup=cell[1][1], predicted=None),
            subject=name_cell("accuracy", *cell),
            judge=at_least(bound),
            asked=f"at least {percent(bound)}",
        )
        for cell in _cells(rule, audited)
    ]


def _cells(rule: Rule, audited: Audited) -> Iterator[tuple[str | None, Group] | Item]:
    labels, lost = choose_classes(rule, audited, default=[None])
    yield from lost
    for group in choose_groups(rule, audited, default=False):
        if isinstance(group, Item):
            yield group
        else:
            yield from ((label, group) for label in labels)


def judge_worst(rule: Rule, audited: Audited) -> list[Item]:
    """Accuracy in the worst class and group is at least this, by an interval that allows for having looked for it."""
    bound = float(rule.bound)
    names, items = choose(rule.attribute or (EACH,), audited.attributes, what="attribute")
    for name in names:
        rows = audited.pick("worst_group_accuracy", attribute=name, label=None)
        subject = name_cell("accuracy of the worst group", None, (name, None))
        asked = f"at least {percent(bound)}"
        items.append(judge_rows(audited, rows, subject=subject, judge=at_least(bound), asked=asked))
    return items


def judge_gap(rule: Rule, audited: Audited) -> list[Item]:
    """Accuracy in a group is at most this far from that of the others, overall and in each class, or in those named."""
    bound = float(rule.bound)
    labels, items = choose_classes(rule, audited, default=[None, *audited.classes])
    names, lost = choose(rule.attribute or (EACH,), audited.attributes, what="attribute")
    items += lost
    for name in names:
        asked, known = rule.subgroup or (EACH,), audited.attributes[name]
        values, lost = choose(asked, known, what=f"value of {name}")
        items += lost
        for value in _set_against(values, audited, attribute=name):
            items += [_gap(audited, (name, value), label=label, bound=bound) for label in labels]
        items += [] if len(known) > 1 else [missing(f"gap between values of {name}", "fewer than two are recorded")]
    return items


def _set_against(values: list[str], audited: Audited, *, attribute: str) -> list[str]:
    """Of two values one contrast is made, whichever of them is named."""
    made = audited.contrasts(attribute)
    named = [value for value in values if value in made]
    return named or (made if values else [])


def _gap(audited: Audited, group: tuple[str, str], *, label: str | None, bound: float) -> Item:
    rows = audited.pick("accuracy_gap", label=label, attribute=group[0], subgroup=group[1], predicted=None)
    subject = name_cell("gap in accuracy", label, group)
    return judge_rows(audited, rows, subject=subject, judge=within(bound), asked=f"at most {percent(bound)} either way")


def judge_drop(rule: Rule, audited: Audited) -> list[Item]:
    """Accuracy is at most this much lower than in the baseline audit: image by image where a comparison was made."""
    bound = float(rule.bound)
    if audited.is_compared:
        paired = audited.paired
        if paired is None:
            return [missing("accuracy against the baseline", NOT_COMPARED)]
        return [
            cell if isinstance(cell, Item) else _paired_drop(audited, paired.changes, cell=cell, bound=bound)
            for cell in _cells(rule, audited)
        ]
    if audited.baseline is None:
        return [missing("accuracy against the baseline", NO_BASELINE)]
    before = Audited(audited.baseline)
    return miss_classes(audited, before, subject="accuracy against the baseline") or [
        cell if isinstance(cell, Item) else _drop(audited, before, cell=cell, bound=bound)
        for cell in _cells(rule, audited)
    ]


def _paired_drop(audited: Audited, changes: Sequence[Change], *, cell: tuple[str | None, Group], bound: float) -> Item:
    """A drop on the same images, from the comparison."""
    keys = (cell[0], *cell[1], None, None)
    rows = [
        change.change for change in changes if change.change.statistic == "accuracy" and _key(change.change) == keys
    ]
    turned = [
        row.model_copy(
            update={
                "value": None if row.value is None else -row.value,
                "ci": None if row.ci is None else (-row.ci[1], -row.ci[0]),
            }
        )
        for row in rows
    ]
    asked = f"at most {percent(bound)}; image by image, from the comparison"
    return judge_rows(audited, turned, subject=name_cell("drop in accuracy", *cell), judge=at_most(bound), asked=asked)


def _key(row: Estimate) -> tuple[str | None, ...]:
    return (row.label, row.attribute, row.subgroup, row.outcome, row.predicted)


def _drop(audited: Audited, before: Audited, *, cell: tuple[str | None, Group], bound: float) -> Item:
    label, (attribute, subgroup) = cell
    keys = {"label": label, "attribute": attribute, "subgroup": subgroup, "predicted": None}
    now, then = audited.pick("accuracy", **keys), before.pick("accuracy", **keys)
    subject = name_cell("drop in accuracy", *cell)
    if not now or not then:
        return missing(subject, before.tell_lost(where="the baseline") if now else audited.tell_lost())
    pairs = [(new, old) for new in now for old in then]
    fault = next((words for new, old in pairs if (words := find_fault(audited, new) or find_fault(before, old))), None)
    if fault:
        return missing(subject, fault)
    return min(
        (_drop_item(new, old, subject=subject, bound=bound) for new, old in pairs),
        key=lambda item: ("outside", "open", "inside").index(item.state),
    )


def _drop_item(new: Estimate, old: Estimate, *, subject: str, bound: float) -> Item:
    low, high = subtract(old, new)
    drop = (old.value or 0.0) - (new.value or 0.0)
    told = f"{percent(drop)} {span(low, high, unit='%')}, n = {new.n:,} and {old.n:,}"
    words = f"{told}; asked for: at most {percent(bound)}"
    return Item(subject=subject, state=at_most(bound)((low, high)), words=words)


def subtract(one: Estimate, two: Estimate) -> tuple[float, float]:
    """Limits of the difference of two shares from the limits of each, as if they were of different images.

    Of the same images, models that err on the same ones differ less than this allows: the limits are too wide then,
    never too narrow.

    Parameters
    ----------
    one, two
        With values and intervals.

    Returns
    -------
    tuple of float
        Of ``one`` minus ``two``.

    References
    ----------
    Newcombe (1998), Interval estimation for the difference between independent proportions. Statistics in Medicine 17,
    873-890, method 10; Zou & Donner (2008), Construction of confidence limits about effect measures. Statistics in
    Medicine 27, 1693-1702, eq. 8.

    Examples
    --------
    >>> from auditor.documents.ladder import Estimate
    >>> facts = {"statistic": "accuracy", "n": 100, "clusters": 100, "unit": "share", "method": "m"}
    >>> old, new = Estimate(value=0.9, ci=(0.83, 0.94), **facts), Estimate(value=0.8, ci=(0.71, 0.87), **facts)
    >>> [round(limit, 3) for limit in subtract(old, new)]
    [0.001, 0.198]
    """
    p, q = one.value or 0.0, two.value or 0.0
    (low, high), (least, most) = one.ci or (0.0, 1.0), two.ci or (0.0, 1.0)
    return p - q - math.hypot(p - low, most - q), p - q + math.hypot(high - p, q - least)
