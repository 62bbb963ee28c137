"""The HTML report: one file that asks for nothing else, or a folder of a page and its pictures."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from auditor.errors import RenderError
from auditor.report.caps import FOLDER, SCREEN, Caps
from auditor.report.catalogue import SOURCE
from auditor.report.pages import page_of
from auditor.report.templating import render
from auditor.report.translation import speak
from auditor.report.views import see

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from auditor.documents.document import Document
    from auditor.documents.signoff import Filed
    from auditor.report.comparison_view import ComparisonView
    from auditor.report.pages import Page
    from auditor.report.photographs import Images
    from auditor.report.view import View

CHART_WIDTH: Final = 860
CHART_ROWS: Final = 200
INDEX: Final = "index.html"


def write_html(
    document: Document,
    path: str | os.PathLike[str],
    *,
    images: Images = None,
    filed: Filed | None = None,
    caps: Caps = SCREEN,
    language: str = SOURCE,
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
    caps
        How much it may hold.
    language
        Code of the language that it is written in: see `auditor.report.catalogue`.

    Raises
    ------
    RenderError
        If the file cannot be written.
    UsageError
        If there is no catalogue of the language.
    """
    page = page_of(document)
    shown = see(document, images=images, caps=caps, filed=filed, album=page.album)
    _write(Path(path), partial(speak, document=document, language=language), shown, page=page)


def write_html_folder(
    document: Document,
    folder: str | os.PathLike[str],
    *,
    images: Images = None,
    filed: Filed | None = None,
    caps: Caps = FOLDER,
    language: str = SOURCE,
) -> Path:
    """Write the report as a folder, for galleries that are too big for one file: a page, and its pictures beside it.

    Parameters
    ----------
    document
        What the report speaks of.
    folder
        Where to write; pictures that an earlier report left in it are removed.
    images, filed
        As for `write_html`.
    caps
        How much it may hold.
    language
        Code of the language that it is written in: see `auditor.report.catalogue`.

    Returns
    -------
    Path
        The page; it opens from the disk and asks for nothing but its pictures.

    Raises
    ------
    RenderError
        If a file cannot be written.
    UsageError
        If there is no catalogue of the language.
    """
    page, home = page_of(document, apart=True), Path(folder)
    shown = see(document, images=images, caps=caps, filed=filed, album=page.album)
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refusal(home, error) from error
    _write(home / INDEX, partial(speak, document=document, language=language), shown, page=page)
    return home / INDEX


def _write(path: Path, say: Callable[[str], str], shown: tuple[str, View | ComparisonView], *, page: Page) -> None:
    stem, seen = shown
    made = say(render(f"{stem}.html.j2", seen, chart_width=CHART_WIDTH, chart_rows=CHART_ROWS, page=page))
    try:
        if page.album.apart:
            page.lay_out(path.parent)
        path.write_bytes(made.encode("utf-8"))
    except OSError as error:
        raise _refusal(path, error) from error


def _refusal(path: Path, error: OSError) -> RenderError:
    return RenderError(f"{path}: the HTML report cannot be written: {error.strerror or error}; choose another folder")
