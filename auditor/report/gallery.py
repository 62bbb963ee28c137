"""The section on single images: errors beside matched right answers, with what the model saw and where its map lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.report.figures import share
from auditor.report.filters import Filter, Tags, filters, link_code
from auditor.report.frames import Geometry
from auditor.report.images import Picture, embedded, outlined, overlay
from auditor.report.loans import Anchors, Part, list_loans, list_parts
from auditor.report.names import shorten, shown, value_name
from auditor.report.palettes import region_colour
from auditor.report.photographs import NOT_SHOWN, is_blank, seen, told
from auditor.report.plates import Plate, layer, slug
from auditor.report.strips import LARGE, Strip, strips

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PIL import Image

    from auditor.documents.document import Document, Example, Grid
    from auditor.report.exhibits import Exhibit
    from auditor.report.findings import Findings
    from auditor.report.photographs import Images
    from auditor.report.plates import Album

MISSING: Final = "image not available"
ID_WIDTH: Final = 34.0
"""Ems that the name of an image may take."""
EMPTY: Final = "the map is zero everywhere"


@dataclass(frozen=True, kw_only=True)
class View:
    """One picture of an example, or what is said in its place."""

    heading: str
    picture: Picture | None
    absence: str = ""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One image with its maps: as pictures in print, as a plate on a screen."""

    anchor: str
    slug: str
    image_id: str
    label: str
    predicted: str
    right: bool
    score: str
    attributes: tuple[tuple[str, str], ...]
    views: tuple[View, ...]
    plate: Plate | None
    parts: tuple[Part, ...]

    @property
    def missing(self) -> bool:
        """Whether the photograph could not be shown."""
        return any(view.absence == MISSING for view in self.views)

    @property
    def tags(self) -> Tags:
        """What it can be found by."""
        outcomes = dict.fromkeys(
            ("right" if self.right else "wrong", *("changed" if part.changed else "kept" for part in self.parts))
        )
        return Tags(
            label=self.label,
            predicted=self.predicted,
            subgroups=tuple(f"{name}: {value}" for name, value in self.attributes),
            outcomes=tuple(outcomes),
            findings=tuple(link_code(part.code) for part in self.parts),
        )


@dataclass(frozen=True, kw_only=True)
class Pair:
    """An error and its matched control."""

    error: Shown
    control: Shown | None


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """What the section shows."""

    rule: str
    n_misclassified: int
    pairs: tuple[Pair, ...]
    strips: tuple[Strip, ...]  # in print alone: the wrong answers after the first
    legend: tuple[tuple[str, str, int], ...]  # region, colour, place
    missing: int  # images that could not be shown
    more: tuple[Shown, ...]  # shown with findings, and neither errors nor controls here: on a screen alone
    filters: tuple[Filter, ...]


def gallery(
    document: Document, images: Images, *, found: Findings | None = None, album: Album | None = None
) -> Gallery:
    """Draw the examples of a document.

    Parameters
    ----------
    document
        What the report speaks of.
    images
        The images folder; None where there is none.
    found
        The section on findings: its images stand in the gallery of a screen as well.
    album
        Keeps the photographs of a page; None in print, where each picture is drawn whole.

    Returns
    -------
    Gallery
        Pairs of error and control, in the document's order.
    """
    names = [region.name for region in document.data.regions]
    geometry = Geometry.of(
        document.model.preprocessing, frame=document.model.frame, exif=document.data.exif.casefold().startswith("appl")
    )
    parts, anchors = list_parts(found) if album is not None else {}, Anchors()
    couples = list(_couple(document.examples.items))
    large = len(couples) if album is not None else LARGE

    def draw(example: Example) -> Shown:
        return _example(
            example,
            seen(images, example.path, geometry, marks=_marks(example)),
            names=names,
            anchor=anchors.name(slug(example.image_id)),
            album=album,
            parts=parts.get(slug(example.image_id), ()),
        )

    pairs = tuple(Pair(error=draw(one), control=None if two is None else draw(two)) for one, two in couples[:large])
    made = [one for pair in pairs for one in (pair.error, pair.control) if one is not None]
    sheet = strips(couples[large:], images, geometry=geometry, order=names)
    known = {one.slug for one in made}
    loans = [exhibit for exhibit in list_loans(found) if exhibit.slug not in known and exhibit.plate is not None]
    more = tuple(_lent(exhibit, parts[exhibit.slug]) for exhibit in loans)
    return Gallery(
        rule=f"{document.examples.rule} {told(images)}".rstrip() if made else document.examples.rule,
        n_misclassified=document.examples.n_misclassified,
        pairs=pairs,
        strips=sheet,
        legend=_legend(document, names, more),
        missing=sum(one.missing for one in made) + sum(one.missing for one in sheet),
        more=more,
        filters=filters(
            [one.tags for one in (*made, *more)], {row.code: row.title for row in found.rows} if found else {}
        ),
    )


