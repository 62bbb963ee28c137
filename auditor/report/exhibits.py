"""Photographs that stand beside a finding: what the model saw, where its map lies, what hiding the region changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.document import ExampleRegion
from auditor.report.figures import deviations
from auditor.report.frames import Geometry, photograph
from auditor.report.gallery import ID_WIDTH, MISSING, View
from auditor.report.images import embedded, outlined, overlay
from auditor.report.names import shorten, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from PIL import Image

    from auditor.document import Document
    from auditor.ladder import Finding, FindingExample

PLACES: Final = {"largest": "Largest shifts", "median": "Middle of all shifts", "smallest": "Smallest shifts"}


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """One photograph with what hiding the region did."""

    anchor: str
    image_id: str
    label: str
    predicted: str
    hidden: str  # answered with the region hidden
    changed: bool
    shift: str
    views: tuple[View, ...]

    @property
    def missing(self) -> bool:
        """Whether the photograph could not be shown."""
        return self.views[0].absence == MISSING


@dataclass(frozen=True, kw_only=True)
class Wall:
    """Photographs that were chosen for the same reason."""

    heading: str
    exhibits: tuple[Exhibit, ...]


class Curator:
    """Hang the photographs of a document's findings.

    Parameters
    ----------
    document
        What the report speaks of.
    images
        The images folder; None where there is none.
    """

    def __init__(self, document: Document, images: Path | None) -> None:
        self._images = images
        self._geometry = Geometry.of(
            document.model.preprocessing,
            frame=document.model.frame,
            exif=document.data.exif.casefold().startswith("appl"),
        )
        self._order = [region.name for region in document.data.regions]
        self._known = {example.image_id: example for example in document.examples.items}

    def hang(self, finding: Finding, *, anchor: str) -> tuple[Wall, ...]:
        """Show the photographs of one finding.

        Parameters
        ----------
        finding
            One of the document's.
        anchor
            Of the finding.

        Returns
        -------
        tuple of Wall
            Largest, middle and smallest shifts; those that have photographs.
        """
        made = [
            (example.place, self._exhibit(example, finding, anchor=f"{anchor}-{k}"))
            for k, example in enumerate(finding.examples, start=1)
        ]
        walls = (
            Wall(heading=heading, exhibits=tuple(one for where, one in made if where == place))
            for place, heading in PLACES.items()
        )
        return tuple(wall for wall in walls if wall.exhibits)

    def _exhibit(self, example: FindingExample, finding: Finding, *, anchor: str) -> Exhibit:
        return Exhibit(
            anchor=anchor,
            image_id=shorten(example.image_id, ID_WIDTH),
            label=shown(example.label),
            predicted=shown(example.predicted),
            hidden=shown(example.predicted_hidden),
            changed=example.predicted != example.predicted_hidden,
            shift=deviations(example.shift),
            views=tuple(self._views(example, finding.region)),
        )

    def _views(self, example: FindingExample, region: str) -> Iterator[View]:
        image = photograph(self._images, example.path, self._geometry)
        if image is None:
            yield View(heading="image", picture=None, absence=MISSING)
            return
        what = f"{shorten(example.image_id, ID_WIDTH)}: labelled {shown(example.label)}"
        yield self._seen(image, self._outlines(example, region), region=region, what=what)
        known = self._known.get(example.image_id)
        cam = example.cam if example.cam is not None or known is None else known.cam
        if cam is not None:
            heading = f"map of {shown(example.predicted)}"
            yield View(heading=heading, picture=embedded(overlay(image, cam), alt=f"{what}; {heading}", sharp=True))

    def _outlines(self, example: FindingExample, region: str) -> list[ExampleRegion]:
        """The region's outline: the finding's own, or that of the same photograph in the gallery."""
        if example.raster is not None:
            return [ExampleRegion(region=region, raster=example.raster)]
        known = self._known.get(example.image_id)
        return [one for one in known.regions if one.region == region] if known is not None else []

    def _seen(self, image: Image.Image, outlines: Sequence[ExampleRegion], *, region: str, what: str) -> View:
        told = f"; {shown(region)} outlined" if outlines else "; what the model saw"
        drawn = outlined(image, outlines, self._order) if outlines else image
        heading = f"{shown(region)} outlined" if outlines else "image"
        return View(heading=heading, picture=embedded(drawn, alt=f"{what}{told}", sharp=True))
