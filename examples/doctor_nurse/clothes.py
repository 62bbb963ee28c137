"""Clothes on the trunk: neck, shirts, scrub tops, tunics, cardigans and white coats, and the legs below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from paint import Canvas, Look, Pen, smooth
from people import tint

if TYPE_CHECKING:
    from outfits import Figure

CLOTH = Look(relief=0.3, depth=8.0, edge=0.2, tile="cloth", rough=0.05, shadow=0.3)
THIN = Look(relief=0.15, depth=2.0, edge=0.1, tile="cloth", rough=0.03, shadow=0.3)
LAPEL = Look(relief=0.18, depth=2.5, edge=0.14, tile="cloth", rough=0.03, shadow=0.45)
POCKET = Look(relief=0.2, depth=1.5, edge=0.16, tile="cloth", rough=0.03, shadow=0.15)
BAND = Look(relief=0.1, depth=1.5, edge=0.05, rough=0.02, shadow=0.2)
BUTTON = Look(relief=0.3, depth=1, edge=0, rough=0, shadow=0.3)
LINE = Look(relief=0.0, edge=0.0, rough=0.0, soft=0.35, opacity=0.5)
SKIN = Look(relief=0.25, depth=5, edge=0.2, rough=0.015)


def draw_trunk(canvas: Canvas, figure: Figure) -> None:
    """Paint neck, legs and everything on the trunk but arms and stethoscope."""
    pen, wear = Pen(canvas, figure.place), figure.wear
    _draw_skin(pen, figure)
    colour = wear.under if wear.layered else wear.main
    ink = wear.ink if wear.pattern != "none" else None
    look = Look(relief=0.3, depth=9, edge=0.22, tile="cloth", rough=0.05, shadow=0.25, ink=ink, pattern=wear.pattern)
    length = min(2.4, wear.length - 0.15) if wear.layered else wear.length
    pen.fill(figure.outline(length), colour, look=look, region="" if wear.layered else "coat")
    if wear.tie is not None or (wear.layered and max(wear.under) > 170 and wear.pattern != "none"):
        _draw_collar(pen, figure)
    else:
        _draw_vee(pen, figure)
    if wear.layered:
        _draw_panels(pen, figure)
    else:
        _draw_details(pen, figure)


def _draw_skin(pen: Pen, figure: Figure) -> None:
    """Paint the neck with the skin that an open collar shows, and the legs in their trousers."""
    right = [(0.25, -0.75), (0.27, -0.1), (0.5, 0.1), (0.2, 0.75)]
    neck = np.vstack([right, np.array(right[::-1]) * [-1, 1]])
    pen.fill(smooth(neck, steps=4), tint(figure.body.skin, 0.86), look=SKIN, region="")
    for side in (-1.0, 1.0):
        leg = np.array([(0, 2.2), (0.78, 2.2), (0.72, 3.6), (0.6, 5.4), (0.16, 5.4), (0.08, 3.4)]) * [side, 1]
        pen.fill(smooth(leg, steps=4), figure.wear.trousers, look=CLOTH, region="")


def _draw_collar(pen: Pen, figure: Figure) -> None:
    """Paint a shirt's collar and, where there is one, the tie."""
    wear, middle = figure.wear, figure.middle
    if wear.tie is not None:
        knot, left, right = middle * 0.5, middle - 0.15, middle + 0.15
        top = [(knot - 0.09, 0.1), (knot + 0.09, 0.1), (knot + 0.06, 0.26)]
        pen.fill(
            [*top, (right, 1.75), (middle, 1.95), (left, 1.75), (knot - 0.06, 0.26)], wear.tie, look=THIN, region=""
        )
    for side in (-1.0, 1.0):
        flap = np.array([(0.27, -0.22), (0.03, 0.12), (0.2, 0.36), (0.38, 0.02)]) * [side, 1]
        pen.fill(flap + np.outer([0, 1, 1, 0], [0.3 * middle, 0]), tint(wear.under, 1.08), look=THIN, region="")


