"""Plates of the HTML report: a photograph that is kept once, with its maps and outlines as layers over it."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from auditor.report.contours import outline
from auditor.report.images import embedded
from auditor.report.palettes import region_colour

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from auditor.documents.document import ExampleRegion, Grid
    from auditor.report.images import Picture

NAME: Final = 48
"""Letters of an image's name in a link."""
UNKNOWN: Final = "#ffffff"
"""Of the outline of a region that the audit does not list."""


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A photograph of the page, shown in any number of places."""

    key: str
    picture: Picture


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A map over a photograph."""

    heading: str
    alt: str
    uri: str  # a grey PNG of one pixel per cell: 255 where the map is highest; nothing where the map is empty


@dataclass(frozen=True, kw_only=True)
class Outline:
    """A region's outline over a photograph, on a frame of 64 by 64 units."""

    place: int  # of the region in the document; -1: not listed there
    colour: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Plate:
    """A photograph and what can be laid over it."""

    photo: Photo
    heading: str
    layers: tuple[Layer, ...]
    outlines: tuple[Outline, ...]


class Album:
    """The photographs of one page: each stands in it once, however often it is shown.

    Parameters
    ----------
    apart
        Whether they lie beside the page, as files.
    """

    def __init__(self, *, apart: bool = False) -> None:
        self.apart = apart
        self._photos: dict[str, Photo] = {}

    @property
    def photos(self) -> tuple[Photo, ...]:
        """In the order in which they were first shown."""
        return tuple(self._photos.values())

    def mount(
        self,
        image: Image.Image,
        *,
        alt: str,
        heading: str,
        layers: Iterable[Layer],
        regions: Iterable[ExampleRegion],
        order: Sequence[str],
    ) -> Plate:
        """Keep a photograph and lay its maps and outlines over it.

        Parameters
        ----------
        image
            RGB.
        alt
            What it shows, in words.
        heading
            What stands below it.
        layers
            Its maps.
        regions
            What to outline.
        order
            Names of all regions: a region's place in it decides its colour.

        Returns
        -------
        Plate
            The same photograph has the same key whatever lies over it.
        """
        picture = embedded(image, alt=alt)
        key = hashlib.sha256(picture.uri.encode()).hexdigest()[:12]
        self._photos.setdefault(key, Photo(key=key, picture=picture))
        return Plate(
            photo=Photo(key=key, picture=picture),
            heading=heading,
            layers=tuple(layers),
            outlines=tuple(_outlined(region, order) for region in regions),
        )


def layer(grid: Grid | None, *, heading: str, alt: str) -> Layer:
    """Put a map into a picture of one pixel per cell: browsers blow it up as smoothly as the model's frame asks for.

    Parameters
    ----------
    grid
        ``(h, w)``, at most 1; None where the map is zero everywhere.
    heading
        Whose map it is.
    alt
        What it shows, in words.

    Returns
    -------
    Layer
        The grid in steps of 1/255.

    Examples
    --------
    >>> layer([[0.0, 1.0]], heading="map", alt="a map").uri[:22]
    'data:image/png;base64,'
    """
    if grid is None:
        return Layer(heading=heading, alt=alt, uri="")
    cells = np.rint(np.clip(np.asarray(grid, dtype=np.float64), 0, 1) * 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(cells).save(buffer, format="PNG", optimize=True)
    return Layer(heading=heading, alt=alt, uri=f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}")


def slug(image_id: str) -> str:
    """Name an image so that a link may hold it, the same from audit to audit.

    Parameters
    ----------
    image_id
        As in the annotations.

    Returns
    -------
    str
        Letters, digits, ``.``, ``_`` and ``-``; where others were left out, a hash keeps images apart.

    Examples
    --------
    >>> slug("0392.jpg"), slug("ward 7/ann.jpg")
    ('0392.jpg', 'ward-7-ann.jpg-287703')
    """
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", image_id).strip("-")[-NAME:]
    if plain == image_id:
        return plain
    mark = hashlib.sha256(image_id.encode("utf-8", errors="replace")).hexdigest()[:6]
    return f"{plain}-{mark}" if plain else mark


def _outlined(region: ExampleRegion, order: Sequence[str]) -> Outline:
    place = order.index(region.region) if region.region in order else -1
    return Outline(place=place, colour=region_colour(place) if place >= 0 else UNKNOWN, path=outline(region.raster))
