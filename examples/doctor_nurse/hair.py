"""Hair: long, wavy, bobbed, tied, cropped, parted, curly, receding or all but gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from paint import Canvas, Floats, Look, Pen, ellipse, mirror, smooth
from people import Features, tint

if TYPE_CHECKING:
    from heads import Head

HANGING = {"long", "wavy", "bob"}
SIDES = {"crop": 0.0, "parted": 0.02, "receding": 0.0, "curly": -0.02}
HAIRLINES = {"receding": -0.84, "parted": -0.64, "bun": -0.72, "tail": -0.7}


def strands(face: Features) -> Look:
    """Choose how hair takes light: streaks for straight hair, curls for curly."""
    kind = "curls" if face.style in {"curly", "wavy"} else "strands"
    return Look(relief=0.45, depth=4.5, edge=0.25, tile=kind, rough=0.13, soft=0.5, shadow=0.35)


def draw_hair_behind(canvas: Canvas, head: Head) -> None:
    """Paint what hangs behind neck and shoulders, before the body."""
    pen, face = Pen(canvas, head.place), head.face
    shape: Floats | None = None
    if face.style in HANGING:
        wide, low = 0.9 + 0.2 * face.fullness, face.length
        top = [(0, -1.1), (0.6, -1.0), (0.9 * wide, -0.45), (0.98 * wide, 0.3)]
        shape = smooth(mirror([*top, (wide, 0.8 * low), (0.8 * wide, low), (0.3, low * 1.03), (0, low)]))
    if face.style == "tail":
        side = 1 if face.part > 0 else -1
        tail = [(0.5, -0.7), (0.95, -0.5), (1.06, 0.2), (0.95, 1.1), (0.72, 1.5), (0.62, 0.9), (0.6, 0.0)]
        shape = smooth(np.array(tail) * [side, 1])
    if face.style == "bun":
        shape = ellipse((face.part * 0.6, -1.16), (0.34 + 0.1 * face.fullness, 0.28 + 0.06 * face.fullness))
    if shape is not None:
        pen.fill(shape, tint(face.hair, 0.8), look=strands(face), region="hair")


def draw_hair_front(canvas: Canvas, head: Head) -> None:
    """Paint the hair on top of the skull and the locks that frame the face."""
    pen, face = Pen(canvas, head.place), head.face
    if face.style == "bald":
        _draw_rim(pen, face)
        return
    pen.fill(smooth(_cap(face), steps=5), face.hair, look=strands(face), region="hair")
    if face.style in HANGING:
        for side in (-1.0, 1.0):
            _draw_lock(pen, face, side)
    sheen = Look(0, 0, 0, tile="strands", rough=0.3, soft=0.09 * head.place.unit, opacity=0.4)
    pen.fill(ellipse((0.3 * canvas.light[0], -0.86), (0.34, 0.07)), tint(face.hair, 1.5), look=sheen)


def _cap(face: Features) -> Floats:
    """Outline the hair between its upper contour and the hairline."""
    rise = 1.06 + 0.09 * face.fullness + (0.08 if face.style == "curly" else 0)
    wide = 0.78 + 0.07 * face.fullness
    side, brow = SIDES.get(face.style, 0.12), HAIRLINES.get(face.style, -0.6)
    right = [(0.5, -0.9 * rise), (wide * 1.02, -0.45), (wide, side)]
    line = [(0.68, side - 0.02), (0.66, -0.32), (0.46, brow + 0.08)]
    left = [np.array(half[::-1]) * [-1, 1] for half in (right, line)]
    return np.vstack([left[0], [(0, -rise)], right, line, [(face.part, brow - 0.1)], left[1]]).astype(np.float32)


def _draw_lock(pen: Pen, face: Features, side: float) -> None:
    """Paint the hair that falls beside one cheek and over the shoulder."""
    wide, low = 0.86 + 0.18 * face.fullness, face.length * (0.9 + 0.1 * side * float(np.sign(face.part)))
    outer = [(0.5, -0.85), (0.8, -0.5), (0.94 * wide, 0.2), (wide, 0.75 * low), (0.84 * wide, low)]
    inner = [(0.58, 0.9 * low), (0.6, 0.55 * low), (0.665, 0.15), (0.62, -0.3), (0.4, -0.72)]
    path = smooth(np.array([*outer, *inner]) * [side, 1], steps=5)
    if face.style == "wavy":
        path[:, 0] += 0.05 * np.sin(9 * path[:, 1]).astype(np.float32)
    pen.fill(path, tint(face.hair, 0.95), look=strands(face), region="hair")


def _draw_rim(pen: Pen, face: Features) -> None:
    """Paint what is left of the hair beside a bald skull."""
    for side in (-1.0, 1.0):
        rim = np.array([(0.66, -0.42), (0.78, -0.3), (0.8, 0.1), (0.7, 0.12), (0.67, -0.1)]) * [side, 1]
        pen.fill(smooth(rim), face.hair, look=strands(face), region="hair")
