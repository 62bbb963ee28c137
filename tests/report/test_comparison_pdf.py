"""The PDF report of a comparison: one page of verdict, tagged, archival, with audit.json attached."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pypdf
import pytest

from auditor.documents.document import serialise
from auditor.report.pdf import write_pdf
from tests.report.comparisons_made import compared, pair, verdict
from tests.report.test_comparison import TITLES, hostile
from tests.report.test_pdf import entries, text_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory, photos: Path) -> tuple[Path, tuple[str, ...]]:
    folder = tmp_path_factory.mktemp("printed")
    return folder / "report.pdf", write_pdf(compared(), folder / "report.pdf", images=photos)


@pytest.fixture(scope="module")
def reader(printed: tuple[Path, tuple[str, ...]]) -> pypdf.PdfReader:
    return pypdf.PdfReader(printed[0])


def test_the_renderer_has_nothing_to_say(printed: tuple[Path, tuple[str, ...]]) -> None:
    assert printed[1] == ()


def test_the_verdict_is_one_page_and_nothing_of_it_is_cut_off(reader: pypdf.PdfReader) -> None:
    first = " ".join(reader.pages[0].extract_text().replace("\xa0", " ").split())
    words = verdict()
    for sentence in (words.headline, *words.evidence, words.trust, words.cost, *words.cautions):
        assert sentence in first
    assert "neither stands for the other." in first
    assert "Contents" in reader.pages[1].extract_text()


@pytest.mark.parametrize("name", ["long", "several"])
def test_page_1_stays_one_page_whatever_is_said(tmp_path: Path, name: str) -> None:
    words = verdict(
        headline="balanced leans less than biased " * 6,
        evidence=[f"Sentence {k} says " + "that hiding it shifts groups apart by 0.26 SD " * 5 for k in range(20)],
        cautions=["A caution that goes on about this and that for a line or two, as cautions do. " * 2] * 12,
    )
    names = ("biased", *(f"model {k}" for k in range(9))) if name == "several" else ("biased", "balanced")
    bare: dict[str, Any] = {"examples": [], "maps": [], "verdict": words}
    bare |= {"changes": [], "cues": []} if name == "several" else {}
    made = compared(names=names, pairs=[pair(one, **bare) for one in names[1:]])
    assert write_pdf(made, tmp_path / "long.pdf") == ()
    reader = pypdf.PdfReader(tmp_path / "long.pdf")
    assert "neither stands for the other." in " ".join(reader.pages[0].extract_text().split())
    assert "Contents" in reader.pages[1].extract_text()


def test_bookmarks_lead_to_the_sections(reader: pypdf.PdfReader) -> None:
    titles = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    assert titles == [f"{k} {title}" for k, title in enumerate(TITLES, start=1)]


def test_it_is_tagged_and_archival_and_every_figure_has_words(reader: pypdf.PdfReader) -> None:
    catalog: Any = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    xmp = catalog["/Metadata"].get_object().get_data().decode()
    assert 'pdfaid:part="3"' in xmp
    assert 'pdfaid:conformance="A"' in xmp
    figures = entries(catalog["/StructTreeRoot"], "/Figure")
    assert len(figures) > 40
    assert all(figure.get("/Alt") for figure in figures)
    assert reader.metadata is not None
    assert reader.metadata.title == "balanced against biased"


def test_the_audit_is_attached_byte_for_byte(reader: pypdf.PdfReader) -> None:
    content = serialise(compared())
    assert reader.attachments == {"audit.json": [content]}
    assert hashlib.sha256(content).hexdigest() in text_of(reader).replace(" ", "")


def test_every_number_of_a_cue_is_in_print(reader: pypdf.PdfReader) -> None:
    text = text_of(reader)
    for wanted in ("−0.22 SD [−0.29 SD, −0.16 SD]", "Answered right in the worst group", "Mean maps", "+28.0 pp"):
        assert wanted in text
    assert "Further numbers are in the HTML report" not in text or "answers changed" in text


def test_the_same_document_gives_the_same_bytes(
    printed: tuple[Path, tuple[str, ...]], tmp_path: Path, photos: Path
) -> None:
    write_pdf(compared(), tmp_path / "again.pdf", images=photos)
    assert (tmp_path / "again.pdf").read_bytes() == printed[0].read_bytes()


@pytest.mark.slow
def test_hostile_names_are_text_and_reach_no_file(tmp_path: Path, photos: Path) -> None:
    warnings = write_pdf(hostile(), tmp_path / "report.pdf", images=photos)
    assert [text for text in warnings if "in no installed font" not in text] == []
    reader = pypdf.PdfReader(tmp_path / "report.pdf")
    # Letters that no font has make some text two bytes wide.
    assert any("{{7*7}}" in page.extract_text().replace("\0", "") for page in reader.pages)
    assert list(reader.attachments) == ["audit.json"]
