"""Dumbbells: both models on one scale, readable for one row and for two hundred, by shape and not by colour alone."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from auditor.report.axes import count_digits, place_ticks, print_tick
from auditor.report.dumbbells import ROW, Bell, Dumbbells, Rack, cut, dumbbells
from auditor.report.figures import Number, absent

SVG = "{http://www.w3.org/2000/svg}"


def measured(value: float, half: float = 0.05, *, small: bool = False) -> Number:
    return Number(
        text=f"{value:.2f}", interval=f"[{value - half:.2f}, {value + half:.2f}]", brief="", n=100, small=small,
        value=value, low=value - half, high=value + half,
    )  # fmt: skip


def chart(rows: int, racks: int = 1, **rest: object) -> Dumbbells:
    made = [
        Bell(label=f"row {k}", baseline=measured(0.3), candidate=measured(0.1), change=measured(-0.2))
        for k in range(rows)
    ]
    fields: dict[str, object] = {"title": "Effects", "axis": "points", "axis_label": "points", "names": ("old", "new")}
    parts = tuple(Rack(heading=f"rack {k}" if racks > 1 else "", bells=tuple(made)) for k in range(racks))
    return Dumbbells(**{**fields, "racks": parts, **rest})  # type: ignore[arg-type]


def drawn(made: Dumbbells, **rest: int) -> list[ET.Element]:
    return [ET.fromstring(str(one)) for one in dumbbells(made, **rest)]  # noqa: S314 -- our own drawing


def find(svg: ET.Element, tag: str, name: str) -> list[ET.Element]:
    return [one for one in svg.iter(f"{SVG}{tag}") if name in one.get("class", "").split()]


def test_each_row_has_a_square_a_circle_two_intervals_and_a_line() -> None:
    (svg,) = drawn(chart(3))
    assert len(find(svg, "rect", "square")) == len(find(svg, "circle", "dot")) == 3
    assert len(find(svg, "line", "contrast-line")) == len(find(svg, "line", "accent-line")) == 9  # a line and two caps
    assert len(find(svg, "line", "muted-line")) == 3


def test_marks_stand_where_their_numbers_are() -> None:
    (svg,) = drawn(chart(1, zero=True))
    ticks = {
        one.text: float(one.get("x", 0)) for one in svg.iter(f"{SVG}text") if re.fullmatch(r"[+−]?\d+", one.text or "")
    }
    low, high = ticks["0"], ticks["+30"]
    square, circle = find(svg, "rect", "square")[0], find(svg, "circle", "dot")[0]
    assert float(square.get("x", 0)) + 3.5 == pytest.approx(high, abs=0.2)
    assert float(circle.get("cx", 0)) == pytest.approx(low + (high - low) / 3, abs=0.2)
    assert float(square.get("y", 0)) < float(circle.get("cy", 0))  # they never hide each other


@pytest.mark.parametrize("rows", [1, 2, 17, 200])
@pytest.mark.parametrize("most", [14, 200])
def test_any_number_of_rows_is_drawn_on_one_scale(rows: int, most: int) -> None:
    parts = drawn(chart(rows), rows=most)
    assert sum(len(find(svg, "circle", "dot")) for svg in parts) == rows
    assert all(float(svg.get("height", 0)) < (most + 3) * ROW + 40 for svg in parts)
    assert len({one.get("x") for svg in parts for one in find(svg, "rect", "square")}) == 1
    for svg in parts:
        ends = sorted(float(one.get("cy", 0)) for one in find(svg, "circle", "dot"))
        assert all(b - a == pytest.approx(ROW, abs=0.11) for a, b in pairwise(ends))


def test_a_rack_that_goes_on_says_so() -> None:
    parts = drawn(chart(10, racks=2), rows=8)
    words = [one.text for svg in parts for one in svg.iter(f"{SVG}text")]
    assert "rack 0, continued" in words
    assert parts[0].findtext(f"{SVG}title") == f"Effects (1 of {len(parts)})"


def test_few_cases_are_hollow_and_what_is_missing_is_a_dash() -> None:
    bell = Bell(label="x", baseline=measured(0.2, small=True), candidate=absent(), change=absent(4))
    racks = (Rack(heading="", bells=(bell,)),)
    (svg,) = drawn(Dumbbells(title="t", axis="share", axis_label="", names=("old", "new"), racks=racks))
    assert find(svg, "rect", "hollow")
    assert find(svg, "circle", "dot") == find(svg, "line", "muted-line") == []
    assert "old: 0.20 [0.15, 0.25]; new: –; change: –" in (svg.findtext(f"{SVG}g/{SVG}title") or "")


def test_the_band_and_zero_are_on_the_scale() -> None:
    (svg,) = drawn(chart(2, zero=True, band=0.6))
    (band,) = find(svg, "rect", "band-area")
    zero = next(one for one in find(svg, "line", "muted-line") if one.get("stroke-dasharray"))
    middle = float(band.get("x", 0)) + float(band.get("width", 0)) / 2
    assert middle == pytest.approx(float(zero.get("x1", 0)), abs=0.2)


def test_names_are_escaped_and_cut() -> None:
    bell = Bell(label="<b>" + "w" * 300, baseline=measured(0.2), candidate=measured(0.1), change=measured(-0.1))
    made = chart(1)
    racks = (Rack(heading="<i>", bells=(bell,)),)
    hostile = Dumbbells(title="<script>", axis=made.axis, axis_label="]]>", names=("<a>", "&"), racks=racks)
    (text,) = map(str, dumbbells(hostile))
    assert "<script>" not in text
    assert "<b>" not in text
    assert "…" in text


def test_cutting_keeps_the_first_rows() -> None:
    assert cut(chart(5, racks=2), 7).size == 7
    whole = chart(5)
    assert cut(whole, 5) is whole


@pytest.mark.parametrize(
    ("values", "axis", "ends"),
    [([0.0, 1.3], "share", (0.0, 1.0)), ([-0.31, 0.2], "points", (-0.4, 0.2)), ([0.4, 0.4], "plain", (0.4, 0.42))],
)
def test_ticks_are_round_and_around_everything(values: list[float], axis: str, ends: tuple[float, float]) -> None:
    ticks = place_ticks(values, axis)  # type: ignore[arg-type]
    assert (ticks[0], ticks[-1]) == pytest.approx(ends)
    printed = [print_tick(tick, axis, count_digits(ticks, axis)) for tick in ticks]  # type: ignore[arg-type]
    assert len(set(printed)) == len(ticks)
