"""The HTML report: one file that asks for nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from auditor.errors import RenderError
from auditor.report.templating import render
from auditor.report.view import view

if TYPE_CHECKING:
    import os

    from auditor.document import Document
    from auditor.signoff import Filed

ROWS: Final = 2000
"""Of the table of all numbers."""
CHART_WIDTH: Final = 860
CHART_ROWS: Final = 200


def write_html(
    document: Document, path: str | os.PathLike[str], *, images: Path | None = None, filed: Filed | None = None
) -> None:
    """Write the report as one HTML file; the same document and images give the same bytes.

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

    Raises
    ------
    RenderError
        If the file cannot be written.
    """
    shown = view(document, images=images, rows=ROWS, filed=filed)
    page = render("report.html.j2", shown, chart_width=CHART_WIDTH, chart_rows=CHART_ROWS)
    try:
        Path(path).write_bytes(page.encode("utf-8"))
    except OSError as error:
        msg = f"{path}: the HTML report cannot be written: {error.strerror or error}; choose another folder"
        raise RenderError(msg) from error
