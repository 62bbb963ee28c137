"""What charts are drawn with: lines, words and colour bars as SVG, by presentation attributes alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from auditor.report.palettes import INK, stops

if TYPE_CHECKING:
    from collections.abc import Sequence

ACCENT: Final = "#1f5fa8"
CONTRAST: Final = "#b8460e"
MUTED: Final = "#5b6672"
GRID: Final = "#dfe4e9"

FACE: Final = (
    "'Noto Sans','Liberation Sans',Arial,Helvetica,'DejaVu Sans','Noto Sans CJK JP','Hiragino Sans','Yu Gothic',"
    "Meiryo,sans-serif"
)


def line(
    start: tuple[float, float], end: tuple[float, float], *, colour: str, name: str, width: float = 1, dash: str = ""
) -> Markup:
    """Draw a straight line.

    Parameters
    ----------
    start, end
        Across and down.
    colour
        ``#rrggbb``.
    name
        Its class, by which a style sheet may recolour it.
    width
        Of the stroke.
    dash
        Lengths of dash and gap.

    Returns
    -------
    Markup
        One ``<line>``.

    Examples
    --------
    >>> "<line" in line((0, 0), (1, 0), colour=GRID, name="grid")
    True
    """
    dashed = Markup(' stroke-dasharray="{}"').format(dash) if dash else ""
    return Markup(
        '<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="{}" stroke-width="{}"{}/>'
    ).format(name, *start, *end, colour, width, dashed)


def text(
    x: float,
    y: float,
    words: str,
    *,
    anchor: str = "start",
    colour: str = INK,
    bold: bool = False,
    name: str = "",
    full: str = "",
) -> Markup:
    """Set one line of text.

    Parameters
    ----------
    x, y
        Where it is anchored; y is its middle.
    words
        What it says.
    anchor
        ``"start"``, ``"middle"`` or ``"end"``.
    colour
        ``#rrggbb``.
    bold
        Whether it is a heading.
    name
        Its class; by default that of its colour.
    full
        What it would say with more room, told on hovering.

    Returns
    -------
    Markup
        One ``<text>``.

    Examples
    --------
    >>> "face" in text(0, 0, "face")
    True
    """
    weight = Markup(' font-weight="700"') if bold else ""
    name = name or ("ink" if colour == INK else "muted")
    title = Markup("<title>{}</title>").format(full) if full and full != words else ""
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" fill="{}" text-anchor="{}"{}>{}{}</text>').format(
        name, x, y + 3.8, colour, anchor, weight, title, words
    )


def colour_bar(table: str, *, ticks: Sequence[tuple[float, str]], label: str, width: float = 300) -> Markup:
    """Draw a colour scale.

    Parameters
    ----------
    table
        Name of a table of `palettes`.
    ticks
        Where along the bar, in [0, 1], and what to write there.
    label
        What the colours say.
    width
        Of the drawing.

    Returns
    -------
    Markup
        One ``<svg>``.

    Examples
    --------
    >>> "<svg" in colour_bar("heat", ticks=[(0, "low")], label="difference")
    True
    """
    margin, colours = 24.0, stops(table, 48)
    step = (width - 2 * margin) / len(colours)
    slices = Markup("").join(
        Markup('<rect x="{:.2f}" y="16" width="{:.2f}" height="10" fill="{}"/>').format(
            margin + k * step, step + 0.4, colour
        )
        for k, colour in enumerate(colours)
    )
    marks = Markup("").join(
        text(margin + place * (width - 2 * margin), 34, words, anchor="middle", colour=MUTED) for place, words in ticks
    )
    head = text(width / 2, 7, label, anchor="middle", colour=MUTED)
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="bar" role="img" viewBox="0 0 {w:.0f} 42" width="{w:.0f}"'
        ' height="42" font-size="10" font-family="{face}"><title>{title}</title>{head}{slices}{marks}</svg>'
    ).format(face=FACE, w=width, title=label, head=head, slices=slices, marks=marks)
