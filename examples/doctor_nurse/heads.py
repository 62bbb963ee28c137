"""Faces: skull, eyes, nose, mouth, beard and glasses, in a frame whose unit is half a head's height."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from paint import FLAT, Canvas, Floats, Look, Pen, Place, ellipse, mirror, smooth
from people import Body, Colour, Features, blend, tint

EAR = Look(relief=0.3, depth=5.0, edge=0.12, rough=0.015)
SKULL = Look(relief=0.34, depth=6.0, edge=0.16, rough=0.015, shadow=0.5)
LIPS = Look(relief=0.2, depth=1.5, edge=0.05, rough=0, soft=0.3)
DARK: Colour = (26, 20, 20)
WHITE: Colour = (226, 218, 212)
RED: Colour = (168, 62, 66)
FRAME: Colour = (44, 38, 38)


@dataclass(frozen=True)
class Head:
    """A head in place: whose it is, its features, and how far they have moved across by turning."""

    body: Body
    face: Features
    place: Place

    @property
    def across(self) -> float:
        """How far the features lie from the middle of the skull."""
        return 0.2 * self.body.yaw


def see_through(opacity: float, *, soft: float = 0.0) -> Look:
    """Make a flat look that lets what is below show."""
    return replace(FLAT, opacity=opacity, soft=soft)


def skull(face: Features) -> Floats:
    """Outline the face from crown to chin."""
    crown = [(0, -0.98), (0.4, -0.92), (0.66, -0.62), (0.73, -0.2), (0.715, 0.12)]
    half = [*crown, (face.jaw, 0.52), (face.chin + 0.1, 0.82), (face.chin * 0.55, 0.96), (0, 0.99)]
    return smooth(mirror(half), steps=4)


def draw_face(canvas: Canvas, head: Head) -> None:
    """Paint ears, skull, features, lines of age, beard and glasses."""
    pen, body = Pen(canvas, head.place), head.body
    skin = blend(body.skin, (205, 110, 95), 0.06)
    for side in (-1.0, 1.0):
        ear = ellipse((side * 0.74 - 0.1 * body.yaw, 0.06), (0.11, 0.2))
        pen.fill(ear, tint(skin, 0.9), look=EAR, region="face")
    pen.fill(skull(head.face), skin, look=SKULL, region="face")
    _model_cheeks(pen, head)
    for side in (-1.0, 1.0):
        x, y = head.place.at([[side * 0.3 + head.across, -0.06]])[0].tolist()
        near = head.place.unit * (1 - 0.14 * side * body.yaw)
        _draw_eye(Pen(canvas, Place(x, y, near, head.place.angle)), head, side)
    _draw_nose(pen, head)
    _draw_beard(pen, head)
    _draw_mouth(pen, head)
    if head.face.glasses:
        _draw_glasses(pen, head)


def _model_cheeks(pen: Pen, head: Head) -> None:
    """Add blush, sockets, a lit forehead and lines of age to the bare skull."""
    body, dx = head.body, head.across
    deep = tint(body.skin, 0.62)
    for side in (-1.0, 1.0):
        x = side * 0.4 + dx
        pen.dab(x, 0.26, size=(0.2, 0.15), colour=blend(body.skin, (200, 80, 70), 0.4), soft=0.07, opacity=0.28)
        pen.dab(side * 0.3 + dx, -0.08, size=(0.2, 0.13), colour=deep, soft=0.05, opacity=0.26)
        if body.age > 0.55:
            fold = [(side * 0.17 + dx, 0.2), (side * 0.27 + dx, 0.36), (side * 0.3 + dx, 0.52)]
            pen.line(fold, deep, width=0.035, look=see_through(0.5 * body.age, soft=0.4))
    lit = 0.2 * pen.canvas.light[0] + dx
    pen.dab(lit, -0.45, size=(0.3, 0.16), colour=tint(body.skin, 1.18), soft=0.1, opacity=0.3)
    pen.dab(dx, 0.74, size=(0.16, 0.05), colour=deep, soft=0.04, opacity=0.3)


def _draw_eye(pen: Pen, head: Head, side: float) -> None:
    """Paint one eye with lid and brow around the pen's origin."""
    face = head.face
    lens = [(-0.135, 0.01), (-0.05, -0.055), (0.06, -0.055), (0.14, 0.0), (0.05, 0.045), (-0.06, 0.045)]
    pen.fill(smooth(lens, steps=3), blend(WHITE, head.body.skin, 0.28), look=FLAT)
    pen.dab(0.01, -0.008, size=(0.06, 0.056), colour=face.iris)
    pen.dab(0.01, -0.008, size=(0.03, 0.032), colour=DARK)
    pen.dab(0.025, -0.03, size=(0.014, 0.014), colour=(235, 235, 235))
    lid = [(-0.16, 0.01), (-0.04, -0.08), (0.06, -0.08), (0.17, -0.015)]
    pen.line(lid, blend(face.hair, DARK, 0.7), width=0.025 + 0.035 * face.lash, look=see_through(0.9))
    brow = [(-0.2 * side, -0.2), (0.0, -0.225 - face.arch), (0.2 * side, -0.19 + 0.3 * face.arch)]
    pen.line(brow, blend(face.hair, DARK, 0.25), width=face.brow, look=see_through(0.85, soft=0.4))


