"""Sources of regions, one file each: where parts of the images lie, as boxes or masks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auditor.errors import DataError
from auditor.evidence.regions.base import FoundRegions, RegionSource
from auditor.evidence.regions.boxes import BoxesFile
from auditor.evidence.regions.masks import MaskFolders
from auditor.evidence.regions.voc import VocFolder
from auditor.registries import Registry, load_registry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["REGION_SOURCES", "FoundRegions", "RegionSource", "find_regions"]

_BUILTIN: Final[dict[str, RegionSource]] = {
    "boxes": BoxesFile(),
    "voc": VocFolder(),
    "masks": MaskFolders(),
}
REGION_SOURCES: Final[Registry[RegionSource]] = load_registry("auditor.regions", _BUILTIN)


def find_regions(source: Path, images: Sequence[str]) -> FoundRegions:
    """Read regions from whatever source the path is.

    Parameters
    ----------
    source
        File or folder.
    images
        The listed images, relative to the images folder.

    Returns
    -------
    FoundRegions
        As written.

    Raises
    ------
    DataError
        If there is nothing at the path, or no source recognises it.
    """
    if not source.exists():
        raise DataError(f"{source}: no such file or folder of regions")
    for candidate in REGION_SOURCES.values():
        if candidate.recognises(source):
            return candidate.read(source, images)
    raise DataError(
        f"{source}: not a source of regions; expected a CSV file of boxes, a folder of Pascal VOC XML files, "
        "or a folder with one sub-folder of PNG masks per region"
    )
