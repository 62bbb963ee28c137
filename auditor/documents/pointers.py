"""Pointers into an audit: how a requirement names the evidence that it needs.

A need is a JSON pointer (RFC 6901) into audit.json, such as ``/declared/intended_use``; what begins with ``/sign_off``
is looked up in sign-off.json. It is met where something stands there: neither null nor empty. A list may be narrowed
by a question mark and what one of its items must hold, such as ``/estimates?statistic=accuracy&attribute=*``, where
``*`` is anything but a count of 0. An item that could not be evaluated is no evidence: its ``value`` is null, or its
``level`` is E0.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from auditor.documents.document import make_schema
from auditor.documents.frameworks import SIGNED
from auditor.documents.signoff import SignOff
from auditor.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

ANYTHING: Final = "*"
UNEVALUATED: Final = "E0"


def split_need(need: str) -> tuple[list[str], dict[str, str]]:
    """Split a need into the way to a place, and what one of the items there must hold.

    Parameters
    ----------
    need
        A pointer, with or without a question mark.

    Returns
    -------
    tuple
        Keys from the top; values by field.

    Examples
    --------
    >>> split_need("/estimates?statistic=accuracy&attribute=*")
    (['estimates'], {'statistic': 'accuracy', 'attribute': '*'})
    """
    where, _, narrowed = need.partition("?")
    keys = [key.replace("~1", "/").replace("~0", "~") for key in where.split("/")[1:]]
    pairs = (part.partition("=") for part in narrowed.split("&") if part)
    return keys, {name: value for name, _, value in pairs}


def is_met(need: str, tree: Mapping[str, Any]) -> bool:
    """Say whether something stands where a need points.

    Parameters
    ----------
    need
        A pointer.
    tree
        audit.json, with sign-off.json as ``sign_off``.

    Returns
    -------
    bool
        Whether it is there and not empty.

    Examples
    --------
    >>> is_met("/estimates?statistic=accuracy", {"estimates": [{"statistic": "accuracy", "value": None}]})
    False
    """
    keys, wanted = split_need(need)
    place: Any = tree
    for key in keys:
        place = _step(place, key)
    if not wanted:
        return not (place is None or place in ("", [], {}))
    return isinstance(place, list) and any(holds(item, wanted) for item in place)


def _step(place: Any, key: str) -> Any:
    if isinstance(place, dict):
        return place.get(key)
    if isinstance(place, list) and key.isdecimal():
        return place[int(key)] if int(key) < len(place) else None
    return None


def holds(item: Any, wanted: Mapping[str, str]) -> bool:
    """Say whether an item of a list is what a need asks for.

    Parameters
    ----------
    item
        Of a list in audit.json.
    wanted
        Values by field; ``*`` is anything.

    Returns
    -------
    bool
        False as well where the item is a number or a finding that could not be evaluated.
    """
    if not isinstance(item, dict) or item.get("value", 0) is None or item.get("level") == UNEVALUATED:
        return False
    found = ((item.get(name), value) for name, value in wanted.items())
    return all(_is_there(one) and value in (ANYTHING, str(one)) for one, value in found)


def _is_there(value: Any) -> bool:
    """Whether there is something: no count of nothing either."""
    return value is not None and value != "" and not (type(value) is int and value == 0)


def explain(need: str) -> str:
    """Say what is wrong with a need.

    Parameters
    ----------
    need
        As a file of requirements gives it.

    Returns
    -------
    str
        Nothing where it points to a place that audit.json can have.

    Examples
    --------
    >>> explain("/declared/intended_uses")
    "/declared/intended_uses: audit.json has no 'intended_uses' there; nearest: 'intended_use'"
    """
    if not need.startswith("/"):
        return f"{need}: a need begins with '/', such as /declared/intended_use"
    keys, wanted = split_need(need)
    place: Any = _schema()
    for key in keys:
        known = _fields(place)
        if known is not None and key not in known:
            return f"{need}: audit.json has no {key!r} there{nearest(key, known)}"
        place = known[key] if known is not None else {}
    items = _fields(_resolve(place).get("items", {})) or {}
    unknown = [name for name in wanted if name not in items]
    if wanted and not items:
        return f"{need}: what is there is no list that could be narrowed"
    return f"{need}: items there have no {unknown[0]!r}{nearest(unknown[0], items)}" if unknown else ""


@cache
def _schema() -> dict[str, Any]:
    """That of audit.json, with sign-off.json as one of its parts."""
    schema, signed = make_schema(), SignOff.model_json_schema()
    schema["$defs"] |= signed.pop("$defs")
    schema["properties"][SIGNED] = signed
    return schema


def _resolve(place: Any) -> dict[str, Any]:
    """A part of the schema, past references and *or nothing*."""
    while "$ref" in place or "anyOf" in place:
        if "$ref" in place:
            place = _schema()["$defs"][place["$ref"].rsplit("/", 1)[1]]
        else:
            place = next(one for one in place["anyOf"] if one.get("type") != "null")
    found: dict[str, Any] = place
    return found


def _fields(place: Any) -> dict[str, Any] | None:
    """Fields of a part of the schema; None where names are free."""
    place = _resolve(place)
    if "properties" in place:
        fields: dict[str, Any] = place["properties"]
        return fields
    return None if not place or place.get("type") == "object" else {}
