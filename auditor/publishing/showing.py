"""Showing a report: found or rendered, and opened in a browser where there is one."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path

from auditor.documents.signoff import SIGNOFF
from auditor.errors import DataError
from auditor.publishing.rendering import FORMATS, write_report
from auditor.result import AUDIT

NO_BROWSER = "no browser could be opened here: open that file in one"


def find_page(folder: str | Path) -> tuple[Path, tuple[str, ...]]:
    """Find the HTML report of an audit, or render it.

    Parameters
    ----------
    folder
        That of audit.json, or of a report; or the HTML file itself.

    Returns
    -------
    tuple
        The file, and what is to be said of it.

    Raises
    ------
    DataError
        If there is neither a report nor an audit.
    RenderError
        If it cannot be rendered.
    """
    path = Path(folder)
    if path.is_file() and path.suffix == ".html":
        return path, ()
    if not path.exists():
        msg = f"{path}: no such folder; `auditor run` writes one"
        raise DataError(msg)
    home = path if path.is_dir() else path.parent
    page = home / FORMATS["html"].file
    if not page.is_file():
        (*_, page) = write_report(path, formats=["html"])
        return page, ()
    newer = [name for name in (AUDIT, SIGNOFF) if _is_newer(home / name, page)]
    if not newer:
        return page, ()
    return page, (f"{newer[0]} is newer than this report: `auditor report {home}` renders it again",)


def _is_newer(path: Path, page: Path) -> bool:
    return path.is_file() and path.stat().st_mtime > page.stat().st_mtime


def open_page(page: Path) -> str:
    """Open a file in a browser.

    Parameters
    ----------
    page
        The file.

    Returns
    -------
    str
        Nothing where a browser took it, else what to do.
    """
    if not _has_screen():
        return NO_BROWSER
    try:
        taken = webbrowser.open(page.resolve().as_uri())
    except (webbrowser.Error, OSError):
        taken = False
    return "" if taken else NO_BROWSER


def _has_screen() -> bool:
    """Whether a browser would be seen: one that runs in the terminal would take it over."""
    if sys.platform in {"win32", "darwin"}:
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
