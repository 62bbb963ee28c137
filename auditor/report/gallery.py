"""The section on single images: errors beside matched right answers, with what the model saw and where its map lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.report.figures import share
from auditor.report.frames import Geometry, photograph
from auditor.report.images import Picture, embedded, outlined, overlay
from auditor.report.names import shorten, shown, value_name
from auditor.report.palettes import region_colour

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from PIL import Image

    from auditor.document import Document, Example, Grid

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
    """One image with its maps."""

    anchor: str
    image_id: str
    label: str
    predicted: str
    right: bool
    score: str
    attributes: tuple[tuple[str, str], ...]
    views: tuple[View, ...]


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
    legend: tuple[tuple[str, str], ...]  # region, colour
    missing: int  # images that could not be shown


def gallery(document: Document, images: Path | None) -> Gallery:
    """Draw the examples of a document.

    Parameters
    ----------
    document
        What the report speaks of.
    images
        The images folder; None where there is none.

    Returns
    -------
    Gallery
        Pairs of error and control, in the document's order.
    """
    names = [region.name for region in document.data.regions]
    geometry = Geometry.of(
        document.model.preprocessing, frame=document.model.frame, exif=document.data.exif.casefold().startswith("appl")
    )
    made = [
        _example(example, photograph(images, example.path, geometry), names=names, place=place)
        for place, example in enumerate(document.examples.items)
    ]
    pairs = tuple(_pairs(document.examples.items, made))
    missing = sum(one.views[0].absence == MISSING for one in made)
    seen = {region.region for example in document.examples.items for region in example.regions}
    legend = tuple((shown(name), region_colour(place)) for place, name in enumerate(names) if name in seen)
    return Gallery(
        rule=document.examples.rule,
        n_misclassified=document.examples.n_misclassified,
        pairs=pairs,
        legend=legend,
        missing=missing,
    )


def _pairs(examples: Sequence[Example], shown: Sequence[Shown]) -> Iterator[Pair]:
    controls = {
        example.control_of: one for example, one in zip(examples, shown, strict=True) if example.kind == "control"
    }
    for example, one in zip(examples, shown, strict=True):
        if example.kind == "misclassified":
            yield Pair(error=one, control=controls.get(example.image_id))


def _example(example: Example, image: Image.Image | None, *, names: Sequence[str], place: int) -> Shown:
    return Shown(
        anchor=f"example-{place + 1}",
        image_id=shorten(example.image_id, ID_WIDTH),
        label=shown(example.label),
        predicted=shown(example.predicted),
        right=example.label == example.predicted,
        score=share(example.score),
        attributes=tuple((shown(name), value_name(value)) for name, value in example.attributes.items()),
        views=tuple(_views(example, image, names)),
    )


def _views(example: Example, image: Image.Image | None, names: Sequence[str]) -> Iterator[View]:
    what = (
        f"{shorten(example.image_id, ID_WIDTH)}: labelled {shown(example.label)}, answered {shown(example.predicted)}"
    )
    if image is None:
        yield View(heading="image", picture=None, absence=MISSING)
        return
    seen = embedded(
        outlined(image, example.regions, names), alt=f"{what}; what the model saw, regions outlined", sharp=True
    )
    yield View(heading="image", picture=seen)
    yield _mapped(image, example.cam, heading=f"map of {shown(example.predicted)}", what=what)
    if example.label != example.predicted:
        yield _mapped(image, example.cam_label, heading=f"map of {shown(example.label)}", what=what)


def _mapped(image: Image.Image, cam: Grid | None, *, heading: str, what: str) -> View:
    if cam is None:
        return View(heading=heading, picture=None, absence=EMPTY)
    return View(heading=heading, picture=embedded(overlay(image, cam), alt=f"{what}; {heading}", sharp=True))
