"""Regions from every source, in one frame: whether orientation is applied is settled here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import pandas as pd

from auditor.errors import DataError
from auditor.evidence.faults import Fault, count, name_some
from auditor.evidence.headers import UPRIGHT
from auditor.evidence.listing import normalise
from auditor.evidence.regions import REGION_SOURCES, find_regions
from auditor.evidence.regions.base import check_regions, make_rows
from auditor.properties import is_property

if TYPE_CHECKING:
    from auditor.evidence.listing import Listing
    from auditor.evidence.regions import FoundRegions

Exif = Literal["apply", "ignore"]
_AS_TRAINED: Final = "read as stored, as torchvision's training loader does"


@dataclass(frozen=True, kw_only=True)
class Places:
    """The regions of a dataset."""

    rows: pd.DataFrame  # good ones, by normalised image, boxes cut to their images
    names: frozenset[str]  # of all regions that were seen, good or not
    exif: Exif
    exif_origin: str
    faults: tuple[Fault, ...]
    blockers: tuple[Fault, ...]  # nothing can run while these stand
    notes: tuple[str, ...]


def find_places(listing: Listing, *, regions: str | Path | None, masks: str | Path | None, exif: Exif | None) -> Places:
    """Read and check the regions of the listed images.

    Parameters
    ----------
    listing
        The images.
    regions
        File or folder of any source; None for none.
    masks
        Folder of masks; None for none.
    exif
        Whether images are turned upright; None where that was not said.

    Returns
    -------
    Places
        In pixels of the frame that ``exif`` means.

    Raises
    ------
    DataError
        If a source cannot be read as a whole, or no region is for a listed image.
    """
    found = _read_sources(listing, regions, masks)
    every = pd.concat([make_rows(), *(each.rows for each in found)], ignore_index=True)
    rows = every[_are_listed(every, listing.names)].reset_index(drop=True)
    headers = {name: header for name, (_, header) in listing.files.items()}
    turned = [name for name, header in headers.items() if header.orientation != UPRIGHT]
    unsettled = sorted(set(turned).intersection(rows["image"])) if exif is None else []
    sizes = {name: header.frame(apply_exif=exif == "apply") for name, header in headers.items()}
    frames = pd.DataFrame.from_dict(sizes, orient="index", columns=["height", "width"], dtype="float64")
    good, faults = check_regions(rows, frames.drop(index=unsettled).reindex(listing.names))
    names = frozenset(every["region"].unique()) - {""}
    return Places(
        rows=good,
        names=names,
        exif=exif or "ignore",
        exif_origin=_explain(exif, len(turned)),
        faults=(*(fault for each in found for fault in each.faults), *faults),
        blockers=(*_block(unsettled), *_refuse(names)),
        notes=tuple(note for each in found for note in each.notes),
    )


def _read_sources(listing: Listing, regions: str | Path | None, masks: str | Path | None) -> list[FoundRegions]:
    names = list(listing.names)
    found = {}
    if regions is not None:
        found[Path(regions)] = find_regions(Path(regions), names)
    if masks is not None:
        found[Path(masks)] = REGION_SOURCES["masks"].read(Path(masks), names)
    return [_count_others(each, source, listing.names) for source, each in found.items()]


def _count_others(found: FoundRegions, source: Path, names: pd.Index) -> FoundRegions:
    """A part of the images may be listed: what lies on the others is counted, unless it is all there is."""
    rows = found.rows.assign(image=normalise(found.rows["image"]))
    others = rows[~_are_listed(rows, names)]
    if others.empty:
        return replace(found, rows=rows)
    if len(others) == len(rows):
        there = f"{name_some(others['image'].unique())} and images {name_some(names)}"
        raise DataError(f"{source}: no region is for a listed image: {there}")
    note = f"{count(len(others), 'row')} of {source.name} for images that are not listed passed over"
    return replace(found, rows=rows, notes=(*found.notes, note))


def _are_listed(rows: pd.DataFrame, names: pd.Index) -> pd.Series[bool]:
    """Rows of listed images, and those that name none."""
    return rows["image"].isin([*names, ""])


def _block(unsettled: list[str]) -> tuple[Fault, ...]:
    if not unsettled:
        return ()
    images = f"{count(len(unsettled), 'image')} that EXIF rotates ({name_some(unsettled)})"
    text = (
        f"exif is not declared, and regions lie on {images}: "
        "say exif = 'apply' if they lie on upright pictures, 'ignore' if on the pixels as stored"
    )
    return (Fault(text=text),)


def _refuse(names: frozenset[str]) -> list[Fault]:
    """Tables and policies would take such a region for the whole picture."""
    return [
        Fault(text=f"region {name!r} bears the name by which reports call a property of the whole picture: rename it")
        for name in sorted(filter(is_property, names))
    ]


def _explain(exif: Exif | None, turned: int) -> str:
    if exif is not None:
        return "declared"
    if turned:
        return f"not declared; EXIF rotates {count(turned, 'image')} without regions: {_AS_TRAINED}"
    return "not declared; EXIF rotates no image"
