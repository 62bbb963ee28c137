"""What a PDF is made of, without laying out all of it: that takes seconds, and reading it back as long again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from auditor.report import pdf

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from auditor.documents.document import Document

CONTENTS = '<nav class="toc" id="contents"><h2 class="unnumbered">Contents</h2></nav></body></html>'


def printed_page(document: Document, folder: Path, *, images: Path | None = None) -> str:
    """The page of the PDF, as it goes to the renderer."""
    pages = []

    def keep(page: str, pictures: Mapping[str, bytes], **how: Any) -> bytes:
        pages.append(page)
        return b"not laid out"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "_printed", keep)
        pdf.write_pdf(document, folder / "page-only.pdf", images=images)
    (folder / "page-only.pdf").unlink()
    return pages[0]


def print_start(document: Document, path: Path, *, images: Path | None = None) -> tuple[str, ...]:
    """Write the PDF down to the heading of its contents, where every link leads; what the renderer said comes back."""
    whole = pdf._printed

    def cut(page: str, pictures: Mapping[str, bytes], **how: Any) -> bytes:
        start = re.sub(r'href="#[^"]*"', 'href="#contents"', page[: page.index('<nav class="toc">')])
        return whole(start + CONTENTS, pictures, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "_printed", cut)
        return pdf.write_pdf(document, path, images=images)
