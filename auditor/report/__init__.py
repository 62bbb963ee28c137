"""Reports: what people read, as pure functions of a document and its images.

A *view* is the document turned into plain text, tables and pictures; a *template* prints a view; an *output* (HTML,
PDF) is one file that picks a template. A *section* is one template under ``templates/sections``.
"""

from __future__ import annotations

from auditor.report.html import write_html
from auditor.report.pdf import write_pdf

__all__ = ["write_html", "write_pdf"]
