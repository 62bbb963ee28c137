"""Masks as PNG files, ``masks/REGION/IMAGE.png``: what is not zero is inside."""

from __future__ import annotations

from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.errors import DataError
from auditor.evidence.faults import Fault, count, name_some
from auditor.evidence.headers import DAMAGE, Header, describe, open_image, read_headers
from auditor.evidence.readers.class_folders import EXTENSIONS
from auditor.evidence.regions.base import FoundRegions, has_suffix, list_files, make_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

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
            next(list_files(folder, {_SUFFIX}), None) for folder in source.iterdir() if folder.is_dir()
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
            One row per mask, with its size; masks for other images and files of other kinds are counted in notes. A
            picture of another kind where the mask of a listed image should be is a fault.

        Raises
        ------
        DataError
            If there is no such folder, no sub-folder, no PNG file, or no mask is for a listed image.
        """
        if not source.is_dir():
            raise DataError(f"{source}: no such folder")
        regions = sorted(
            folder.name for folder in source.iterdir() if folder.is_dir() and not folder.name.startswith(".")
        )
        if not regions:
            raise DataError(f"{source}: no sub-folder; expected {source.name}/REGION/IMAGE.png")
        files = [f"{region}/{name}" for region in regions for name in sorted(list_files(source / region))]
        masks = [file for file in files if has_suffix(file, {_SUFFIX})]
        rest = [file for file in files if not has_suffix(file, {_SUFFIX})]
        if not masks:
            there = f"; there are {name_some(rest)}: save masks as PNG, which keeps every pixel" if rest else ""
            raise DataError(f"{source}: no PNG file in {name_some(regions)}{there}")
        known = _index(images)
        found, others, faults = _match(masks, known)
        if not found and not faults:
            raise DataError(
                f"{source}: no mask is for a listed image: {name_some(others)} and images {name_some(images)}"
            )
        odd = _refuse(rest, known, drawn={(region, image) for region, image, _ in found})
        notes = [f"{count(len(others), 'mask')} for images that are not listed passed over"] if others else []
        if len(rest) > len(odd):
            notes.append(f"{count(len(rest) - len(odd), 'file')} of other kinds passed over")
        return FoundRegions(rows=_read_sizes(source, found), faults=(*faults, *odd), notes=tuple(notes))


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


def _find_owners(file: str, known: Mapping[str, Sequence[str]]) -> tuple[str, Sequence[str]]:
    """The region of a file, and the images whose mask bears its name, whatever its suffix."""
    region, name = file.split("/", 1)
    return region, known.get(PurePosixPath(name).with_suffix(_SUFFIX).as_posix(), [])


def _match(
    masks: Sequence[str], known: Mapping[str, Sequence[str]]
) -> tuple[list[tuple[str, str, str]], list[str], list[Fault]]:
    """Region, image and file of each mask; masks of no listed image; and masks of two."""
    found: list[tuple[str, str, str]] = []
    others: list[str] = []
    faults: list[Fault] = []
    for file in masks:
        region, owners = _find_owners(file, known)
        if len(owners) > 1:
            text = f"is the mask of both {name_some(owners)}: name it {owners[0]}.png"
            faults.append(Fault(file=file, text=text))
        elif owners:
            found.append((region, owners[0], file))
        else:
            others.append(file)
    return found, others, faults


def _refuse(
    files: Sequence[str], known: Mapping[str, Sequence[str]], *, drawn: AbstractSet[tuple[str, str]]
) -> list[Fault]:
    """Pictures that are no PNG where a mask should be: without a word, their images would not show the region."""
    faults = []
    for file in files:
        region, owners = _find_owners(file, known)
        if has_suffix(file, EXTENSIONS) and any((region, image) not in drawn for image in owners):
            faults.append(Fault(file=file, text="a mask must be a PNG file, which keeps every pixel: save it as PNG"))
    return faults


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
