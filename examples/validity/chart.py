"""A quantile plot as SVG: p-values in order against what a uniform law would give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.stats import beta

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

SIDE, EDGE = 360, 48
COLOURS: Final = ("#0b62a4", "#b3541e", "#3d7d3d", "#7a4a9e", "#555555")
MOST: Final = 200
"""Points per curve; of more, evenly spaced ones are drawn."""


def draw_quantiles(named: Mapping[str, pd.Series[float]]) -> str:
    """Draw one curve per set of p-values, and the band in which 95 % of the points of the smallest set would lie.

    Parameters
    ----------
    named
        p-values by name; empty ones are left out.

    Returns
    -------
    str
        SVG.
    """
    named = {name: values for name, values in named.items() if len(values)}
    smallest = min((len(values) for values in named.values()), default=1)
    height = SIDE + 2 * EDGE + 18 * len(named)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE + 4 * EDGE} {height}">',
        "<style>text { font: 12px sans-serif }</style>",
        '<rect width="100%" height="100%" fill="white"/>',
        _band(smallest),
        f'<path d="M{_at(0, 0)} L{_at(1, 1)}" stroke="#888" stroke-dasharray="4 3"/>',
        f'<path d="M{_at(0, 1)} L{_at(0, 0)} L{_at(1, 0)}" stroke="black" fill="none"/>',
        *_label(),
    ]
    for number, (name, values) in enumerate(named.items()):
        colour = COLOURS[number % len(COLOURS)]
        parts.append(f'<path d="{_curve(values)}" fill="none" stroke="{colour}" stroke-width="1.8"/>')
        y = SIDE + 2 * EDGE + 18 * number
        parts.append(f'<text x="{EDGE}" y="{y}" fill="{colour}">{name} ({len(values)} cells)</text>')
    return "\n".join([*parts, "</svg>", ""])


def _at(x: float, y: float) -> str:
    return f"{EDGE + SIDE * x:.1f} {EDGE + SIDE * (1 - y):.1f}"


def _curve(values: pd.Series[float]) -> str:
    ordered = np.sort(values.to_numpy(dtype=float))
    expected = (np.arange(len(ordered)) + 0.5) / len(ordered)
    shown = np.unique(np.linspace(0, len(ordered) - 1, min(MOST, len(ordered))).astype(int))
    return "M" + " L".join(_at(expected[k], ordered[k]) for k in shown)


def _band(count: int) -> str:
    """Where each ordered value of so many uniform ones lies 95 times in a hundred."""
    ranks = np.unique(np.linspace(1, count, min(MOST, count)).astype(int))
    expected = (ranks - 0.5) / count
    low, high = (beta.ppf(level, ranks, count - ranks + 1) for level in (0.025, 0.975))
    edge = [*zip(expected, low, strict=True), *zip(expected[::-1], high[::-1], strict=True)]
    return '<path d="M' + " L".join(_at(x, y) for x, y in edge) + ' Z" fill="#e4e4e4"/>'


def _label() -> list[str]:
    words = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = _at(tick, 0).split()
        words.append(f'<text x="{x}" y="{float(y) + 16}" text-anchor="middle">{tick:g}</text>')
        x, y = _at(0, tick).split()
        words.append(f'<text x="{float(x) - 6}" y="{float(y) + 4}" text-anchor="end">{tick:g}</text>')
    x, y = _at(0.5, 0).split()
    words.append(f'<text x="{x}" y="{float(y) + 32}" text-anchor="middle">expected under a uniform law</text>')
    words.append(f'<text x="{EDGE}" y="{EDGE - 12}">p-value found</text>')
    return words
