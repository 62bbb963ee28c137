"""Colours: of maps, of differences, of table cells and of regions, all with a contrast that can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from auditor.geometry import FloatArray

Colours = npt.NDArray[np.uint8]
"""``(..., 3)``: red, green, blue."""

INK: Final = "#17212b"
"""The one dark ink on every heat cell."""

# Ten even steps of the colour map *inferno* (N. Smith and S. van der Walt, 2015, released as CC0), linear in between.
_INFERNO: Final = (
    "#000004", "#1b0c42", "#4b0c6b", "#781c6d", "#a52c60", "#cf4446", "#ed6925", "#fb9a06", "#f7d03c", "#fcffa4",
)  # fmt: skip
# Blue and vermilion are told apart under every common colour-vision deficiency (M. Okabe and K. Ito, 2008).
_DIVERGING: Final = ("#0b4f8a", "#5f9ccb", "#f4f4f1", "#e58a5f", "#a83a0c")
_HEAT: Final = ("#f19b7a", "#f6c3af", "#f5f5f2", "#c6dcec", "#9cc4e4")
REGIONS: Final = ("#56c4ff", "#ffd23f", "#5ee08a", "#ff8fd0", "#ff9a4d", "#c3a6ff", "#e8e8e8", "#8ff0e4")
"""Outlines on photographs, drawn on a dark edge; used in turn."""


def _table(stops: tuple[str, ...]) -> Colours:
    colours = np.array([_rgb(stop) for stop in stops], dtype=np.float64)
    wanted = np.linspace(0, len(stops) - 1, 256)
    channels = [np.interp(wanted, np.arange(len(stops)), channel) for channel in colours.T]
    table: Colours = np.rint(np.stack(channels, axis=1)).astype(np.uint8)
    return table


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(colour: Colours) -> str:
    red, green, blue = colour.tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


_TABLES: Final = {"sequential": _table(_INFERNO), "diverging": _table(_DIVERGING), "heat": _table(_HEAT)}


def _pick(table: str, values: FloatArray) -> Colours:
    return _TABLES[table].take(np.rint(np.clip(values, 0, 1) * 255).astype(np.intp), axis=0)


def sequential(values: FloatArray) -> Colours:
    """Colours of a map: dark where it is low, bright where it is high.

    Parameters
    ----------
    values
        ``(...)`` in [0, 1]; what lies outside is clipped.

    Returns
    -------
    ndarray
        ``(..., 3)`` bytes.

    Examples
    --------
    >>> sequential(np.array([0.0, 1.0])).tolist()
    [[0, 0, 4], [252, 255, 164]]
    """
    return _pick("sequential", values)


def diverging(values: FloatArray) -> Colours:
    """Colours of a difference map: blue below zero, light at zero, vermilion above.

    Parameters
    ----------
    values
        ``(...)`` in [-1, 1]; what lies outside is clipped.

    Returns
    -------
    ndarray
        ``(..., 3)`` bytes.

    Examples
    --------
    >>> diverging(np.array([-1.0, 1.0])).tolist()
    [[11, 79, 138], [168, 58, 12]]
    """
    return _pick("diverging", values / 2 + 0.5)


def heat(difference: float, *, span: float = 0.3) -> str:
    """Colour of a table cell: vermilion below the average, blue above, always light enough for `INK`.

    Parameters
    ----------
    difference
        Of the cell from what it is compared with.
    span
        The difference at which the colour is at its strongest.

    Returns
    -------
    str
        ``#rrggbb``.

    Examples
    --------
    >>> heat(-0.3), heat(0.3)
    ('#f19b7a', '#9cc4e4')
    """
    return _hex(_pick("heat", np.array(difference / span / 2 + 0.5)))


def stops(table: str, count: int = 24) -> list[str]:
    """Even steps of a colour table, for a colour bar.

    Parameters
    ----------
    table
        ``"sequential"``, ``"diverging"`` or ``"heat"``.
    count
        How many.

    Returns
    -------
    list of str
        ``#rrggbb`` from low to high.

    Examples
    --------
    >>> stops("sequential", 2)
    ['#000004', '#fcffa4']
    """
    return [_hex(colour) for colour in _pick(table, np.linspace(0, 1, count))]


def contrast(first: str, second: str) -> float:
    """Contrast of two colours.

    Parameters
    ----------
    first, second
        ``#rrggbb``.

    Returns
    -------
    float
        In [1, 21]; 4.5 is enough for text.

    References
    ----------
    W3C, Web Content Accessibility Guidelines 2.2, "contrast ratio" and "relative luminance".

    Examples
    --------
    >>> round(contrast("#000000", "#ffffff"), 1)
    21.0
    """
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 -- the standard's
        for value in (channel / 255 for channel in _rgb(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def channels() -> tuple[tuple[str, str], ...]:
    """The colours of maps as an SVG filter takes them.

    Returns
    -------
    tuple
        Of red, green and blue: R, G or B, and its share at even steps from the lowest value to the highest.

    Examples
    --------
    >>> channels()[0][1].split()[:2]
    ['0', '0.106']
    """
    colours = np.array([_rgb(stop) for stop in _INFERNO]) / 255
    return tuple(
        (name, " ".join(f"{share:.3f}".rstrip("0").rstrip(".") for share in column))
        for name, column in zip("RGB", colours.T, strict=True)
    )


def region_colour(index: int) -> str:
    """Colour of the outline of the index-th region.

    Parameters
    ----------
    index
        Of the region in the document.

    Returns
    -------
    str
        ``#rrggbb``; they repeat after eight.

    Examples
    --------
    >>> region_colour(0) == region_colour(8)
    True
    """
    return REGIONS[index % len(REGIONS)]
