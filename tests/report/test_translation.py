"""Pages in another language: what is looked up, what stays, and that nothing of the demo's report is left behind."""

from __future__ import annotations

import html
import logging
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from auditor.documents.document import Document
from auditor.errors import UsageError
from auditor.report.caps import PRINT, SCREEN
from auditor.report.catalogue import CLOSE, OPEN, Catalogue, read_catalogue
from auditor.report.html import write_html
from auditor.report.names import names_in
from auditor.report.pages import SCRIPTS, STYLES, Page
from auditor.report.pdf import _sum_up
from auditor.report.templating import render
from auditor.report.translation import speak, translate_page
from auditor.report.view import view
from auditor.resources import templates
from tests.report.conftest import document
from tests.report.hostile import hostile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

DEMO: Final = Path(__file__).parents[2] / "reports" / "demo"
SAID: Final = {
    "See <1>page {n:number}</1>.": "<1>{n}ページ</1>を参照。",
    "Looks at <1>{region}</1>, not <2>{other}</2>.": "<2>{other}</2>ではなく<1>{region}</1>を見る。",
    "<1>Causes.</1> Nobody knows.": "<1>原因。</1>だれも知らない。",
    "Chart": "図",
    "Chart of {what}": "{what}の図",
    "Page": "ページ",
    "of": "/",
    "n = {n:number}": "n = {n}",
    "A page": "頁",
    "One.": "一。",
    "Two.": "二。",
}
PROPER: Final = (
    "Grad-CAM", "Attention-IoU", "SHA-256", "PDF", "JPEG", "EXIF", "UTC", "SD", "SMD", "pp", "IoU", "Annex",
    "audit.json", "sign-off.json", "auditor", "group_id", "torchvision",
    "EU", "AI", "NIST", "RMF", "MAP", "MEASURE", "MANAGE", "GOVERN", "ISO/IEC", "TR", "TS", "IV", "III", "II",
    "ii", "iii", "iv", "vii",
    "Benjamini–Hochberg", "Benjamini–Yekutieli", "Benjamini-Yekutieli", "Westfall–Young", "epsilon",
)  # fmt: skip
"""Terms and signs that Japanese writes in Latin letters."""


def translated(page: str, *, names: tuple[str, ...] = ()) -> tuple[str, set[str]]:
    catalogue = Catalogue(SAID, names=names)
    return translate_page(page, catalogue, language="ja"), catalogue.missing


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ('<p>See <a href="#x">page 3</a>.</p>', '<p><a href="#x">3ページ</a>を参照。</p>'),
        ("<li><b>Causes.</b> Nobody knows.</li>", "<li><b>原因。</b>だれも知らない。</li>"),
        ("<p>Looks at <b>face</b>, not <i>coat</i>.</p>", "<p><i>coat</i>ではなく<b>face</b>を見る。</p>"),
        ("<p>\n  Chart\n</p>", "<p>\n  図\n</p>"),
        ("<p>One. <b>Two.</b></p>", "<p>一。<b>二。</b></p>"),
        ("<p><span>Chart</span> <span>12 %</span></p>", "<p><span>図</span> <span>12 %</span></p>"),
        ("<td>Chart of <b>face</b></td>", "<td>Chart of <b>face</b></td>"),
    ],
    ids=["link", "tag first", "other order", "space around", "no space after a full stop", "apart", "unknown"],
)
def test_sentences_keep_their_tags(page: str, expected: str) -> None:
    assert translated(page, names=("face", "coat"))[0] == expected


def test_what_people_read_or_hear_of_a_tag_is_translated() -> None:
    page = '<img alt="Chart of face" src="Chart"><a title="A page" class="Chart" data-say-page="Page">12</a>'
    said = '<img alt="faceの図" src="Chart"><a title="頁" class="Chart" data-say-page="ページ">12</a>'
    assert translated(page, names=("face",))[0] == said
    described = '<meta name="description" content="Chart"><meta name="author" content="Chart">'
    assert translated(described)[0] == described.replace("Chart", "図", 1)


def test_the_language_of_the_page_is_said() -> None:
    assert translated('<html lang="en"><body lang="en">')[0] == '<html lang="ja"><body lang="en">'


@pytest.mark.parametrize(
    "kept",
    [
        '<td translate="no">Chart</td>',
        '<tbody translate="no"><tr><td title="Chart">Chart</td></tr></tbody>',
        '<span translate="no"><span>Page</span> Chart</span>',
        "<script>const words = \"Chart\"; if (1 < 2) say('<p>Page</p>');</script>",
        "<style>.Chart { color: red; } /* Chart */</style>",
        "<!-- Chart -->",
    ],
)
def test_what_is_not_to_be_translated_stays(kept: str) -> None:
    page, missing = translated(f"<div>{kept}</div><p>Chart</p>")
    assert page == f"<div>{kept}</div><p>図</p>"
    assert not missing


