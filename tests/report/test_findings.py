"""Findings in the report: gravest first, every rung in words, every number in its unit, whatever they are called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from auditor.documents.ladder import Rung
from auditor.report import write_html
from auditor.report.caps import SCREEN
from auditor.report.details import beside_table, numbers_table, sureness_table, told_measured
from auditor.report.estimates import Estimates
from auditor.report.figures import SPACE
from auditor.report.findings import PICTURED, findings
from auditor.report.levels import LEVELS
from auditor.report.view import view
from tests.report.laddered import ALL_LEVELS, MANY, finding, laddered, measured, protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from auditor.documents.document import Document
    from auditor.documents.ladder import Finding
    from auditor.report.findings import Findings
    from auditor.report.tables import Table

    Make = Callable[..., Document]


def plain(words: str) -> str:
    return words.replace(SPACE, " ")


def section(document: Document, images: Path | None = None) -> Findings:
    made = findings(document, Estimates(document), images=images)
    assert made is not None
    return made


def said(table: Table | None) -> dict[str, str]:
    assert table is not None
    return {row[0].text: plain(f"{row[1].text} {row[1].note}".strip()) for row in table.rows}


def page_of(document: Document, folder: Path) -> str:
    write_html(document, folder / "report.html", images=folder / "photos")
    return (folder / "report.html").read_text(encoding="utf-8")


def part(page: str, anchor: str, until: str) -> str:
    return page[page.index(f'<section id="{anchor}"') : page.index(f'<section id="{until}"')]


@pytest.fixture
def short(make_document: Make) -> Document:
    return make_document(pairs=3, estimates=[], mean_maps=[])


def test_the_gravest_come_first(short: Document) -> None:
    made = section(laddered(short, ALL_LEVELS))
    order = ["E4", "E3", "E3\N{PRIME}", "E2", "E1", "I", "I", "R", "R", "E0"]
    assert [row.badge.code for row in made.rows] == order
    assert [detail.row.badge.code for detail in made.details] == order[:5]
    assert [brief.row.badge.code for brief in made.briefs] == order[5:]


def test_the_ladder_keeps_regions_together(short: Document) -> None:
    made = section(laddered(short, ALL_LEVELS))
    regions = [row.region for row in made.ladder]
    assert regions == sorted(regions, key=regions.index)
    assert regions[:2] == ["face", "face"]
    assert regions[-1] == "sharpness of the picture"
    assert len(regions) == len(ALL_LEVELS)


def test_cells_are_counted(short: Document) -> None:
    assert section(laddered(short, ALL_LEVELS)).tally == (
        "Of 9 pairs of region and attribute and 1 property of the whole picture, 9 could be tested: use was found in "
        "3, ruled out above the margin in 3, and left open in 3."
    )
    assert section(laddered(short, [])).tally == "There was no pair of region and attribute to test."


def test_each_rung_has_its_answer_in_words(short: Document, tmp_path: Path) -> None:
    page = part(page_of(laddered(short, ALL_LEVELS), tmp_path), "findings", "checks")
    table = page[page.index('<table class="t ladder">') : page.index("</table>")]
    rows = re.findall(r"<tr[^>]*><th scope=\"row\">.*?</tr>", table, flags=re.DOTALL)
    words = [re.findall(r'<span class="mark"></span>([^<]+)</span>', row) for row in rows]
    assert words[0] == ["found", "found", "found", "found"]
    assert words[4] == ["found", "ruled out", "found", "not enough evidence"]
    assert all(len(row) == 4 for row in words)
    assert {word for row in words for word in row} == {
        "found", "ruled out", "not enough evidence", "not evaluated", "withheld",
    }  # fmt: skip
    assert all(meaning in table for meaning, _ in LEVELS.values())


def test_a_rung_that_is_not_there_is_not_evaluated(short: Document) -> None:
    bare = finding("E0", short, rungs=[Rung(name="uses", answer="withheld", sentence="", estimates=[])])
    (row,) = section(short.model_copy(update={"findings": [bare], "protocol": protocol()})).rows
    assert [step.answer for step in row.steps] == ["not evaluated", "not evaluated", "withheld", "not evaluated"]


def test_numbers_carry_unit_interval_n_and_fill(short: Document) -> None:
    table = numbers_table(finding("E4", short), Estimates(short))
    assert table is not None
    rows = [[plain(f"{cell.text} {cell.note}".strip()) for cell in row] for row in table.rows]
    assert rows[0] == ["opportunity", "Cramér's V", "", "0.72", "[0.67–0.77]", "800", "640", ""]
    assert rows[1] == ["looks", "enrichment", "", "2.1×", "[1.8–2.4]", "800", "640", ""]
    assert rows[2] == [
        "uses", "shift between the groups woman", "surround noise", "+0.31 SD", "[+0.25, +0.37]", "800", "640",
        "0.0004",
    ]  # fmt: skip
    assert rows[4] == [
        "uses", "answers changed, beyond control areas", "surround noise", "+15 pp", "[+12, +18]", "800", "640",
        "<0.0001",
    ]  # fmt: skip
    assert rows[5][1:5] == ["difference in answered right labelled doctor · woman", "", "−14 pp", "[−20, −8]"]


def test_attention_beside_a_finding_is_told_as_description(short: Document, tmp_path: Path) -> None:
    keys = {"region": "face", "target": "predicted", "unit": "ratio"}
    women = {**keys, "attribute": "gender", "subgroup": "woman"}
    estimates = [
        measured("enrichment_contrast", 1.4, 0.2, **women),
        measured("enrichment_contrast", 1.2, 0.2, label="nurse", **women),
        measured("adjusted_mass_odds", 1.3, 0.1, p_value=0.002, **women),
        measured("attention_error_odds", 1.6, 0.3, attribute="gender", **keys),
        measured("enrichment_contrast", 0.9, 0.2, outcome="wrong", **keys),
        measured("adjusted_mass_odds", 1.1, 0.1, **{**women, "region": "hair"}),
    ]
    document = short.model_copy(update={"estimates": estimates})
    told = Estimates(document)
    table = beside_table(finding("E4", document), told)
    assert table is not None
    assert "descriptive, not corrected" in table.caption
    rows = [[plain(f"{cell.text} {cell.note}".strip()) for cell in row] for row in table.rows]
    assert rows == [
        ["enrichment over that of the rest woman", "1.4×", "[1.2–1.6]", "800", "640", ""],
        ["odds of map in the region over those of the rest, all else equal woman", "1.3×", "[1.2–1.4]", "800", "640",
         "0.0020"],
        ["odds of an error by attention, where the value is rare for the label", "1.6×", "[1.3–1.9]", "800", "640", ""],
    ]  # fmt: skip
    alone = beside_table(finding("E2", document, attribute=None), told)
    assert alone is not None
    assert [plain(row[0].note) for row in alone.rows] == ["wrong answers"]
    assert beside_table(finding("E4", short), Estimates(short)) is None
    page = page_of(laddered(document, ALL_LEVELS), tmp_path)
    assert "Attention beside it: descriptive, not corrected" in page


def test_error_control_is_told(short: Document) -> None:
    told = said(sureness_table(finding("E4", short), protocol(), Estimates(short)))
    assert told["Error control"] == (
        "p = 0.0011; q = 0.0040, flagged at 0.05; under the strict correction q = 0.012, still flagged; over all pairs "
        "at once p = 0.0003 (gate mode)"
    )
    assert told["Interval, adjusted for selection"] == "[+0.20 SD, +0.40 SD]"
    assert told["Ways of hiding, all must agree"] == "surround noise and inpainting"
    assert told["False alarms of this audit"] == "1 of 40 sham regions flagged; 0 of 100 permuted attributes flagged"


@pytest.mark.parametrize(
    ("q_value", "by_value", "words"),
    [
        (0.05, 0.05, "q = 0.050, flagged at 0.05; under the strict correction q = 0.050, still flagged"),
        (0.05, 0.051, "q = 0.050, flagged at 0.05; under the strict correction q = 0.051, no longer flagged"),
        (0.06, 0.2, "q = 0.060, not flagged at 0.05; under the strict correction q = 0.20, not flagged"),
    ],
)
def test_still_or_no_longer_flagged(q_value: float, by_value: float, words: str, short: Document) -> None:
    made = finding("E3", short, p_value=None, familywise=None, q_value=q_value, by_value=by_value)
    assert said(sureness_table(made, protocol(), Estimates(short)))["Error control"] == words


def test_what_is_open_says_what_would_settle_it(short: Document) -> None:
    told = told_measured(finding("I", short), Estimates(short))
    assert plain(told[0]) == (
        "shift between the groups +0.31 SD [+0.25 SD, +0.37 SD], n = 800, 640 cases, hidden by surround noise"
    )
    assert told[-1] == "about 1,240 images would settle it"


def test_numbers_of_short_findings_are_bounded(short: Document) -> None:
    (rung,) = [rung for rung in finding("R", short).rungs if rung.name == "uses"]
    many = finding("R", short, rungs=[rung.model_copy(update={"estimates": rung.estimates * 4})])
    assert told_measured(many, Estimates(short))[-1] == "9 more such numbers are in audit.json"


def test_a_shift_is_named_by_its_answer_where_there_are_many(make_document: Make) -> None:
    two, many = (make_document(pairs=0, classes=tuple("abc"[:k]), estimates=[], mean_maps=[]) for k in (2, 3))
    assert section(laddered(two, ALL_LEVELS)).rows[0].title == "face · gender: woman against man"
    assert section(laddered(many, ALL_LEVELS)).rows[0].title == (
        "face · gender: woman against man, for the answer nurse"
    )


def test_photographs_stand_with_their_shift(short: Document, tmp_path: Path) -> None:
    made = section(laddered(short, ALL_LEVELS), tmp_path / "photos")
    walls = made.details[0].walls
    assert [wall.heading for wall in walls] == ["Largest shifts", "Middle of all shifts", "Smallest shifts"]
    first = walls[0].exhibits[0]
    assert [one.heading for one in first.views] == ["face outlined", "map of nurse"]
    assert (first.label, first.predicted, first.hidden, first.changed) == ("doctor", "nurse", "doctor", True)
    assert plain(first.shift) == "+1.84 SD"
    assert made.missing == 0
    assert made.shown == 6 * 4


def test_a_photograph_of_which_nothing_else_is_known_is_shown_as_it_is(short: Document, tmp_path: Path) -> None:
    alone = short.model_copy(update={"examples": short.examples.model_copy(update={"items": []})})
    made = section(
        alone.model_copy(update={"findings": [finding("E4", short)], "protocol": protocol()}), tmp_path / "photos"
    )
    (views,) = {tuple(view.heading for view in one.views) for wall in made.details[0].walls for one in wall.exhibits}
    assert views == ("image",)


def test_photographs_that_are_missing_are_counted(short: Document, tmp_path: Path) -> None:
    write_html(laddered(short, [("E4", "face", "gender")]), tmp_path / "report.html", images=None)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "12 of 12 example images could not be shown" in page
    assert page.count("image not available</span>") == 12


def test_photographs_are_bounded(short: Document) -> None:
    made = section(laddered(short, MANY))
    assert sum(bool(detail.walls) for detail in made.details) == PICTURED
    assert made.pictures_note == "Photographs are shown for the 12 gravest findings; 12 more are in audit.json."


def test_the_summary_begins_with_findings(short: Document, tmp_path: Path) -> None:
    page = part(page_of(laddered(short, ALL_LEVELS), tmp_path), "summary", "findings")
    assert page.index("uses and hurts") < page.index("uses without looking") < page.index('class="cards"')
    assert "Use was not tested" not in page
    assert "Of 5 checks, 3 failed, 1 could not be checked and 1 passed." in page
    assert "Withheld: statements on attention for stethoscope and hair. The check “Resolution” failed." in page
    assert 'href="#finding-E4-face-gender"' in page


def test_what_was_tested_is_not_said_to_be_untested(make_document: Make) -> None:
    document = make_document(pairs=0)
    tested = laddered(document, ALL_LEVELS[-1:])
    before, after = (view(one, images=None, caps=SCREEN).summary for one in (document, tested))
    assert after.sentences[0].startswith("The model's answer is right for")
    assert "was not tested" in " ".join(before.sentences)
    assert "was not tested" not in " ".join(after.sentences)
    assert "and again on 800 of them with marked regions hidden" in after.lead


def test_without_hidden_regions_the_report_is_as_before(short: Document, tmp_path: Path) -> None:
    page = page_of(short, tmp_path)
    assert "What stands out" in page
    assert 'id="findings"' not in page
    assert 'id="checks"' not in page
    assert view(short, images=None, caps=SCREEN).findings is None


@pytest.mark.parametrize("code", ["E4", "E0"])
def test_links_lead_to_findings(code: str, short: Document, tmp_path: Path) -> None:
    page = page_of(laddered(short, ALL_LEVELS), tmp_path)
    anchors = re.findall(r'id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(anchors)
    contents = page[page.index('<nav class="contents"') : page.index("</nav>")]
    (wanted,) = [anchor for anchor in anchors if re.fullmatch(rf"finding-{code}-[a-z]+-\w+", anchor)]
    assert f'href="#{wanted}"' in contents


def test_like_fingerprints_get_links_of_their_own(short: Document) -> None:
    same: list[Finding] = [finding("R", short, fingerprint=mark) for mark in ("a b", "a/b", "看護師", "ممرضة")]
    made = section(short.model_copy(update={"findings": same, "protocol": protocol()}))
    assert [row.anchor for row in made.rows] == [
        "finding-a-b", "finding-a-b-2", "finding-unnamed", "finding-unnamed-2",
    ]  # fmt: skip


def test_findings_survive_json(short: Document, tmp_path: Path) -> None:
    made = laddered(short, ALL_LEVELS)
    again = type(made).model_validate_json(made.model_dump_json())
    assert page_of(again, tmp_path) == page_of(made, tmp_path)
