"""The ladder as a chart: shapes of answers, effects in units of their margins, caps and edges."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from auditor.report.estimates import Estimates
from auditor.report.findings import findings
from auditor.report.ladders import Ladder, ladder
from auditor.result import read_document
from tests.comparing.histories import DEMO
from tests.report.hostile import hostile
from tests.report.laddered import ALL_LEVELS, MANY, finding, laddered, protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.documents.document import Document

    Make = Callable[..., Document]


def chart_of(document: Document) -> Ladder:
    found = findings(document, Estimates(document), images=None)
    assert found is not None
    assert found.chart is not None
    return found.chart


@pytest.mark.parametrize("name", ["biased", "balanced"])
def test_effects_are_divided_by_their_margin_and_drawn_there(name: str) -> None:
    document = read_document(DEMO / name)
    assert document.protocol is not None
    (drawing,) = ladder(chart_of(document), width=860)
    zero, low, high = (float(re.search(pattern, drawing)[1]) for pattern in (  # type: ignore[index]
        r'<line class="muted-line" x1="([\d.]+)" y1="30.0"',
        r'<line class="muted-line" x1="([\d.]+)" y1="24.0"',
        r'<line class="muted-line" x1="[\d.]+" y1="24.0".*?<line class="muted-line" x1="([\d.]+)" y1="24.0"',
    ))  # fmt: skip
    assert high - zero == pytest.approx(zero - low, abs=0.2)
    drawn = sorted(float(x) for x in re.findall(r'r="2.6" cx="([\d.]+)"', drawing))
    margin = document.protocol.margins["alignment"][1]
    wanted = sorted(
        zero + (row.value or 0) / margin * (high - zero)
        for one in document.findings
        for rung in one.rungs
        if rung.name == "uses"
        for row in rung.estimates
        if row.statistic in {"aligned_shift", "property_shift"} and row.fill in one.fills
    )
    assert drawn == pytest.approx(wanted, abs=0.3)


def test_findings_stand_as_in_the_table() -> None:
    document = read_document(DEMO / "biased")
    found = findings(document, Estimates(document), images=None)
    assert found is not None
    assert [climb.label for climb in chart_of(document).climbs] == [row.title for row in found.ladder]
    assert [climb.level for climb in chart_of(document).climbs] == [row.badge.code for row in found.ladder]


def test_every_answer_has_a_shape_of_its_own(make_document: Make) -> None:
    chart = chart_of(laddered(make_document(pairs=1), ALL_LEVELS))
    (drawing,) = ladder(chart)
    given = [answer for climb in chart.climbs for answer in climb.answers]
    shapes = {
        "found": len(re.findall(r'<circle class="dot" cx', drawing)),
        "not enough evidence": len(re.findall(r'<path class="dot"', drawing)),
        "withheld": len(re.findall(r'<rect class="dot hollow"', drawing)),
    }
    hollow = len(re.findall(r'<circle class="dot hollow" cx', drawing))
    assert shapes == {name: given.count(name) for name in shapes}
    assert hollow == given.count("ruled out") + given.count("not enough evidence")
    assert drawing.count('stroke-width="1.6"/>') >= given.count("not evaluated")
    assert "opportunity found, looks found, uses found, hurts found" in drawing


def test_a_region_alone_counts_from_its_smaller_margin_on(make_document: Make) -> None:
    document = make_document(pairs=1)
    rows = [finding("E3", document).rungs[2].estimates[2]]
    alone = finding("E3", document, attribute=None, fills=["noise"])
    rungs = [rung.model_copy(update={"estimates": rows}) if rung.name == "uses" else rung for rung in alone.rungs]
    alone = alone.model_copy(update={"rungs": rungs})
    told = protocol(margins={"flips": (0.02, 0.05)})
    chart = chart_of(document.model_copy(update={"findings": [alone], "protocol": told}))
    (climb,) = chart.climbs
    assert (climb.scale, climb.least) == pytest.approx((0.05, 0.4))
    assert chart.sooner
    assert climb.effects[0].value == rows[0].value


def test_nothing_is_drawn_where_there_are_no_effects_or_no_margins(make_document: Make) -> None:
    document = make_document(pairs=1)
    untested = laddered(document, [("E0", "face", None)])
    found = findings(untested, Estimates(untested), images=None)
    assert found is not None
    assert found.chart is None
    unmeasured = laddered(document, ALL_LEVELS, protocol=protocol(margins={}))
    found = findings(unmeasured, Estimates(unmeasured), images=None)
    assert found is not None
    assert found.chart is None


@pytest.mark.parametrize(("rows", "parts"), [(18, 4), (200, 1)])
def test_long_charts_are_split_on_one_scale_and_cut(make_document: Make, rows: int, parts: int) -> None:
    chart = chart_of(laddered(make_document(pairs=0), MANY))
    drawings = ladder(chart, rows=rows)
    assert len(drawings) == parts
    assert len({tuple(re.findall(r'text-anchor="middle">([−+]?\d+)</text>', one)) for one in drawings}) == 1
    assert sum(one.count("<g>") for one in ladder(chart, most=7)) == 7


def test_hostile_names_are_escaped(make_document: Make) -> None:
    drawn = "".join(ladder(chart_of(hostile(make_document))))
    assert "<script" not in drawn
    assert "<img" not in drawn


def test_the_pages_hold_the_chart(tmp_path: Any, make_document: Make) -> None:
    from auditor.report import write_html

    write_html(laddered(make_document(pairs=1), ALL_LEVELS), tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.count("Effects of hiding, in margins") == 2  # its caption, and its title
    assert "Each line is one way of hiding that must agree" in page
    assert "short dashed line" not in page