def test_a_tag_that_nothing_closes_keeps_itself_alone() -> None:
    page = '<p>Chart <img translate="no" alt="Chart"> Chart<br translate="no"> <path translate="no" title="Chart"/></p>'
    said = '<p>図 <img translate="no" alt="Chart"> 図<br translate="no"> <path translate="no" title="Chart"/></p>'
    assert translated(page)[0] == said


def test_words_that_a_style_sheet_writes_are_translated() -> None:
    page = '<style>@page { @bottom-right { content: "Page " counter(page) " of " counter(pages); } }</style>'
    said = '<style>@page { @bottom-right { content: "ページ " counter(page) " / " counter(pages); } }</style>'
    assert translated(page)[0] == said
    other = '<style>.a { content: "✓"; font-family: "Page"; } .b::after { content: ""; }</style>'
    assert translated(other)[0] == other


def test_style_sheets_of_the_screen_write_no_words() -> None:
    """The page lets its own style through by its hash, which words in another language would change."""
    for name in STYLES:
        style = f"<style>{(templates() / name).read_text(encoding='utf-8')}</style>"
        page, missing = translated(style)
        assert page == style
        assert not missing


def test_scripts_bring_no_words_of_their_own() -> None:
    """What a script shows comes from the page, where it is translated."""
    quoted = re.compile(r'"([^"\n]*)"|`([^`\n]*)`')
    for name in SCRIPTS:
        script = re.sub(r"//.*", "", (templates() / name).read_text(encoding="utf-8"))
        texts = [one or other for one, other in quoted.findall(script)]
        shown = [
            text
            for text in texts
            if re.fullmatch(r"(?:[A-Z][a-z]+|[a-z]+ (?:of|is|are|no|not|was) .*)[ a-z]*[.…]?", text)
        ]
        assert set(shown) <= {"Tab", "Enter", "ArrowRight", "ArrowLeft", "Escape", "Home", "End", "R", "G", "B"}, name


def test_entities_are_read_and_written_again() -> None:
    page, missing = translated("<p>Chart of &lt;b&gt; &amp; &#34;x&#34;</p>", names=('<b> & "x"',))
    assert page == '<p>&lt;b&gt; &amp; "x"の図</p>'
    assert not missing
    page, _ = translated('<img alt="Chart of &lt;b&gt; &amp; &#34;x&#34;">', names=('<b> & "x"',))
    assert page == '<img alt="&lt;b&gt; &amp; &quot;x&quot;の図">'


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        '" onload="x',
        f"{OPEN}1{CLOSE}",
        f"{OPEN}/9{CLOSE}",
        "{n}",
        "{0}",
        "&lt;b&gt;",
        "a\\1",
    ],
)
def test_hostile_names_stay_escaped(name: str) -> None:
    shown = html.escape(name)
    page = f'<p title="Chart of {shown}">Looks at <b>{shown}</b>, not <i>coat</i>.</p><td>Chart of {shown}</td>'
    said, _ = translated(page, names=(name, "coat"))
    assert [token for token in re.findall(r"<[^>]*>", said) if "title" not in token] in (
        ["<i>", "</i>", "<b>", "</b>", "</p>", "<td>", "</td>"],
        ["<b>", "</b>", "<i>", "</i>", "</p>", "<td>", "</td>"],
    )
    assert html.unescape(said).count(name) == 3


def test_names_are_no_words() -> None:
    page, missing = translated("<td>Chart</td><td>A  page</td><td>n\u00a0=\u00a0100</td>", names=("Chart", "A page"))
    assert page == "<td>Chart</td><td>A  page</td><td>n\u00a0=\u00a0100</td>"
    assert not missing


def test_figures_stay_beside_their_units() -> None:
    page, _ = translated("<td>Chart of 62\u00a0%</td><td>Chart of n = 5 %</td>")
    assert page == "<td>62\u00a0%の図</td><td>n\u00a0=\u00a05\u00a0%の図</td>"


def test_english_is_the_page_itself(make_document: Callable[..., Document], tmp_path: Path) -> None:
    made = make_document(pairs=0)
    page = '<html lang="en"><p>Chart</p>'
    assert speak(page, made, "en") is page
    write_html(made, tmp_path / "one.html")
    write_html(made, tmp_path / "two.html", language="en")
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()
    assert b'<html lang="en">' in (tmp_path / "one.html").read_bytes()


