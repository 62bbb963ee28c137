"""Dumbbells: one number of two models in each row, a square and a circle with their intervals, joined by a line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from auditor.report.axes import count_digits, place_ticks, print_tick
from auditor.report.figures import NOTHING, Number, count
from auditor.report.names import shorten, text_width
from auditor.report.svg import ACCENT, CONTRAST, FACE, GRID, MUTED, line, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.report.axes import Axis

ROW: Final = 25.0
"""Height of a row, in units of the drawing."""
APART: Final = 4.6
"""How far the two models of a row stand above and below its middle."""
TOP: Final = 28.0
SIZE: Final = 11.0
"""Height of the letters."""
VALUES: Final = 232.0
"""Width of the columns of text behind the drawing."""


@dataclass(frozen=True, kw_only=True)
class Bell:
    """One row: the same number of two models, and their paired difference."""

    label: str
    baseline: Number
    candidate: Number
    change: Number


@dataclass(frozen=True, kw_only=True)
class Rack:
    """Rows under one heading; nothing stands above them where it is empty."""

    heading: str
    bells: tuple[Bell, ...]

    @property
    def size(self) -> int:
        """Rows and heading."""
        return len(self.bells) + bool(self.heading)


@dataclass(frozen=True, kw_only=True)
class Dumbbells:
    """Two models on one scale."""

    title: str
    axis: Axis
    axis_label: str
    names: tuple[str, str]  # baseline and candidate
    racks: tuple[Rack, ...]
    zero: bool = False  # whether zero is marked: effects have a sign
    band: float | None = None  # an effect as small as this does not matter

    @property
    def size(self) -> int:
        """Rows, headings apart."""
        return sum(len(rack.bells) for rack in self.racks)


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """Where things stand, in units of the drawing."""

    width: float
    labels: float
    ticks: tuple[float, ...]

    @property
    def left(self) -> float:
        return self.labels + 12

    @property
    def value_at(self) -> float:
        return self.width - VALUES

    @property
    def right(self) -> float:
        return self.value_at - 18

    def x(self, value: float) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        inside = min(max(value, low), high)
        return self.left + (inside - low) / (high - low) * (self.right - self.left)


def cut(chart: Dumbbells, most: int) -> Dumbbells:
    """Keep the first rows of a chart.

    Parameters
    ----------
    chart
        Of any length.
    most
        Rows to keep.

    Returns
    -------
    Dumbbells
        The same where all fit.

    Examples
    --------
    >>> cut(Dumbbells(title="", axis="points", axis_label="", names=("a", "b"), racks=()), 3).size
    0
    """
    room, kept = most, []
    for rack in chart.racks:
        if room > 0:
            kept.append(replace(rack, bells=rack.bells[:room]))
        room -= len(rack.bells)
    return chart if room >= 0 else replace(chart, racks=tuple(kept))


def dumbbells(chart: Dumbbells, *, width: float = 860, rows: int = 200) -> list[Markup]:
    """Draw a chart of two models.

    Parameters
    ----------
    chart
        What to draw, of any length.
    width
        Of the drawing, in the units in which its text is 11 high.
    rows
        Of one drawing, headings included; more go into a further one, so that a page can end between them.

    Returns
    -------
    list of Markup
        One or more ``<svg>``, all on one scale; none where there is nothing to draw.

    Examples
    --------
    >>> dumbbells(Dumbbells(title="", axis="points", axis_label="", names=("a", "b"), racks=()))
    []
    """
    if not chart.size:
        return []
    parts = list(_parts(chart.racks, max(rows, 2)))
    layout = _layout(replace(chart, racks=tuple(rack for part in parts for rack in part)), width)
    return [_draw(replace(chart, racks=part), layout, place=f" ({k} of {len(parts)})" if len(parts) > 1 else "")
            for k, part in enumerate(parts, start=1)]  # fmt: skip


def _parts(racks: Sequence[Rack], rows: int) -> Iterator[tuple[Rack, ...]]:
    """Racks packed into drawings; only a longer one is cut."""
    packed: list[Rack] = []
    for piece in (piece for rack in racks for piece in _pieces(rack, rows - 1)):
        if packed and sum(one.size for one in packed) + piece.size > rows:
            yield tuple(packed)
            packed = []
        packed.append(piece)
    yield tuple(packed)


def _pieces(rack: Rack, step: int) -> Iterator[Rack]:
    for start in range(0, len(rack.bells), step):
        again = ", continued" if start and rack.heading else ""
        yield Rack(heading=rack.heading + again, bells=rack.bells[start : start + step])


def _layout(chart: Dumbbells, width: float) -> _Layout:
    bells = [bell for rack in chart.racks for bell in rack.bells]
    texts = [12 + SIZE * text_width(bell.label) for bell in bells]
    texts += [11.5 * text_width(rack.heading) for rack in chart.racks]
    band = [] if chart.band is None else [chart.band, -chart.band]
    drawn = [end for bell in bells for number in (bell.baseline, bell.candidate) for end in _ends(number)]
    anchor = [0.0] if chart.zero or not drawn else []
    ticks = place_ticks([*anchor, *band, *drawn], chart.axis)
    return _Layout(width=width, labels=min(max([90.0, *texts]), width * 0.3), ticks=ticks)


def _ends(number: Number) -> list[float]:
    return [value for value in (number.value, number.low, number.high) if value is not None]


def _draw(chart: Dumbbells, layout: _Layout, *, place: str) -> Markup:
    bottom = TOP + sum(rack.size for rack in chart.racks) * ROW + 2
    pieces, y = [*_frame(chart, layout, bottom)], TOP + ROW / 2
    for rack in chart.racks:
        if rack.heading:
            pieces.append(text(0, y, shorten(rack.heading, layout.labels / 11.5), bold=True, full=rack.heading))
            y += ROW
        for bell in rack.bells:
            pieces.append(_bell(bell, layout, y, names=chart.names))
            y += ROW
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart dumbbells" role="img" viewBox="0 0 {w:.0f} {h:.0f}"'
        ' width="{w:.0f}" height="{h:.0f}" font-size="{size:.0f}" font-family="{face}">'
        "<title>{title}</title>{body}</svg>"
    ).format(
        face=FACE, w=layout.width, h=bottom + 34, size=SIZE, title=chart.title + place, body=Markup("").join(pieces)
    )


def _frame(chart: Dumbbells, layout: _Layout, bottom: float) -> Iterator[Markup]:
    """The band that does not matter, grid lines, ticks, zero and the headings of columns."""
    if chart.band is not None:
        low, high = layout.x(-chart.band), layout.x(chart.band)
        yield Markup(
            '<rect class="band-area" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="#eef1f4"/>'
        ).format(low, TOP, high - low, bottom - TOP)
    digits = count_digits(layout.ticks, chart.axis)
    for tick in layout.ticks:
        x = layout.x(tick)
        yield line((x, TOP), (x, bottom), colour=GRID, name="grid")
        yield text(x, bottom + 10, print_tick(tick, chart.axis, digits), anchor="middle", colour=MUTED)
    if chart.zero:
        x = layout.x(0)
        yield line((x, TOP - 6), (x, bottom), colour=MUTED, name="muted-line", dash="3 3")
    middle = (layout.left + layout.right) / 2
    yield text(middle, bottom + 26, chart.axis_label, anchor="middle", colour=MUTED)
    yield text(layout.value_at, TOP - 14, "change, paired", colour=MUTED)
    yield text(layout.width, TOP - 14, "n", anchor="end", colour=MUTED)


def _bell(bell: Bell, layout: _Layout, y: float, *, names: tuple[str, str]) -> Markup:
    change = bell.change.full if bell.change.value is not None else NOTHING
    said = "; ".join(
        f"{name}: {number.full if number.value is not None else NOTHING}"
        for name, number in zip((*names, "change"), (bell.baseline, bell.candidate, bell.change), strict=True)
    )
    pieces = [
        text(12, y, shorten(bell.label, (layout.labels - 12) / SIZE), full=bell.label),
        text(layout.value_at, y, change, colour=ACCENT, name="value"),
        text(layout.width, y, count(bell.change.n), anchor="end", colour=MUTED),
        *_joined(bell, layout, y),
        *_square(bell.baseline, layout, y - APART),
        *_circle(bell.candidate, layout, y + APART),
    ]
    return Markup("<g><title>{}</title>{}</g>").format(f"{bell.label}: {said}", Markup("").join(pieces))


def _joined(bell: Bell, layout: _Layout, y: float) -> Iterator[Markup]:
    if bell.baseline.value is not None and bell.candidate.value is not None:
        start, end = layout.x(bell.baseline.value), layout.x(bell.candidate.value)
        yield line((start, y - APART), (end, y + APART), colour=MUTED, name="muted-line", width=2.4)


def _whiskers(number: Number, layout: _Layout, y: float, *, colour: str) -> Iterator[Markup]:
    if number.low is not None and number.high is not None:
        name = "accent-line" if colour == ACCENT else "contrast-line"
        low, high = layout.x(number.low), layout.x(number.high)
        yield line((low, y), (high, y), colour=colour, name=name, width=1.4)
        for x in (low, high):
            yield line((x, y - 2.8), (x, y + 2.8), colour=colour, name=name, width=1.4)


def _square(number: Number, layout: _Layout, y: float) -> Iterator[Markup]:
    yield from _whiskers(number, layout, y, colour=CONTRAST)
    if number.value is not None:
        name, fill = ("square hollow", "#ffffff") if number.small else ("square", CONTRAST)
        yield Markup(
            '<rect class="{}" fill="{}" stroke="{}" stroke-width="1.6" width="7" height="7" x="{:.1f}" y="{:.1f}"/>'
        ).format(name, fill, CONTRAST, layout.x(number.value) - 3.5, y - 3.5)


def _circle(number: Number, layout: _Layout, y: float) -> Iterator[Markup]:
    yield from _whiskers(number, layout, y, colour=ACCENT)
    if number.value is not None:
        name, fill = ("dot hollow", "#ffffff") if number.small else ("dot", ACCENT)
        yield Markup(
            '<circle class="{}" fill="{}" stroke="{}" stroke-width="1.6" r="3.9" cx="{:.1f}" cy="{:.1f}"/>'
        ).format(name, fill, ACCENT, layout.x(number.value), y)
