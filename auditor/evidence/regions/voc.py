"""Pascal VOC: a folder of XML files, one per image; the name of an object is its region."""

from __future__ import annotations

import math
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from auditor.errors import DataError
from auditor.evidence.faults import Fault, count, name_some
from auditor.evidence.readers.class_folders import EXTENSIONS
from auditor.evidence.regions.base import EDGES, FoundRegions, has_suffix, list_files, make_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from xml.etree.ElementTree import Element

_XML: Final = frozenset({".xml"})
_CORNERS: Final = ("xmin", "ymin", "xmax", "ymax")
_FIRST_PIXEL: Final = (1, 1, 0, 0)
"""Pixels are counted from 1 and the last one is inside, so the lower edges lie one pixel before their number."""


class VocFolder:
    """A folder of Pascal VOC annotations."""

    def recognises(self, source: Path) -> bool:
        """Whether the path is a folder that holds XML files.

        Parameters
        ----------
        source
            File or folder.

        Returns
        -------
        bool
            By the names in it.
        """
        return source.is_dir() and next(list_files(source, _XML), None) is not None

    def read(self, source: Path, images: Sequence[str]) -> FoundRegions:
        """Read the boxes of the listed images.

        Parameters
        ----------
        source
            The folder, sub-folders included.
        images
            The listed images. A file belongs to the image of its own name but for the suffix, else to the image
            that its ``filename`` says.

        Returns
        -------
        FoundRegions
            One row per object; files for other images and files of other kinds are counted in notes.

        Raises
        ------
        DataError
            If no file is for a listed image.
        """
        known = _index(images)
        rows: list[dict[str, object]] = []
        faults: list[Fault] = []
        others: list[str] = []
        files = sorted(list_files(source, _XML))
        for name in files:
            try:
                root = fromstring((source / name).read_bytes(), forbid_dtd=True)
            except (ParseError, DefusedXmlException, ValueError, LookupError, OSError) as error:
                faults.append(Fault(file=name, text=f"cannot be read as XML: {_describe(error)}"))
                continue
            image = _find_image(name, root, known)
            rows += [] if image is None else _read_objects(root, {"image": image, "file": name})
            others += [name] if image is None else []
        if len(others) == len(files):
            raise DataError(
                f"{source}: no file is for a listed image: {name_some(others)} and images {name_some(images)}"
            )
        notes = [f"{count(len(others), 'VOC file')} for images that are not listed passed over"] if others else []
        odd = sum(not has_suffix(name, _XML | EXTENSIONS) for name in list_files(source))  # pictures may lie beside
        notes += [f"{count(odd, 'file')} of other kinds passed over"] if odd else []
        columns: dict[str, object] = {key: [row[key] for row in rows] for key in rows[0]} if rows else {"image": []}
        return FoundRegions(rows=make_rows(columns), faults=tuple(faults), notes=tuple(notes))


def _index(images: Sequence[str]) -> dict[str, str | None]:
    """Images by every name that a file may use: path or last part, with suffix or without; None where two share it."""
    known: dict[str, str | None] = {}
    for image in images:
        path = PurePosixPath(image)
        for name in {image, path.name, path.with_suffix("").as_posix(), path.stem}:
            known[name] = image if known.get(name, image) == image else None
    return known | {image: image for image in images}


def _find_image(name: str, root: Element, known: dict[str, str | None]) -> str | None:
    own = PurePosixPath(name).with_suffix("")
    said = (root.findtext("filename") or "").strip()
    for candidate in (own.as_posix(), said, own.name):
        image = known.get(candidate)
        if image is not None:
            return image
    return None


def _read_objects(root: Element, common: dict[str, object]) -> list[dict[str, object]]:
    """One row per object."""
    size = {side: _number(root.findtext(f"size/{side}")) or math.nan for side in ("width", "height")}
    rows = []
    for thing in root.findall("object"):
        region = (thing.findtext("name") or "").strip()
        written = [thing.findtext(f"bndbox/{corner}") for corner in _CORNERS]
        numbers = [_number(text) for text in written]
        bad = [
            f"{corner} is {text!r}"
            for corner, text, number in zip(_CORNERS, written, numbers, strict=True)
            if not math.isfinite(number)
        ]
        problem = f"object {region!r}: {', '.join(bad)}, expected a number of pixels" if bad else ""
        edges = {edge: number - first for edge, number, first in zip(EDGES, numbers, _FIRST_PIXEL, strict=True)}
        rows.append({**common, **size, **edges, "region": region, "problem": problem})
    return rows


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan


def _describe(error: Exception) -> str:
    kind = "holds a DTD or entities, which are refused" if isinstance(error, DefusedXmlException) else str(error)
    return " ".join(kind.split())
