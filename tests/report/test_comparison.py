"""The report of a comparison: complete, self-contained, the same bytes each time, whatever the data call things."""

from __future__ import annotations

import csv
import html
import io
import re
from typing import TYPE_CHECKING, Any

import pytest

from auditor.documents.document import Document, serialise
from auditor.report.changes import compared as printed
from auditor.report.changes import signed
from auditor.report.comparison_cues import said
from auditor.report.comparison_verdict import ROOM, first_page
from auditor.report.html import write_html, write_html_folder
from auditor.report.markdown import LINES, summarise
from auditor.report.pageroom import lines
from auditor.report.spreadsheets import write_tables
from tests.report.comparisons_made import (
    KINDS,
    change,
    compared,
    comparison,
    cue,
    demo,
    estimate,
    pair,
    verdict,
)
from tests.report.hostile import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TITLES = (
    "Verdict", "Declared cues", "Images that both get right", "Right and wrong answers", "Where the maps lie",
    "The same images side by side", "What was compared", "Method and limits", "Appendix: all numbers",
)  # fmt: skip
EMPTY: dict[str, Any] = {"changes": [], "cues": [], "examples": [], "maps": [], "n_disagree": {}}


def hostile() -> Document:
    """A comparison in which everything that a user names is hostile."""
    names = (NAMES[0], *NAMES[1:4])
    pairs = [
        pair(
            name,
            verdict=verdict(
                headline=f"# {name}", evidence=list(NAMES), trust=NAMES[2], cost=NAMES[7], cautions=list(NAMES)
            ),
            cues=[cue(one, "protected", attribute=one, subgroup=one, sentence=one) for one in NAMES],
            changes=[
                change("accuracy", 0.5, 0.6, label=one, attribute=one, subgroup=one, n=30) for one in NAMES
            ] + [change("mass", 0.5, 0.6, region=one, target="predicted") for one in NAMES],
            examples=[
                one.model_copy(update={"image_id": NAMES[k], "label": NAMES[k], "attributes": {NAMES[k]: NAMES[-k]}})
                for k, one in enumerate(pair().examples)
            ],
            example_rule=NAMES[5],
        )
        for name in names[1:]
    ]  # fmt: skip
    made = comparison(names=names, pairs=pairs, method=list(NAMES))
    models = [one.model_copy(update={"title": NAMES[k], "source": NAMES[k + 4]}) for k, one in enumerate(made.models)]
    matching = made.matching.model_copy(update={"notes": list(NAMES), "rule": NAMES[3]})
    made = made.model_copy(update={"models": models, "matching": matching})
    return demo("balanced").model_copy(update={"comparison": made, "title": NAMES[0]})


EDGES: dict[str, Callable[[], Document]] = {
    "usual": compared,
    "three": lambda: compared(names=("biased", "other", "balanced")),
    "nothing": lambda: compared(pairs=[pair(**EMPTY)]),
    "no images": lambda: compared(pairs=[pair(examples=[], maps=[])]),
    "silent": lambda: compared(
        pairs=[pair(verdict=verdict(leaning="cannot tell", evidence=[], trust="", cost="", cautions=[]))]
    ),
    "unknown numbers": lambda: compared(
        pairs=[pair(changes=[change("accuracy", None, None, n=0), change("made_up", 1.5, 2.5, unit="furlongs")])]
    ),
    "no protocol": lambda: compared().model_copy(update={"protocol": None}),
    "hostile": hostile,
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, photos: Path) -> dict[str, str]:
    home = tmp_path_factory.mktemp("pages")
    for name, make in EDGES.items():
        write_html(make(), home / f"{name}.html", images=photos)
    return {name: (home / f"{name}.html").read_text(encoding="utf-8") for name in EDGES}


def test_an_audit_alone_is_printed_as_before(tmp_path: Path) -> None:
    write_html(demo("balanced"), tmp_path / "audit.html")
    page = (tmp_path / "audit.html").read_text(encoding="utf-8")
    assert "Audit of an image classifier" in page
    assert "Comparison of image classifiers" not in page


