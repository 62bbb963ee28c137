"""Faults of a plan in words: all at once, one line each, with the nearest known name for an unknown key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pydantic import ValidationError

    Known = Callable[[Sequence[str]], list[str]]


def explain(error: ValidationError, path: Path | str, *, known: Known, table: str | None = None) -> str:
    """Tell all faults of a plan.

    Parameters
    ----------
    error
        What checking it gave.
    path
        Its file, or what else was handed over.
    known
        Keys that a table knows, by the names of the tables on the way to it.
    table
        The table that was checked; None for the whole plan.

    Returns
    -------
    str
        The file and the count of faults, then a line for each.
    """
    lines: dict[str, str] = {}
    for fault in error.errors():
        # A union reports each of its branches (`resize.int`, `resize.tuple[int,int]`): the first is enough.
        parts = [*([table] if table else []), *(part for part in fault["loc"] if not _is_branch(str(part)))]
        keys = [str(part) for part in parts if not isinstance(part, int)]
        place = _place(parts)
        lines.setdefault(place, f"  {place}: {_sentence(fault, keys, known)}")
    count = f"{len(lines)} fault" + ("" if len(lines) == 1 else "s")
    return "\n".join([f"{path}: {count}", *lines.values()])


def _is_branch(part: str) -> bool:
    return "[" in part or part in {"int", "str", "function-before"}


def _place(parts: Sequence[str | int]) -> str:
    """Where a fault is; tables of an array are counted from 1."""
    if len(parts) > 1 and parts[0] == "model" and isinstance(parts[1], int):
        parts = [f"model {parts[1] + 1}", *parts[2:]]
    return ".".join(map(str, parts))


def _sentence(fault: Any, keys: list[str], known: Known) -> str:
    if fault["type"] == "extra_forbidden":
        names = known(keys[:-1])
        return "no such key" + (nearest(keys[-1], names) or f"; known here: {', '.join(names)}")
    if fault["type"] == "missing":
        return "is missing"
    if fault["type"] == "value_error":
        return str(fault["ctx"]["error"])
    return f"{fault['msg'][0].lower()}{fault['msg'][1:]}, found {fault['input']!r}"