def _draw_nose(pen: Pen, head: Head) -> None:
    """Paint the shaded side of the nose, its tip and nostrils."""
    yaw, skin = head.body.yaw, head.body.skin
    dx, lit = 0.26 * yaw, -1.0 if pen.canvas.light[0] < 0 else 1.0
    ridge = [(0.16 * yaw - lit * 0.07, -0.1), (dx - lit * 0.09, 0.16), (dx - lit * 0.13, 0.27)]
    pen.line(ridge, tint(skin, 0.6), width=0.07, look=see_through(0.7, soft=0.035 * head.place.unit))
    pen.dab(dx, 0.2, size=(0.08, 0.1), colour=tint(skin, 1.15), soft=0.03, opacity=0.5)
    for side in (-1.0, 1.0):
        pen.dab(dx + side * 0.07, 0.305, size=(0.04, 0.024), colour=tint(skin, 0.4), opacity=0.75)


def _draw_mouth(pen: Pen, head: Head) -> None:
    """Paint lips, and teeth in a broad smile."""
    face, dx, full = head.face, 0.22 * head.body.yaw, head.face.lips
    wide, rest = 0.22 + 0.05 * face.smile, 0.52 - 0.06 * face.smile
    upper = [
        (dx - wide, rest),
        (dx - 0.08, 0.52 - full),
        (dx, 0.535 - full),
        (dx + 0.08, 0.52 - full),
        (dx + wide, rest),
    ]
    colour = blend(tint(head.body.skin, 0.78), RED, face.red)
    pen.fill(smooth([*upper, (dx + 0.1, 0.53 + full), (dx - 0.1, 0.53 + full)], steps=4), colour, look=LIPS)
    if face.smile > 0.55:
        arc = [
            (dx - 0.8 * wide, rest),
            (dx, rest + 0.05),
            (dx + 0.8 * wide, rest),
            (dx + 0.08, 0.56),
            (dx - 0.08, 0.56),
        ]
        pen.fill(smooth(arc, steps=3), (236, 230, 222), look=FLAT)
    line = [(dx - wide, rest), (dx, 0.535), (dx + wide, rest)]
    pen.line(line, tint(colour, 0.45), width=0.028, look=see_through(0.7))


def _draw_beard(pen: Pen, head: Head) -> None:
    """Paint stubble, a full beard or a moustache around the mouth, as part of the face."""
    face, dx = head.face, head.across
    if face.beard == "none":
        return
    opacity = 0.3 if face.beard == "stubble" else 0.92
    look = Look(0.25, 3, 0.1, tile="curls", rough=0.12, soft=0.045 * head.place.unit, opacity=opacity)
    jaw, chin = face.jaw + 0.04, face.chin + 0.1
    right = [(0.3, 0.42), (jaw - 0.1, 0.36), (jaw + 0.03, 0.1), (jaw, 0.55), (chin, 0.92)]
    outline = np.vstack([[(dx, 0.36)], right, [(0, 1.07)], np.array(right[::-1]) * [-1, 1]])
    if face.beard == "moustache":
        lip = [(-0.3, 0.5), (-0.12, 0.37), (0, 0.39), (0.12, 0.37), (0.3, 0.5), (0, 0.46)]
        outline = np.add(lip, [dx, 0])
    pen.fill(smooth(outline, steps=4), tint(face.hair, 0.95), look=look, region="face")


def _draw_glasses(pen: Pen, head: Head) -> None:
    """Paint two rings, a bridge and the arms to the ears."""
    dx = head.across
    for side in (-1.0, 1.0):
        ring = ellipse((side * 0.3 + dx, -0.04), (0.23, 0.17), count=14)
        pen.line(np.vstack([ring, ring[:1]]), FRAME, width=0.04)
        pen.line([(side * 0.52 + dx, -0.08), (side * 0.74, -0.06)], FRAME, width=0.035)
    pen.line([(dx - 0.08, -0.07), (dx + 0.08, -0.07)], FRAME, width=0.04)
