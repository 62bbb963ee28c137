"""Selectors of a rule, read against an audit: what they name that is there, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.analysis.conditions.base import missing
from auditor.analysis.rules import EACH
from auditor.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from auditor.analysis.conditions.base import Audited
    from auditor.analysis.rules import Rule
    from auditor.documents.verdicts import Item


def choose(asked: Sequence[str], known: Iterable[str], *, what: str) -> tuple[list[str], list[Item]]:
    """Find what a selector names.

    Parameters
    ----------
    asked
        Names, or `EACH`.
    known
        What the audit has.
    what
        It is called.

    Returns
    -------
    tuple
        Names that are there, and an item for each that is not.
    """
    there = list(dict.fromkeys(known))
    found: list[str] = []
    lost: list[Item] = []
    for name in asked:
        if name == EACH:
            found += there
            lost += [] if there else [missing(f"{what} {EACH}", f"this audit has no {what}")]
        elif name in there:
            found.append(name)
        else:
            words = f"this audit has no such {what}{nearest(name, there) or _tell_known(there, what)}"
            lost.append(missing(f"{what} {name}", words))
    return list(dict.fromkeys(found)), lost


def _tell_known(there: list[str], what: str) -> str:
    return f"; there is: {', '.join(there[:8])}" if there else f", and no other {what} either"


def choose_groups(rule: Rule, audited: Audited, *, default: bool) -> Iterator[tuple[str | None, str | None] | Item]:
    """Attributes and values that a rule on rates is about.

    Parameters
    ----------
    rule
        It may name some.
    audited
        The audit.
    default
        Whether each attribute is meant where none is named; else all images together are.

    Yields
    ------
    tuple or Item
        Attribute and value, both None for all images; or what is missing.
    """
    if rule.attribute is None and not default:
        yield None, None
        return
    names, lost = choose(rule.attribute or (EACH,), audited.attributes, what="attribute")
    yield from lost
    for name in names:
        values, lost = choose(rule.subgroup or (EACH,), audited.attributes[name], what=f"value of {name}")
        yield from lost
        yield from ((name, value) for value in values)


def choose_classes(
    rule: Rule, audited: Audited, *, default: Sequence[str | None]
) -> tuple[list[str | None], list[Item]]:
    """Classes that a rule is about, None for all of them together; and what is missing."""
    if rule.labels is None:
        return list(default), []
    found, lost = choose(rule.labels, audited.classes, what="class")
    return [*found], lost
