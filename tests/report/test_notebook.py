"""A result in a notebook: what it says, and that nothing in it can run, load or disappear on a dark ground."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from auditor.documents.document import serialise
from auditor.report.notebook import SHOWN, tell_html
from auditor.result import AuditResult, load
from tests.report.hostile import EDGES, hostile
from tests.report.laddered import ALL_LEVELS, laddered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from auditor.documents.document import Document

    Make = Callable[..., Document]

TAGS = {"div", "p", "ul", "li", "span", "b", "a", "code"}


class Page(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_it_tells_title_n_and_the_gravest_findings(make_document: Make) -> None:
    document = laddered(make_document(pairs=0), ALL_LEVELS)
    page = Page(tell_html(document, report="out/report.html"))
    assert document.title in page.words
    assert re.search(r"400 of 402 images; answered right: 82\s%", page.words)
    assert "E4 uses and hurts" in page.words
    assert [tag for tag, _ in page.tags].count("li") == SHOWN
    assert re.search(r"\d+ more findings", page.words)
    assert ("a", "out/report.html") in [(tag, attrs.get("href")) for tag, attrs in page.tags]


@pytest.mark.parametrize("edge", EDGES)
def test_an_audit_at_the_edge_is_told_too(make_document: Make, edge: str) -> None:
    page = Page(tell_html(make_document(**EDGES[edge])))
    assert page.open == []
    assert "auditor.write_report(result, folder)" in page.words


def test_hostile_names_are_text(make_document: Make) -> None:
    page = Page(tell_html(hostile(make_document), report="a b/<x>\"'.html"))
    assert page.open == []
    assert {tag for tag, _ in page.tags} <= TAGS
    for tag, attributes in page.tags:
        assert set(attributes) <= ({"href", "style"} if tag == "a" else {"style"})
        assert "url(" not in (attributes.get("style") or "")
    assert [attributes["href"] for tag, attributes in page.tags if tag == "a"] == ["a%20b/%3Cx%3E%22%27.html"]
    assert "\u202e" not in page.words
    assert "\x00" not in page.words


def test_it_takes_the_colours_of_the_page_around_it(make_document: Make) -> None:
    page = Page(tell_html(laddered(make_document(pairs=0), ALL_LEVELS), report="report.html"))
    told = " ".join(attributes.get("style") or "" for _, attributes in page.tags)
    colours = re.findall(r"(?<![-\w])(?:color|background[\w-]*)\s*:\s*([^;]+)", told)
    assert set(colours) == {"inherit"}
    assert "#" not in told


def test_a_result_leads_to_its_report_where_there_is_one(
    make_document: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pd.DataFrame({"image_id": ["a"]})
    result = AuditResult(make_document(pairs=0), images=table, attention=table, regions=table)
    assert "<a" not in result._repr_html_()
    home = result.save(tmp_path / "an audit")
    monkeypatch.chdir(tmp_path)
    assert "<a" not in load(home)._repr_html_()
    (home / "report.html").write_bytes(serialise(result.document))
    assert 'href="an%20audit/report.html"' in load(home)._repr_html_()
    assert str(tmp_path) not in load(home)._repr_html_()
