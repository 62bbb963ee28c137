"""Forest plots of one to two hundred rows: where marks stand, and what is written beside them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from auditor.report.charts import Forest, Group, Mark, forest
from auditor.report.figures import Number
from auditor.report.svg import colour_bar

SVG = "{http://www.w3.org/2000/svg}"


def mark(value: float | None, **changes: Any) -> Mark:
    low, high = (None, None) if value is None else (value - 0.05, value + 0.05)
    fields: dict[str, Any] = {
        "text": "–" if value is None else f"{value:.0%}", "interval": "[…]", "brief": "", "n": 40, "small": False,
        "value": value, "low": low, "high": high,
    }  # fmt: skip
    rest = {name: changes.pop(name) for name in ("label", "area", "borrowed", "extra") if name in changes}
    return Mark(**{"label": "doctor", **rest}, number=Number(**{**fields, **changes}))


def plot(*groups: Group, **changes: Any) -> Forest:
    fields: dict[str, Any] = {
        "title": "Share of map", "axis": "share", "axis_label": "share", "groups": groups, "value_heading": "share",
    }  # fmt: skip
    return Forest(**{**fields, **changes})


def drawn(chart: Forest, **options: Any) -> list[ET.Element]:
    return [ET.fromstring(str(one)) for one in forest(chart, **options)]  # noqa: S314 -- our own output


def words(tree: ET.Element) -> list[str]:
    return [one.text or "" for one in tree.iter(f"{SVG}text")]


def test_equal_steps_are_equally_far_apart() -> None:
    (tree,) = drawn(plot(Group(heading="face", marks=(mark(0.1), mark(0.2), mark(0.3)))))
    at = [float(circle.get("cx", "")) for circle in tree.iter(f"{SVG}circle")]
    assert at[1] - at[0] == pytest.approx(at[2] - at[1], abs=0.15)
    assert at[0] < at[1] < at[2]


def test_whiskers_end_at_the_interval() -> None:
    (tree,) = drawn(plot(Group(heading="face", marks=(mark(0.2), mark(0.15), mark(0.25)))))
    circles = [float(one.get("cx", "")) for one in tree.iter(f"{SVG}circle")]
    bars = [
        one for one in tree.iter(f"{SVG}line") if one.get("class") == "accent-line" and one.get("y1") == one.get("y2")
    ]
    assert float(bars[0].get("x1", "")) == pytest.approx(circles[1], abs=0.11)
    assert float(bars[0].get("x2", "")) == pytest.approx(circles[2], abs=0.11)


def test_a_row_without_a_number_says_so_and_has_no_dot() -> None:
    (tree,) = drawn(plot(Group(heading="face", marks=(mark(None), mark(0.2)))))
    assert len(list(tree.iter(f"{SVG}circle"))) == 1
    assert "doctor: not measured" in [one.text for one in tree.iter(f"{SVG}title")]


def test_few_cases_are_hollow() -> None:
    (tree,) = drawn(plot(Group(heading="face", marks=(mark(0.2, small=True), mark(0.2)))))
    assert [one.get("fill") for one in tree.iter(f"{SVG}circle")] == ["#ffffff", "#1f5fa8"]


def test_expectations_are_drawn_as_tick_and_diamond() -> None:
    (tree,) = drawn(plot(Group(heading="face", marks=(mark(0.2, area=0.1, borrowed=0.15),))))
    assert len([one for one in tree.iter(f"{SVG}line") if one.get("class") == "ink-line"]) == 1
    assert len(list(tree.iter(f"{SVG}path"))) == 1


@pytest.mark.parametrize("rows", [1, 2, 17, 18, 60, 200])
def test_long_plots_are_cut_and_no_row_is_lost(rows: int) -> None:
    marks = tuple(mark(0.2, label=f"row {k}") for k in range(rows))
    trees = drawn(plot(Group(heading="face", marks=marks)), rows=18)
    assert len(trees) == -(-rows // 17)
    assert [word for tree in trees for word in words(tree) if word.startswith("row")] == [
        f"row {k}" for k in range(rows)
    ]
    assert len({tree.get("width") for tree in trees}) == 1


def test_groups_stay_together_where_they_fit() -> None:
    groups = tuple(Group(heading=name, marks=(mark(0.2), mark(0.3))) for name in "abcdefg")
    first, second = drawn(plot(*groups), rows=12)
    assert [word for word in words(first) if word in "abcdefg" and word] == list("abcd")
    assert [word for word in words(second) if word in "abcdefg" and word] == list("efg")


def test_all_parts_share_one_scale() -> None:
    low = Group(heading="low", marks=tuple(mark(0.06) for _ in range(10)))
    high = Group(heading="high", marks=tuple(mark(0.9) for _ in range(10)))
    first, second = drawn(plot(low, high), rows=12)
    ticks = [[word for word in words(tree) if re.fullmatch(r"\d+\s%", word)] for tree in (first, second)]
    assert ticks[0] == ticks[1]
    assert len(ticks[0]) > 3


def test_everything_stays_inside_the_drawing() -> None:
    marks = (mark(-0.9, label="w" * 300), mark(0.95, label="ئ" * 80), mark(0.0))
    (tree,) = drawn(plot(Group(heading="h" * 200, marks=marks), axis="points", reference=0.0), width=660)
    for element in tree.iter():
        for name in ("x", "x1", "x2", "cx"):
            if name in element.attrib:
                assert -1 <= float(element.attrib[name]) <= 661


def test_hostile_labels_are_text() -> None:
    text = str(forest(plot(Group(heading="</svg><script>", marks=(mark(0.2, label="<b>&'\""),))))[0])
    assert "<script>" not in text
    assert "<b>" not in text


def test_one_value_alone_can_be_drawn() -> None:
    (tree,) = drawn(plot(Group(heading="face", marks=(mark(0.0, low=0.0, high=0.0),))))
    assert len(list(tree.iter(f"{SVG}circle"))) == 1


def test_only_attributes_that_the_pdf_honours() -> None:
    text = str(forest(plot(Group(heading="face", marks=(mark(0.2, area=0.1),))))[0])
    assert "style=" not in text
    assert "var(" not in text
    assert not re.search(r'\bid="', text)


def test_colour_bar_runs_from_low_to_high() -> None:
    tree = ET.fromstring(str(colour_bar("sequential", ticks=[(0, "0"), (1, "9×")], label="map")))  # noqa: S314
    fills = [one.get("fill") for one in tree.iter(f"{SVG}rect")]
    assert (fills[0], fills[-1]) == ("#000004", "#fcffa4")
    assert words(tree) == ["map", "0", "9×"]
