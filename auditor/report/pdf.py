"""The PDF report: tagged, archival (produced as PDF/A-3a), made without touching disk or network."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from auditor.document import serialise
from auditor.errors import RenderError
from auditor.report.attachments import attached
from auditor.report.templating import render
from auditor.report.view import view
from auditor.signoff import Filed

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from auditor.document import Document

ROWS: Final = 300
"""Of the table of all numbers: each costs time and memory; the full table is in audit.json."""
CHART_WIDTH: Final = 660
CHART_ROWS: Final = 18
"""So that two drawings fill a page."""
VARIANT: Final = "pdf/a-3a"

_PANGO: Final = (
    "Debian or Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; "
    "macOS: brew install pango; "
    "Windows: pacman -S mingw-w64-ucrt-x86_64-pango in MSYS2 and set WEASYPRINT_DLL_DIRECTORIES to its bin folder"
)
_FONTS: Final = "Debian or Ubuntu: apt-get install fonts-dejavu-core"
_ELSE: Final = "The HTML report does not need it"


def write_pdf(
    document: Document, path: str | os.PathLike[str], *, images: Path | None = None, filed: Filed | None = None
) -> tuple[str, ...]:
    """Write the report as PDF; the same document, images and fonts give the same bytes.

    Parameters
    ----------
    document
        What the report speaks of.
    path
        Where to write.
    images
        The folder that the examples' paths are relative to; without it the examples say that the image is not
        available.
    filed
        The audit as it lies in its folder, and what was signed; None where it lies nowhere yet.

    Returns
    -------
    tuple of str
        What the renderer had to say, such as a letter that no font has; empty as a rule.

    Raises
    ------
    RenderError
        If Pango or every font is missing, or the file cannot be written.
    """
    if not Path(path).parent.is_dir():
        raise RenderError(f"{path}: the PDF report cannot be written: no such folder; choose another folder")
    filed = filed if filed is not None else Filed(audit=serialise(document))
    shown = view(document, images=images, rows=ROWS, filed=filed)
    page = render("report.pdf.j2", shown, chart_width=CHART_WIDTH, chart_rows=CHART_ROWS)
    with _collected() as messages:
        content = _printed(page, filed, created=document.created)
    try:
        Path(path).write_bytes(content)
    except OSError as error:
        msg = f"{path}: the PDF report cannot be written: {error.strerror or error}; choose another folder"
        raise RenderError(msg) from error
    return tuple(dict.fromkeys(messages))


def _printed(page: str, filed: Filed, *, created: str) -> bytes:
    printer, fetcher, attach = load_weasyprint()
    when = datetime.fromisoformat(created)  # not now: the same audit gives the same bytes
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # WeasyPrint 70 leaves the file of its colour profile open
        document = printer(string=page, url_fetcher=fetcher(allowed_protocols=("data",))).render(pdf_variant=VARIANT)
        files = [
            attach(string=content, name=name, description=what, relationship="Data", created=when, modified=when)
            for name, content, what in attached(filed)
        ]
        content: bytes = document.write_pdf(pdf_variant=VARIANT, attachments=files)
    return content


def load_weasyprint() -> tuple[Any, Any, Any]:
    """Load WeasyPrint, and with it Pango and a font, which not every machine has.

    Returns
    -------
    tuple
        WeasyPrint's HTML, its URLFetcher and its Attachment.

    Raises
    ------
    RenderError
        If it cannot be loaded, with what to install.
    """
    try:
        *loaded, fonts = _import_weasyprint()
    except (ImportError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RenderError(
            f"the PDF report needs Pango, which cannot be loaded ({reason}); {_PANGO}. {_ELSE}"
        ) from error
    if not fonts:
        raise RenderError(f"the PDF report needs a font, and none is installed; {_FONTS}. {_ELSE}")
    printer, fetcher, attach = loaded
    return printer, fetcher, attach


@cache
def _import_weasyprint() -> tuple[Any, Any, Any, bool]:
    """WeasyPrint's HTML, URLFetcher and Attachment, and whether it found any font: it says so while it is imported."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", UserWarning)
        from weasyprint import HTML, Attachment
        from weasyprint.urls import URLFetcher
    return HTML, URLFetcher, Attachment, not any("Expect ugly output" in str(warning.message) for warning in said)


@contextmanager
def _collected() -> Iterator[list[str]]:
    """What the renderer logs, instead of on the terminal."""
    messages: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno >= logging.WARNING:
                messages.append(f"{record.levelname.lower()}: {record.getMessage()}")

    logger = logging.getLogger("weasyprint")
    before, propagate, collector = logger.handlers[:], logger.propagate, Collector()
    logger.handlers, logger.propagate = [collector], False
    try:
        yield messages
    finally:
        logger.handlers, logger.propagate = before, propagate
