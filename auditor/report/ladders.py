"""The ladder as a chart: the four answers about each finding as shapes, and its effects in units of their margin."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from auditor.report.axes import count_digits, place_ticks, print_tick
from auditor.report.figures import NOTHING, SPACE, Number
from auditor.report.levels import RUNGS, comparison, region_name, topic
from auditor.report.names import shorten, text_width
from auditor.report.outcomes import answers, effect
from auditor.report.svg import ACCENT, FACE, GRID, MUTED, line, text
from auditor.report.tables import chunks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.documents.document import Document
    from auditor.documents.ladder import Estimate, Finding, Protocol
    from auditor.report.estimates import Estimates
    from auditor.report.findings import Row

MARGINS: Final = {
    "aligned_shift": ("alignment", 1),
    "property_shift": ("alignment", 1),
    "flip_excess": ("flips", 0),
    "background_gap": ("background", 1),
    "other_label_gap": ("background", 1),
}
"""Whose margin an effect has, and which of the two it must exceed to count as use: the minor or the material one."""
ROW: Final = 31.0
TOP: Final = 30.0
STEP: Final = 15.0
"""From one rung to the next, across."""
RISE: Final = 3.6
"""From one rung to the next, upward."""
RADIUS: Final = 4.2
SPREAD: Final = 13.0
"""Height within which the intervals of one finding stand."""
_SIZE: Final = 11.0
_VALUE: Final = 170.0
_LEVEL: Final = 26.0
_ANSWERS: Final = 78.0


@dataclass(frozen=True, kw_only=True)
class Climb:
    """One finding on its ladder."""

    label: str
    region: str
    compared: str  # the attribute and its groups; nothing for a region or a property alone
    level: str
    answers: tuple[str, ...]  # of the four rungs, lowest first
    smallest: Number | None  # of the effects; None: nothing was tested
    effects: tuple[Number, ...]  # one for each way of hiding that must agree
    scale: float | None  # their material margin, by which they are divided; None: they have none
    least: float | None  # from where it counts as use, in material margins


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """All findings on one scale."""

    title: str
    climbs: tuple[Climb, ...]

    @property
    def size(self) -> int:
        """How many findings there are."""
        return len(self.climbs)

    @property
    def sooner(self) -> bool:
        """Whether some effects count as use before they reach the margin by which they are divided."""
        return any(climb.least not in {None, 1} for climb in self.climbs)


@dataclass(frozen=True, kw_only=True)
class _Layout:
    width: float
    labels: float
    ticks: tuple[float, ...]

    @property
    def shapes(self) -> float:
        return self.labels + 14

    @property
    def left(self) -> float:
        return self.shapes + _ANSWERS + _LEVEL + 16

    @property
    def right(self) -> float:
        return self.width - _VALUE - 14

    def x(self, value: float) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        inside = min(max(value, low), high)
        return self.left + (inside - low) / (high - low) * (self.right - self.left)


def make_ladder(told: Sequence[tuple[Finding, Row]], document: Document, estimates: Estimates) -> Ladder | None:
    """Gather the chart.

    Parameters
    ----------
    told
        Findings with their rows, in the order of the table.
    document
        What the report speaks of.
    estimates
        Its numbers.

    Returns
    -------
    Ladder or None
        None where no effect can be drawn: nothing was tested, or the audit tells no margins.
    """
    climbs = tuple(_climb(finding, row, document=document, estimates=estimates) for finding, row in told)
    drawn = any(climb.effects and climb.scale is not None for climb in climbs)
    return Ladder(title="Effects of hiding, in margins", climbs=climbs) if drawn else None


def _climb(finding: Finding, row: Row, *, document: Document, estimates: Estimates) -> Climb:
    found = effect(finding)
    scale, least = _margin(found, document.protocol)
    return Climb(
        label=topic(finding, document),
        region=region_name(finding.region),
        compared=comparison(finding, document),
        level=row.badge.code,
        answers=tuple(answers(finding).values()),
        smallest=estimates.printed(found) if found is not None else None,
        effects=tuple(estimates.printed(one) for one in _effects(finding, found)),
        scale=scale,
        least=least,
    )


def _effects(finding: Finding, smallest: Estimate | None) -> Iterator[Estimate]:
    """All effects that must agree; the smallest with the interval that its finding is told with."""
    rows = next((rung.estimates for rung in finding.rungs if rung.name == "uses"), [])
    for row in rows:
        if smallest is not None and row.statistic == smallest.statistic and row.fill in finding.fills:
            yield smallest if row.fill == smallest.fill else row


def _margin(found: Estimate | None, protocol: Protocol | None) -> tuple[float | None, float | None]:
    quantity, which = MARGINS.get(found.statistic if found is not None else "", ("", 1))
    margins = protocol.margins.get(quantity) if protocol is not None else None
    if margins is None or not margins[1]:
        return None, None
    return margins[1], margins[which] / margins[1]


def ladder(chart: Ladder, *, width: float = 860, rows: int = 200, most: int = 300) -> list[Markup]:
    """Draw the chart.

    Parameters
    ----------
    chart
        What to draw.
    width
        In units of the drawing.
    rows
        Of one drawing, at most.
    most
        Rows in all; the rest is left out.

    Returns
    -------
    list of Markup
        One or more ``<svg>`` on one scale; none where nothing was tested.
    """
    chart = replace(chart, climbs=chart.climbs[:most])
    ends = [end for climb in chart.climbs for end in _ends(climb)]
    if not ends:
        return []
    widest = max(12 + _SIZE * text_width(words) for climb in chart.climbs for words in (climb.region, climb.compared))
    layout = _Layout(width=width, labels=min(widest, width * 0.31), ticks=place_ticks([-1.0, *ends, 1.0], "plain"))
    return [_draw(chart, part, layout) for part in chunks(chart.climbs, rows)]


def _ends(climb: Climb) -> Iterator[float]:
    for number in climb.effects if climb.scale is not None else ():
        for end in (number.value, number.low, number.high):
            if end is not None:
                yield end / (climb.scale or 1.0)


def _draw(chart: Ladder, climbs: Sequence[Climb], layout: _Layout) -> Markup:
    bottom = TOP + ROW * len(climbs) + 2
    body = [*_frame(layout, bottom)]
    for k, climb in enumerate(climbs):
        body.append(_row(climb, layout, TOP + ROW * (k + 0.5)))
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" viewBox="0 0 {w:.0f} {h:.0f}"'
        ' width="{w:.0f}" height="{h:.0f}" font-size="{size:.0f}" font-family="{face}">'
        "<title>{title}</title>{body}</svg>"
    ).format(face=FACE, w=layout.width, h=bottom + 36, size=_SIZE, title=chart.title, body=Markup("").join(body))


def _frame(layout: _Layout, bottom: float) -> Iterator[Markup]:
    """Grid, ticks, the margins as dashed lines, and headings."""
    digits = count_digits(layout.ticks, "plain")
    for tick in layout.ticks:
        x = layout.x(tick)
        yield line((x, TOP), (x, bottom), colour=GRID, name="grid")
        yield text(x, bottom + 10, print_tick(tick, "plain", digits), anchor="middle", colour=MUTED)
    yield line((layout.x(0), TOP), (layout.x(0), bottom), colour=MUTED, name="muted-line")
    for margin in (-1.0, 1.0):
        x = layout.x(margin)
        yield line((x, TOP - 6), (x, bottom), colour=MUTED, name="muted-line", dash="3 3")
    yield text(layout.x(0), TOP - 14, "margin", anchor="middle", colour=MUTED)
    yield text((layout.left + layout.right) / 2, bottom + 27, "effect, in margins", anchor="middle", colour=MUTED)
    yield text(layout.shapes - 2, TOP - 14, "ladder", colour=MUTED)
    yield text(layout.width - _VALUE, TOP - 14, "smallest effect", colour=MUTED)


def _row(climb: Climb, layout: _Layout, y: float) -> Markup:
    pieces = [*_label(climb, layout, y)]
    pieces += _shapes(climb, layout.shapes, y)
    pieces.append(text(layout.shapes + _ANSWERS, y, climb.level, bold=True))
    number = climb.smallest
    told = number.full if number is not None and number.value is not None else NOTHING
    pieces.append(text(layout.width - _VALUE, y, told.replace(f"{SPACE}SD,", ","), colour=ACCENT, name="value"))
    if climb.effects and climb.scale is not None:
        pieces += _effects_of(climb, layout, y)
    given = ", ".join(f"{name} {answer}" for name, answer in zip(RUNGS, climb.answers, strict=True))
    return Markup("<g><title>{}</title>{}</g>").format(f"{climb.label}: {given}", Markup("").join(pieces))


def _label(climb: Climb, layout: _Layout, y: float) -> Iterator[Markup]:
    """The region, and whom it is about below it."""
    room = (layout.labels - 12) / _SIZE
    yield text(0, y - 6 if climb.compared else y, shorten(climb.region, room), full=climb.region)
    if climb.compared:
        yield text(0, y + 6.5, shorten(climb.compared, room), colour=MUTED, full=climb.compared)


def _shapes(climb: Climb, left: float, y: float) -> Iterator[Markup]:
    """The four answers, each a rung higher than the one before."""
    places = [(left + RADIUS + STEP * k, y + RISE * (1.5 - k)) for k in range(len(climb.answers))]
    yield line(places[0], places[-1], colour=GRID, name="grid")
    for place, answer in zip(places, climb.answers, strict=True):
        yield _shape(answer, place)


def _shape(answer: str, at: tuple[float, float]) -> Markup:
    x, y = at
    if answer == "not evaluated":
        return line((x - RADIUS, y), (x + RADIUS, y), colour=MUTED, name="muted-line", width=1.6)
    if answer == "withheld":
        box = Markup(
            '<rect class="dot hollow" x="{:.1f}" y="{:.1f}" width="{r}" height="{r}" fill="#ffffff" stroke="{}"/>'
        )
        slash = line((x - RADIUS, y + RADIUS), (x + RADIUS, y - RADIUS), colour=ACCENT, name="accent-line")
        return box.format(x - RADIUS, y - RADIUS, ACCENT, r=2 * RADIUS) + slash
    name, fill = ("dot", ACCENT) if answer == "found" else ("dot hollow", "#ffffff")
    circle = Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{}" fill="{}" stroke="{}" stroke-width="1.4"/>')
    drawn = circle.format(name, x, y, RADIUS, fill, ACCENT)
    if answer != "not enough evidence":
        return drawn
    half = Markup('<path class="dot" d="M{x:.1f} {top:.1f}A{r} {r} 0 0 0 {x:.1f} {end:.1f}Z" fill="{c}"/>')
    return drawn + half.format(x=x, top=y - RADIUS, end=y + RADIUS, r=RADIUS, c=ACCENT)


def _effects_of(climb: Climb, layout: _Layout, y: float) -> Iterator[Markup]:
    """All effects of a finding below each other, and from where it counts as use where that is not at the margin."""
    if climb.least is not None and climb.least != 1:
        x = layout.x(climb.least)
        yield line((x, y - ROW / 2), (x, y + ROW / 2), colour=MUTED, name="muted-line", dash="3 3")
    step = SPREAD / len(climb.effects)
    for k, number in enumerate(climb.effects):
        if number.value is not None:
            yield from _estimate(number, climb.scale or 1.0, layout, y=y + step * (k - (len(climb.effects) - 1) / 2))


def _estimate(number: Number, scale: float, layout: _Layout, *, y: float) -> Iterator[Markup]:
    if number.low is not None and number.high is not None:
        low, high = layout.x(number.low / scale), layout.x(number.high / scale)
        yield line((low, y), (high, y), colour=ACCENT, name="accent-line", width=1.6)
    name, fill = ("dot hollow", "#ffffff") if number.small else ("dot", ACCENT)
    circle = Markup('<circle class="{}" fill="{}" stroke="{}" stroke-width="1.4" r="2.6" cx="{:.1f}" cy="{:.1f}"/>')
    yield circle.format(name, fill, ACCENT, layout.x((number.value or 0.0) / scale), y)
