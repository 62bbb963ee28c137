"""Pictures for the report: what the model saw, where its map lies, mean maps and their differences."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from auditor.geometry import interpolation_matrix
from auditor.records import RASTER, unpack_rasters
from auditor.report.contours import softened
from auditor.report.palettes import diverging, region_colour, sequential

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from auditor.documents.document import ExampleRegion, Grid
    from auditor.geometry import BoolArray, FloatArray, Size

    IntArray = npt.NDArray[np.intp]

OPACITY: Final = 0.8
"""Of the map where it is highest."""
LEVEL: Final = 0.5
"""Of the maximum, where the contour runs."""

LINE: Final = 0.8
"""Half the width of a line, in pixels; `EDGE` is that of its dark edge."""
EDGE: Final = 1.9


@dataclass(frozen=True, kw_only=True)
class Picture:
    """An image inside the report."""

    uri: str  # data:image/jpeg;base64,…
    alt: str
    width: int
    height: int


def upsampled(grid: Grid | FloatArray, size: Size) -> FloatArray:
    """A map on a frame of pixels: bilinear, with half-pixel centres.

    Parameters
    ----------
    grid
        ``(h, w)``.
    size
        Height and width wanted.

    Returns
    -------
    ndarray
        ``(H, W)``, in the map's unit.

    Examples
    --------
    >>> upsampled([[0.0, 4.0]], (1, 4))
    array([[0., 1., 3., 4.]])
    """
    cells = np.asarray(grid, dtype=np.float64)
    above, below, down = _neighbours(cells.shape[0], size[0])
    left, right, across = _neighbours(cells.shape[1], size[1])
    tall = cells[above] * (1 - down)[:, None] + cells[below] * down[:, None]
    wide: FloatArray = tall[:, left] * (1 - across) + tall[:, right] * across
    return wide


@lru_cache(maxsize=64)
def _neighbours(cells: int, pixels: int) -> tuple[IntArray, IntArray, FloatArray]:
    """The two cells that each pixel lies between, and its way from the first to the second: all else weighs nothing."""
    weights = interpolation_matrix(cells, pixels)
    low = (weights > 0).argmax(axis=1)
    high = np.minimum(low + 1, cells - 1)
    return low, high, weights[np.arange(pixels), high]


def overlay(image: Image.Image, cam: Grid) -> Image.Image:
    """A map on its photograph: grey below, inferno above in proportion to the value, a contour at half the maximum.

    Parameters
    ----------
    image
        RGB.
    cam
        ``(h, w)``, at most 1.

    Returns
    -------
    Image
        RGB of the same size.
    """
    field = np.clip(upsampled(cam, (image.height, image.width)), 0, 1)
    alpha = OPACITY * field
    mixed = sequential(field) * alpha[..., None]
    mixed += (np.asarray(image.convert("L")) * (1 - alpha))[..., None]
    _stroke(mixed, field - LEVEL * field.max(), colour="#ffffff", edge="#000000")
    return _image(mixed)


def outlined(image: Image.Image, regions: Sequence[ExampleRegion], order: Sequence[str]) -> Image.Image:
    """A photograph with the outlines of its regions.

    Parameters
    ----------
    image
        RGB.
    regions
        What to draw.
    order
        Names of all regions: a region's place in it decides its colour.

    Returns
    -------
    Image
        RGB of the same size.
    """
    pixels = np.array(image, dtype=np.float64)
    for region in regions:
        raster = unpack_rasters([base64.b64decode(region.raster)])[0].reshape(RASTER).astype(np.float64)
        field = upsampled(softened(raster), (image.height, image.width)) - 0.5
        colour = region_colour(order.index(region.region)) if region.region in order else "#ffffff"
        _stroke(pixels, field, colour=colour, edge="#101418")
    return _image(pixels)


def _stroke(pixels: FloatArray, field: FloatArray, *, colour: str, edge: str) -> None:
    """Draw the line where a field is zero: its distance is the value over the slope, so the line is even and smooth."""
    above = field > field.min()
    if not above.any():
        return
    part = _around(above.any(axis=1)), _around(above.any(axis=0))  # elsewhere the field is even: no line runs
    pixels, field = pixels[part], field[part]
    slope_y, slope_x = np.gradient(field)
    slope = np.sqrt(slope_y * slope_y + slope_x * slope_x)
    near = np.nonzero(np.abs(field) < (EDGE + 0.5) * slope)
    distance = np.abs(field[near]) / slope[near]
    for tone, half in ((edge, EDGE), (colour, LINE)):
        alpha = np.clip(half + 0.5 - distance, 0, 1)[:, None]
        paint = np.array([int(tone[k : k + 2], 16) for k in (1, 3, 5)], dtype=np.float64)
        pixels[near] = pixels[near] * (1 - alpha) + paint * alpha


def _around(held: BoolArray) -> slice:
    """From the first place held to the last, and the two beside: as far as their slopes reach."""
    places = np.flatnonzero(held)
    return slice(max(int(places[0]) - 2, 0), int(places[-1]) + 3)


def _image(pixels: FloatArray) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def tile(grid: FloatArray, *, limit: float, frame: Size, signed: bool = False) -> Image.Image:
    """A mean map or a difference of mean maps in colour, on a scale shared by all of them.

    Parameters
    ----------
    grid
        ``(h, w)``.
    limit
        The value at the end of the scale, above 0.
    frame
        Height and width of what the model saw: the tile has its shape.
    signed
        Whether the scale has zero in its middle.

    Returns
    -------
    Image
        RGB, 128 pixels on the longer side.
    """
    scale = 128 / max(frame)
    size = max(1, round(frame[0] * scale)), max(1, round(frame[1] * scale))
    field = upsampled(grid, size) / limit
    colours: npt.NDArray[np.uint8] = diverging(field) if signed else sequential(field)
    return Image.fromarray(colours)


def embedded(image: Image.Image, *, alt: str, sharp: bool = False) -> Picture:
    """An image as part of the report itself.

    Parameters
    ----------
    image
        RGB.
    alt
        What it shows, in words.
    sharp
        Whether thin coloured lines or colour scales must stay as they are (no chroma subsampling).

    Returns
    -------
    Picture
        A JPEG without metadata, of quality 85 where it is sharp and 82 elsewhere: PDF keeps its bytes as they are.
    """
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=85 if sharp else 82, subsampling=0 if sharp else 2, optimize=not sharp)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return Picture(uri=f"data:image/jpeg;base64,{data}", alt=alt, width=image.width, height=image.height)
