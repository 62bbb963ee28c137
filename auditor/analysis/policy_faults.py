"""Faults of a policy: each on its line, in words, with the nearest word that would have been right."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from auditor.analysis.rules import Rule, Waiver
from auditor.analysis.toml_lines import find_lines
from auditor.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel, ValidationError

    from auditor.analysis.toml_lines import Place

TOP: Final = ("title", "undecided", "family", "rule", "waiver")
_TABLES: Final[dict[str, type[BaseModel]]] = {"rule": Rule, "waiver": Waiver}
_EMPTY: Final = {
    "too_short": "names nothing; leave it out, or give one name or more",
    "string_too_short": "is blank",
}
_SAID: Final = re.compile(r"^(\w+): ")


def list_faults(error: ValidationError, text: str) -> list[str]:
    """Tell all faults of a policy.

    Parameters
    ----------
    error
        What pydantic found.
    text
        Of the file.

    Returns
    -------
    list of str
        In the order of the file, one line each.
    """
    lines = find_lines(text)
    found = {_fault(fault, lines) for fault in error.errors() if not _follows(fault)}
    return [f"  line {line}: {words}" for line, words in sorted(found)]


def known_keys(table: str) -> tuple[str, ...]:
    """Keys of a table of the policy.

    Parameters
    ----------
    table
        ``"rule"``, ``"waiver"``, or anything else for the top.

    Returns
    -------
    tuple of str
        As they are written.

    Examples
    --------
    >>> known_keys("waiver")
    ('finding', 'reason', 'owner', 'expires')
    """
    model = _TABLES.get(table)
    return TOP if model is None else tuple(field.alias or name for name, field in model.model_fields.items())


def _fault(fault: Any, lines: dict[Place, int]) -> tuple[int, str]:
    place: Place = tuple("class" if part == "labels" else part for part in fault["loc"])
    table = str(place[0]) if len(place) > 1 else ""
    key = next((str(part) for part in reversed(place) if isinstance(part, str)), "the file")
    words = _sentence(fault, key, known=known_keys(table))
    if fault["type"] == "value_error" and (named := _SAID.match(words)):
        place = (*place, named[1])
    line = next((lines[place[:k]] for k in range(len(place), 0, -1) if place[:k] in lines), 1)
    return line, words


def _follows(fault: Any) -> bool:
    """Whether it only says that nothing was left once what is faulty was taken out."""
    return fault["type"] == "too_short" and bool(fault["input"])


def _sentence(fault: Any, key: str, *, known: Sequence[str]) -> str:
    kind, found = fault["type"], str(fault["input"])[:60]
    if kind == "extra_forbidden":
        return f"{key}: no such key{nearest(key, known) or '; known: ' + ', '.join(known)}"
    if key == "expires" and kind != "missing":
        return f"expires: a day such as 2027-01-31 is expected, found {found!r}"
    if kind == "value_error":
        return str(fault["ctx"]["error"])
    if kind == "literal_error":
        return f"{key}: {_choice(fault, found)}"
    if kind in _EMPTY:
        return "rule: a policy has at least one [[rule]]" if key == "rule" else f"{key}: {_EMPTY[kind]}"
    words = "is missing" if kind == "missing" else f"{fault['msg'][0].lower()}{fault['msg'][1:]}, found {found!r}"
    return f"{key}: {words}"


def _choice(fault: Any, found: str) -> str:
    """One of a few words is expected."""
    choices = re.findall(r"'([^']+)'", fault["ctx"]["expected"])
    if not choices:
        return f"only true says something: leave the rule out instead, found {found!r}"
    return f"no such word: {found!r}{nearest(found, choices)}; known: {', '.join(choices)}"