def test_every_section_is_there(pages: dict[str, str]) -> None:
    heads = re.findall(r'<h2 id="[\w-]+-title"><span class="no">(\d+)</span> ([^<]+)</h2>', pages["usual"])
    assert [title for _, title in heads] == list(TITLES)
    assert [int(number) for number, _ in heads] == list(range(1, len(TITLES) + 1))
    assert "Ranking" in pages["three"]
    assert "Each model against the baseline" in pages["three"]
    assert "Comparison of image classifiers" in pages["usual"]


def test_page_1_says_the_verdict_its_evidence_its_cost_and_its_limits(pages: dict[str, str]) -> None:
    first = pages["usual"].partition('id="cues"')[0]
    words = verdict()
    for sentence in (words.headline, *words.evidence, words.trust, words.cost, *words.cautions):
        assert sentence in html.unescape(first)
    assert "balanced leans less</span>" in first
    assert "Leaning less on a cue and being right more often are two things" in first


@pytest.mark.parametrize("edge", EDGES)
def test_a_page_asks_for_nothing_and_its_links_hold(pages: dict[str, str], edge: str) -> None:
    page = pages[edge]
    assert "default-src &#39;none&#39;" in page
    assert not re.search(r'(?:src|href)="(?!#|data:)', page)
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert {link for link in re.findall(r'href="#([^"?]*)"', page) if link} <= set(ids)


@pytest.mark.parametrize("edge", EDGES)
def test_no_name_is_markup(pages: dict[str, str], edge: str) -> None:
    assert "<script>alert" not in pages[edge]
    assert "49" not in re.findall(r"\{\{7\*7\}\}|\b49\b(?=</th>)", pages[edge])
    assert "<b>x</b>" not in pages[edge]


def test_hostile_names_stand_as_text(pages: dict[str, str]) -> None:
    for wanted in ("&lt;script&gt;alert(1)&lt;/script&gt;", "{{7*7}}", "看護師と医者"):
        assert wanted in pages["hostile"]


