"""How much a report holds: what grows with the data is cut, and says so; audit.json has all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.report.figures import count

if TYPE_CHECKING:
    from auditor.documents.document import Document, Example


@dataclass(frozen=True, kw_only=True)
class Caps:
    """What one kind of report holds at most.

    Attributes
    ----------
    rows
        Of the table of all numbers.
    joined
        Whether that table tells what a number is about in one cell.
    examples
        Photographs of the gallery, controls included.
    """

    rows: int
    joined: bool
    examples: int


SCREEN: Final = Caps(rows=2000, joined=False, examples=200)
FOLDER: Final = Caps(rows=2000, joined=False, examples=2000)
PRINT: Final = Caps(rows=200, joined=True, examples=100)
"""In print each row costs 4 ms and 0.1 MiB, each photograph of a strip about 8 ms: see tests/benchmarks/report.md."""


ROWS: Final = {"screen": 500, "print": 80}
"""Of any other table, by medium."""
MARKS: Final = {"screen": 300, "print": 100}
"""Rows of a chart, by medium."""
CUES: Final = {"screen": 200, "print": 40}
"""Cues of a comparison that are told one by one, by medium."""


def cut_examples(document: Document, most: int) -> Document:
    """Keep the examples that a report has room for.

    Parameters
    ----------
    document
        What the report speaks of.
    most
        Photographs; a wrong answer and its control stay together.

    Returns
    -------
    Document
        The same where all fit; else the first, and their rule says how many.
    """
    items = document.examples.items
    if len(items) <= most:
        return document
    kept = _whole_pairs(items, most)
    rule = f"{document.examples.rule} {count(len(kept))} of {count(len(items))} photographs; audit.json names all."
    examples = document.examples.model_copy(update={"items": kept, "rule": rule.lstrip()})
    return document.model_copy(update={"examples": examples})


def _whole_pairs(items: list[Example], most: int) -> list[Example]:
    """The first wrong answers with their controls, never more than there is room for."""
    controls = {one.control_of: one for one in items if one.kind == "control"}
    kept: list[Example] = []
    for one in items:
        pair = [one, controls[one.image_id]] if one.image_id in controls else [one]
        if one.kind == "misclassified" and len(kept) + len(pair) <= most:
            kept += pair
    return kept
