"""What is there: the entries of every drawer, and the versions, devices and libraries of this machine."""

from __future__ import annotations

import os
import platform
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final

from auditor.audits.provenance import tool_version
from auditor.errors import RenderError, UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

DRAWERS: Final = {
    "cams": ("auditor.evidence.cams", "CAMS"),
    "readers": ("auditor.evidence.readers", "READERS"),
    "regions": ("auditor.evidence.regions", "REGION_SOURCES"),
    "interventions": ("auditor.evidence.interventions", "FILLS"),
    "models": ("auditor.evidence.models", "MODELS"),
    "engines": ("auditor.evidence.engines", "ENGINES"),
    "statistics": ("auditor.analysis.statistics", "STATISTICS"),
}
EXTRAS: Final = {"mlflow": ("mlflow-skinny", "mlflow")}
"""Optional: what each brings, any of which will do."""
PACKAGES: Final = ("torch", "torchvision", "numpy", "pandas", "pyarrow", "scipy", "pillow", "jinja2", "weasyprint")


def describe_drawers(drawer: str | None = None) -> list[str]:
    """List the entries of one drawer, or of all.

    Parameters
    ----------
    drawer
        One of `DRAWERS`; None for all.

    Returns
    -------
    list of str
        One line per entry, with the first line of what it says of itself.

    Raises
    ------
    UsageError
        If there is no such drawer.
    """
    if drawer is not None and drawer not in DRAWERS:
        msg = f"no such drawer: {drawer!r}{nearest(drawer, DRAWERS)}"
        raise UsageError(msg)
    return [line for name in ([drawer] if drawer else DRAWERS) for line in _entries(name)]


def _entries(drawer: str) -> Iterator[str]:
    room, registry = DRAWERS[drawer]
    entries = getattr(import_module(room), registry)
    width = max(map(len, DRAWERS)) + 2
    for name, entry in entries.items():
        caption = (entry.__doc__ or "").strip().splitlines()[:1]
        yield f"{drawer:<{width}}{name:<20}{caption[0] if caption else ''}"


def examine() -> tuple[list[str], bool]:
    """Look at this machine.

    Returns
    -------
    lines
        What is there and what is missing, one line each.
    healthy
        Whether every report format can be written.
    """
    lines = [f"auditor      {tool_version()}", f"python       {platform.python_version()}, {os.cpu_count()} cores"]
    lines += [f"{name:<13}{_version(name)}" for name in PACKAGES]
    lines += [f"{extra:<13}{_extra(extra)}" for extra in EXTRAS]
    lines.append(f"device       {_device()}")
    fault = _pdf_fault()
    lines.append(f"pdf          {fault or 'can be written'}")
    return lines, fault is None


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _extra(name: str) -> str:
    """The version of what an extra brings; what to install where it is not there, which is no fault."""
    there = next((_version(package) for package in EXTRAS[name] if _version(package) != "missing"), None)
    return there or f"not installed (optional: pip install 'auditor[{name}]')"


def _device() -> str:
    try:
        import torch
    except ImportError as error:
        return f"none: {error}"
    return torch.cuda.get_device_name() if torch.cuda.is_available() else f"CPU, {torch.get_num_threads()} threads"


def _pdf_fault() -> str | None:
    from auditor.report.pdf import load_weasyprint

    try:
        load_weasyprint()
    except RenderError as error:
        return str(error)
    return None
