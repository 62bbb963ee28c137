"""The HTML report: complete, closed to the network, and safe whatever the data are called."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from auditor.documents.document import Document
from auditor.errors import RenderError
from auditor.report import write_html
from tests.report.laddered import ALL_LEVELS, laddered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[..., Document]

HOSTILE = (
    "<script>alert(1)</script>",
    "{{7*7}}",
    "w" * 300,
    "ممرضة وطبيب",
    "看護師と医者",
    "</style>\x00\ud800",
    '"onload="x',
)
EDGES: dict[str, dict[str, Any]] = {
    "no regions": {"regions": False, "pairs": 1},
    "no attributes": {"values": (), "pairs": 1},
    "one class": {"classes": ("doctor",), "pairs": 0},
    "one value": {"values": ("woman",), "pairs": 1},
    "nothing recorded": {"values": ("",), "pairs": 1},
    "thirty classes": {"classes": tuple(f"class {k}" for k in range(30)), "pairs": 2},
    "many values": {"values": (*(f"{k}0 years" for k in range(12)), ""), "pairs": 1},
    "no errors": {"pairs": 0},
    "nothing read": {"n": 0, "pairs": 0},
    "hostile": {
        "classes": HOSTILE,
        "values": ("</td><b>x</b>", "{% raw %}", "=cmd|x"),
        "attribute": "<img src=x>",
        "pairs": 4,
    },
}


class Reader(HTMLParser):
    """Collects what the tests ask about."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open[-1:]):
            self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def all(self, name: str) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get(name)) is not None]


def links(reader: Reader, name: str) -> list[str]:
    return [attributes["href"] or "" for tag, attributes in reader.tags if tag == name and "href" in attributes]


def sha256(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


@pytest.fixture
def page(make_document: Make, tmp_path: Path) -> str:
    write_html(make_document(pairs=4), tmp_path / "report.html", images=tmp_path / "photos")
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def test_nothing_is_fetched(page: str) -> None:
    reader = read(page)
    assert {value.split(",")[0] for value in reader.all("src")} == {"data:image/jpeg;base64", "data:image/png;base64"}
    assert {value.split(",")[0] for value in links(reader, "image")} == {"data:image/jpeg;base64"}
    assert all(value.startswith("#") for value in links(reader, "a"))
    assert not re.findall(r"url\((?!#inferno\))|@import|fetch\(|XMLHttpRequest|localStorage|innerHTML", page)
    assert set(re.findall(r"https?://[^\s\"'<]+", page)) <= {"http://www.w3.org/2000/svg"}


def test_the_page_forbids_fetching(page: str) -> None:
    policies = [attributes["content"] for tag, attributes in read(page).tags if attributes.get("http-equiv")]
    (style,), (script,) = (re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL) for tag in ("style", "script"))
    assert policies == [
        (
            f"default-src 'none'; img-src data:; style-src-elem '{sha256(style)}'; style-src-attr 'unsafe-inline'; "
            f"script-src '{sha256(script)}'; base-uri 'none'; form-action 'none'"
        )
    ]


def test_anchors_are_unique_and_resolve(page: str) -> None:
    reader = read(page)
    names = reader.all("id")
    assert len(names) == len(set(names))
    assert {value[1:] for tag in ("a", "use") for value in links(reader, tag)} <= set(names)
    assert set(reader.all("aria-labelledby")) <= set(names)


def test_tables_and_pictures_are_accessible(page: str) -> None:
    reader = read(page)
    assert all(attributes.get("scope") in {"row", "col"} for tag, attributes in reader.tags if tag == "th")
    assert sum(tag == "caption" for tag, _ in reader.tags) == sum(tag == "table" for tag, _ in reader.tags)
    images = [attributes for tag, attributes in reader.tags if tag == "img"]
    assert all(one.get("alt") for one in images if one.get("class") != "map")
    assert all(one.get("alt") == "" for one in images if one.get("class") == "map")
    drawn = [attributes for tag, attributes in reader.tags if tag == "svg" and attributes.get("class") == "photo"]
    assert all(one.get("role") == "img" and one.get("aria-label") for one in drawn)
    assert len(drawn) == 8 * 2 + 4 - 1  # photograph and map of each, a second map of each error; one is empty
    assert reader.tags[0] == ("html", {"lang": "en"})


def test_warnings_and_what_was_not_tested_stand_in_the_summary(page: str) -> None:
    summary = page[page.index('id="summary"') : page.index('id="model"')]
    assert "2 of 402 images were left out" in summary
    assert "Whether hiding a region changes the answer." in summary
    assert "402 listed" in summary


def test_what_is_missing_is_counted(page: str) -> None:
    assert "not recorded" in page
    assert "truncated after 4,096 bytes" in page