def _legend(document: Document, names: Sequence[str], more: Sequence[Shown]) -> tuple[tuple[str, str, int], ...]:
    """Regions that are outlined anywhere."""
    marked = {region.region for example in document.examples.items for region in example.regions}
    marked |= {names[line.place] for one in more if one.plate for line in one.plate.outlines if line.place >= 0}
    return tuple((shown(name), region_colour(place), place) for place, name in enumerate(names) if name in marked)


def _lent(exhibit: Exhibit, parts: tuple[Part, ...]) -> Shown:
    """An image of the gallery that is no example: it is shown as it is with its finding."""
    return Shown(
        anchor=f"image-{exhibit.slug}",
        slug=exhibit.slug,
        image_id=exhibit.image_id,
        label=exhibit.label,
        predicted=exhibit.predicted,
        right=exhibit.right,
        score="",
        attributes=(),
        views=(),
        plate=exhibit.plate,
        parts=parts,
    )


def _marks(example: Example) -> dict[str, str]:
    """Where each region lies on an example."""
    return {region.region: region.raster for region in example.regions}


def _couple(examples: Sequence[Example]) -> Iterator[tuple[Example, Example | None]]:
    """Wrong answers in order, each with its control if it has one."""
    controls = {one.control_of: one for one in examples if one.kind == "control"}
    for one in examples:
        if one.kind == "misclassified":
            yield one, controls.get(one.image_id)


def _example(
    example: Example,
    image: Image.Image | None,
    *,
    names: Sequence[str],
    anchor: str,
    album: Album | None,
    parts: tuple[Part, ...],
) -> Shown:
    plate = _plate(example, image, names=names, album=album) if album is not None and image is not None else None
    return Shown(
        anchor=anchor,
        slug=slug(example.image_id),
        image_id=shorten(example.image_id, ID_WIDTH),
        label=shown(example.label),
        predicted=shown(example.predicted),
        right=example.label == example.predicted,
        score=share(example.score),
        attributes=tuple((shown(name), value_name(value)) for name, value in example.attributes.items()),
        views=() if plate is not None else tuple(_views(example, image, names)),
        plate=plate,
        parts=parts,
    )


def _what(example: Example) -> str:
    name = shorten(example.image_id, ID_WIDTH)
    return f"{name}: labelled {shown(example.label)}, answered {shown(example.predicted)}"


def _plate(example: Example, image: Image.Image, *, names: Sequence[str], album: Album) -> Plate:
    what = _what(example)
    told = f"; {NOT_SHOWN if is_blank(image) else 'what the model saw'}"
    maps = [(example.predicted, example.cam)]
    maps += [(example.label, example.cam_label)] if example.label != example.predicted else []
    headed = [(f"map of {shown(name)}", grid) for name, grid in maps]
    return album.mount(
        image,
        alt=f"{what}{told}{', regions outlined' if example.regions else ''}",
        heading="image",
        layers=(layer(grid, heading=heading, alt=f"{what}; {heading}") for heading, grid in headed),
        regions=example.regions,
        order=names,
    )


def _views(example: Example, image: Image.Image | None, names: Sequence[str]) -> Iterator[View]:
    what = _what(example)
    if image is None:
        yield View(heading="image", picture=None, absence=MISSING)
        return
    what_is_seen = NOT_SHOWN if is_blank(image) else "what the model saw"
    drawn = outlined(image, example.regions, names)
    yield View(heading="image", picture=embedded(drawn, alt=f"{what}; {what_is_seen}, regions outlined", sharp=True))
    yield _mapped(image, example.cam, heading=f"map of {shown(example.predicted)}", what=what)
    if example.label != example.predicted:
        yield _mapped(image, example.cam_label, heading=f"map of {shown(example.label)}", what=what)


def _mapped(image: Image.Image, cam: Grid | None, *, heading: str, what: str) -> View:
    if cam is None:
        return View(heading=heading, picture=None, absence=EMPTY)
    return View(heading=heading, picture=embedded(overlay(image, cam), alt=f"{what}; {heading}", sharp=True))
