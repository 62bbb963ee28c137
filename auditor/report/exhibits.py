"""Photographs that stand beside a finding: what the model saw, where its map lies, what hiding the region changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.documents.document import ExampleRegion
from auditor.report.figures import deviations
from auditor.report.frames import Geometry
from auditor.report.gallery import ID_WIDTH, MISSING, View
from auditor.report.images import embedded, outlined, overlay
from auditor.report.names import shorten, shown
from auditor.report.photographs import NOT_SHOWN, is_blank, seen, sensitive
from auditor.report.plates import Plate, layer, slug

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from PIL import Image

    from auditor.documents.document import Document, Grid
    from auditor.documents.ladder import Finding, FindingExample
    from auditor.report.photographs import Images
    from auditor.report.plates import Album

PLACES: Final = {"largest": "Largest shifts", "median": "Middle of all shifts", "smallest": "Smallest shifts"}


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """One photograph with what hiding the region did."""

    anchor: str
    slug: str
    image_id: str
    label: str
    predicted: str
    right: bool
    hidden: str  # answered with the region hidden
    changed: bool
    shift: str
    views: tuple[View, ...]
    plate: Plate | None

    @property
    def missing(self) -> bool:
        """Whether the photograph could not be shown."""
        return any(view.absence == MISSING for view in self.views)


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
    album
        Keeps the photographs of a page; None in print, where each picture is drawn whole.
    """

    def __init__(self, document: Document, images: Images, *, album: Album | None = None) -> None:
        self._images, self._album = images, album
        self._unknown = sensitive(images) - {one.name for one in document.data.regions if one.role == "protected"}
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
        image = seen(self._images, example.path, self._geometry, marks=self._marks(example, finding.region))
        plate = self._plate(image, example, region=finding.region) if image is not None else None
        return Exhibit(
            anchor=anchor,
            slug=slug(example.image_id),
            image_id=shorten(example.image_id, ID_WIDTH),
            label=shown(example.label),
            predicted=shown(example.predicted),
            right=example.label == example.predicted,
            hidden=shown(example.predicted_hidden),
            changed=example.predicted != example.predicted_hidden,
            shift=deviations(example.shift),
            views=tuple(self._views(image, example, region=finding.region)) if plate is None else (),
            plate=plate,
        )

    def _plate(self, image: Image.Image, example: FindingExample, *, region: str) -> Plate | None:
        """The photograph with its map and the region's outline, on a screen."""
        if self._album is None:
            return None
        what, outlines, cam = _what(example), self._outlines(example, region), self._map(example)
        heading = f"map of {shown(example.predicted)}"
        return self._album.mount(
            image,
            alt=f"{what}{_told(image, outlines, region)}",
            heading=f"{shown(region)} outlined" if outlines else "image",
            layers=[layer(cam, heading=heading, alt=f"{what}; {heading}")] if cam is not None else [],
            regions=outlines,
            order=self._order,
        )

    def _map(self, example: FindingExample) -> Grid | None:
        """The map of the answer: the example's own, or that of the same photograph in the gallery."""
        known = self._known.get(example.image_id)
        return example.cam if example.cam is not None or known is None else known.cam

    def _views(self, image: Image.Image | None, example: FindingExample, *, region: str) -> Iterator[View]:
        if image is None:
            yield View(heading="image", picture=None, absence=MISSING)
            return
        what = _what(example)
        yield self._seen(image, self._outlines(example, region), region=region, what=what)
        cam = self._map(example)
        if cam is not None:
            heading = f"map of {shown(example.predicted)}"
            yield View(heading=heading, picture=embedded(overlay(image, cam), alt=f"{what}; {heading}", sharp=True))

    def _marks(self, example: FindingExample, region: str) -> Mapping[str, str] | None:
        """Where sensitive regions lie, as the example or the gallery has it; None where that is not known."""
        known = self._known.get(example.image_id)
        if known is not None:
            return {one.region: one.raster for one in known.regions}
        if example.protected is None or self._unknown - {region}:
            return None
        return example.protected | ({region: example.raster} if example.raster is not None else {})

    def _outlines(self, example: FindingExample, region: str) -> list[ExampleRegion]:
        """The region's outline: the finding's own, or that of the same photograph in the gallery."""
        if example.raster is not None:
            return [ExampleRegion(region=region, raster=example.raster)]
        known = self._known.get(example.image_id)
        return [one for one in known.regions if one.region == region] if known is not None else []

    def _seen(self, image: Image.Image, outlines: Sequence[ExampleRegion], *, region: str, what: str) -> View:
        drawn = outlined(image, outlines, self._order) if outlines else image
        heading = f"{shown(region)} outlined" if outlines else "image"
        alt = f"{what}{_told(image, outlines, region)}"
        return View(heading=heading, picture=embedded(drawn, alt=alt, sharp=True))


def _what(example: FindingExample) -> str:
    return f"{shorten(example.image_id, ID_WIDTH)}: labelled {shown(example.label)}"


def _told(image: Image.Image, outlines: Sequence[ExampleRegion], region: str) -> str:
    told = f"; {shown(region)} outlined" if outlines else "; what the model saw"
    return f"; {NOT_SHOWN}{told if outlines else ''}" if is_blank(image) else told
