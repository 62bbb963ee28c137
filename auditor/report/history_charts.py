"""Charts of a history: the level of every finding and the accuracy of every audit, one column per audit."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from auditor.report.axes import count_digits, place_ticks, print_tick
from auditor.report.figures import NOTHING
from auditor.report.history_rates import rates
from auditor.report.history_words import CAUTION, MARKS, name, tell_turn, title
from auditor.report.levels import LEVELS, badge
from auditor.report.names import shorten, text_width
from auditor.report.palettes import INK
from auditor.report.svg import ACCENT, CONTRAST, FACE, GRID, MUTED, line, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.documents.histories import Cell, History, Row
    from auditor.documents.ladder import Level
    from auditor.report.figures import Number

WIDTH: Final = 860.0
COLUMNS: Final = 12
"""Audits in one drawing; more go into a further one."""
ROWS: Final = 30
"""Findings that are drawn: the gravest."""
ROW: Final = 46.0
HEAD: Final = 44.0
SHARES: Final = 170.0
"""Height of the chart of accuracy."""
NAMED: Final = 74.0
"""Width of a column that has room for a name."""
BOX: Final = (24.0, 15.0)
MARGIN: Final = 14.0
"""Right of the last column: room for its marks."""
_LANES: Final[dict[Level, float]] = {"E4": -12, "E3": -12, "E3'": -12, "E2": 0, "E1": 0, "R": 12}
"""How far from the middle of its row a level is drawn; one that is missing here is drawn over the whole height."""
_SIZE: Final = 11.0


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """Where columns stand."""

    places: range
    labels: float

    @property
    def column(self) -> float:
        return min((WIDTH - MARGIN - self.labels) / max(len(self.places), 1), 150.0)

    def x(self, place: int) -> float:
        return self.labels + (place - self.places.start + 0.5) * self.column

    @property
    def right(self) -> float:
        return self.labels + len(self.places) * self.column


def draw_levels(history: History) -> list[Markup]:
    """Draw the level of every finding in every audit.

    Parameters
    ----------
    history
        Of any length.

    Returns
    -------
    list of Markup
        One ``<svg>`` for every `COLUMNS` audits, each with the `ROWS` gravest findings; none without findings.
    """
    rows = history.rows[:ROWS]
    if not rows:
        return []
    labels = [title(row, history) for row in rows]
    room = min(max(120.0, *(14 + _SIZE * text_width(label) for label in labels)), 300.0)
    return [_levels(history, rows, layout) for layout in _layouts(history, room)]


def draw_shares(history: History) -> list[Markup]:
    """Draw how often every audit's model is right, with its interval, and in the worst group.

    Parameters
    ----------
    history
        Of any length.

    Returns
    -------
    list of Markup
        One ``<svg>`` for every `COLUMNS` audits; none where it was never measured.
    """
    told = [rates(version) for version in history.versions]
    drawn = [(one.overall, one.worst) for one in told]
    ends = [end for pair in drawn for number in pair for end in _ends(number)]
    if not ends:
        return []
    ticks = place_ticks(ends, "share")
    return [_shares(history, drawn, layout, ticks=ticks) for layout in _layouts(history, 70.0)]


def _ends(number: Number) -> list[float]:
    return [end for end in (number.value, number.low, number.high) if end is not None]


def _layouts(history: History, labels: float) -> Iterator[_Layout]:
    n = len(history.versions)
    parts = -(-n // COLUMNS)
    for part in range(parts):
        yield _Layout(places=range(part * n // parts, (part + 1) * n // parts), labels=labels)


def _svg(words: str, body: Sequence[Markup], *, width: float, height: float) -> Markup:
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" viewBox="0 0 {w:.0f} {h:.0f}"'
        ' width="{w:.0f}" height="{h:.0f}" font-size="{size:.0f}" font-family="{face}">'
        "<title>{title}</title>{body}</svg>"
    ).format(face=FACE, w=width, h=height, size=_SIZE, title=words, body=Markup("").join(body))


def _heads(history: History, layout: _Layout, bottom: float) -> Iterator[Markup]:
    """Numbers and names of audits, and a dashed line where two are not comparable as they stand."""
    for place in layout.places:
        version = history.versions[place]
        x = layout.x(place)
        yield text(x, 12, str(place + 1), anchor="middle", bold=True, full=name(version))
        if layout.column >= NAMED:
            words = shorten(name(version), (layout.column - 8) / _SIZE)
            yield text(x, 27, words, anchor="middle", colour=MUTED, full=name(version))
        if place == 0 or not history.steps[place - 1].differences:
            continue
        edge = x - layout.column / 2
        told = "; ".join(one.words for one in history.steps[place - 1].differences)
        yield Markup("<g><title>{}</title>{}{}</g>").format(
            f"{place} to {place + 1}: {told}",
            line((edge, 20), (edge, bottom), colour=CONTRAST, name="contrast-line", width=1.2, dash="4 3"),
            text(edge, 12, "≠", anchor="middle", colour=CONTRAST, name="contrast-ink", bold=True),
        )


def _levels(history: History, rows: Sequence[Row], layout: _Layout) -> Markup:
    bottom = HEAD + ROW * len(rows)
    body = [*_heads(history, layout, bottom)]
    for k, row in enumerate(rows):
        middle = HEAD + ROW * (k + 0.5)
        label = title(row, history)
        body.append(line((0, middle - ROW / 2), (layout.right, middle - ROW / 2), colour=GRID, name="grid"))
        body.append(text(0, middle, shorten(label, (layout.labels - 14) / _SIZE), full=label))
        body += _path(history, row, layout, middle=middle)
        body += [_badge(history, row, place, at=(layout.x(place), middle)) for place in layout.places]
    span = f"audits {layout.places.start + 1} to {layout.places.stop}"
    words = f"Level of evidence of {len(rows)} findings in {span}; the table below says the same"
    return _svg(words, body, width=max(layout.right + MARGIN, 420), height=bottom + 4)


def _path(history: History, row: Row, layout: _Layout, *, middle: float) -> Iterator[Markup]:
    """Lines between neighbours that are both settled, and comparable as they stand."""
    for before, after in pairwise(layout.places):
        ends = [_LANES.get(_level(row.cells[place])) for place in (before, after)]
        if ends[0] is None or ends[1] is None or history.steps[before].differences:
            continue
        signs = _signs(row.cells[before])
        start = layout.x(before) + BOX[0] / 2 + (5 + 1.2 * _SIZE * text_width(signs) if signs else 0)
        stop = layout.x(after) - BOX[0] / 2
        if stop > start:
            yield line((start, middle + ends[0]), (stop, middle + ends[1]), colour=MUTED, name="muted-line")


def _level(cell: Cell) -> Level:
    return "E0" if cell.finding is None else cell.finding.level


def _signs(cell: Cell) -> str:
    return MARKS.get(cell.turn, "") + (CAUTION if cell.besides else "")


def _badge(history: History, row: Row, place: int, *, at: tuple[float, float]) -> Markup:
    """A level as a labelled shape: full, framed, dotted, or dotted over the whole height where all is open."""
    cell = row.cells[place]
    level = _level(cell)
    told = f"{title(row, history)}, {name(history.versions[place])}: {tell_turn(history, row, place)}"
    if level == "E0":
        drawn = text(*at, NOTHING, anchor="middle", colour=MUTED)
        return Markup("<g><title>{}</title>{}</g>").format(told, drawn)
    words, weight = LEVELS[level]
    lane = _LANES.get(level)
    y, height = at[1] + (lane or 0), BOX[1] if lane is not None else ROW - 6
    fill, ink = (INK, "#ffffff") if weight == "grave" else ("#ffffff", INK if weight == "noted" else MUTED)
    box = Markup(
        '<rect class="rung {}" x="{:.1f}" y="{:.1f}" width="{}" height="{:.1f}" rx="3" fill="{}" stroke="{}"'
        ' stroke-width="1.4"{}/>'
    ).format(
        weight, at[0] - BOX[0] / 2, y - height / 2, BOX[0], height, fill, ink if weight != "grave" else INK,
        Markup(' stroke-dasharray="2 2"') if weight == "open" else "",
    )  # fmt: skip
    label = text(at[0], y, badge(level).code, anchor="middle", colour=ink, name=f"rung-ink {weight}", bold=True)
    signs = _signs(cell)
    beside = text(at[0] + BOX[0] / 2 + 2, y, signs, colour=INK, bold=True) if signs else ""
    return Markup("<g><title>{}</title>{}{}{}</g>").format(f"{told} ({words})", box, label, beside)


def _shares(
    history: History, drawn: Sequence[tuple[Number, Number]], layout: _Layout, *, ticks: Sequence[float]
) -> Markup:
    bottom = HEAD + SHARES
    digits = count_digits(ticks, "share")
    body = [*_heads(history, layout, bottom)]
    for tick in ticks:
        y = _height(tick, ticks)
        body.append(line((layout.labels, y), (layout.right, y), colour=GRID, name="grid"))
        body.append(text(layout.labels - 8, y, print_tick(tick, "share", digits), anchor="end", colour=MUTED))
    for place in layout.places:
        overall, worst = drawn[place]
        apart = min(layout.column / 5, 9.0)
        who = name(history.versions[place])
        body.append(_whisker(overall, layout.x(place) - apart, ticks, told=f"{who}, all images"))
        body.append(_whisker(worst, layout.x(place) + apart, ticks, told=f"{who}, worst group", hollow=True))
    span = f"audits {layout.places.start + 1} to {layout.places.stop}"
    words = f"Answered right in {span}, all images and the worst group; the table of audits says the same"
    return _svg(words, body, width=max(layout.right + MARGIN, 420), height=bottom + 12)


def _height(value: float, ticks: Sequence[float]) -> float:
    inside = min(max(value, ticks[0]), ticks[-1])
    return HEAD + SHARES * (1 - (inside - ticks[0]) / (ticks[-1] - ticks[0]))


def _whisker(number: Number, x: float, ticks: Sequence[float], *, told: str, hollow: bool = False) -> Markup:
    """An estimate with its interval: a full circle, or an open diamond."""
    if number.value is None:
        return Markup("")
    colour, of = (CONTRAST, "contrast-line") if hollow else (ACCENT, "accent-line")
    pieces = []
    if number.low is not None and number.high is not None:
        low, high = _height(number.low, ticks), _height(number.high, ticks)
        pieces.append(line((x, low), (x, high), colour=colour, name=of, width=1.6))
        pieces += [line((x - 3.5, y), (x + 3.5, y), colour=colour, name=of, width=1.6) for y in (low, high)]
    y = _height(number.value, ticks)
    if hollow:
        shape = '<path class="diamond" d="M{x:.1f} {a:.1f}l5 5l-5 5l-5 -5Z" fill="#ffffff" stroke="{c}"'
    else:
        shape = '<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4.2" fill="{c}" stroke="{c}"'
    pieces.append(Markup(f'{shape} stroke-width="1.6"/>').format(x=x, y=y, a=y - 5, c=colour))  # noqa: S704 -- ours
    return Markup("<g><title>{}</title>{}</g>").format(f"{told}: {number.cited}", Markup("").join(pieces))