def _draw_vee(pen: Pen, figure: Figure) -> None:
    """Cut a V-neck: skin within, a band around it."""
    wear = figure.wear
    x, y = 0.7 * figure.middle, wear.vee
    pen.fill([(-0.24, -0.14), (0.24, -0.14), (x, y)], tint(figure.body.skin, 0.9), look=SKIN, region="")
    plain = tint(wear.under if wear.layered else wear.main, 0.82)
    band = tint(wear.ink, 0.9) if wear.kind == "tunic" and wear.piping else plain
    for side in (-1.0, 1.0):
        edge = [(side * 0.23, -0.13), (side * 0.34, -0.05), (x, y + 0.13), (x, y)]
        pen.fill(edge, band, look=BAND, region="" if wear.layered else "coat")


def _draw_panels(pen: Pen, figure: Figure) -> None:
    """Paint both halves of a coat or cardigan, with lapels, pockets and buttons."""
    wear, middle, low = figure.wear, figure.middle, figure.wear.length
    flare = 0.85 + 0.08 * low
    for side in (-1.0, 1.0):
        neck = np.array([(0.36, -0.1), (0.55, 0.02)]) * [side, 1]
        outer = [
            (0.84, 0.1),
            (1.03, 0.28),
            (0.95, 1.0),
            (0.84, 1.7),
            (0.98, 2.2),
            (flare - 0.01, low - 0.12),
            (flare, low),
        ]
        inner = np.array([(1.1, low), (1.08, low - 0.12), (0.8, 2.0), (0.5, 1.05)]) * [side * wear.gap, 1] + [middle, 0]
        collar = np.array([(0.2, 0.3), (0.22, -0.18)]) * [side, 1]
        half = np.vstack([neck, np.array(outer) * [figure.shoulder(side), 1], inner, collar])
        pen.fill(smooth(half, steps=3), wear.main, look=CLOTH, region="coat")
        if wear.kind == "coat":
            _draw_lapel(pen, figure, side)
            pocket = [(middle + side * (wear.gap + 0.16), 2.05), (0.74 * figure.shoulder(side), 2.02)]
            pen.line(pocket, tint(wear.main, 0.6), width=0.04, look=LINE)
    if wear.gap < 0.1 or wear.kind == "cardigan":
        for y in np.arange(1.2, low - 0.3, 0.5):
            pen.fill([[middle + 0.07 + 0.8 * wear.gap, y, 0.035]], tint(wear.main, 0.72), look=BUTTON)
    if wear.kind == "coat":
        _draw_pocket(pen, figure)


def _draw_lapel(pen: Pen, figure: Figure, side: float) -> None:
    """Paint one notched lapel."""
    edge = figure.middle * side + figure.wear.gap * 0.5
    notch = [(0.23, -0.2), (0.4, -0.05), (0.52, 0.26), (0.4, 0.3), (0.5, 0.42)]
    lapel = np.array([*notch, (edge + 0.06, 1.12), (edge, 1.05), (0.19, 0.3)]) * [side, 1]
    pen.fill(lapel, tint(figure.wear.main, 1.02), look=LAPEL, region="coat")


def _draw_pocket(pen: Pen, figure: Figure) -> None:
    """Paint a breast pocket with or without a pen."""
    x = 0.5 * figure.shoulder(1.0) + 0.4 * figure.middle
    box = [(x - 0.17, 0.86), (x + 0.17, 0.84), (x + 0.16, 1.24), (x, 1.29), (x - 0.16, 1.25)]
    pen.fill(box, tint(figure.wear.main, 0.97), look=POCKET, region="coat")
    if figure.wear.pen:
        pen.line([(x - 0.06, 0.7), (x - 0.06, 0.95)], figure.wear.tube, width=0.05, look=THIN)


def _draw_details(pen: Pen, figure: Figure) -> None:
    """Paint a scrub top's or a tunic's pockets, and a tunic's seam."""
    _draw_pocket(pen, figure)
    wear, middle = figure.wear, figure.middle
    dark = tint(wear.main, 0.62)
    for side in (-1.0, 1.0):
        x = 0.52 * figure.shoulder(side) + 0.3 * middle
        pen.line([(x - 0.22, 1.8), (x + 0.22, 1.8)], dark, width=0.035, look=LINE)
        pen.line([(x - 0.22, 1.8), (x - 0.2, 2.3)], dark, width=0.025, look=LINE)
    if wear.kind == "tunic":
        seam = [(middle * 0.8, wear.vee + 0.1), (middle, 1.4), (middle, wear.length)]
        pen.line(seam, wear.ink if wear.piping else dark, width=0.03, look=LINE)
