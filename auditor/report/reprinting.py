"""PDF files that say what they were made from, so that one which lies there already need not be printed again."""

from __future__ import annotations

import hashlib
import json
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from auditor.report import printer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PRINTERS: Final = ("weasyprint", "pydyf", "fonttools", "Pillow", "tinycss2", "cssselect2", "tinyhtml5", "Pyphen")
_ID: Final = re.compile(rb"/ID ?\[ ?\(([0-9a-f]{64})\) ?\(([0-9a-f]{32})\) ?\]")
_BLANK: Final = b"0" * 32


def address(page: str, pictures: Mapping[str, bytes], files: Iterable[tuple[str, bytes, str]], *, created: str) -> str:
    """Content address of what a PDF is made from, but for fonts and Pango: others would set it a little otherwise.

    Parameters
    ----------
    page
        As it is about to be printed.
    pictures
        Bytes by address in the page.
    files
        Name, bytes and description of each file attached.
    created
        When the audit was made.

    Returns
    -------
    str
        A SHA-256; it becomes the first half of the PDF's identifier.
    """
    parts = {
        "page": _hash(page.encode()),
        "pictures": {place: _hash(content) for place, content in pictures.items()},
        "files": [(name, _hash(content), what) for name, content, what in files],
        "created": created,
        "printers": [_find_version(name) for name in _PRINTERS],
        "code": [_hash((Path(printer.__file__).with_name(name)).read_bytes()) for name in ("pdf.py", "printer.py")],
    }
    return _hash(json.dumps(parts, sort_keys=True).encode())


def seal(content: bytes) -> bytes:
    """Let the second half of a PDF's identifier speak for every byte of the file.

    Parameters
    ----------
    content
        The file, with an `address` as the first half.

    Returns
    -------
    bytes
        As long as before. A file without such an identifier comes back as it is, and `answers` nothing.
    """
    places = [found.span(2) for found in _ID.finditer(content)]
    if not places:
        return content
    start, end = places[-1]
    blank = b"".join((content[:start], _BLANK, content[end:]))
    return b"".join((content[:start], _hash(blank)[: len(_BLANK)].encode(), content[end:]))


def answers(path: Path, made_from: str) -> bool:
    """Whether a file is what would be printed.

    Parameters
    ----------
    path
        Of the file; it need not be there.
    made_from
        The `address` of what would be printed.

    Returns
    -------
    bool
        Only if it was made from the same and sealed, and no byte has changed since.
    """
    try:
        content = path.read_bytes()
    except OSError:
        return False
    found = _ID.findall(content)
    return bool(found) and found[-1][0] == made_from.encode() and seal(content) == content


def _find_version(name: str) -> str:
    """Version of a library; nothing where it is not there: whether printing needs it is for others to say."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
