"""Conditions on what hiding a region does: how far groups are pushed apart, how many answers change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from auditor.analysis.conditions.base import (
    ORDER,
    Audited,
    at_most,
    find_fault,
    judge_rows,
    missing,
    name_cell,
    tell,
    within,
)
from auditor.analysis.conditions.choices import choose, choose_classes
from auditor.analysis.conditions.pairs import choose_pairs, choose_regions, fingerprint_of
from auditor.analysis.rules import EACH
from auditor.analysis.wording import percent
from auditor.documents.verdicts import Item
from auditor.trials import LEAKY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.analysis.conditions.base import Judge
    from auditor.analysis.rules import Rule
    from auditor.documents.ladder import Estimate
    from auditor.documents.verdicts import State

AGREEING: Final = 2
"""Ways of hiding that must agree, as in `auditor.analysis.questions`: written again, as that takes seconds to load."""


def judge_shift(rule: Rule, audited: Audited) -> list[Item]:
    """Hiding a region pushes groups apart by at most so many standard deviations of the margin, in every way of hiding.

    Beyond the bound is what lies beyond it in every way of hiding that counts, as for findings.
    """
    labels, items = choose_classes(rule, audited, default=[None])
    pairs, lost = choose_pairs(rule, audited, alone=False)
    items += lost
    for region, attribute in pairs:
        values, lost = _values(rule, audited, attribute=attribute or "")
        items += lost
        for value in values:
            items += [_shift(audited, (region, attribute, value), label=label, bound=rule.bound) for label in labels]
    return items


def _values(rule: Rule, audited: Audited, *, attribute: str) -> tuple[list[str], list[Item]]:
    """Values of an attribute that are set against the others; of two, one is."""
    named, lost = choose(rule.subgroup or (EACH,), audited.attributes.get(attribute, ()), what=f"value of {attribute}")
    made = audited.contrasts(attribute)
    return [value for value in named if value in made] or (made if named else []), lost


def _shift(audited: Audited, cell: tuple[str, str | None, str], *, label: str | None, bound: float) -> Item:
    region, attribute, value = cell
    rows = audited.pick("aligned_shift", region=region, attribute=attribute, subgroup=value, label=label)
    subject = name_cell(f"shift by hiding {region}", label, (attribute, value))
    asked = f"at most {bound:g} SD either way"
    item = _agree(audited, rows, subject=subject, judge=within(bound), asked=asked)
    return replace(item, fingerprint=fingerprint_of(audited, (region, attribute)))


def judge_flips(rule: Rule, audited: Audited) -> list[Item]:
    """Hiding a region changes at most this share of answers more than hiding equally large other areas does.

    Beyond the bound is what lies beyond it in every way of hiding that counts.
    """
    bound = float(rule.bound)
    labels, items = choose_classes(rule, audited, default=[None])
    regions, lost = choose_regions(rule, audited, whole=False)
    keys = {"attribute": None, "subgroup": None}
    return [
        *items,
        *lost,
        *(
            _agree(
                audited,
                audited.pick("flip_excess", region=region, label=label, **keys),
                subject=name_cell(f"answers changed by hiding {region}", label),
                judge=at_most(bound),
                asked=f"at most {percent(bound)}",
            )
            for region in regions
            for label in labels
        ),
    ]


def _agree(
    audited: Audited,
    rows: Sequence[Estimate],
    *,
    subject: str,
    judge: Judge,
    asked: str,
) -> Item:
    """Every way of hiding must be within for all to be, and beyond on one side for all to be beyond.

    With several classes to lean towards, each is a question of its own.
    """
    protocol = audited.document.protocol
    if protocol is None:
        return missing(subject, "nothing was hidden in this audit")
    counted = [row for row in rows if row.fill is not None and row.fill not in LEAKY]
    ways = list(dict.fromkeys([*protocol.agreeing, *(str(row.fill) for row in counted)]))
    if not counted or len(ways) < AGREEING:
        return missing(subject, audited.tell_lost(f" for {AGREEING} ways of hiding"))
    items = [
        _agree_on([row for row in counted if row.predicted == towards], ways, audited, subject=subject, judge=judge)
        for towards in dict.fromkeys(row.predicted for row in counted)
    ]
    worst = min(items, key=lambda item: ORDER.index(item.state))
    return replace(worst, words=f"{worst.words}; asked for: {asked}")


def _agree_on(rows: Sequence[Estimate], ways: Sequence[str], audited: Audited, *, subject: str, judge: Judge) -> Item:
    by_way = {way: [row for row in rows if row.fill == way] for way in ways}
    lost = [way for way, found in by_way.items() if not found]
    if lost:
        return missing(subject, audited.tell_lost(f" for hiding by {', '.join(lost)}"))
    fault = next((words for row in rows if (words := find_fault(audited, row))), None)
    if fault:
        return missing(subject, fault)
    beyond = [{(row.value or 0.0) > 0 for row in found if _lies(row, judge) == "outside"} for found in by_way.values()]
    state: State = "inside" if all(_lies(row, judge) == "inside" for row in rows) else "open"
    if set.intersection(*beyond):
        state = "outside"  # on one side, in every way
    telling = (min if state == "outside" else max)(rows, key=lambda row: abs(row.value or 0.0))
    return Item(
        subject=subject, state=state, words="; ".join(f"{row.fill}: {tell(row)}" for row in rows), estimate=telling
    )


def _lies(row: Estimate, judge: Judge) -> State:
    return judge(row.ci or (0.0, 0.0))


def judge_swaps(rule: Rule, audited: Audited) -> list[Item]:
    """A region taken from the other group changes at most this share of answers more than one from the same group."""
    bound = float(rule.bound)
    labels, items = choose_classes(rule, audited, default=[None])
    pairs, lost = choose_pairs(rule, audited, alone=False)
    items += lost
    for region, attribute in pairs:
        values: list[str | None] = [None]
        if rule.subgroup is not None:
            named, lost = choose(
                rule.subgroup, audited.attributes.get(attribute or "", ()), what=f"value of {attribute}"
            )
            values, items = [*named], items + lost
        for value in values:
            items += [_swap(audited, (region, attribute, value), label=label, bound=bound) for label in labels]
    return items


def _swap(audited: Audited, cell: tuple[str, str | None, str | None], *, label: str | None, bound: float) -> Item:
    region, attribute, value = cell
    rows = audited.pick("cross_swap_excess", region=region, attribute=attribute, subgroup=value, label=label)
    subject = name_cell(f"answers changed by swapping {region}", label, (attribute, value))
    item = judge_rows(audited, rows, subject=subject, judge=at_most(bound), asked=f"at most {percent(bound)}")
    return replace(item, fingerprint=fingerprint_of(audited, (region, attribute)))
