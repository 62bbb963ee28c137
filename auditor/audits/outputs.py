"""The output folder: not touched while it holds something, unless that was asked for."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final, NoReturn

from auditor.errors import UsageError
from auditor.gating import GATE_FILES
from auditor.publishing.rendering import FILES
from auditor.result import AUDIT, RECORDS, TABLES
from auditor.runs import SUCCESS, WHOLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from auditor.audits.stages import Options

OURS: Final = (RECORDS, AUDIT, *FILES, *GATE_FILES.values(), TABLES)
"""What an audit writes into its folder, and all that --force removes."""


def check_free(out: Path, options: Options, *, audits: Sequence[str] = (".",)) -> bool:
    """Refuse an output folder that holds something, unless it is to be gone on with or started again.

    Parameters
    ----------
    out
        The folder.
    options
        Of the audit.
    audits
        Folders in it that hold an audit each once all is done.

    Returns
    -------
    bool
        Whether it holds finished audits: these may be the answer, and are not replaced unasked.

    Raises
    ------
    UsageError
        With what to do.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: is a file; --out names a folder")
    if options.get("resume") or options.get("force") or options.get("shard", WHOLE) != WHOLE or not out.is_dir():
        return False
    if not any(out.iterdir()):
        return False
    wanted = [out / AUDIT, *(out / name / file for name in audits for file in (AUDIT, f"{RECORDS}/{SUCCESS}"))]
    if not all(path.is_file() for path in wanted):
        refuse_taken(out)
    return True


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
    ours = [out / name for name in OURS] + list((out / RECORDS).glob("[!.]*"))
    for path in ours:
        if path.is_dir() and path.name != RECORDS:
            shutil.rmtree(path)
        elif path.is_file():
            path.unlink()
