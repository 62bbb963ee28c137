"""Class folders: one sub-folder per class, as torchvision's ``ImageFolder`` reads them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from auditor.errors import DataError
from auditor.evidence.faults import Fault, count, name_some
from auditor.evidence.readers.base import IMAGE, LABEL, LINE, Annotations

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EXTENSIONS: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"})


def read_class_folders(source: Path, *, attributes: Sequence[str] | None) -> Annotations:
    """Annotations from a folder with one sub-folder per class.

    Parameters
    ----------
    source
        The images folder.
    attributes
        None or empty: folders hold no attributes.

    Returns
    -------
    Annotations
        Every image under each sub-folder; hidden files are passed over, and files of other kinds are counted.

    Raises
    ------
    DataError
        If there is no such folder, no sub-folder with an image, or attributes are asked for.
    """
    if attributes:
        raise DataError(
            f"{source}: class folders hold no attributes ({name_some(attributes)}); list the images in a CSV"
        )
    if not source.is_dir():
        raise DataError(f"{source}: no such folder")
    labels = sorted(entry.name for entry in source.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    found = {label: sorted(_walk(source / label)) for label in labels}
    every = [name for names in found.values() for name in names]
    faults = [Fault(text=f"{_show(name)}: {what}") for name in every if (what := _refuse(name))]
    images = [
        (name, label)
        for label, names in found.items()
        for name in names
        if Path(name).suffix.lower() in EXTENSIONS and not _refuse(name)
    ]
    if not images and not faults:
        raise DataError(f"{source}: no image in any sub-folder; expected one sub-folder of images per class")
    rows = pd.DataFrame({IMAGE: [name for name, _ in images], LABEL: [label for _, label in images]}, dtype="str")
    rows[LINE] = 0
    return Annotations(rows=rows, attributes=(), grouped=False, faults=tuple(faults), notes=_list_notes(source, found))


def _walk(folder: Path) -> Iterator[str]:
    """Files below a class folder, and links to folders with a slash at the end, relative to the images folder."""
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        links = [name for name in folders if Path(parent, name).is_symlink()]
        for name in (*files, *(f"{link}/" for link in links)):
            if not name.startswith("."):
                yield f"{Path(parent).relative_to(folder.parent).as_posix()}/{name}"


def _refuse(name: str) -> str:
    """Why a file cannot be used; empty where it can."""
    if any("\udc80" <= char <= "\udcff" for char in name):
        return "its name is not UTF-8; rename it"
    return "a link to a folder, which is not followed" if name.endswith("/") else ""


def _show(name: str) -> str:
    return name.encode("utf-8", errors="surrogateescape").decode("utf-8", errors="backslashreplace")


def _list_notes(source: Path, found: dict[str, list[str]]) -> tuple[str, ...]:
    """What was passed over."""
    others = sum(Path(name).suffix.lower() not in EXTENSIONS for names in found.values() for name in names)
    beside = sum(entry.suffix.lower() in EXTENSIONS for entry in source.iterdir() if entry.is_file())
    empty = [label for label, names in found.items() if not names]
    notes = []
    if others:
        notes.append(f"{count(others, 'file')} of other kinds passed over")
    if beside:
        notes.append(f"{count(beside, 'image')} beside the class folders passed over")
    if empty:
        notes.append(f"class folders without a file: {name_some(empty)}")
    return tuple(notes)
