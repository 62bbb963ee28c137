"""The same images with the maps of two models, those first on which they disagree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.documents.document import ExampleRegion
from auditor.report.figures import count, share
from auditor.report.filters import Filter
from auditor.report.frames import Geometry
from auditor.report.gallery import EMPTY, ID_WIDTH, MISSING, View
from auditor.report.images import embedded, outlined, overlay
from auditor.report.loans import Anchors
from auditor.report.names import shorten, shown, value_name
from auditor.report.palettes import region_colour
from auditor.report.photographs import NOT_SHOWN, is_blank, seen, told
from auditor.report.plaintext import line
from auditor.report.plates import Plate, layer, slug

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PIL import Image

    from auditor.documents.comparisons import Pair, PairExample, Side
    from auditor.documents.document import Document
    from auditor.report.photographs import Images
    from auditor.report.plates import Album

SHARES: Final = 4
"""Regions whose share of both maps is told below a picture: those that differ most."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What one model answered."""

    name: str
    words: str
    score: str
    right: bool


@dataclass(frozen=True, kw_only=True)
class Twin:
    """One image with the maps of both models."""

    anchor: str
    slug: str  # of its place: the same image may stand with several models
    image_id: str
    kind: str
    label: str
    answers: tuple[Answered, Answered]
    attributes: tuple[tuple[str, str], ...]
    shares: tuple[tuple[str, str, str], ...]  # region, share of either map
    distance: str
    views: tuple[View, ...]
    plate: Plate | None

    @property
    def missing(self) -> bool:
        """Whether the photograph could not be shown."""
        return any(view.absence == MISSING for view in self.views)

    @property
    def subgroups(self) -> tuple[str, ...]:
        """What it can be found by."""
        return tuple(f"{name}: {value}" for name, value in self.attributes)


@dataclass(frozen=True, kw_only=True)
class Twins:
    """What the section shows of one pair."""

    rule: str
    tally: str  # how many there are in all
    items: tuple[Twin, ...]
    note: str  # what there is no room for

    @property
    def missing(self) -> int:
        """Images that could not be shown."""
        return sum(one.missing for one in self.items)


