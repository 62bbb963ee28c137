"""Names that try to be something else, and documents at the edges, for every output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.report.laddered import ALL_LEVELS, finding, protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.documents.document import Document

NAMES = (
    "<script>alert(1)</script>",
    "{{7*7}}",
    "=cmd|' /C calc'!A0",
    "w" * 300,
    "a\u202eegral\u2066b",
    "看護師と医者",
    "ممرضة",
    "pipe|pipe",
    "`tick`",
    "two\nlines\r\nthree",
    "nul\x00bell\x07\ud800\ufffe",
    "[x](http://evil.example)",
    "![x](y) **b** _c_ ~~d~~ $e$",
    "&lt;b&gt; &#x41;",
    "1. list",
    "# heading",
    "---",
    "no",
    "1e3",
    "null",
    "]]>",
    "\\",
    "'",
    '"quoted"',
    " ",
)
EDGES: dict[str, dict[str, Any]] = {
    "usual": {"pairs": 1},
    "no regions": {"regions": False, "pairs": 0},
    "no attributes": {"values": (), "pairs": 0},
    "one class": {"classes": ("doctor",), "pairs": 0},
    "one subgroup": {"values": ("woman",), "pairs": 0},
    "nothing recorded": {"values": ("",), "pairs": 0},
    "nothing read": {"n": 0, "pairs": 0},
    "two hundred classes": {"classes": tuple(f"class {k}" for k in range(200)), "values": ("a",), "pairs": 0},
}


def hostile(make_document: Callable[..., Document]) -> Document:
    """A document in which everything that a user names is hostile."""
    attribute = "<img src=x>|=1+1\u202e"
    document = make_document(classes=NAMES, values=(*NAMES, ""), attribute=attribute, pairs=0, n=30)
    levels = [level for level, *_ in ALL_LEVELS]
    found = [
        finding(
            levels[k % len(levels)],
            document,
            region=name,
            role=("protected", "artefact", "undeclared", "core")[k % 4],
            attribute=attribute,
            subgroup=name,
            contrast=name,
            fingerprint=f"{name}:{k}",
            headline=f"# {name} | {name}",
            fills=["noise", "inpaint"],
        )
        for k, name in enumerate(NAMES)
    ]
    changed = [
        check.model_copy(update={"region": NAMES[k], "name": NAMES[k]}) for k, check in enumerate(protocol().checks)
    ]
    return document.model_copy(
        update={
            "title": NAMES[0] + NAMES[9],
            "findings": found,
            "protocol": protocol(checks=changed),
            "warnings": list(NAMES),
            "not_tested": list(NAMES),
            "model": document.model.model_copy(update={"source": NAMES[2]}),
            "data": document.data.model_copy(update={"annotations": NAMES[7]}),
        }
    )
