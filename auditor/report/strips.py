"""Contact sheet: in print most wrong answers share a page, each a strip of photograph and maps beside its control."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from PIL import Image

from auditor.report.figures import share
from auditor.report.images import Picture, embedded, outlined, overlay
from auditor.report.names import shorten, shown, value_name
from auditor.report.photographs import NOT_SHOWN, is_blank, seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from auditor.documents.document import Example, Grid
    from auditor.report.frames import Geometry
    from auditor.report.photographs import Images

LARGE: Final = 12
"""Wrong answers that are printed large before the sheet begins."""
SIDE: Final = 112
"""Pixels of the longer side of a tile; in print it is 16 mm wide."""
GAP: Final = 3
APART: Final = 10
"""Between the wrong answer and its control."""
ID_WIDTH: Final = 20.0
_PAPER: Final = (255, 255, 255)
_ABSENT: Final = (241, 244, 246)


@dataclass(frozen=True, kw_only=True)
class Strip:
    """A wrong answer with its maps and, apart from it, its control with its map: one picture and its caption."""

    picture: Picture
    image_id: str
    label: str
    predicted: str
    score: str
    attributes: tuple[tuple[str, str], ...]
    control: str  # name of the control; "" where none was found
    absences: tuple[str, ...]  # what is not there, in words
    missing: int  # photographs that could not be shown


@dataclass(frozen=True, kw_only=True)
class _Tiles:
    """The tiles of one example, and what is said in place of those that are empty."""

    pictures: tuple[Image.Image, ...]
    absences: tuple[str, ...]
    missing: bool
    blank: bool


def strips(
    pairs: Iterable[tuple[Example, Example | None]],
    images: Images,
    *,
    geometry: Geometry,
    order: Sequence[str],
) -> tuple[Strip, ...]:
    """Draw wrong answers with their controls, small.

    Parameters
    ----------
    pairs
        Wrong answers, each with its control if it has one.
    images
        The photographs, or their folder; None where there is none.
    geometry
        How the model's frame is cut.
    order
        Names of all regions: a region's place in it decides its colour.

    Returns
    -------
    tuple of Strip
        In the order given.
    """
    small = replace(geometry, longest=SIDE)
    return tuple(_strip(pair, images, geometry=small, order=order) for pair in pairs)


def _strip(
    pair: tuple[Example, Example | None],
    images: Images,
    *,
    geometry: Geometry,
    order: Sequence[str],
) -> Strip:
    error, control = pair
    drawn = []
    for one in (error, *((control,) if control is not None else ())):
        marks = {mark.region: mark.raster for mark in one.regions}
        drawn.append(_draw(one, seen(images, one.path, geometry, marks=marks), geometry=geometry, order=order))
    name = shorten(error.image_id, ID_WIDTH)
    other = "" if control is None else shorten(control.image_id, ID_WIDTH)
    return Strip(
        picture=embedded(_join([one.pictures for one in drawn]), alt=_tell(pair, (name, other), drawn), sharp=True),
        image_id=name,
        label=shown(error.label),
        predicted=shown(error.predicted),
        score=share(error.score),
        attributes=tuple((shown(key), value_name(value)) for key, value in error.attributes.items()),
        control=other,
        absences=tuple(dict.fromkeys(words for one in drawn for words in one.absences)),
        missing=sum(one.missing for one in drawn),
    )


def _tell(pair: tuple[Example, Example | None], names: tuple[str, str], drawn: Sequence[_Tiles]) -> str:
    """The picture in words."""
    error, control = pair
    what = NOT_SHOWN if drawn[0].blank else "what the model saw"
    told = f"{names[0]}: labelled {shown(error.label)}, answered {shown(error.predicted)}; {what}"
    told += f", map of {shown(error.predicted)}, map of {shown(error.label)}"
    if control is None:
        return told
    return f"{told}; beside it control {names[1]}, answered right, with the map of {shown(control.predicted)}"


def _draw(example: Example, image: Image.Image | None, *, geometry: Geometry, order: Sequence[str]) -> _Tiles:
    """Photograph, map of the answer and, where that is wrong, map of the label."""
    size = geometry.canvas[::-1]
    wrong = example.label != example.predicted
    if image is None:
        tiles = [Image.new("RGB", size, _ABSENT)] * (3 if wrong else 2)
        return _Tiles(pictures=tuple(tiles), absences=("image not available",), missing=True, blank=False)
    maps: list[tuple[str, Grid | None]] = [(example.predicted, example.cam)]
    maps += [(example.label, example.cam_label)] if wrong else []
    tiles = [overlay(image, cam) if cam is not None else Image.new("RGB", size, _ABSENT) for _, cam in maps]
    absences = tuple(f"the map of {shown(name)} is zero everywhere" for name, cam in maps if cam is None)
    pictures = (outlined(image, example.regions, order), *tiles)
    return _Tiles(pictures=pictures, absences=absences, missing=False, blank=is_blank(image))


def _join(sides: Sequence[Sequence[Image.Image]]) -> Image.Image:
    """Tiles beside each other; every strip is as wide, so that all are printed at one scale."""
    tile = sides[0][0]
    joined = Image.new("RGB", (5 * tile.width + 3 * GAP + APART, tile.height), _PAPER)
    for left, one in zip(_places(tile.width), (one for side in sides for one in side), strict=False):
        joined.paste(one, (left, 0))
    return joined


def _places(width: int) -> Iterator[int]:
    """Where tiles begin: three of the wrong answer, two of its control."""
    yield from (k * (width + GAP) for k in range(3))
    yield from (3 * width + 2 * GAP + APART + k * (width + GAP) for k in range(2))