def test_a_language_without_a_catalogue_is_refused(make_document: Callable[..., Document], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no reports in 'jp'.*ja"):
        write_html(make_document(pairs=0), tmp_path / "report.html", language="jp")


def test_the_same_document_gives_the_same_page(make_document: Callable[..., Document], tmp_path: Path) -> None:
    made = make_document(pairs=1)
    for name in ("one.html", "two.html"):
        write_html(made, tmp_path / name, images=tmp_path / "photos", language="ja")
    content = (tmp_path / "one.html").read_bytes()
    assert content == (tmp_path / "two.html").read_bytes()
    assert '<html lang="ja">' in content.decode()


def test_what_is_missing_is_said_in_one_line(
    make_document: Callable[..., Document], caplog: pytest.LogCaptureFixture
) -> None:
    made = make_document(pairs=0)
    with caplog.at_level(logging.WARNING):
        page = speak("<p>Never heard of</p><p>Nor of this</p><p>Summary</p>", made, "ja")
    assert page == "<p>Never heard of</p><p>Nor of this</p><p>概要</p>"
    assert [record.getMessage() for record in caplog.records] == [
        "2 texts are not in the catalogue of 'ja' and stay in English; the first: Never heard of"
    ]


def test_tags_stay_as_they_are_whatever_names_read_like(make_document: Callable[..., Document]) -> None:
    made = hostile(make_document)
    page = printed_page(made)
    said = speak(page, made, "ja")
    before, after = Counter(tag_names(page)), Counter(tag_names(said))
    assert {name: after[name] - number for name, number in before.items() if after[name] != number} == {}
    assert after.keys() <= before.keys()
    assert said.count("<script") == page.count("<script") == 0


def tag_names(page: str) -> list[str]:
    return re.findall(r"</?[a-z][\w-]*", page)


def printed_page(made: Document) -> str:
    return render("report.pdf.j2", view(made, images=None, caps=PRINT), chart_width=660, chart_rows=18)


def shown_page(made: Document) -> str:
    page = Page()
    shown = view(made, images=None, caps=SCREEN, album=page.album)
    return render("report.html.j2", shown, chart_width=860, chart_rows=200, page=page)


@pytest.mark.parametrize("name", ["biased", "balanced"])
@pytest.mark.parametrize("make_page", [shown_page, printed_page])
def test_nothing_of_the_demo_is_left_in_english(name: str, make_page: Callable[[Document], str]) -> None:
    made = Document.model_validate_json((DEMO / name / "audit.json").read_text(encoding="utf-8"))
    catalogue = read_catalogue("ja", names=names_in(made))
    said = translate_page(make_page(made), catalogue, language="ja")
    assert not catalogue.missing
    assert not latin_words(texts_of(said), names_in(made))


def texts_of(page: str) -> Iterator[str]:
    """What people read or hear, but for what is not to be translated."""
    page = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    page = re.sub(r'<(\w+)[^>]*translate="no"[^>]*>.*?</\1>', "", page, flags=re.DOTALL)
    yield from map(html.unescape, re.findall(r'\s(?:alt|title|aria-label|placeholder)="([^"]+)"', page))
    yield from map(html.unescape, re.split(r"<[^>]*>", page))


def latin_words(texts: Iterable[str], names: set[str]) -> set[str]:
    """Words in Latin letters that are neither names nor terms; single letters are signs."""
    known = "|".join(re.escape(word) for word in sorted((*names, *PROPER), key=len, reverse=True))
    left = re.compile(rf"(?<![A-Za-z])(?:{known}|[0-9a-f]{{64}})(?![A-Za-z])")
    return {word for text in set(texts) for word in re.findall(r"[A-Za-z]{2,}", left.sub(" ", text))}


def test_a_usual_report_keeps_its_figures(tmp_path: Path) -> None:
    made = document(tmp_path / "photos", pairs=0)
    page = printed_page(made)
    said = speak(page, made, "ja")
    figures = re.compile(r"\d[\d.,]*\d|\d")
    body = (html.unescape(re.sub(r"<style.*?</style>|<[^>]*>", "", one, flags=re.DOTALL)) for one in (page, said))
    before, after = (sorted(figures.findall(one)) for one in body)
    assert len(after) >= len(before)


def test_letters_that_no_font_has_are_told_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    said = [f'warning: .notdef glyph rendered for Unicode string unsupported by fonts: "{one}" (U+0)' for one in "直骨"]
    with caplog.at_level(logging.WARNING):
        told = list(_sum_up(["warning: something else", *said]))
    assert told[0] == "warning: something else"
    assert told[1].startswith("warning: 2 letters are in no installed font and printed as boxes, such as 直 骨; ")
    assert "fonts-noto-cjk" in told[1]
    assert len(told) == 2
    assert [record.getMessage() for record in caplog.records] == [told[1].removeprefix("warning: ")]
    assert not list(_sum_up([]))
