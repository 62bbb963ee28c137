"""How much of the photographs a report shows: all of them, none, or all but what was declared sensitive.

What is taken out is taken out of the pixels, before anything is drawn on them or encoded. Fine pixelation can be read
by a trained network (McPherson, Shokri and Shmatikov, 2016, "Defeating image obfuscation with deep learning", arXiv
1609.00408), so at most `CELLS` cells are left across all that is taken out of a picture.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np
from PIL import Image

from auditor.records import RASTER, unpack_rasters
from auditor.report.frames import photograph

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from auditor.geometry import BoolArray
    from auditor.report.frames import Geometry

Showing = Literal["none", "blur-regions", "full"]
CELLS: Final = 3
"""Cells of one colour along the longer side of all that is pixelated."""
GROUND: Final = (226, 228, 231)
"""Stands where a photograph is not shown: light, so that maps and outlines are seen on it."""
NOT_SHOWN: Final = "photograph left out"


@dataclass(frozen=True, kw_only=True)
class Photographs:
    """The photographs of an audit, and how much of them may be seen.

    Attributes
    ----------
    folder
        The images folder; None where there is none.
    showing
        How much.
    sensitive
        Regions that are pixelated.
    paths
        Where photographs lie in the folder, by the name that the document has for them; itself where it is not here.
    """

    folder: Path | None
    showing: Showing = "full"
    sensitive: frozenset[str] = frozenset()
    paths: Mapping[str, str] = field(default_factory=dict)


Images: TypeAlias = "Photographs | Path | None"
"""The photographs, or the folder of those that may all be seen; None where they are not at hand."""


def seen(images: Images, path: str, geometry: Geometry, *, marks: Mapping[str, str] | None) -> Image.Image | None:
    """Read a photograph as the model saw it, as far as it may be seen.

    Parameters
    ----------
    images
        The photographs, or their folder where all may be seen.
    path
        Of the photograph, as the document has it.
    geometry
        How the frame is cut.
    marks
        Where regions lie, base64 of `records.pack_raster` by name; None where not all sensitive ones are known.

    Returns
    -------
    Image or None
        RGB; a blank ground where the photograph may not be seen: none may, or nothing sensitive is marked on it, so
        that nobody can tell whether it shows any. None where it cannot be read.
    """
    if not isinstance(images, Photographs):
        return photograph(images, path, geometry)
    if images.showing == "none":
        return blank(geometry)
    if images.showing == "full":
        return photograph(images.folder, images.paths.get(path, path), geometry)
    inside = _covered([] if marks is None else [marks[name] for name in images.sensitive if name in marks])
    if not inside.any():
        return blank(geometry)
    image = photograph(images.folder, images.paths.get(path, path), geometry)
    return image if image is None else pixelate(image, inside)


def blank(geometry: Geometry) -> Image.Image:
    """What stands in place of a photograph.

    Parameters
    ----------
    geometry
        How the frame would be cut.

    Returns
    -------
    Image
        RGB of one colour.
    """
    rows, columns = geometry.canvas
    return Image.new("RGB", (columns, rows), GROUND)


def is_blank(image: Image.Image) -> bool:
    """Say whether a picture is the ground that stands for a photograph.

    Parameters
    ----------
    image
        RGB.

    Returns
    -------
    bool
        Whether it has the ground's colour everywhere.
    """
    return image.getcolors(1) == [(image.width * image.height, GROUND)]


def _covered(rasters: Iterable[str]) -> BoolArray:
    """Cells in or beside any of some regions: a raster holds cells that are half covered, and edges lie beyond."""
    inside = np.zeros(RASTER, dtype=bool)
    for raster in rasters:
        try:
            inside |= unpack_rasters([base64.b64decode(raster)])[0]
        except (ValueError, IndexError, binascii.Error):
            return np.zeros(RASTER, dtype=bool)
    wide = np.pad(inside, 1)
    height, width = inside.shape
    around = [wide[y : y + height, x : x + width] for y in range(3) for x in range(3)]
    grown: BoolArray = np.any(around, axis=0)
    return grown


def pixelate(image: Image.Image, inside: BoolArray) -> Image.Image:
    """Replace a part of a picture by a few cells, each of the mean colour of what it replaces.

    Parameters
    ----------
    image
        RGB.
    inside
        ``RASTER``: what is replaced, on the frame of the picture.

    Returns
    -------
    Image
        RGB of the same size; the other pixels are as they were.
    """
    mask = np.asarray(Image.fromarray(inside).resize(image.size, Image.Resampling.NEAREST), dtype=bool)
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return image
    pixels = np.array(image)
    side = -(-max(int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1) // CELLS)
    cells = ((rows - rows.min()) // side) * CELLS + (columns - columns.min()) // side
    for cell in np.unique(cells):
        mine = cells == cell
        here = rows[mine], columns[mine]
        pixels[here] = np.rint(pixels[here].mean(axis=0))
    return Image.fromarray(pixels)


def sensitive(images: Images) -> frozenset[str]:
    """Say which regions are pixelated.

    Parameters
    ----------
    images
        The photographs, or their folder.

    Returns
    -------
    frozenset of str
        Names; none where photographs are shown as they are, or not at all.
    """
    return images.sensitive if isinstance(images, Photographs) and images.showing == "blur-regions" else frozenset()


def told(images: Images) -> str:
    """Say what became of the photographs.

    Parameters
    ----------
    images
        The photographs, or their folder.

    Returns
    -------
    str
        One or two sentences; nothing where they are shown as they are.
    """
    if not isinstance(images, Photographs) or images.showing == "full":
        return ""
    if images.showing == "none":
        return "Photographs are left out of this report: maps and outlines stand on a blank ground."
    names = ", ".join(sorted(images.sensitive))
    return (
        f"Pixelated on each photograph: {names}. A photograph on which none of these is marked is left out, as nobody "
        "can tell whether it shows any: its maps and outlines stand on a blank ground."
    )
