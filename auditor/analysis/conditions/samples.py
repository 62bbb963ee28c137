"""Conditions on the sample: enough in every group, and little left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.analysis.conditions.base import Audited, missing, name_cell
from auditor.analysis.conditions.choices import choose_classes, choose_groups
from auditor.analysis.wording import percent
from auditor.documents.verdicts import Item

if TYPE_CHECKING:
    from auditor.analysis.rules import Rule
    from auditor.documents.verdicts import State

    Group = tuple[str | None, str | None]


def judge_n(rule: Rule, audited: Audited) -> list[Item]:
    """There are at least this many independent images or persons in each class and group.

    Too few is no fault of the model: the rule cannot tell then, whatever is done with what is open.
    """
    labels, items = choose_classes(rule, audited, default=list(audited.classes))
    grouped = rule.attribute is not None or bool(audited.attributes)
    for group in choose_groups(rule, audited, default=grouped):
        if isinstance(group, Item):
            items.append(group)
        else:
            items += [_count(audited, label, group, least=int(rule.bound)) for label in labels]
    return items or [missing("images", "this audit has no class")]


def _count(audited: Audited, label: str | None, group: Group, *, least: int) -> Item:
    rows = audited.pick("accuracy", label=label, attribute=group[0], subgroup=group[1], predicted=None)
    found = min((row.clusters for row in rows), default=0)
    words = f"{found:,} independent images or persons; asked for: at least {least:,}"
    subject = name_cell("images", label, group)
    if not rows and audited.is_cut:
        return missing(subject, audited.tell_lost())
    return Item(subject=subject, state="inside" if found >= least else "missing", words=words)


def judge_left_out(rule: Rule, audited: Audited) -> list[Item]:
    """At most this share of what was listed was left out: images that could not be read, rows that were faulty.

    A region that was left out takes no image with it.
    """
    data = audited.document.data
    # audits of earlier versions do not tell rows of images from rows of regions: all of them count
    listed = data.n_listed + (data.n_faults if data.n_skipped is None else 0)
    left = listed - data.n_read
    if listed == 0:
        return [missing("images left out", "nothing was listed")]
    words = f"{left:,} of {listed:,} listed ({percent(left / listed)}); asked for: at most {percent(rule.bound)}"
    state: State = "inside" if left / listed <= rule.bound else "outside"
    return [Item(subject="images left out", state=state, words=words)]
