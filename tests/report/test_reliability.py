"""Scores, the reliability curve and what would have come out otherwise, on the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from auditor.report import write_html
from auditor.report.calibration import calibration
from auditor.report.estimates import Estimates
from auditor.report.figures import SPACE
from auditor.report.reliability import LEFT, SIDE, TOP, reliability
from auditor.report.robustness import NEVER, robustness
from tests.report.conftest import estimate
from tests.report.laddered import ALL_LEVELS, laddered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from auditor.documents.document import Document

    Make = Callable[..., Document]


def scored(make_document: Make) -> Document:
    """Two bins, one of them small; errors of calibration overall and for women."""
    made = make_document(pairs=0)
    rows = [
        estimate("score_in_bin_06", 0.55, n=40, half=0),
        estimate("accuracy_in_bin_06", 0.5, n=40, half=0.15),
        estimate("score_in_bin_10", 0.97, n=12, half=0),
        estimate("accuracy_in_bin_10", 0.75, n=12, half=0.2),
    ]
    for key in ({}, {"attribute": "gender", "subgroup": "woman"}):
        rows += [
            estimate("calibration_error", 0.09, n=52, **key),
            estimate("calibration_error_by_chance", 0.05, n=52, **key),
            estimate("overconfidence", 0.09, n=52, **key).model_copy(update={"unit": "difference"}),
            estimate("calibration_slope", 0.5, n=52, **key).model_copy(update={"unit": "index"}),
        ]
    return made.model_copy(update={"estimates": [*made.estimates, *rows]})


def test_points_stand_where_score_and_share_say(make_document: Make) -> None:
    made = scored(make_document)
    part = calibration(made, Estimates(made))
    assert part is not None
    assert part.curve is not None
    root = ET.fromstring(str(reliability(part.curve)))  # noqa: S314 -- ours
    space = "{http://www.w3.org/2000/svg}"
    dots = [(float(one.get("cx", 0)), float(one.get("cy", 0)), one.get("class")) for one in root.iter(f"{space}circle")]
    assert dots == [
        (round(LEFT + SIDE * 0.55, 1), round(TOP + SIDE * 0.5, 1), "dot"),
        (round(LEFT + SIDE * 0.97, 1), round(TOP + SIDE * 0.25, 1), "dot hollow"),
    ]
    title = root.findtext(f"{space}title", "").replace(SPACE, " ")
    assert title.startswith("Right answers by score. 55 %: 50 % [35 %, 65 %]")
    assert part.bins is not None
    assert [[cell.text.replace(SPACE, " ") for cell in row] for row in part.bins.rows] == [
        ["55 %", "50 %", "[35 %, 65 %]", "40"], ["97 %", "75 %", "[55 %, 95 %]", "12"],
    ]  # fmt: skip
    assert [row[0].text for row in part.errors.rows] == ["all", "gender: woman"]


def test_the_page_shows_it_or_says_that_it_was_not_measured(make_document: Make, tmp_path: Path) -> None:
    for document, expected in ((scored(make_document), True), (make_document(pairs=0), False)):
        write_html(document, tmp_path / "report.html")
        page = (tmp_path / "report.html").read_text(encoding="utf-8")
        part = page[page.index("Whether scores can be relied on") :]
        assert ('class="chart curve"' in page) == expected
        assert ("Not measured in this run." in part[:300]) != expected


def test_robustness_tells_what_was_changed_and_what_was_not(make_document: Make) -> None:
    made = laddered(make_document(pairs=0), ALL_LEVELS)
    keys: list[dict[str, Any]] = [{"fill": fill} for fill in ("neutral", "mirrored")]
    rows = [estimate("property_flips", 0.02, region="(brightness)", n=200, **key) for key in keys]
    rows += [
        estimate("flip_excess", 0.2, region="face", fill=fill, n=200).model_copy(update={"unit": "difference"})
        for fill in ("noise", "inpaint")
    ]
    made = made.model_copy(update={"estimates": [*made.estimates, *rows]})
    section = robustness(made, Estimates(made))
    pictures, fills, rules = section.tables
    assert [cell.text.replace(SPACE, " ") for cell in pictures.rows[0]] == ["brightness of the picture", "2 %", "2 %"]
    assert [cell.text.replace(SPACE, " ") for cell in fills.rows[0]] == ["face", "+20 pp", "+20 pp"]
    strict = {row[1].text: [cell.note for cell in row[2:]] for row in rules.rows}
    assert strict["E4"] == ["flagged", "flagged", "flagged"]
    assert strict["E3"] == ["flagged", "not flagged", "flagged"]
    assert section.missing == (
        "Random last layers and deletion along the map: not measured in this run.", *NEVER,
    )  # fmt: skip


def test_with_nothing_measured_robustness_says_so(make_document: Make, tmp_path: Path) -> None:
    made = make_document(pairs=0, n=0)
    section = robustness(made, Estimates(made))
    assert section.tables == ()
    assert len(section.missing) == 4 + len(NEVER)
    write_html(made, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    part = page[page.index('id="robustness"') : page.index('id="method"')]
    assert len(re.findall("<li", part)) == 4 + len(NEVER)
