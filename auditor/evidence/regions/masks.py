"""Masks as PNG files, ``masks/REGION/IMAGE.png``: what is not zero is inside."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.errors import DataError
from auditor.evidence.faults import Fault, count, name_some
from auditor.evidence.headers import DAMAGE, Header, describe, open_image, read_headers
from auditor.evidence.regions.base import FoundRegions, make_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from auditor.geometry import BoolArray

_PNG: Final = ("PNG",)
_SUFFIX: Final = ".png"
_WITH_ALPHA: Final = frozenset({"LA", "RGBA"})


class MaskFolders:
    """A folder with one sub-folder of masks per region."""

    def recognises(self, source: Path) -> bool:
        """Whether the path is a folder with sub-folders that hold PNG files.

        Parameters
        ----------
        source
            File or folder.

        Returns
        -------
        bool
            By the names in it.
        """
        return source.is_dir() and any(
            next(folder.rglob(f"*{_SUFFIX}"), None) for folder in source.iterdir() if folder.is_dir()
        )

    def read(self, source: Path, images: Sequence[str]) -> FoundRegions:
        """Find the masks of the listed images.

        Parameters
        ----------
        source
            The folder.
        images
            The listed images: the mask of ``a/b.jpg`` is ``REGION/a/b.png`` or ``REGION/a/b.jpg.png``. An image
            without a mask does not show the region.

        Returns
        -------
        FoundRegions
            One row per mask, with its size; masks for other images are counted in a note.

        Raises
        ------
        DataError
            If there is no such folder, no sub-folder, or no mask is for a listed image.
        """
        if not source.is_dir():
            raise DataError(f"{source}: no such folder")
        regions = sorted(
            folder.name for folder in source.iterdir() if folder.is_dir() and not folder.name.startswith(".")
        )
        if not regions:
            raise DataError(f"{source}: no sub-folder; expected {source.name}/REGION/IMAGE.png")
        known = _index(images)
        found: list[tuple[str, str, str]] = []
        faults: list[Fault] = []
        others: list[str] = []
        for region in regions:
            for name in _list_pngs(source / region):
                owners = known.get(name, [])
                file = f"{region}/{name}"
                if len(owners) > 1:
                    faults.append(
                        Fault(file=file, text=f"is the mask of both {name_some(owners)}: name it {owners[0]}.png")
                    )
                elif owners:
                    found.append((region, owners[0], file))
                else:
                    others.append(file)
        if not found and not faults:
            raise DataError(
                f"{source}: no mask is for a listed image: {name_some(others)} and images {name_some(images)}"
            )
        notes = (f"{count(len(others), 'mask')} for images that are not listed passed over",) if others else ()
        return FoundRegions(rows=_read_sizes(source, found), faults=tuple(faults), notes=notes)


def read_mask(path: Path) -> BoolArray:
    """Read a mask.

    Parameters
    ----------
    path
        A PNG file: one bit, grey, 16-bit grey, palette (by index, whatever the colours) or colour (any channel).
        Where some pixels are transparent, transparency alone decides: what is not wholly transparent is inside.

    Returns
    -------
    ndarray
        ``(H, W)``, True where the file is not zero.

    Raises
    ------
    DataError
        If the file cannot be decoded.
    """
    try:
        with open_image(path, formats=_PNG) as image:
            image.load()
            values, mode = np.asarray(image), image.mode
    except DataError as error:
        raise DataError(f"mask {path.name}: {error}") from error
    except DAMAGE as error:
        raise DataError(f"mask {path.name}: damaged: {describe(error)}") from error
    if mode in _WITH_ALPHA and not values[..., -1].all():
        return np.asarray(values[..., -1] != 0)
    colours = values[..., :-1] if mode in _WITH_ALPHA else values
    return np.asarray(colours != 0 if colours.ndim == 2 else colours.any(axis=-1))  # noqa: PLR2004 -- (H, W)


def _index(images: Sequence[str]) -> dict[str, list[str]]:
    """Images by the names that their mask may bear; the full name goes before the one without suffix."""
    known: defaultdict[str, list[str]] = defaultdict(list)
    for image in images:
        known[PurePosixPath(image).with_suffix(_SUFFIX).as_posix()].append(image)
    for image in images:
        full = f"{image}{_SUFFIX}"
        known[full] = [image]
    return known


def _list_pngs(folder: Path) -> list[str]:
    """PNG files below a folder, relative to it, with a suffix in small letters."""
    names = []
    for parent, folders, files in os.walk(folder):
        folders.sort()
        inside = Path(parent).relative_to(folder)
        names += [(inside / name).as_posix() for name in sorted(files) if name.endswith(_SUFFIX)]
    return names


def _read_sizes(source: Path, found: Sequence[tuple[str, str, str]]) -> pd.DataFrame:
    headers = read_headers([source / file for _, _, file in found], formats=_PNG)
    sizes = [(header.width, header.height) if isinstance(header, Header) else (np.nan, np.nan) for header in headers]
    return make_rows(
        {
            "region": [region for region, _, _ in found],
            "image": [image for _, image, _ in found],
            "mask": [str(source / file) for _, _, file in found],
            "file": [file for _, _, file in found],
            "width": [width for width, _ in sizes],
            "height": [height for _, height in sizes],
            "problem": [
                "" if isinstance(header, Header) else f"the mask cannot be used: {header}" for header in headers
            ],
        }
    )
