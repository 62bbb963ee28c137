"""The output folder: not touched while it holds something, unless that was asked for and what it holds is ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from auditor.errors import UsageError
from auditor.publishing.destinations import check_writable
from auditor.publishing.folders import (
    check_inputs,
    find_foreign,
    holds_audit,
    is_begun,
    list_ours,
    remove,
)
from auditor.result import AUDIT, RECORDS
from auditor.runs import SUCCESS, WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from auditor.audits.stages import Options


def check_free(out: Path, options: Options, *, audits: Sequence[str] = (".",), inputs: Iterable[Path] = ()) -> bool:
    """Refuse an output folder that holds something, unless it is to be gone on with or started again.

    Parameters
    ----------
    out
        The folder.
    options
        Of the audit.
    audits
        Folders in it that hold an audit each once all is done.
    inputs
        What the audit is made from, none of which may lie among what it writes.

    Returns
    -------
    bool
        Whether it holds finished audits: these may be the answer, and are not replaced unasked.

    Raises
    ------
    UsageError
        With what to do.
    """
    check_writable(out)
    if not out.is_dir() or not any(out.iterdir()):
        return False
    homes = list(dict.fromkeys([out, *(out / name for name in audits)]))
    if not any(holds_audit(home) or is_begun(home) for home in homes):
        _check_foreign(out, options, homes=homes)
        return False
    check_inputs(homes, inputs)
    if _is_asked(options):
        _refuse_foreign(out, homes)
        return False
    wanted = [out / AUDIT, *(out / name / file for name in audits for file in (AUDIT, f"{RECORDS}/{SUCCESS}"))]
    if not all(path.is_file() for path in wanted):
        refuse_taken(out)
    return True


def _is_asked(options: Options) -> bool:
    """Whether a folder that holds something was asked for."""
    return bool(options.get("resume") or options.get("force")) or options.get("shard", WHOLE) != WHOLE


def _check_foreign(out: Path, options: Options, *, homes: Sequence[Path]) -> None:
    """Without an audit in it a folder is somebody else's; a run may begin in it where its files can have no others."""
    if options.get("force") or not _is_asked(options):
        only = "; --force replaces an audit and nothing else" if options.get("force") else ""
        raise UsageError(f"{out}: exists, and holds no audit{only}; choose another --out")
    _refuse_foreign(out, homes)


def _refuse_foreign(out: Path, homes: Sequence[Path]) -> None:
    found = next((path for path in map(find_foreign, homes) if path is not None), None)
    if found is not None:
        raise UsageError(f"{out}: {found.relative_to(out)} is not of an audit, and would be lost; choose another --out")


def refuse_taken(out: Path, reason: str = "") -> NoReturn:
    """Refuse an output folder.

    Parameters
    ----------
    out
        The folder.
    reason
        Why it does not answer what is asked for.

    Raises
    ------
    UsageError
        With what to do.
    """
    why = f", and {reason}" if reason else ""
    raise UsageError(f"{out}: exists{why}; choose another --out, --resume to go on with it, or --force to start again")


def clear(out: Path) -> None:
    """Remove what an earlier audit wrote, and nothing else.

    Parameters
    ----------
    out
        The folder; its lock stays, as it is held.
    """
    if find_foreign(out) is None:
        remove(list_ours(out))
