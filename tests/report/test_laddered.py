"""Pages with findings: page one is one page, limits are always printed, and no name breaks anything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pypdf
import pytest

from auditor.documents.ladder import FalseAlarms
from auditor.report import write_html, write_pdf
from auditor.report.figures import SPACE
from tests.report.laddered import ALL_LEVELS, MANY, finding, laddered, protocol
from tests.report.printing import print_start

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from auditor.documents.document import Document
    from auditor.documents.ladder import Level

    Make = Callable[..., Document]

LIMITS = (
    "blur", "colour cast", "compression", "scanner", "resolution", "framing", "nobody marked",
    "stand in for each other", "hidden at once", "skin tone", "recorded wrongly", "nine images in ten",
    "groups that are not in the data", "does not say why",
)  # fmt: skip


def plain(words: str) -> str:
    return words.replace(SPACE, " ")


def page_of(document: Document, folder: Path) -> str:
    write_html(document, folder / "report.html", images=folder / "photos")
    return (folder / "report.html").read_text(encoding="utf-8")


def part(page: str, anchor: str, until: str) -> str:
    return page[page.index(f'<section id="{anchor}"') : page.index(f'<section id="{until}"')]


@pytest.fixture
def short(make_document: Make) -> Document:
    return make_document(pairs=3, estimates=[], mean_maps=[])


@pytest.mark.parametrize("tested", [False, True])
def test_limits_are_printed_in_every_report(tested: bool, short: Document, tmp_path: Path) -> None:  # noqa: FBT001
    page = page_of(laddered(short, ALL_LEVELS) if tested else short, tmp_path)
    words = " ".join(re.sub(r"<[^>]+>", "", part(page, "limits", "appendix")).split()).casefold()
    assert [limit for limit in LIMITS if limit not in words] == []


HOSTILE = ('"><script>alert(1)</script>', "{{7*7}}", '<link rel=attachment href="file:///etc/hostname">', "w" * 400)


def hostile(document: Document) -> Document:
    """Every text of findings and protocol is an attack."""
    levels: tuple[Level, ...] = ("E4", "E2", "R", "E0")
    made = []
    for level, name in zip(levels, HOSTILE, strict=True):
        one = finding(level, document, region=name, attribute=name)
        spoken = [rung.model_copy(update={"sentence": name}) for rung in one.rungs]
        shown = [
            example.model_copy(update={"image_id": name, "label": name, "predicted_hidden": name, "path": "../../x"})
            for example in one.examples
        ]
        rest: dict[str, Any] = {
            "fingerprint": name,
            "headline": name,
            "subgroup": name,
            "contrast": name,
            "fills": [name],
        }
        made.append(one.model_copy(update={"rungs": spoken, "examples": shown, **rest}))
    rules = protocol(
        example_rule=HOSTILE[0], notes=list(HOSTILE), fills=list(HOSTILE), margins={HOSTILE[0]: (0.1, 0.2)}
    )
    named = [
        check.model_copy(update=dict.fromkeys(("name", "region", "statistic", "consequence"), name))
        for check, name in zip(rules.checks, HOSTILE, strict=False)
    ]
    return document.model_copy(update={"findings": made, "protocol": rules.model_copy(update={"checks": named})})


def test_hostile_names_are_text(short: Document, tmp_path: Path) -> None:
    page = page_of(hostile(short), tmp_path)
    assert page.count("<script") == 1
    assert "<link" not in page
    assert "&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "{{7*7}}" in page


def test_forbidden_words_are_not_ours(short: Document, tmp_path: Path) -> None:
    page = page_of(laddered(short, ALL_LEVELS), tmp_path)
    text = re.sub(r"<(style|script)>.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL).casefold()
    for word in ("unbiased", "debias", "proves", "compliant", "certified", "passes", "✓", "✔"):
        assert word not in text
    assert not re.search(r"\bfair\b", text)


LONG = [f"{count} of 400 images were left out because of one reason or another, as told below." for count in range(4)]


@pytest.mark.parametrize("case", ["many", "crowded", "hostile"])
def test_page_one_is_one_page(case: str, make_document: Make, tmp_path: Path) -> None:
    document = make_document(pairs=1, mean_maps=[])
    document = document.model_copy(update={"estimates": document.estimates[:30]})
    alarms = [FalseAlarms(kind="sham regions", flagged=9, tried=40, ci=(0.12, 0.38), method="Wilson")]
    made = {
        "many": lambda: laddered(document, [(level, region, None) for level, region, _ in MANY]),
        "crowded": lambda: laddered(
            document, ALL_LEVELS, warnings=LONG, not_tested=LONG, protocol=protocol(false_alarms=alarms)
        ),
        "hostile": lambda: hostile(document),
    }[case]()
    assert print_start(made, tmp_path / "report.pdf", images=tmp_path / "photos") == ()
    reader = pypdf.PdfReader(tmp_path / "report.pdf")
    first, second = (plain(page.extract_text()) for page in reader.pages)
    assert "Not tested in this run" in first
    assert made.not_tested[-1][:30] in first
    assert second.split()[0] == "Contents"
    assert list(reader.attachments) == ["audit.json"]
    if case != "hostile":
        assert "Hiding the " in first


def test_every_level_is_in_print(make_document: Make, tmp_path: Path) -> None:
    document = make_document(pairs=1, mean_maps=[])
    made = laddered(document.model_copy(update={"estimates": document.estimates[:30]}), ALL_LEVELS)
    assert write_pdf(made, tmp_path / "report.pdf", images=tmp_path / "photos") == ()
    pages = [plain(page.extract_text()) for page in pypdf.PdfReader(tmp_path / "report.pdf").pages]
    assert made.not_tested[-1][:30] in pages[0]
    assert "Hiding the " in pages[0]
    assert "Contents" in pages[1]
    text = " ".join(" ".join(pages).split()).casefold()
    assert [limit for limit in LIMITS if limit not in text] == []
