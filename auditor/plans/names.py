"""Names of models in a plan: each is the folder of an audit, and how a comparison speaks of the model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST: Final = 64
OURS: Final = frozenset({"records", "tables"})
"""Folders that an audit makes for itself."""
_FILE: Final = re.compile(r"\.(json|html|pdf|md|xml|sarif|csv|zip|tmp)$", re.IGNORECASE)
_DEVICE: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def find_name_faults(names: Sequence[object]) -> dict[int, str]:
    """Find what is wrong with the names of a plan's models.

    Parameters
    ----------
    names
        As the plan has them, in its order; None where a model has none, which is no fault of a single one.

    Returns
    -------
    dict
        A fault in words by position; names that are no text are left to others.

    Examples
    --------
    >>> find_name_faults(["strong", "Strong", "a/b", None])
    {1: "'Strong' is the name of model 1 as well, as far as folders go", 2: "'a/b' cannot be a folder: it holds '/'", \
3: 'is missing: of several models each needs a name'}
    """
    faults: dict[int, str] = {}
    first: dict[str, int] = {}
    for k, name in enumerate(names):
        if name is None and len(names) > 1:
            faults[k] = "is missing: of several models each needs a name"
        if not isinstance(name, str):
            continue
        fault = find_folder_fault(name)
        earlier = first.setdefault(name.casefold(), k)
        if fault is not None:
            faults[k] = f"{name!r} cannot be a folder: {fault}"
        elif earlier != k:
            more = "" if name == names[earlier] else ", as far as folders go"
            faults[k] = f"{name!r} is the name of model {earlier + 1} as well{more}"
    return faults


def find_folder_fault(name: str) -> str | None:
    """Say why a name cannot be the folder of an audit, on any system.

    Parameters
    ----------
    name
        Of a model.

    Returns
    -------
    str or None
        In words; None where nothing is wrong.

    Examples
    --------
    >>> find_folder_fault("nurse-v1.2"), find_folder_fault("records")
    (None, 'audits keep something of their own under it')
    """
    wrong = [letter for letter in name if letter in '/\\:*?"<>|' or not letter.isprintable()]
    if not 0 < len(name) <= LONGEST:
        return f"1 to {LONGEST} letters are expected, found {len(name)}"
    if wrong:
        return f"it holds {wrong[0]!r}"
    if name != name.strip(" .") or name.startswith(("-", "~")):
        return f"it begins or ends with {name[0] if name[0] in ' .-~' else name[-1]!r}"
    if name.casefold() in OURS or _FILE.search(name):
        return "audits keep something of their own under it"
    return "some systems keep that name for a device" if _DEVICE.match(name) else None
