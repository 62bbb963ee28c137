"""Destinations: folders that a user names to be written to, and whether they can be."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from auditor.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def check_writable(out: Path) -> None:
    """Refuse an output folder that cannot be made or written, before anything takes long.

    Parameters
    ----------
    out
        The folder, which need not be there.

    Raises
    ------
    UsageError
        With what stands in the way.
    """
    there = next(path for path in (out, *out.absolute().parents) if os.path.lexists(path))
    if not there.is_dir():
        raise UsageError(f"{out}: {'is' if there == out else f'{there} is'} a file; --out names a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        where = "" if there == out else f"{there} "
        raise UsageError(f"{out}: {where}cannot be written; choose another --out")


def make_folder(out: Path) -> None:
    """Make an output folder.

    Parameters
    ----------
    out
        The folder; may be there.

    Raises
    ------
    UsageError
        If it cannot be made or written.
    """
    check_writable(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{out}: cannot be made: {error.strerror or error}; choose another --out") from None
