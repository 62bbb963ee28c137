"""A history as a page: what it says, that it is one closed file, and that its charts hold what the table holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from auditor.analysis.history import trace
from auditor.documents.histories import Decided
from auditor.report.history_charts import COLUMNS, ROWS, draw_levels, draw_shares
from auditor.report.history_page import render_history, see_history
from tests.comparing.histories import audit, comparison_of, series, version
from tests.report.hostile import NAMES
from tests.report.test_history_text import demo, hostile_version, many

if TYPE_CHECKING:
    from auditor.documents.histories import History


def text_of(page: str) -> str:
    body = re.sub(r"<(script|style)>.*?</\1>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).replace("\N{NO-BREAK SPACE}", " ")


def apart() -> History:
    """Two audits of different images."""
    first, second = audit({"face": "E3", "hair": "R"}, 1), audit({"face": "R", "hair": "R"}, 2)
    data = second.data.model_copy(update={"manifest_sha256": "ab" * 32})
    return trace([version(first, "v1"), version(second.model_copy(update={"data": data}), "v2")])


def test_the_page_asks_for_nothing() -> None:
    page = render_history(demo())
    assert page.startswith("<!DOCTYPE html>")
    assert not re.search(r"(src|href)=\"(?!#)", page)
    assert "http:" not in re.sub(r'xmlns="http://www.w3.org/2000/svg"', "", page)
    assert "default-src &#39;none&#39;" in page


def test_the_page_is_the_same_each_time() -> None:
    assert render_history(demo()) == render_history(demo())


def test_the_page_says_levels_numbers_and_what_became_of_them() -> None:
    words = text_of(render_history(demo()))
    assert "2 audits and 11 findings. In the last audit: use was found before and is now neither" in words
    assert "E4 uses and hurts shift between the groups +0.18 SD [+0.13 SD, +0.22 SD], n = 200" in words
    assert "E4 → I: use was found before and is now neither found nor ruled out" in words
    assert "77 % [72 %, 80 %], n = 400" in words
    assert "nurse, man" in words
    assert "A row of estimates is no test." in words
    assert "not evaluated the audit could not check it" in words
    assert "Not comparable as they stand" not in words


def test_audits_that_are_not_comparable_are_marked_everywhere() -> None:
    history = apart()
    words = text_of(render_history(history))
    assert "At this step more than the model changed: 1 → 2." in words
    assert "whether model or images did this is not told" in words
    assert "other images, or other annotations of them (manifest" in words
    (chart,) = draw_levels(history)
    assert chart.count("≠") == 1
    assert 'class="muted-line"' not in chart  # no line leads from one to the other
    assert draw_shares(history)[0].count("≠") == 1


def test_a_step_between_two_drawings_is_marked_as_well() -> None:
    made = [audit({"face": "E3"}, day) for day in range(1, COLUMNS + 2)]
    half = -(-len(made) // 2) - 1
    others = [one.data.model_copy(update={"manifest_sha256": "ab" * 32 if k >= half else "cd" * 32})
              for k, one in enumerate(made)]  # fmt: skip
    history = trace([version(one.model_copy(update={"data": data})) for one, data in zip(made, others, strict=True)])
    assert [chart.count("≠") for chart in draw_levels(history)] == [0, 1]


def test_comparable_audits_are_joined_where_both_are_settled() -> None:
    (chart,) = draw_levels(trace(series({"face": "E3", "hair": "I"}, {"face": "R", "hair": "R"})))
    assert chart.count('class="muted-line"') == 1
    assert "≠" not in chart


@pytest.mark.parametrize(("audits", "findings"), [(1, 1), (12, 30), (13, 31), (50, 30)])
def test_charts_are_split_and_capped_and_say_so(audits: int, findings: int) -> None:
    history = many(audits, findings)
    charts = draw_levels(history)
    assert len(charts) == len(draw_shares(history)) == -(-audits // COLUMNS)
    assert sum(chart.count('class="rung ') for chart in charts) == audits * min(findings, ROWS)
    told = see_history(history)
    assert told.undrawn == max(findings - ROWS, 0)
    assert (f"{told.undrawn} more findings stand in the table alone" in render_history(history)) == (told.undrawn > 0)
    assert sum(len(sheet.heads) for sheet in told.sheets) == audits
    assert all(len(sheet.lines) == findings for sheet in told.sheets)
    widths = [float(width) for chart in charts for width in re.findall(r'viewBox="0 0 (\d+)', chart)]
    assert max(widths) <= 860


def test_a_level_is_drawn_as_high_as_its_evidence() -> None:
    history = trace(series({"face": "E4", "hair": "E2", "coat": "R", "stethoscope": "I"}))
    (chart,) = draw_levels(history)
    boxes = re.findall(r'class="rung (\w+)" x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"', chart)
    rows = {row.region: place for place, row in enumerate(history.rows)}
    within = {name: float(boxes[place][1]) - place * 46 for name, place in rows.items()}
    assert within["face"] < within["hair"] < within["coat"]
    assert float(boxes[rows["stethoscope"]][2]) > 2 * float(boxes[rows["face"]][2])
    assert [boxes[rows[name]][0] for name in ("face", "hair", "coat")] == ["grave", "noted", "open"]


def test_charts_say_their_marks_in_words() -> None:
    (chart,) = draw_levels(apart())
    assert "face · gender: woman against man, v2: E3 → R: use was found before and is ruled out" in chart
    assert chart.count("<title>") > 4


def test_nothing_found_and_nothing_measured_are_said() -> None:
    history = trace([version(audit({}, protocol=None, estimates=[]))])
    words = text_of(render_history(history))
    assert "No audit has findings: nothing was hidden in any" in words
    assert "No audit tells how often the model was right." in words
    assert "One audit: nothing to compare yet. It holds 0 findings." in words
    assert draw_levels(history) == draw_shares(history) == []


def test_hostile_names_are_escaped() -> None:
    history = trace([hostile_version(name, day) for day, name in enumerate(NAMES, start=1)], skipped=NAMES)
    page = render_history(history)
    assert "<script>alert" not in page
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page)
    assert page.count("<script>") == 1


def test_decisions_and_comparisons_stand_in_the_table() -> None:
    first, second = series({"face": "E4"}, {"face": "I"})
    made = comparison_of(first, second)
    decided = {"face:gender:woman:nurse": Decided(words="signed off: accepted, expired, until 2026-01-01", holds=False)}
    second = version(second.document, "v2", comparisons=(made,), decided=decided)
    page = render_history(trace([first, second]))
    assert 'class="decided lapsed">signed off: accepted, expired, until 2026-01-01' in page
    words = text_of(page)
    assert f"compared pair by pair: candidate leans less. {made.pairs[0].cues[0].sentence}" in words
    assert f"Compared pair by pair: {made.pairs[0].verdict.leaning}. {made.pairs[0].verdict.headline}" in words


def test_what_was_passed_over_is_on_the_page() -> None:
    history = trace(series({"face": "E3"}), skipped=["reports/x: passed over: no audit.json in it"])
    assert "reports/x: passed over: no audit.json in it" in text_of(render_history(history))
