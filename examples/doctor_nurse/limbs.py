"""Arms in their poses, what the hands hold, and what hangs on the chest: badge and stethoscope."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from paint import FLAT, Canvas, Floats, Look, Pen, Place, ellipse, limb, smooth

if TYPE_CHECKING:
    from outfits import Figure

SKIN = Look(relief=0.28, depth=3, edge=0.14, rough=0.015, shadow=0.4)
CARD = Look(relief=0.05, edge=0, rough=0.01, shadow=0.4)
BOARD = Look(relief=0.12, depth=2, edge=0.1, rough=0.02, shadow=0.5)
TUBE = Look(relief=0.45, depth=1.2, edge=0.1, rough=0, shadow=0.5)
GLINT = Look(relief=0, edge=0, rough=0, opacity=0.35)
BELL = Look(relief=0.6, depth=2, edge=0.1, rough=0, shadow=0.5)
STEEL = (172, 174, 180)


def arm_path(pose: str, shoulder: float, middle: float) -> Floats:
    """List the joints of an arm from shoulder to wrist; the sign of `shoulder` says which arm."""
    sign = 1.0 if shoulder > 0 else -1.0
    wide = abs(shoulder)
    elbow, wrist = {
        "hanging": ((wide + 0.08, 1.5), (wide + 0.1, 2.5)),
        "crossed": ((wide + 0.1, 1.42), (-0.35 * wide, 1.18 + 0.08 * sign)),
        "clasped": ((wide + 0.14, 1.45), (0.12 + sign * middle, 2.05)),
        "pocket": ((wide + 0.26, 1.45), (wide - 0.18, 2.2)),
        "holding": ((wide + 0.1, 1.42), (0.2 + sign * middle, 1.5)),
        "raised": ((wide + 0.38, 1.2), (wide + 0.34, 0.2)),
        "hip": ((wide + 0.52, 1.4), (wide - 0.08, 2.0)),
    }[pose]
    top = np.array([wide - 0.14, 0.31])
    half, fore = (top + elbow) / 2 + [0.02, 0], (np.array(elbow) + wrist) / 2 + [0.03, 0.02]
    return (np.array([top, half, elbow, fore, wrist]) * [sign, 1]).astype(np.float32)


def draw_arm(canvas: Canvas, figure: Figure, side: float) -> None:
    """Paint sleeve, bare forearm and hand of one arm in its pose."""
    pen, wear, skin = Pen(canvas, figure.place), figure.wear, figure.body.skin
    pose = figure.body.poses[0 if side < 0 else 1]
    path = arm_path(pose, figure.shoulder(side), figure.middle)
    whole = limb(path, [0.175, 0.17, 0.145, 0.125, 0.105], steps=9)
    cut = round(len(whole) * wear.sleeve)
    if pose != "pocket":
        across, down = (path[-1] - path[-2]).tolist()
        hand = [(-0.12, -0.1), (0.1, -0.12), (0.16, 0.08), (0.1, 0.26), (-0.08, 0.28), (-0.14, 0.1)]
        wrist = Place(float(path[-1, 0]), float(path[-1, 1]), 1.0, float(np.arctan2(down, across)) - np.pi / 2)
        pen.fill(wrist.at(smooth(hand, steps=4)), skin, look=SKIN, region="")
    if wear.sleeve < 1:
        pen.fill(whole[cut - 3 :], skin, look=SKIN, region="")
    ink = wear.ink if wear.pattern != "none" and wear.kind == "scrubs" else None
    look = Look(0.26, 4.5, 0.16, tile="cloth", rough=0.06, shadow=0.32, ink=ink, pattern=wear.pattern)
    pen.fill(whole[:cut] * [1, 1, 1.12 if wear.sleeve < 1 else 1.2], wear.main, look=look, region="coat")


def draw_held(canvas: Canvas, figure: Figure) -> None:
    """Paint a clipboard or tablet in a hand that is posed to hold one."""
    if "holding" not in figure.body.poses:
        return
    pen = Pen(canvas, figure.place)
    side = -1.0 if figure.body.poses[0] == "holding" else 1.0
    board = np.add([(-0.38, 0), (0.36, -0.06), (0.42, 0.88), (-0.34, 0.94)], [figure.middle - 0.1 * side, 1.2])
    tablet = canvas.rng.random() < 0.5
    pen.fill(board, (52, 54, 60) if tablet else (150, 110, 72), look=BOARD, region="")
    inner = (board - board.mean(axis=0)) * 0.86 + board.mean(axis=0)
    pen.fill(inner, (96, 120, 140) if tablet else (232, 230, 224), look=CARD, region="")


def draw_badge(canvas: Canvas, figure: Figure) -> None:
    """Paint a name badge; both professions wear them."""
    if not figure.wear.badge:
        return
    pen = Pen(canvas, figure.place)
    x, y = 0.5 * figure.shoulder(-1.0) + 0.4 * figure.middle, 0.95
    pen.fill([(x - 0.13, y), (x + 0.13, y), (x + 0.13, y + 0.2), (x - 0.13, y + 0.2)], (228, 228, 224), look=CARD)
    pen.line([(x - 0.08, y + 0.07), (x + 0.08, y + 0.07)], (60, 96, 150), width=0.05, look=FLAT)


def draw_stethoscope(canvas: Canvas, figure: Figure) -> None:
    """Hang the stethoscope around the neck, ends down, or wear it with its bell to the front."""
    worn = figure.wear.stethoscope
    if worn == "none":
        return
    pen, side = Pen(canvas, figure.place), 1.0 if figure.body.turn < 0 else -1.0
    bell = [(0.25, -0.2), (0.36, -0.02), (0.42, 0.4), (0.4, 0.9), (0.46, 1.3)]
    ears = [(-0.25, -0.2), (-0.36, -0.02), (-0.42, 0.35), (-0.36, 0.75)]
    if worn == "front":
        bell = [(0.25, -0.2), (0.36, 0.3), (0.0, 0.8), (0.04, 1.2), (0.16, 1.6)]
        ears = [(-0.25, -0.2), (-0.36, 0.3), (0.0, 0.8)]
    for tube in (ears, bell):
        path = np.array(tube) * [side, 1]
        pen.line(path, figure.wear.tube, width=0.1, look=TUBE, region="stethoscope")
        pen.line(path + np.array(canvas.light) * [0.018, 0.01], (225, 225, 230), width=0.022, look=GLINT)
    end = (side * bell[-1][0], bell[-1][1] + 0.06)
    pen.fill(ellipse(end, (0.12, 0.12)), (168, 170, 176), look=BELL, region="stethoscope")
    pen.fill(ellipse(end, (0.075, 0.075)), (214, 216, 220), look=BELL)
    if worn == "neck":
        for fork in (-0.1, 0.1):
            prong = np.array([ears[-1], (ears[-1][0] + fork, 0.95), (ears[-1][0] + fork * 1.3, 1.12)]) * [side, 1]
            pen.line(prong, STEEL, width=0.05, look=TUBE, region="stethoscope")
