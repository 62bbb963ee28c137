"""Rooms: walls, furniture and equipment behind the person, and what stands in front; no class, no gender."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from paint import Canvas, Floats, Look, ellipse, limb, smooth
from people import Colour, between, blend, pick, tint

if TYPE_CHECKING:
    from collections.abc import Callable

WALLS: tuple[Colour, ...] = (
    (214, 216, 212), (196, 208, 204), (206, 214, 224), (222, 212, 194), (188, 200, 184),
    (176, 190, 206), (206, 196, 204), (150, 164, 170), (228, 226, 220), (170, 150, 130),
)  # fmt: skip
WOODS: tuple[Colour, ...] = (
    (150, 112, 76),
    (190, 156, 116),
    (104, 74, 52),
    (200, 196, 190),
    (160, 166, 170),
    (88, 96, 104),
)
BOOKS: tuple[Colour, ...] = (
    (140, 52, 48),
    (52, 84, 130),
    (60, 110, 84),
    (196, 160, 80),
    (220, 216, 208),
    (70, 66, 72),
    (150, 120, 160),
    (90, 150, 160),
)

BOARD = Look(relief=0.12, depth=4.0, edge=0.12, rough=0.015, shadow=0.35)
PLAIN = Look(relief=0.0, edge=0.0, rough=0.0)
GLOW = Look(relief=0.0, edge=0.0, rough=0.03, tile="wall")


def rect(x0: float, y0: float, x1: float, y1: float) -> Floats:  # noqa: PLR0917
    """List the corners of a rectangle."""
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], dtype=np.float32)


def _any(rng: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    base = colours[int(rng.integers(0, len(colours)))]
    return tint(base, between(rng, 0.86, 1.1))


def draw_window(canvas: Canvas, x: float, floor: float) -> None:
    """Paint a bright window with bars or blinds."""
    rng = canvas.rng
    wide, high = between(rng, 60, 110), between(rng, 70, 120)
    y = between(rng, 5, 40)
    frame = _any(rng, ((232, 232, 230), (180, 176, 170), (120, 116, 112)))
    canvas.fill(rect(x - wide / 2 - 4, y - 4, x + wide / 2 + 4, min(y + high + 5, floor)), frame, look=BOARD)
    sky = blend((236, 242, 250), (168, 198, 226), between(rng, 0, 1))
    low = min(y + high, floor - 4)
    canvas.fill(rect(x - wide / 2, y, x + wide / 2, low), sky, look=GLOW)
    hills = smooth(
        [
            (x - wide / 2, low - 18),
            (x - 10, low - between(rng, 10, 50)),
            (x + wide / 2, low - 14),
            (x + wide / 2, low - 1),
            (x - wide / 2, low - 1),
        ],
        steps=4,
    )
    canvas.fill(
        np.clip(hills, [x - wide / 2, y], [x + wide / 2, low]),
        _any(rng, ((120, 148, 116), (150, 160, 170), (176, 168, 160))),
        look=GLOW,
    )
    if rng.random() < 0.5:
        for level in np.arange(y + 4, low - 4, 7):
            canvas.fill(rect(x - wide / 2, level, x + wide / 2, level + 3.2), (226, 224, 218), look=PLAIN)
        return
    for bar in range(1, int(rng.integers(2, 4))):
        spot = x - wide / 2 + wide * bar / 3
        canvas.fill(rect(spot - 1.5, y, spot + 1.5, low), frame, look=PLAIN)


def draw_shelf(canvas: Canvas, x: float, floor: float) -> None:
    """Paint shelves with books, binders and boxes."""
    rng = canvas.rng
    wide, top, wood = between(rng, 60, 110), between(rng, 8, 60), _any(rng, WOODS)
    canvas.fill(rect(x - wide / 2, top, x + wide / 2, floor), tint(wood, 0.55), look=BOARD)
    step = between(rng, 30, 42)
    for y in np.arange(top + step, floor, step):
        spot = x - wide / 2 + 3
        while spot < x + wide / 2 - 12:
            thick = between(rng, 4, 15)
            if rng.random() < 0.85:
                high = between(rng, 0.5, 0.85) * step
                canvas.fill(rect(spot, y - high, spot + thick - 0.8, y), _any(rng, BOOKS), look=PLAIN)
            spot += thick
        canvas.fill(rect(x - wide / 2, y, x + wide / 2, y + 3.5), wood, look=PLAIN)


def draw_curtain(canvas: Canvas, x: float, floor: float) -> None:
    """Paint a ward curtain in folds, hung from a rail."""
    rng = canvas.rng
    wide, colour = (
        between(rng, 70, 130),
        _any(rng, ((150, 190, 196), (196, 206, 180), (206, 180, 170), (170, 180, 210), (220, 214, 200))),
    )
    canvas.fill(rect(x - wide / 2 - 8, 8, x + wide / 2 + 8, 11), (170, 172, 176), look=BOARD)
    fold = between(rng, 7, 12)
    for spot in np.arange(x - wide / 2, x + wide / 2, fold):
        shade = 0.84 + 0.16 * rng.random()
        canvas.fill(
            rect(spot, 11, spot + fold + 1, floor + 6 * rng.random()),
            tint(colour, shade),
            look=Look(relief=0.3, depth=3.5, edge=0.2, rough=0.02),
        )


def draw_bed(canvas: Canvas, x: float, floor: float) -> None:
    """Paint a hospital bed from its foot: mattress, pillow, blanket, rail."""
    rng = canvas.rng
    y, wide = floor - between(rng, 6, 26), between(rng, 120, 170)
    blanket = _any(rng, ((150, 180, 206), (196, 214, 200), (222, 206, 180), (206, 190, 206)))
    canvas.fill(rect(x - wide / 2, y + 18, x + wide / 2, y + 32), (150, 154, 160), look=BOARD)
    canvas.fill(smooth(rect(x - wide / 2, y, x + wide / 2, y + 22), steps=3), (232, 234, 236), look=BOARD)
    canvas.fill(
        smooth(rect(x - wide * 0.48, y - 16, x - wide * 0.2, y + 6), steps=4),
        (240, 240, 242),
        look=Look(relief=0.3, depth=4, edge=0.15, tile="cloth", rough=0.03, shadow=0.3),
    )
    canvas.fill(
        smooth(rect(x - wide * 0.1, y - 7, x + wide * 0.52, y + 26), steps=4),
        blanket,
        look=Look(relief=0.3, depth=5, edge=0.15, tile="cloth", rough=0.06, shadow=0.3),
    )
    for spot in np.arange(x - wide * 0.3, x + wide * 0.3, 12):
        canvas.stroke([(spot, y - 14), (spot, y + 16)], (196, 198, 204), width=2.2, look=BOARD)
    canvas.stroke([(x - wide * 0.32, y - 14), (x + wide * 0.3, y - 14)], (206, 208, 212), width=3.2, look=BOARD)
    canvas.fill(limb([(x - wide * 0.4, y + 30), (x - wide * 0.4, floor + 40)], [2.5, 2.5]), (120, 124, 130), look=BOARD)


def draw_drip(canvas: Canvas, x: float, floor: float) -> None:
    """Paint a drip stand with its bag and tube."""
    rng = canvas.rng
    top = between(rng, 10, 50)
    canvas.stroke([(x, top), (x, floor + 40)], (176, 180, 186), width=3.0, look=BOARD)
    canvas.stroke([(x - 12, top + 4), (x, top), (x + 12, top + 4)], (176, 180, 186), width=2.4, look=BOARD)
    bag = smooth(rect(x + 5, top + 6, x + 21, top + 38), steps=4)
    canvas.fill(bag, (206, 220, 226), look=Look(relief=0.3, depth=3, edge=0.15, rough=0.02, shadow=0.2, opacity=0.85))
    canvas.stroke(
        [(x + 13, top + 38), (x + 15, top + 80), (x + 4, top + 120), (x + 9, floor)],
        (196, 206, 210),
        width=1.3,
        look=PLAIN,
    )


def draw_monitor(canvas: Canvas, x: float, floor: float) -> None:
    """Paint a patient monitor with its traces on a stand."""
    rng = canvas.rng
    y, wide, high = between(rng, 30, 90), between(rng, 46, 70), between(rng, 34, 50)
    canvas.stroke([(x, y + high), (x, floor)], (150, 154, 158), width=5, look=BOARD)
    canvas.fill(rect(x - wide / 2, y, x + wide / 2, y + high), (206, 208, 206), look=BOARD)
    canvas.fill(rect(x - wide / 2 + 4, y + 4, x + wide / 2 - 4, y + high - 6), (22, 30, 38), look=GLOW)
    for row, colour in enumerate(((90, 220, 120), (90, 190, 230), (230, 200, 90))):
        across = np.linspace(x - wide / 2 + 6, x + wide / 2 - 8, 16)
        beat = 3.2 * np.abs(np.sin(across * 0.37 + row)) ** 6
        canvas.stroke(np.stack([across, y + 11 + 9 * row - beat], axis=1), colour, width=1.2, look=GLOW)


def draw_cabinet(canvas: Canvas, x: float, floor: float) -> None:
    """Paint a low cabinet with drawers, bottles and boxes on top."""
    rng = canvas.rng
    y, wide, wood = floor - between(rng, 30, 70), between(rng, 80, 140), _any(rng, WOODS)
    canvas.fill(rect(x - wide / 2, y, x + wide / 2, floor + 30), wood, look=BOARD)
    for spot in np.linspace(x - wide / 2, x + wide / 2, 4)[1:-1]:
        canvas.stroke([(spot, y + 6), (spot, floor + 28)], tint(wood, 0.55), width=1.4, look=PLAIN)
        canvas.stroke([(spot - 12, y + 14), (spot - 5, y + 14)], (190, 192, 196), width=2, look=BOARD)
    canvas.fill(rect(x - wide / 2 - 3, y - 4, x + wide / 2 + 3, y + 2), tint(wood, 1.2), look=BOARD)
    for _ in range(int(rng.integers(2, 6))):
        spot, high, thick = x + between(rng, -0.45, 0.45) * wide, between(rng, 8, 26), between(rng, 6, 18)
        canvas.fill(
            rect(spot - thick / 2, y - 4 - high, spot + thick / 2, y - 4),
            _any(rng, BOOKS),
            look=Look(relief=0.3, depth=3, edge=0.1, rough=0.01, shadow=0.3),
        )


def draw_poster(canvas: Canvas, x: float, floor: float) -> None:
    """Paint a chart or a picture on the wall."""
    rng = canvas.rng
    y, wide, high = between(rng, 15, 60), between(rng, 30, 60), between(rng, 36, 70)
    canvas.fill(rect(x - wide / 2, y, x + wide / 2, min(y + high, floor)), (228, 226, 218), look=BOARD)
    canvas.fill(rect(x - wide / 2 + 4, y + 4, x + wide / 2 - 4, y + 10), _any(rng, BOOKS), look=PLAIN)
    for _ in range(4):
        spot = (x + between(rng, -0.25, 0.25) * wide, y + high * between(rng, 0.3, 0.8))
        canvas.fill(ellipse(spot, (between(rng, 3, 9), between(rng, 3, 9))), _any(rng, BOOKS), look=PLAIN)


def draw_door(canvas: Canvas, x: float, floor: float) -> None:
    """Paint a door with a pane and a handle."""
    rng = canvas.rng
    wide, wood = between(rng, 64, 90), _any(rng, WOODS)
    canvas.fill(rect(x - wide / 2 - 5, 4, x + wide / 2 + 5, floor), tint(wood, 1.15), look=BOARD)
    canvas.fill(rect(x - wide / 2, 9, x + wide / 2, floor), wood, look=BOARD)
    canvas.fill(rect(x - 8, 30, x + 12, 90), (196, 210, 216), look=GLOW)
    canvas.stroke([(x + wide * 0.36, 120), (x + wide * 0.26, 120)], (200, 200, 204), width=4, look=BOARD)


def draw_lamp(canvas: Canvas, x: float, floor: float) -> None:
    """Paint a bright surgical or ceiling lamp."""
    y = min(between(canvas.rng, 10, 40), floor)
    canvas.stroke([(x + 20, -10), (x + 14, y - 10), (x, y)], (190, 192, 196), width=4, look=BOARD)
    canvas.fill(ellipse((x, y), (26, 11)), (206, 208, 210), look=BOARD)
    canvas.fill(ellipse((x, y + 3), (20, 7)), (252, 250, 240), look=Look(relief=0, edge=0, rough=0, soft=1.5))


THINGS: dict[str, Callable[[Canvas, float, float], None]] = {
    "window": draw_window, "shelf": draw_shelf, "curtain": draw_curtain, "bed": draw_bed, "drip": draw_drip,
    "monitor": draw_monitor, "cabinet": draw_cabinet, "poster": draw_poster, "door": draw_door, "lamp": draw_lamp,
}  # fmt: skip


def draw_room(canvas: Canvas) -> None:
    """Paint wall, floor and three to six things, back to front."""
    rng = canvas.rng
    wall, floor = _any(rng, WALLS), between(rng, 170, 262)
    canvas.fill(rect(-30, -30, 286, 286), wall, look=Look(relief=0, edge=0, tile="wall", rough=0.05))
    if rng.random() < 0.4:
        canvas.fill(rect(-30, floor - between(rng, 50, 110), 286, floor), tint(_any(rng, WALLS), 0.85), look=GLOW)
    canvas.fill(
        rect(-30, floor, 286, 290),
        _any(rng, ((150, 146, 140), (176, 160, 136), (120, 130, 138), (196, 194, 188))),
        look=Look(relief=0.2, depth=10, edge=0.1, tile="wall", rough=0.06),
    )
    canvas.fill(rect(-30, floor - 5, 286, floor + 1), tint(wall, 0.8), look=PLAIN)
    names = list(THINGS)
    count = int(rng.integers(3, 6))
    spots = np.linspace(10, 246, count) + rng.uniform(-20, 20, count)
    chosen = sorted(int(i) for i in rng.choice(len(names), size=count, replace=False))
    for x, which in zip(rng.permutation(spots), chosen, strict=True):
        THINGS[names[which]](canvas, float(x), floor)


def draw_front(canvas: Canvas) -> None:
    """Paint what stands between camera and person: a desk, a screen, leaves, a rail, or nothing."""
    rng = canvas.rng
    match pick(rng, {"none": 0.5, "desk": 0.16, "leaves": 0.12, "rail": 0.1, "drip": 0.06, "shoulder": 0.06}):
        case "desk":
            y, wood = between(rng, 222, 246), _any(rng, WOODS)
            canvas.fill(
                np.array([(-30, y), (286, y + between(rng, -8, 8)), (286, 290), (-30, 290)], dtype=np.float32),
                wood,
                look=BOARD,
                region="",
            )
            spot = between(rng, 20, 236)
            canvas.fill(
                rect(spot - 24, y - 26, spot + 24, y + 8),
                _any(rng, ((44, 46, 50), (190, 192, 196), (110, 60, 50))),
                look=BOARD,
                region="",
            )
        case "leaves":
            corner = -6.0 if rng.random() < 0.5 else 262.0
            for turn in rng.uniform(-1.2, 1.2, 7):
                reach = between(rng, 50, 90)
                tip = (corner + math.copysign(reach, 128 - corner) * math.cos(turn), 240 - reach * abs(math.sin(turn)))
                canvas.fill(
                    limb([(corner, 256), ((corner + tip[0]) / 2, (230 + tip[1]) / 2), tip], [2, 9, 1.5]),
                    _any(rng, ((70, 112, 66), (90, 130, 84), (52, 88, 60))),
                    look=Look(relief=0.3, depth=3, edge=0.1, soft=1.2, shadow=0.2),
                )
        case "rail":
            y = between(rng, 206, 236)
            canvas.stroke([(-20, y), (276, y + between(rng, -10, 10))], (190, 194, 198), width=7, look=BOARD, region="")
            for spot in np.arange(between(rng, -10, 20), 270, 44):
                canvas.stroke([(spot, y), (spot, 280)], (176, 180, 184), width=5, look=BOARD, region="")
        case "drip":
            draw_drip(canvas, 12.0 if rng.random() < 0.5 else 240.0, 270)
        case "shoulder":
            x = between(rng, -20, 20) if rng.random() < 0.5 else between(rng, 236, 276)
            canvas.fill(
                ellipse((x, 262), (66, 62)),
                _any(rng, BOOKS),
                look=Look(relief=0.3, depth=10, edge=0.2, tile="cloth", rough=0.05, soft=3),
            )
        case _:
            pass
