"""What is done to print quickly changes nothing that is printed, and opens no door."""

from __future__ import annotations

import base64
import gc
import warnings

import pytest
from weasyprint import HTML, html
from weasyprint.urls import URLFetcher

from auditor.report.printer import lift_pictures, make_fetcher, seldom_swept, without_notes

PAGE = (
    "<style>li::marker { color: red } ol { list-style: upper-roman } p::before { content: 'x' }</style>"
    "<h1>Title</h1><ol><li>one<li>two</ol><ul><li>three</ul><p>four</p><q>five</q>"
    "<table><tr><th>six<td>seven</table>"
)


def printed(printer: type[HTML]) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        content: bytes = printer(string=PAGE).render(pdf_variant="pdf/a-3a").write_pdf(pdf_variant="pdf/a-3a")
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


def test_pictures_are_lifted_once_and_words_are_left_alone() -> None:
    one, two = (base64.b64encode(content).decode() for content in (b"one", b"two"))
    page = "".join(f'<img src="data:image/jpeg;base64,{data}">' for data in (one, two, one))
    words = "<p>src=&#34;data:image/jpeg;base64,AAAA&#34; picture:1</p>"
    lifted, pictures = lift_pictures(page + words)
    assert lifted == '<img src="picture:1"><img src="picture:2"><img src="picture:1">' + words
    assert pictures == {"picture:1": b"one", "picture:2": b"two"}


def test_the_collector_is_left_as_it_was() -> None:
    before = gc.get_threshold()
    with seldom_swept():
        assert gc.get_threshold() != before
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
