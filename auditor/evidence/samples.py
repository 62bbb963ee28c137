"""One listed image with its label, attributes and regions; and how rows become such."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.evidence.listing import NAME
from auditor.evidence.readers.base import GROUP, IMAGE, LABEL, LINE
from auditor.evidence.regions.base import EDGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from auditor.evidence.listing import Listing

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Region:
    """Where a named part of one image lies: the union of its boxes and its mask."""

    name: str
    boxes: tuple[Box, ...] = ()  # x_min, y_min, x_max, y_max in pixels of the image
    mask: Path | None = None  # of the image's size, non-zero is inside


@dataclass(frozen=True, slots=True)
class Sample:
    """One listed image."""

    image_id: str  # as the annotations name it
    path: Path  # absolute
    label: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    group_id: str = ""
    regions: tuple[Region, ...] = ()  # by name
    line: int = 0  # of the annotations


def make_samples(listing: Listing, regions: pd.DataFrame, *, attributes: Sequence[str]) -> tuple[Sample, ...]:
    """Samples from checked rows.

    Parameters
    ----------
    listing
        The good images.
    regions
        The good regions, images normalised.
    attributes
        Columns to keep.

    Returns
    -------
    tuple
        By ``image_id``.
    """
    rows = listing.rows
    by_image = _group_regions(regions)
    told = zip(*(rows[attribute].tolist() for attribute in attributes), strict=True) if attributes else [()] * len(rows)
    groups = GROUP if GROUP in rows.columns else IMAGE
    columns = (rows[column].tolist() for column in (IMAGE, NAME, LABEL, groups, LINE))
    samples = [
        Sample(
            image_id=image,
            path=listing.files[name][0],
            label=label,
            attributes=dict(zip(attributes, values, strict=True)),
            group_id=group or image,
            regions=by_image.get(name, ()),
            line=line,
        )
        for image, name, label, group, line, values in zip(*columns, told, strict=True)
    ]
    return tuple(sorted(samples, key=lambda sample: sample.image_id))


def _group_regions(regions: pd.DataFrame) -> dict[str, tuple[Region, ...]]:
    """Regions of each image; the order of rows does not matter."""
    boxes: dict[tuple[str, str], list[Box]] = {}
    masks: dict[tuple[str, str], Path] = {}
    columns = (regions[name].tolist() for name in ("image", "region", "mask", *EDGES))
    for image, region, mask, *edges in zip(*columns, strict=True):
        of = boxes.setdefault((image, region), [])
        if mask:
            masks[image, region] = Path(mask)
        else:
            of.append((edges[0], edges[1], edges[2], edges[3]))
    grouped: dict[str, list[Region]] = {}
    for image, region in sorted(boxes):
        found = Region(region, tuple(sorted(boxes[image, region])), masks.get((image, region)))
        grouped.setdefault(image, []).append(found)
    return {image: tuple(found) for image, found in grouped.items()}
