"""Selectors of a rule, read against an audit: what they name that is there, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auditor.analysis.conditions.base import missing
from auditor.analysis.rules import EACH
from auditor.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from auditor.analysis.conditions.base import Audited
    from auditor.analysis.rules import Rule
    from auditor.documents.verdicts import Item

_SHOWN: Final = 8


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
    return f"; there is: {', '.join(there[:_SHOWN])}" if there else f", and no other {what} either"


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


def miss_classes(audited: Audited, before: Audited, *, subject: str) -> list[Item]:
    """What is missing where a baseline answers with other classes: it was asked something else.

    Parameters
    ----------
    audited, before
        The audit, and the baseline.
    subject
        What is compared, in words.

    Returns
    -------
    list of Item
        None where both have the same classes, in whatever order.
    """
    now, then = audited.document.model.classes, before.document.model.classes
    here, there = [name for name in now if name not in then], [name for name in then if name not in now]
    parts = [f"only this audit has {_name_some(here)}"] if here else []
    parts += [f"only the baseline has {_name_some(there)}"] if there else []
    return [missing(subject, f"the classes differ: {'; '.join(parts)}")] if parts else []


def _name_some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"
