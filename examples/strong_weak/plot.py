"""Two charts as one SVG: what accuracy says of each model, and what the evidence says, against the truth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd

    Row = dict[str, Any]

SIDE, EDGE, GAP = 300, 64, 96
COLOUR: Final = "#0b62a4"
PANELS: Final = {
    "biased": ("Accuracy on the biased test set", "{:.0%}"),
    "reliance": ("Reliance by the evidence, in margins", "{:g}"),
}


def draw_models(table: pd.DataFrame) -> str:
    """Draw each model in two panels over the share of answers that the patch's other colour changes.

    Parameters
    ----------
    table
        One row per model.

    Returns
    -------
    str
        SVG; filled discs are strong models, rings weak ones, and the number is the alignment in training.
    """
    width, height = 2 * SIDE + GAP + 2 * EDGE, SIDE + 2 * EDGE + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        "<title>Accuracy and evidence against the truth, model by model</title>",
        "<style>text { font: 12px sans-serif; fill: #222 }</style>",
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for number, (column, (title, form)) in enumerate(PANELS.items()):
        left = EDGE + number * (SIDE + GAP)
        low, high = _limits(table, column)
        parts += [f'<g transform="translate({left} {EDGE})">', f'<text y="-18" font-weight="bold">{title}</text>']
        parts += _axes(low, high, form=form)
        parts += [
            mark for row in table.dropna(subset=[column]).to_dict("records") for mark in _mark(row, column, (low, high))
        ]
        parts.append("</g>")
    words = "strong models are filled, weak ones are rings; beside each: the alignment it was trained at"
    parts.append(f'<text x="{EDGE}" y="{height - 12}">{words}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _limits(table: pd.DataFrame, column: str) -> tuple[float, float]:
    """From 50 % to all for shares of right answers, and from 0 to a whole even number for reliance."""
    if column == "biased":
        return min(0.5, float(table[column].min())), 1.0
    highest = table[f"{column}_high"].max()
    return 0.0, 4.0 * math.ceil(highest / 4) if highest > 0 else 4.0


def _axes(low: float, high: float, *, form: str) -> list[str]:
    parts = [f'<path d="M0 0 V{SIDE} H{SIDE}" fill="none" stroke="#222"/>']
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        at, value = SIDE * (1 - tick), low + tick * (high - low)
        parts.append(f'<text x="-6" y="{at + 4:.0f}" text-anchor="end">{form.format(value)}</text>')
        parts.append(f'<text x="{SIDE * tick:.0f}" y="{SIDE + 18}" text-anchor="middle">{tick:.0%}</text>')
    words = "answers changed by the patch’s other colour"
    return [*parts, f'<text x="{SIDE / 2}" y="{SIDE + 38}" text-anchor="middle">{words}</text>']


def _mark(row: Row, column: str, limits: tuple[float, float]) -> list[str]:
    def height(value: float) -> float:
        return SIDE * (1 - (value - limits[0]) / (limits[1] - limits[0]))

    x, y = SIDE * row["recoloured"], height(row[column])
    parts = []
    if f"{column}_low" in row:
        ends = height(row[f"{column}_low"]), height(row[f"{column}_high"])
        parts.append(f'<path d="M{x:.1f} {ends[0]:.1f} V{ends[1]:.1f}" stroke="{COLOUR}" stroke-opacity="0.5"/>')
    fill = COLOUR if row["quality"] == "strong" else "white"
    parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{fill}" stroke="{COLOUR}" stroke-width="2"/>')
    below = 15 if row["quality"] == "weak" else -7
    return [*parts, f'<text x="{x + 6:.1f}" y="{y + below:.1f}">{row["alignment"]:.1f}</text>']
