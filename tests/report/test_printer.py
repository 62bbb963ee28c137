"""What is done to print quickly changes nothing that is printed, and opens no door."""

from __future__ import annotations

import base64
import gc
import io
import re
import warnings
import zlib
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
from weasyprint import HTML, html, svg
from weasyprint.urls import URLFetcher

from auditor.report.printer import Pictures, make_fetcher, settle, unswept, whole_words, without_notes
from auditor.report.svg import text

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = (
    "<style>li::marker { color: red } ol { list-style: upper-roman } p::before { content: 'x' }</style>"
    "<h1>Title</h1><ol><li>one<li>two</ol><ul><li>three</ul><p>four</p><q>five</q>"
    "<table><tr><th>six<td>seven</table>"
)


def printed(printer: type[HTML], finisher: Any = None) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        document = printer(string=PAGE).render(pdf_variant="pdf/a-3a")
        content: bytes = document.write_pdf(pdf_variant="pdf/a-3a", finisher=finisher)
    return content


def test_pages_without_notes_are_the_same_bytes() -> None:
    assert "::footnote-call" in html.UA  # what is left out is still there to be left out
    assert printed(without_notes(HTML)) == printed(HTML)


@pytest.mark.parametrize("address", ["file:///etc/hostname", "http://localhost/x", "picture:2", "ftp://x/y"])
def test_nothing_else_is_fetched(address: str) -> None:
    fetcher = make_fetcher(URLFetcher, {"picture:1": b"x"})
    assert fetcher.fetch("picture:1").read() == b"x"
    assert fetcher.fetch("data:text/plain,y").read() == b"y"
    with pytest.raises(ValueError, match="disallowed protocol"):
        fetcher.fetch(address)


def test_each_picture_is_kept_once_and_the_rest_is_left_alone() -> None:
    uris = [f"data:image/jpeg;base64,{base64.b64encode(content).decode()}" for content in (b"one", b"two", b"one")]
    kept = Pictures()
    assert [kept.source(uri) for uri in uris] == ["picture:1", "picture:2", "picture:1"]
    assert kept.source("data:image/png;base64,AAAA") == "data:image/png;base64,AAAA"
    assert kept.contents() == {"picture:1": b"one", "picture:2": b"two"}


@pytest.mark.parametrize("switch", [gc.enable, gc.disable])
def test_the_collector_is_left_as_it_was(switch: Callable[[], None]) -> None:
    switch()
    before = gc.isenabled()
    try:
        with unswept():
            assert not gc.isenabled()
        assert gc.isenabled() is before
        assert gc.get_freeze_count() == 0
    finally:
        gc.enable()


def test_a_settled_file_holds_the_same() -> None:
    def unpacked(part: Any) -> tuple[int, bool, list[bytes]]:
        """Its number, whether it may be packed with others, and what it says, unpacked."""
        about, stream, content = part.data.partition(b"\nstream\n")
        if b"/FlateDecode" in about:
            content = zlib.decompress(content.removesuffix(b"\nendstream"))
        return part.number, part.compressible, [re.sub(rb"/Length \d+", b"", about), stream, content]

    def finish(document: Any, file: Any) -> None:
        before = [unpacked(part) for part in file.objects if part.free == "n"]
        settle(document, file)
        assert [unpacked(part) for part in file.objects if part.free == "n"] == before
        packed = [part for part in file.objects if b"/FlateDecode" in part.data]
        assert packed
        assert all(part.data is part.data for part in file.objects), "made once"

    reader = pypdf.PdfReader(io.BytesIO(printed(HTML, finish)))
    assert "seven" in reader.pages[0].extract_text()
    assert len(reader.trailer["/ID"]) == 2


def test_texts_of_drawings_are_set_whole_and_stand_where_they_stood() -> None:
    drawing = (
        "<svg width=200 height=40 viewBox='0 0 200 40' font-size=10><text x=4 y=12>first words</text>"
        "<text x=190 y=30 text-anchor=end>last words</text><text x=9 y=36></text></svg>"
    )
    before = dict(svg.TAGS), svg.text
    apart = places(drawing)
    with whole_words():
        together = places(drawing)
    assert (dict(svg.TAGS), svg.text) == before
    assert len(apart) == len("firstwordslastwords")
    assert together == [apart[0], apart[len("firstwords")]]


def test_a_shortened_text_with_its_full_name_stands_where_it_stood() -> None:
    """A `title` in it makes its letters a text of their own, behind an empty one."""
    drawn = text(7, 57, "green against…", full="green against purple of the picture")
    drawing = f"<svg width=300 height=80 viewBox='0 0 300 80' font-size=10>{drawn}</svg>"
    apart = places(drawing)
    with whole_words():
        together = places(drawing)
    assert len(together) == 1
    assert together == apart[:1]
    assert together[0].startswith(b"7 ")


def places(drawing: str) -> list[bytes]:
    """Where each piece of text begins."""
    content: bytes = HTML(string=f"<html lang=en>{drawing}").write_pdf(uncompressed_pdf=True)
    return re.findall(rb"\S+ \S+(?= Tm\n)", content)
