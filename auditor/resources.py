"""Folders that ship with the package: beside the modules in a wheel, at the top of a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def templates() -> Path:
    """Find the folder of report templates.

    Returns
    -------
    Path
        It holds ``report.html.j2``.
    """
    return _shipped("templates")


def examples() -> Path:
    """Find the folder of examples.

    Returns
    -------
    Path
        It holds ``doctor_nurse/``.
    """
    return _shipped("examples")


def _shipped(name: str) -> Path:
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / name
