"""A PDF that is there already: what it was made from is in it, and so is whether a byte has changed."""

from __future__ import annotations

import hashlib
import logging
import re
from typing import TYPE_CHECKING, Any

import pypdf
import pytest

from auditor.documents.document import serialise
from auditor.documents.signoff import Filed
from auditor.errors import RenderError
from auditor.report import pdf, printer
from auditor.report.reprinting import address, answers, seal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from auditor.documents.document import Document

PAGE: Mapping[str, Any] = {
    "page": "<p>one",
    "pictures": {"picture:1": b"red"},
    "files": [("audit.json", b"{}", "all")],
    "created": "2026-01-01T00:00:00+00:00",
}
MADE_FROM = hashlib.sha256(b"what it was made from").hexdigest()
FILE = b"%PDF-1.7\nsome parts\n<</Type /XRef/ID [(" + MADE_FROM.encode() + b") (" + b"a" * 32 + b")]>>\n%%EOF\n"


def lay_out_nothing(*_page: Any, identifier: str, **_how: Any) -> bytes:
    """A file without pages."""
    return FILE.replace(MADE_FROM.encode(), identifier.encode())


@pytest.fixture
def shown(make_document: Callable[..., Document]) -> Document:
    return make_document()


@pytest.fixture
def presses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that are printed while the test runs, none of which is laid out."""
    pages: list[str] = []

    def press(page: str, _pictures: Mapping[str, bytes], **how: Any) -> bytes:
        pages.append(page)
        return lay_out_nothing(**how)

    monkeypatch.setattr(pdf, "_printed", press)
    return pages


@pytest.mark.parametrize(
    "other",
    [
        {"page": "<p>two"},
        {"pictures": {"picture:1": b"blue"}},
        {"pictures": {"picture:2": b"red"}},
        {"pictures": {}},
        {"files": [("audit.json", b"{ }", "all")]},
        {"files": [("other.json", b"{}", "all")]},
        {"files": [("audit.json", b"{}", "most")]},
        {"files": [*PAGE["files"], ("sign-off.json", b"{}", "decided")]},
        {"created": "2026-01-01T00:00:01+00:00"},
    ],
    ids=lambda other: f"{next(iter(other))}-{len(str(other))}",
)
def test_whatever_a_file_is_made_from_is_in_its_address(other: Mapping[str, Any]) -> None:
    assert address(**PAGE) == address(**PAGE)
    assert re.fullmatch("[0-9a-f]{64}", address(**PAGE))
    assert address(**{**PAGE, **other}) != address(**PAGE)


def test_another_printer_prints_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = address(**PAGE)
    for name in ("pdf.py", "printer.py"):
        (tmp_path / name).write_text("# changed\n", encoding="utf-8")
    monkeypatch.setattr(printer, "__file__", str(tmp_path / "printer.py"))
    assert address(**PAGE) != before
    monkeypatch.undo()
    monkeypatch.setattr("auditor.report.reprinting.version", lambda name: f"{name} of tomorrow")
    assert address(**PAGE) != before


def test_a_library_that_is_not_there_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = address(**PAGE)
    monkeypatch.setattr("auditor.report.reprinting._PRINTERS", ("weasyprint", "no-such-library-at-all"))
    assert re.fullmatch("[0-9a-f]{64}", address(**PAGE))
    assert address(**PAGE) != before


def test_a_seal_speaks_for_every_byte(tmp_path: Path) -> None:
    sealed, path = seal(FILE), tmp_path / "report.pdf"
    assert len(sealed) == len(FILE)
    assert seal(sealed) == sealed
    assert not answers(path, MADE_FROM), "there is none yet"
    for at in range(len(sealed)):
        path.write_bytes(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :])
        assert not answers(path, MADE_FROM), f"byte {at} was changed"
    for content in (FILE, sealed[:-1], sealed + b"\n", b""):
        path.write_bytes(content)
        assert not answers(path, MADE_FROM)
    path.write_bytes(sealed)
    assert answers(path, MADE_FROM)
    assert not answers(path, MADE_FROM[::-1])
    assert not answers(tmp_path, MADE_FROM), "a folder"


def test_a_file_without_identifier_comes_back_as_it_is() -> None:
    assert seal(b"%PDF-1.4 nothing else") == b"%PDF-1.4 nothing else"


def test_a_printed_report_answers_for_itself(printed: tuple[Path, tuple[str, ...]]) -> None:
    path, _ = printed
    assert answers(path, str(pypdf.PdfReader(path).trailer["/ID"][0]))


def test_what_is_there_is_not_printed_again(shown: Document, tmp_path: Path, presses: list[str]) -> None:
    path = tmp_path / "report.pdf"
    for _ in range(2):
        assert pdf.write_pdf(shown, path) == ()
        assert len(presses) == 1
    content = path.read_bytes()
    path.write_bytes(content + b"a word more")
    pdf.write_pdf(shown, path)
    assert (len(presses), path.read_bytes()) == (2, content)
    pdf.write_pdf(shown, tmp_path / "elsewhere.pdf")
    assert len(presses) == 3


def test_what_changes_is_printed_again(shown: Document, tmp_path: Path, presses: list[str]) -> None:
    path = tmp_path / "report.pdf"

    def write(said: Document, **how: Any) -> int:
        pdf.write_pdf(said, path, **how)
        return len(presses)

    assert write(shown) == 1
    assert write(shown.model_copy(update={"title": "another title"})) == 2
    assert write(shown) == 3
    assert write(shown, language="ja") == 4
    assert write(shown, filed=Filed(audit=serialise(shown) + b"\n")) == 5


def test_what_is_amiss_is_said_again(shown: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def press(*_page: Any, **how: Any) -> bytes:
        logging.getLogger("weasyprint").warning("a letter is missing")
        return lay_out_nothing(**how)

    monkeypatch.setattr(pdf, "_printed", press)
    said = [pdf.write_pdf(shown, tmp_path / "report.pdf") for _ in range(2)]
    assert said == [("warning: a letter is missing",)] * 2


def test_a_report_that_is_there_needs_no_pango(
    shown: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(pdf, "_printed", lay_out_nothing)
        pdf.write_pdf(shown, tmp_path / "report.pdf")

    def missing() -> None:
        raise RenderError("no Pango")

    monkeypatch.setattr(pdf, "load_weasyprint", missing)
    assert pdf.write_pdf(shown, tmp_path / "report.pdf") == ()
    with pytest.raises(RenderError, match="no Pango"):
        pdf.write_pdf(shown, tmp_path / "new.pdf")
