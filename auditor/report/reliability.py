"""The reliability curve as SVG: right answers against the score, beside the line on which they agree."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from auditor.report.figures import SPACE, count, share
from auditor.report.svg import ACCENT, FACE, GRID, MUTED, line, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.report.calibration import Curve, Point

SIDE: Final = 260.0
"""Of the square between 0 and 100 %, in the units in which text is 11 high."""
LEFT: Final = 56.0
TOP: Final = 12.0
_STEPS: Final = 5


def reliability(curve: Curve) -> Markup:
    """Draw a reliability curve.

    Parameters
    ----------
    curve
        Its points, from low scores to high ones.

    Returns
    -------
    Markup
        One ``<svg>``: a dot per bin with the interval of its share right, hollow where there are few cases; the dashed
        line is where score and share agree.

    Examples
    --------
    >>> from auditor.report.calibration import Curve
    >>> "<svg" in reliability(Curve(title="Right answers by score", points=()))
    True
    """
    pieces = Markup("").join([*_frame(), *_joined(curve.points), *(_point(one) for one in curve.points)])
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart curve" role="img" viewBox="0 0 {w:.0f} {h:.0f}"'
        ' width="{w:.0f}" height="{h:.0f}" font-size="11" font-family="{face}"><title>{title}</title>{body}</svg>'
    ).format(w=LEFT + SIDE + 24, h=TOP + SIDE + 40, face=FACE, title=_told(curve), body=pieces)


def _told(curve: Curve) -> str:
    told = "; ".join(f"{share(one.score)}: {one.right.cited}" for one in curve.points)
    return f"{curve.title}. {told}" if told else curve.title


def _x(value: float) -> float:
    return LEFT + SIDE * value


def _y(value: float) -> float:
    return TOP + SIDE * (1 - value)


def _frame() -> Iterator[Markup]:
    """Grid, ticks, the names of the axes and the line of agreement."""
    for k in range(_STEPS + 1):
        value = k / _STEPS
        words = f"{value * 100:.0f}{SPACE}%"
        yield line((_x(value), _y(0)), (_x(value), _y(1)), colour=GRID, name="grid")
        yield line((_x(0), _y(value)), (_x(1), _y(value)), colour=GRID, name="grid")
        yield text(_x(value), _y(0) + 11, words, anchor="middle", colour=MUTED)
        yield text(LEFT - 7, _y(value), words, anchor="end", colour=MUTED)
    yield text(_x(0.5), _y(0) + 29, "score of the answer", anchor="middle", colour=MUTED)
    yield Markup('<g transform="rotate(-90 11 {y:.1f})">{words}</g>').format(
        y=_y(0.5), words=text(11, _y(0.5), "answered right", anchor="middle", colour=MUTED)
    )
    yield line((_x(0), _y(0)), (_x(1), _y(1)), colour=MUTED, name="muted-line", dash="4 3")


def _joined(points: tuple[Point, ...]) -> Iterator[Markup]:
    for one, two in pairwise(points):
        start, end = (_x(one.score), _y(one.right.value or 0.0)), (_x(two.score), _y(two.right.value or 0.0))
        yield line(start, end, colour=ACCENT, name="accent-line", width=1.2)


def _point(one: Point) -> Markup:
    x, pieces = _x(one.score), []
    if one.right.low is not None and one.right.high is not None:
        low, high = (x, _y(one.right.low)), (x, _y(one.right.high))
        pieces.append(line(low, high, colour=ACCENT, name="accent-line", width=1.6))
    name, fill = ("dot hollow", "#ffffff") if one.right.small else ("dot", ACCENT)
    dot = Markup('<circle class="{}" fill="{}" stroke="{}" stroke-width="1.6" r="4.2" cx="{:.1f}" cy="{:.1f}"/>')
    pieces.append(dot.format(name, fill, ACCENT, x, _y(one.right.value or 0.0)))
    told = f"mean score {share(one.score)}: right {one.right.full} of {count(one.right.n)}"
    return Markup("<g><title>{}</title>{}</g>").format(told, Markup("").join(pieces))
