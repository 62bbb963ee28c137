"""What a document is printed as: an audit, or a comparison where it holds one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.report.comparison_view import view_comparison
from auditor.report.view import view

if TYPE_CHECKING:
    from auditor.documents.document import Document
    from auditor.documents.signoff import Filed
    from auditor.report.caps import Caps
    from auditor.report.comparison_view import ComparisonView
    from auditor.report.photographs import Images
    from auditor.report.plates import Album
    from auditor.report.view import View


def see(
    document: Document, *, images: Images, caps: Caps, filed: Filed | None = None, album: Album | None = None
) -> tuple[str, View | ComparisonView]:
    """Turn a document into what templates print.

    Parameters
    ----------
    document
        What the report speaks of.
    images
        The images folder; None where there is none.
    caps
        How much it may hold.
    filed
        The audit as it lies in its folder, and what was signed; None where it lies nowhere yet.
    album
        Keeps the photographs of a page; None in print.

    Returns
    -------
    tuple
        Stem of the template, and the view.
    """
    if document.comparison is not None:
        return "comparison", view_comparison(document, images=images, caps=caps, filed=filed, album=album)
    return "report", view(document, images=images, caps=caps, filed=filed, album=album)
