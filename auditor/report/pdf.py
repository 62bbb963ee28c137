"""The PDF report: tagged, archival (produced as PDF/A-3a), made without touching disk or network."""

from __future__ import annotations

import logging
import re
import warnings
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from auditor.documents.document import serialise
from auditor.documents.signoff import Filed
from auditor.errors import RenderError
from auditor.report.attachments import attached
from auditor.report.caps import PRINT, Caps
from auditor.report.catalogue import SOURCE
from auditor.report.printer import Pictures, make_fetcher, settle, unswept, whole_words, without_notes
from auditor.report.reprinting import address, answers, seal
from auditor.report.templating import render
from auditor.report.translation import speak
from auditor.report.views import see

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping

    from auditor.documents.document import Document
    from auditor.report.photographs import Images

CHART_WIDTH: Final = 660
CHART_ROWS: Final = 18
"""So that two drawings fill a page."""
VARIANT: Final = "pdf/a-3a"
_log = logging.getLogger(__name__)

_PANGO: Final = (
    "Debian or Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; "
    "macOS: brew install pango; "
    "Windows: pacman -S mingw-w64-ucrt-x86_64-pango in MSYS2 and set WEASYPRINT_DLL_DIRECTORIES to its bin folder"
)
_FONTS: Final = "Debian or Ubuntu: apt-get install fonts-dejavu-core"
_CJK: Final = (
    "install one for Japanese; Debian or Ubuntu: apt-get install fonts-noto-cjk; "
    "Fedora: dnf install google-noto-sans-cjk-fonts; macOS: brew install --cask font-noto-sans-cjk-jp"
)
_OTHERS: Final = "install one that has them; Debian or Ubuntu: apt-get install fonts-noto-core"
_LETTERLESS: Final = re.compile(r'unsupported by fonts: "(.+)" \(U\+', re.DOTALL)
_EASTERN: Final = re.compile("[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
_ELSE: Final = "The HTML report does not need it"


def write_pdf(
    document: Document,
    path: str | os.PathLike[str],
    *,
    images: Images = None,
    filed: Filed | None = None,
    caps: Caps = PRINT,
    language: str = SOURCE,
) -> tuple[str, ...]:
    """Write the report as PDF; the same document, images and fonts give the same bytes.

    A file that was made from the same already is left as it is.

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

    Returns
    -------
    tuple of str
        What the renderer had to say, such as a letter that no font has; empty as a rule.

    Raises
    ------
    RenderError
        If Pango or every font is missing, or the file cannot be written.
    UsageError
        If there is no catalogue of the language.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise RenderError(f"{path}: the PDF report cannot be written: no such folder; choose another folder")
    filed = filed if filed is not None else Filed(audit=serialise(document))
    stem, shown = see(document, images=images, caps=caps, filed=filed)
    kept = Pictures()
    page = render(f"{stem}.pdf.j2", shown, chart_width=CHART_WIDTH, chart_rows=CHART_ROWS, page=kept)
    page, pictures = speak(page, document, language), kept.contents()
    del shown, kept  # they hold the pictures as text
    made_from = address(page, pictures, attached(filed), created=document.created)
    if answers(path, made_from):
        return ()
    with _collected() as messages, unswept():
        content = _printed(page, pictures, filed=filed, created=document.created, identifier=made_from)
    try:
        path.write_bytes(content if messages else seal(content))  # what is amiss is to be said again
    except OSError as error:
        msg = f"{path}: the PDF report cannot be written: {error.strerror or error}; choose another folder"
        raise RenderError(msg) from error
    return tuple(_sum_up(dict.fromkeys(messages)))


def _sum_up(messages: Iterable[str]) -> Iterator[str]:
    """Messages, those on letters that no font has as one, which is logged too: boxes stand for these letters."""
    letters: list[str] = []
    for message in messages:
        found = _LETTERLESS.search(message)
        if found is None:
            yield message
        else:
            letters.append(found[1])
    if letters:
        noun = "letter is" if len(letters) == 1 else "letters are"
        told = (
            f"{len(letters)} {noun} in no installed font and printed as boxes, such as {' '.join(letters[:5])}; "
            f"{_CJK if any(map(_EASTERN.search, letters)) else _OTHERS}. {_ELSE}"
        )
        _log.warning("%s", told)
        yield f"warning: {told}"


def _printed(page: str, pictures: Mapping[str, bytes], *, filed: Filed, created: str, identifier: str) -> bytes:
    printer, fetcher, attach = load_weasyprint()
    when = datetime.fromisoformat(created)  # not now: the same audit gives the same bytes
    with warnings.catch_warnings(), whole_words():
        warnings.simplefilter("ignore", ResourceWarning)  # WeasyPrint 70 leaves the file of its colour profile open
        document = printer(string=page, url_fetcher=make_fetcher(fetcher, pictures)).render(pdf_variant=VARIANT)
        files = [
            attach(string=content, name=name, description=what, relationship="Data", created=when, modified=when)
            for name, content, what in attached(filed)
        ]
        options = {"pdf_variant": VARIANT, "pdf_identifier": identifier.encode(), "attachments": files}
        content: bytes = document.write_pdf(finisher=settle, **options)
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
    ugly = any("Expect ugly output" in str(warning.message) for warning in said)
    return without_notes(HTML), URLFetcher, Attachment, not ugly


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