class Frame:
    """Draw the images of a comparison.

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
        self._geometry = Geometry.of(
            document.model.preprocessing,
            frame=document.model.frame,
            exif=document.data.exif.casefold().startswith("appl"),
        )
        self._order = [region.name for region in document.data.regions]
        self._anchors = Anchors()

    def twins(self, pair: Pair, *, names: tuple[str, str], most: int) -> Twins:
        """Show the images of one pair.

        Parameters
        ----------
        pair
            Baseline and candidate.
        names
            Of baseline and candidate.
        most
            How many there is room for.

        Returns
        -------
        Twins
            In the document's order.
        """
        kept = _spread(pair.examples, most)
        more = len(pair.examples) - len(kept)
        note = f"{count(len(kept))} of {count(len(pair.examples))} images; audit.json names all." if more else ""
        counts = "; ".join(f"{kind}: {count(n)}" for kind, n in pair.n_disagree.items())
        return Twins(
            rule=f"{pair.example_rule} {told(self._images)}".strip() if kept else pair.example_rule,
            tally=f"Of all images compared: {counts}." if counts else "",
            items=tuple(self._twin(one, names) for one in kept),
            note=note,
        )

    def legend(self, pairs: Sequence[Pair]) -> tuple[tuple[str, str, int], ...]:
        """Name the regions that are outlined.

        Parameters
        ----------
        pairs
            All of the document.

        Returns
        -------
        tuple of tuple
            Name, colour and place.
        """
        marked = {region for pair in pairs for one in pair.examples for region in one.regions}
        known = enumerate(self._order)
        return tuple((shown(name), region_colour(place), place) for place, name in known if name in marked)

    def _twin(self, one: PairExample, names: tuple[str, str]) -> Twin:
        image = seen(self._images, one.path, self._geometry, marks=one.regions)
        anchor = self._anchors.name(slug(one.image_id))
        album = self._album
        plate = self._plate(one, image, names=names, album=album) if album is not None and image is not None else None
        return Twin(
            anchor=anchor,
            slug=anchor.removeprefix("image-"),
            image_id=shorten(one.image_id, ID_WIDTH),
            kind=one.kind,
            label=line(shown(one.label)),
            answers=(_answered(one, one.baseline, names[0]), _answered(one, one.candidate, names[1])),
            attributes=tuple((line(shown(name)), line(value_name(value))) for name, value in one.attributes.items()),
            shares=tuple(_shares(one)),
            distance=_part(one.distance),
            views=() if plate is not None else tuple(self._views(one, image, names=names)),
            plate=plate,
        )

    def _plate(self, one: PairExample, image: Image.Image, *, names: tuple[str, str], album: Album) -> Plate:
        what = _what(one)
        outlines = _outlines(one)
        seen_as = NOT_SHOWN if is_blank(image) else "what the model saw"
        return album.mount(
            image,
            alt=f"{what}; {seen_as}{', regions outlined' if outlines else ''}",
            heading="image",
            layers=(
                layer(side.cam, heading=heading, alt=f"{what}; {heading}") for heading, side in _headed(one, names)
            ),
            regions=outlines,
            order=self._order,
        )

    def _views(self, one: PairExample, image: Image.Image | None, *, names: tuple[str, str]) -> Iterator[View]:
        if image is None:
            yield View(heading="image", picture=None, absence=MISSING)
            return
        what = _what(one)
        seen_as = NOT_SHOWN if is_blank(image) else "what the model saw"
        drawn = outlined(image, _outlines(one), self._order)
        yield View(heading="image", picture=embedded(drawn, alt=f"{what}; {seen_as}, regions outlined", sharp=True))
        for heading, side in _headed(one, names):
            if side.cam is None:
                yield View(heading=heading, picture=None, absence=EMPTY)
            else:
                mapped = embedded(overlay(image, side.cam), alt=f"{what}; {heading}", sharp=True)
                yield View(heading=heading, picture=mapped)


def _spread(examples: Sequence[PairExample], most: int) -> list[PairExample]:
    """As many as there is room for, of each kind in turn, in the order in which they came."""
    if len(examples) <= most:
        return list(examples)
    ranks: dict[str, int] = {}
    ranked = []
    for place, one in enumerate(examples):
        ranks[one.kind] = ranks.get(one.kind, -1) + 1
        ranked.append((ranks[one.kind], place))
    return [examples[place] for place in sorted(place for _, place in sorted(ranked)[:most])]


def _outlines(one: PairExample) -> list[ExampleRegion]:
    return [ExampleRegion(region=name, raster=raster) for name, raster in one.regions.items()]


def _headed(one: PairExample, names: tuple[str, str]) -> tuple[tuple[str, Side], tuple[str, Side]]:
    return (f"map of {shown(names[0])}", one.baseline), (f"map of {shown(names[1])}", one.candidate)


def _what(one: PairExample) -> str:
    return f"{shorten(one.image_id, ID_WIDTH)}: labelled {shown(one.label)}"


def _answered(one: PairExample, side: Side, name: str) -> Answered:
    right = side.predicted == one.label
    return Answered(name=shown(name), words=shown(side.predicted), score=_part(side.score), right=right)


def _shares(one: PairExample) -> Iterator[tuple[str, str, str]]:
    """Regions whose shares of the two maps differ most."""
    old, new = one.baseline.on, one.candidate.on
    both = sorted(old.keys() & new.keys(), key=lambda name: (-abs(new[name] - old[name]), name))
    for name in both[:SHARES]:
        yield shown(name), _part(old[name]), _part(new[name])


def _part(value: float) -> str:
    """A share that rounding put a little beyond its ends."""
    return share(min(max(value, 0.0), 1.0))


def list_filters(shown_twins: Sequence[tuple[str, Twin]]) -> tuple[Filter, ...]:
    """List what the images can be filtered by.

    Parameters
    ----------
    shown_twins
        Candidate and image.

    Returns
    -------
    tuple of Filter
        Those that tell images apart.
    """
    found = {
        ("candidate", "Compared"): [name for name, _ in shown_twins],
        ("kind", "Who is right"): [one.kind for _, one in shown_twins],
        ("class", "Labelled"): [one.label for _, one in shown_twins],
        ("subgroup", "Subgroup"): sorted({value for _, one in shown_twins for value in one.subgroups}),
    }
    made = (
        Filter(name=name, title=title, choices=tuple((value, value) for value in dict.fromkeys(values)))
        for (name, title), values in found.items()
    )
    return tuple(one for one in made if len(one.choices) > 1)