def test_forbidden_words_are_not_ours(page: str) -> None:
    text = " ".join(read(page).text).casefold()
    for word in ("unbiased", "debias", "proves", "compliant", "certified", "passes"):
        assert word not in text
    assert not re.search(r"\bfair\b", text)
    assert "evidence document, not a certificate" in text


def test_missing_images_are_said(make_document: Make, tmp_path: Path) -> None:
    write_html(make_document(pairs=3), tmp_path / "report.html", images=None)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("image not available</span>") == 6
    assert "6 of 6 example images could not be shown" in page


def test_one_missing_image_leaves_the_others(make_document: Make, tmp_path: Path) -> None:
    document = make_document(pairs=3)
    (tmp_path / "photos" / "control_01.jpg").unlink()
    write_html(document, tmp_path / "report.html", images=tmp_path / "photos")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("image not available</span>") == 1
    assert "1 of 6 example images could not be shown" in page


@pytest.mark.parametrize("edge", EDGES)
def test_edges_render(edge: str, make_document: Make, tmp_path: Path) -> None:
    write_html(make_document(**EDGES[edge]), tmp_path / "report.html", images=tmp_path / "photos")
    reader = read((tmp_path / "report.html").read_text(encoding="utf-8"))
    names = reader.all("id")
    assert len(names) == len(set(names))
    assert "None" not in " ".join(reader.text).replace("None was locked before the run", "")
    assert "nan" not in " ".join(reader.text).casefold().split()


def test_hostile_names_are_text(make_document: Make, tmp_path: Path) -> None:
    document = make_document(**EDGES["hostile"], title="<script>alert(2)</script>", warnings=["</script><script>x"])
    write_html(document, tmp_path / "report.html", images=tmp_path / "photos")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    reader = read(page)
    assert sum(tag == "script" for tag, _ in reader.tags) == 1
    assert not [name for _, attributes in reader.tags for name in attributes if name.startswith("on")]
    assert "<script>alert(1)</script>" in "".join(reader.text)
    assert "{{7*7}}" in "".join(reader.text)
    assert "\x00" not in page


def test_the_gallery_and_tables_are_bounded(make_document: Make, tmp_path: Path) -> None:
    document = make_document(classes=tuple(f"class {k}" for k in range(50)), pairs=24)
    write_html(document, tmp_path / "report.html", images=tmp_path / "photos")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert len(page) < 4_000_000
    assert f"2,000 of {len(document.estimates):,} rows" in page


def test_text_and_path_are_both_taken(make_document: Make, tmp_path: Path) -> None:
    document = make_document(pairs=0)
    write_html(document, str(tmp_path / "a.html"))
    write_html(document, tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_folder_that_is_not_there_is_one_clear_line(make_document: Make, tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=r"r\.html: the HTML report cannot be written: .*; choose another folder"):
        write_html(make_document(pairs=0), tmp_path / "none" / "r.html")


def test_a_document_survives_json(make_document: Make, tmp_path: Path) -> None:
    document = make_document(pairs=2)
    write_html(document, tmp_path / "a.html", images=tmp_path / "photos")
    again = Document.model_validate_json(document.model_dump_json())
    write_html(again, tmp_path / "b.html", images=tmp_path / "photos")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


SCRIPT = """
import pathlib, sys
from auditor.documents.document import Document
from auditor.report import write_html, write_pdf
folder = pathlib.Path(sys.argv[1])
document = Document.model_validate_json((folder / "audit.json").read_bytes())
write_html(document, folder / f"{sys.argv[2]}.html", images=folder / "photos")
write_pdf(document, folder / f"{sys.argv[2]}.pdf", images=folder / "photos")
assert "torch" not in sys.modules
"""


@pytest.mark.slow
def test_the_same_document_gives_the_same_bytes(make_document: Make, tmp_path: Path) -> None:
    document = make_document(pairs=1)
    shorter = laddered(document.model_copy(update={"estimates": document.estimates[::12]}), ALL_LEVELS[5:8])
    (tmp_path / "audit.json").write_text(shorter.model_dump_json(), encoding="utf-8")
    for seed in ("1", "77"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo" if seed == "1" else "UTC"}
        subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path), seed], check=True, env=environment)
    assert (tmp_path / "1.html").read_bytes() == (tmp_path / "77.html").read_bytes()
    assert (tmp_path / "1.pdf").read_bytes() == (tmp_path / "77.pdf").read_bytes()


def test_remarks_on_loading_are_printed(make_document: Make, tmp_path: Path) -> None:
    document = make_document(pairs=0).model_copy(update={"remarks": ["3 masks are for <other> images"]})
    write_html(document, tmp_path / "report.html")
    assert "3 masks are for &lt;other&gt; images" in (tmp_path / "report.html").read_text(encoding="utf-8")