def test_the_same_document_gives_the_same_bytes(tmp_path: Path, photos: Path) -> None:
    for name in ("a", "b"):
        made = Document.model_validate_json(serialise(compared()))
        write_html(made, tmp_path / f"{name}.html", images=photos)
        write_tables(made, tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    for name in ("changes.csv", "cues.csv", "models.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert (tmp_path / "a.html").stat().st_size < 1_000_000


def test_missing_photographs_are_said(tmp_path: Path) -> None:
    write_html(compared(), tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "12 of 12 example images could not be shown: image not available." in page


def test_a_folder_of_pictures(tmp_path: Path, photos: Path) -> None:
    index = write_html_folder(compared(), tmp_path / "folder", images=photos)
    assert len(list((tmp_path / "folder" / "pictures").iterdir())) > 10
    assert "comparison of image classifiers" in index.read_text(encoding="utf-8").casefold()


def test_images_say_what_either_model_answered(pages: dict[str, str]) -> None:
    cards = pages["usual"].split('<div class="shown twin"')[1:]
    assert len(cards) == 12
    for card in cards:
        (kind,) = (kind for kind in KINDS if f'data-kind="{kind}"' in card)
        told = re.findall(r'<span class="(good|bad)">(\w+): <b>(\w+)</b>', card)
        right = {name: mark == "good" for mark, name, _ in told}
        assert right == {"biased": kind != KINDS[1], "balanced": kind != KINDS[0]}
        assert "Share of the maps on" in card
    assert "only the baseline is right: 14" in pages["usual"]


def test_japanese_reports_keep_names_and_what_has_no_translation(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, photos: Path
) -> None:
    write_html(compared(), tmp_path / "ja.html", images=photos, language="ja")
    page = (tmp_path / "ja.html").read_text(encoding="utf-8")
    assert '<html lang="ja"' in page
    assert verdict().headline not in page
    assert "balancedのほうが正答が多くなっています" in page
    assert 'data-name="0392.jpg"' in page
    assert caplog.messages == []
    write_html(hostile(), tmp_path / "hostile.html", images=photos, language="ja")
    assert "<script>alert" not in (tmp_path / "hostile.html").read_text(encoding="utf-8")
    assert "stay in English" in caplog.text


@pytest.mark.parametrize(
    ("old", "new", "unit", "text"),
    [
        (0.765, 0.86, "share", ("76.5 %", "86.0 %", "+9.5 pp")),
        (0.05, 0.01, "difference", ("+5.0 pp", "+1.0 pp", "−4.0 pp")),
        (0.26, 0.04, "SD", ("+0.26 SD", "+0.04 SD", "−0.22 SD")),
        (2.1, 1.4, "ratio", ("2.1×", "1.4×", "−0.70")),
        (0.29, 0.16, "index", ("0.29", "0.16", "−0.13")),
        (0.4, 0.5, "nats", ("0.4 nats", "0.5 nats", "+0.10 nats")),
        (0.5, 0.5, "share", ("50.0 %", "50.0 %", "0.0 pp")),
    ],
)
def test_numbers_are_printed_with_the_unit_of_their_difference(
    old: float, new: float, unit: str, text: tuple[str, str, str]
) -> None:
    made = printed(change("some_number", old, new, unit=unit), min_clusters=20)
    assert tuple(side.text.replace("\xa0", " ") for side in (made.baseline, made.candidate, made.change)) == text


def test_a_share_that_falls_is_no_fault() -> None:
    made = signed(estimate("accuracy", -0.2, unit="difference"), unit="share", min_clusters=20)
    assert made.text.startswith("−20.0")


def test_leanings_name_the_model() -> None:
    assert said("baseline leans less", ("old", "new")).words == "old leans less"
    assert said("alike", ("old", "new")).words == "alike"
    shapes = [said(one, ("a", "b")).shape for one in ("candidate leans less", "baseline leans less", "mixed", "alike")]
    assert len(set(shapes)) == 4


@pytest.mark.parametrize("many", [3, 40])
def test_page_1_holds_what_there_is_room_for(many: int) -> None:
    words = verdict(evidence=[f"{k} " + "word " * 40 for k in range(many)], cautions=["caution " * 12] * many)
    document = compared(pairs=[pair(verdict=words)])
    assert document.comparison is not None
    page = first_page(document, document.comparison, alarms=["warning " * 30])
    (shown,) = page.verdicts
    said_there = [shown.headline, *shown.evidence, shown.trust, shown.cost, *shown.cautions, *page.alarms]
    assert sum(map(lines, said_there)) <= ROOM + 8
    assert len(shown.evidence) >= 2
    assert (shown.more_evidence != "") == (len(shown.evidence) < many)
    assert (shown.more_cautions != "") == (len(shown.cautions) < many)


@pytest.mark.parametrize("edge", EDGES)
def test_the_summary_is_short_markdown(edge: str) -> None:
    told = summarise(EDGES[edge]())
    assert len(told.splitlines()) <= LINES
    assert "<script>" not in told
    assert "](http" not in told
    assert "every number is in audit.json" in told
    if edge == "usual":
        assert "| face · gender: woman against man | E4 uses and hurts | R ruled out above the margin |" in told
        assert told.startswith("## balanced against biased\n")


def test_tables_for_spreadsheets_hold_everything_and_run_nothing(tmp_path: Path) -> None:
    made = compared()
    assert made.comparison is not None
    write_tables(made, tmp_path / "csv")
    read = list(csv.DictReader(io.StringIO((tmp_path / "csv" / "changes.csv").read_text(encoding="utf-8-sig"))))
    (one,) = made.comparison.pairs
    assert len(read) == len(one.changes) + sum(len(cue.changes) for cue in one.cues)
    assert float(read[0]["change"]) == pytest.approx(float(read[0]["candidate"]) - float(read[0]["baseline"]))
    write_tables(hostile(), tmp_path / "csv")
    for name in ("changes.csv", "cues.csv", "models.csv"):
        text = (tmp_path / "csv" / name).read_text(encoding="utf-8-sig")
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert [cell for cell in cells if cell.startswith(("=", "@", "\t"))] == []
    write_tables(demo("balanced"), tmp_path / "csv")
    assert not (tmp_path / "csv" / "changes.csv").exists()
