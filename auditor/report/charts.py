"""Charts as SVG: forest plots and colour bars, drawn with presentation attributes so that browser and PDF agree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from auditor.report.axes import count_digits, place_ticks, print_tick
from auditor.report.figures import NOTHING, Number, count
from auditor.report.names import shorten, text_width
from auditor.report.palettes import INK
from auditor.report.svg import ACCENT, CONTRAST, FACE, GRID, MUTED, line, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from auditor.report.axes import Axis


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One row of a forest plot."""

    label: str
    number: Number
    area: float | None = None  # drawn as a tick
    borrowed: float | None = None  # drawn as an open diamond
    extra: str = ""  # a further column of text


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rows under one heading."""

    heading: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, kw_only=True)
class Forest:
    """Estimates with their intervals on one scale."""

    title: str
    axis: Axis
    axis_label: str
    groups: tuple[Group, ...]
    value_heading: str
    extra_heading: str = ""
    reference: float | None = None  # a dashed line
    reference_label: str = ""

    @property
    def size(self) -> int:
        """Rows, headings apart."""
        return sum(len(group.marks) for group in self.groups)


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """Where things stand, in units of the drawing."""

    width: float
    labels: float  # width of the column of labels
    low: float
    high: float
    ticks: tuple[float, ...]
    value_at: float
    extra_at: float

    row: float = 20.0
    top: float = 26.0
    size: float = 11.0

    @property
    def left(self) -> float:
        return self.labels + 10

    @property
    def right(self) -> float:
        return self.value_at - 16

    def x(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        return self.left + (inside - self.low) / (self.high - self.low) * (self.right - self.left)


def trim(chart: Forest, most: int) -> Forest:
    """Keep the first rows of a chart.

    Parameters
    ----------
    chart
        Of any length.
    most
        Rows to keep.

    Returns
    -------
    Forest
        The same where all fit.

    Examples
    --------
    >>> trim(Forest(title="", axis="share", axis_label="", groups=(), value_heading=""), 3).size
    0
    """
    room, kept = most, []
    for group in chart.groups:
        if room > 0:
            kept.append(replace(group, marks=group.marks[:room]))
        room -= len(group.marks)
    return chart if room >= 0 else replace(chart, groups=tuple(kept))


def forest(chart: Forest, *, width: float = 760, rows: int = 200) -> list[Markup]:
    """Draw a forest plot.

    Parameters
    ----------
    chart
        What to draw, of any length.
    width
        Of the drawing, in the units in which its text is 11 high.
    rows
        Of one drawing, at most; more go into a further one, so that a page can end between them.

    Returns
    -------
    list of Markup
        One or more ``<svg>``, all on one scale; none where there is nothing to draw.

    Examples
    --------
    >>> forest(Forest(title="", axis="share", axis_label="", groups=(), value_heading=""))
    []
    """
    layout = _layout(chart, width)
    parts = list(_parts(chart.groups, rows))
    return [_draw(replace(chart, groups=part), layout, part=k, of=len(parts)) for k, part in enumerate(parts)]


def _parts(groups: Iterable[Group], rows: int) -> Iterator[tuple[Group, ...]]:
    """Groups packed into charts of at most so many rows; only a longer group is cut."""
    packed: list[Group] = []
    for piece in (piece for group in groups for piece in _pieces(group, rows - 1)):
        if packed and sum(len(one.marks) + 1 for one in packed) + len(piece.marks) + 1 > rows:
            yield tuple(packed)
            packed = []
        packed.append(piece)
    if packed:
        yield tuple(packed)


def _pieces(group: Group, step: int) -> Iterator[Group]:
    for start in range(0, len(group.marks), step):
        heading = group.heading + (", continued" if start else "")
        yield Group(heading=heading, marks=group.marks[start : start + step])


def _layout(chart: Forest, width: float) -> _Layout:
    marks = [mark for group in chart.groups for mark in group.marks]
    texts = [12 + 11 * text_width(mark.label) for mark in marks]
    texts += [11.5 * text_width(group.heading) for group in chart.groups]
    low, high, ticks = _scale(chart, marks)
    extra = 66 if chart.extra_heading else 0
    return _Layout(
        width=width,
        labels=min(max([90.0, *texts]), width * 0.33),
        low=low,
        high=high,
        ticks=ticks,
        value_at=width - 182 - extra,
        extra_at=width - 48,
    )


def _scale(chart: Forest, marks: Sequence[Mark]) -> tuple[float, float, tuple[float, ...]]:
    """Ends and ticks of the axis: round numbers around everything that is drawn."""
    anchor = chart.reference if chart.reference is not None else 0.0
    ticks = place_ticks([anchor, *(end for mark in marks for end in _ends(mark))], chart.axis)
    return ticks[0], ticks[-1], ticks


def _ends(mark: Mark) -> list[float]:
    values = (mark.number.value, mark.number.low, mark.number.high, mark.area, mark.borrowed)
    return [value for value in values if value is not None]


def _draw(chart: Forest, layout: _Layout, *, part: int, of: int) -> Markup:
    rows = sum(len(group.marks) + 1 for group in chart.groups)
    bottom = layout.top + rows * layout.row + 4
    height = bottom + 36
    name = chart.title + (f" ({part + 1} of {of})" if of > 1 else "")
    pieces = [*_frame(chart, layout, bottom), *_columns(chart, layout)]
    y = layout.top + layout.row / 2
    for group in chart.groups:
        pieces.append(text(0, y, shorten(group.heading, layout.labels / 11.5), bold=True, full=group.heading))
        y += layout.row
        for mark in group.marks:
            pieces.append(_mark(mark, layout, y))
            y += layout.row
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" viewBox="0 0 {w:.0f} {h:.0f}"'
        ' width="{w:.0f}" height="{h:.0f}" font-size="{size:.0f}" font-family="{face}">'
        "<title>{title}</title>{body}</svg>"
    ).format(face=FACE, w=layout.width, h=height, size=layout.size, title=name, body=Markup("").join(pieces))


def _frame(chart: Forest, layout: _Layout, bottom: float) -> Iterator[Markup]:
    """Grid lines, tick labels, the reference line and the axis label."""
    digits = count_digits(layout.ticks, chart.axis)
    for tick in layout.ticks:
        x = layout.x(tick)
        yield line((x, layout.top), (x, bottom), colour=GRID, name="grid")
        yield text(x, bottom + 10, print_tick(tick, chart.axis, digits), anchor="middle", colour=MUTED)
    if chart.reference is not None:
        x = layout.x(chart.reference)
        yield line((x, layout.top - 6), (x, bottom), colour=MUTED, name="muted-line", dash="3 3")
        yield text(x, layout.top - 14, chart.reference_label, anchor="middle", colour=MUTED)
    middle = (layout.left + layout.right) / 2
    yield text(middle, bottom + 27, chart.axis_label, anchor="middle", colour=MUTED)


def _columns(chart: Forest, layout: _Layout) -> Iterator[Markup]:
    y = layout.top - 14
    yield text(layout.value_at, y, chart.value_heading, colour=MUTED)
    if chart.extra_heading:
        yield text(layout.extra_at, y, chart.extra_heading, anchor="end", colour=MUTED)
    yield text(layout.width, y, "n", anchor="end", colour=MUTED)


def _mark(mark: Mark, layout: _Layout, y: float) -> Markup:
    number = mark.number
    pieces = [
        text(12, y, shorten(mark.label, (layout.labels - 12) / layout.size), full=mark.label),
        text(layout.value_at, y, number.full if number.value is not None else NOTHING, colour=ACCENT, name="value"),
        text(layout.width, y, count(number.n), anchor="end", colour=MUTED),
    ]
    if mark.extra:
        pieces.append(text(layout.extra_at, y, mark.extra, anchor="end"))
    pieces += _expectations(mark, layout, y)
    if number.value is not None:
        pieces += _estimate(number, layout, y)
    note = f"{mark.label}: {number.cited}" if number.value is not None else f"{mark.label}: not measured"
    return Markup("<g><title>{}</title>{}</g>").format(note, Markup("").join(pieces))


def _expectations(mark: Mark, layout: _Layout, y: float) -> Iterator[Markup]:
    if mark.area is not None:
        x = layout.x(mark.area)
        yield line((x, y - 6), (x, y + 6), colour=INK, name="ink-line", width=1.6)
    if mark.borrowed is not None:
        x = layout.x(mark.borrowed)
        yield Markup(
            '<path class="borrowed" d="M{x:.1f} {a:.1f}L{r:.1f} {y:.1f}L{x:.1f} {b:.1f}L{l:.1f} {y:.1f}Z" fill="none"'
            ' stroke="{c}" stroke-width="1.5"/>'
        ).format(x=x, y=y, a=y - 4.6, b=y + 4.6, r=x + 4.6, l=x - 4.6, c=CONTRAST)


def _estimate(number: Number, layout: _Layout, y: float) -> Iterator[Markup]:
    if number.low is not None and number.high is not None:
        low, high = layout.x(number.low), layout.x(number.high)
        yield line((low, y), (high, y), colour=ACCENT, name="accent-line", width=1.6)
        for x in (low, high):
            yield line((x, y - 3.5), (x, y + 3.5), colour=ACCENT, name="accent-line", width=1.6)
    name, fill = ("dot hollow", "#ffffff") if number.small else ("dot", ACCENT)
    circle = Markup('<circle class="{}" fill="{}" stroke="{}" stroke-width="1.6" r="4.2" cx="{:.1f}" cy="{:.1f}"/>')
    yield circle.format(name, fill, ACCENT, layout.x(number.value or 0.0), y)
