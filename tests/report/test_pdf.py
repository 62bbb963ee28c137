"""The PDF report: tagged, archival, complete, and a clear word where it cannot be made."""

from __future__ import annotations

import builtins
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pypdf
import pytest

from auditor.errors import RenderError
from auditor.report import pdf, write_html, write_pdf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from auditor.documents.document import Document

    Make = Callable[..., Document]
    Printed = tuple[Path, tuple[str, ...]]

HOSTILE: dict[str, Any] = {
    "classes": ("<script>alert(1)</script>", "{{7*7}}", "w" * 300, "看護師と医者"),
    "values": ("</td><b>x</b>", "{% raw %}"),
    "attribute": '<link rel=attachment href="file:///etc/hostname">',
    "pairs": 2,
}


def text_of(reader: pypdf.PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).replace("\xa0", " ").split())


def entries(node: Any, wanted: str) -> list[Any]:
    """All structure elements of a type, depth first."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        return [one for child in node for one in entries(child, wanted)]
    if not isinstance(node, dict):
        return []
    mine = [node] if node.get("/S") == wanted else []
    return mine + (entries(node["/K"], wanted) if "/K" in node else [])


def test_the_renderer_has_nothing_to_say(printed: Printed) -> None:
    assert printed[1] == ()


def test_pages_text_and_contents(printed: Printed) -> None:
    reader = pypdf.PdfReader(printed[0])
    text = text_of(reader)
    pages = len(reader.pages)
    assert pages > 8
    assert f"Page {pages} of {pages}" in text
    assert text.count("Evidence document, not a certificate") == pages
    for title in ("Summary", "Right and wrong answers", "Where the maps lie", "What this audit cannot detect"):
        assert title in text
    first = reader.pages[0].extract_text()
    assert "Not tested in this run" in first
    assert "What stands out" in first


def test_bookmarks_lead_to_the_sections(printed: Printed) -> None:
    reader = pypdf.PdfReader(printed[0])
    titles = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    assert titles == [
        "1 Summary", "2 Scope and intended use", "3 The model", "4 The data", "5 Right and wrong answers",
        "6 Where the maps lie", "7 Example misclassifications", "8 Robustness of conclusions", "9 Method",
        "10 Limitations and residual risk", "11 Requirement index", "12 Dispositions and sign-off",
        "13 Appendix: all numbers",
    ]  # fmt: skip


def test_it_is_tagged_and_archival(printed: Printed) -> None:
    reader = pypdf.PdfReader(printed[0])
    catalog: Any = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == "en"
    assert "/OutputIntents" in catalog
    xmp = catalog["/Metadata"].get_object().get_data().decode()
    assert 'pdfaid:part="3"' in xmp
    assert 'pdfaid:conformance="A"' in xmp
    assert reader.metadata is not None
    assert reader.metadata.title == "Doctor or nurse: biased model"
    assert str(reader.metadata.creation_date).startswith("2026-11-22 21:43:05")


def test_every_figure_has_words(printed: Printed) -> None:
    reader = pypdf.PdfReader(printed[0])
    catalog: Any = reader.trailer["/Root"]
    figures = entries(catalog["/StructTreeRoot"], "/Figure")
    assert len(figures) > 30
    assert all(figure.get("/Alt") for figure in figures)


def test_pictures_are_kept_as_jpeg(printed: Printed) -> None:
    reader = pypdf.PdfReader(printed[0])
    found = [
        image.get_object()
        for page in reader.pages
        for image in page["/Resources"].get("/XObject", {}).values()
        if image.get_object().get("/Subtype") == "/Image"
    ]
    pictures = [image for image in found if image["/Width"] > 64]
    assert len(pictures) > 20
    assert all(image["/Filter"] in ("/DCTDecode", ["/DCTDecode"]) for image in pictures)
    assert {str(image.get("/Interpolate", False)) for image in pictures} == {"False"}


@pytest.mark.parametrize(
    "options",
    [
        {"regions": False, "values": (), "pairs": 1},
        {"n": 0, "pairs": 0},
        {
            "classes": tuple(f"class {k}" for k in range(9)),
            "values": tuple(f"value {k}" for k in range(4)),
            "pairs": 1,
            "regions": False,
        },
    ],
    ids=["neither regions nor attributes", "nothing read", "wide"],
)
def test_edges_print_without_complaint(options: dict[str, Any], make_document: Make, tmp_path: Path) -> None:
    assert write_pdf(make_document(**options), tmp_path / "report.pdf", images=tmp_path / "photos") == ()
    assert len(pypdf.PdfReader(tmp_path / "report.pdf").pages) > 4


def test_hostile_names_are_text_and_reach_no_file(make_document: Make, tmp_path: Path) -> None:
    warnings = write_pdf(make_document(**HOSTILE), tmp_path / "report.pdf", images=tmp_path / "photos")
    assert [text for text in warnings if "notdef" not in text] == []  # a machine may have no font for 看護師
    reader = pypdf.PdfReader(tmp_path / "report.pdf")
    text = " ".join(reader.pages[page].extract_text() for page in range(8)).replace("\0", "")
    assert "<script>alert(1)</script>" in text  # where a font lacks a letter, some readers see its text two bytes wide
    assert "{{7*7}}" in text
    assert list(reader.attachments) == ["audit.json"]


def test_missing_images_are_said(make_document: Make, tmp_path: Path) -> None:
    write_pdf(make_document(pairs=2, estimates=[], mean_maps=[]), tmp_path / "report.pdf", images=None)
    text = text_of(pypdf.PdfReader(tmp_path / "report.pdf"))
    assert text.count("image not available") >= 4


def test_without_pango_one_clear_line_and_html_still_works(
    make_document: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = builtins.__import__

    def missing(name: str, *rest: Any, **keys: Any) -> Any:
        if name.partition(".")[0] == "weasyprint":
            raise OSError("cannot load library 'libgobject-2.0-0': error 0x7e\nand so on")
        return original(name, *rest, **keys)

    pdf._import_weasyprint.cache_clear()
    monkeypatch.setattr(builtins, "__import__", missing)
    document = make_document(pairs=0)
    with pytest.raises(RenderError) as caught:
        write_pdf(document, tmp_path / "report.pdf")
    text = str(caught.value)
    assert "\n" not in text
    for hint in (
        "libgobject-2.0-0",
        "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
        "brew install pango",
        "MSYS2",
    ):
        assert hint in text
    assert not (tmp_path / "report.pdf").exists()
    write_html(document, tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size > 10_000


NO_FONTS = """
import pathlib, sys
from auditor.documents.document import Document
from auditor.errors import RenderError
from auditor.report import write_pdf
folder = pathlib.Path(sys.argv[1])
document = Document.model_validate_json((folder / "audit.json").read_bytes())
try:
    write_pdf(document, folder / "report.pdf")
except RenderError as error:
    print(error)
"""


def test_without_a_font_it_says_so(make_document: Make, tmp_path: Path) -> None:
    (tmp_path / "audit.json").write_text(make_document(pairs=0).model_dump_json(), encoding="utf-8")
    (tmp_path / "fonts.conf").write_text("<fontconfig><dir>/nonexistent</dir></fontconfig>", encoding="utf-8")
    environment = {**os.environ, "FONTCONFIG_FILE": str(tmp_path / "fonts.conf")}
    done = subprocess.run(
        [sys.executable, "-c", NO_FONTS, str(tmp_path)], env=environment, capture_output=True, text=True, check=False
    )
    assert "needs a font, and none is installed" in done.stdout, done.stderr
    assert "fonts-dejavu-core" in done.stdout


def test_a_folder_that_is_not_there_is_one_clear_line(make_document: Make, tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=r"r\.pdf: the PDF report cannot be written: .*; choose another folder"):
        write_pdf(make_document(pairs=0), tmp_path / "none" / "r.pdf")
