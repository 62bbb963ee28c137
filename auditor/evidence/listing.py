"""The listed images, checked: each row against the others, each path against the folder, each file by its head."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from posixpath import normpath
from typing import TYPE_CHECKING, Final

import pandas as pd

from auditor.errors import DataError, nearest
from auditor.evidence.faults import Fault, name_some
from auditor.evidence.headers import Header, read_headers
from auditor.evidence.likenesses import Likenesses, tell_contents
from auditor.evidence.paths import MISSING, refuse_name
from auditor.evidence.readers.base import IMAGE, LABEL, LINE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from auditor.evidence.paths import ImagesFolder
    from auditor.evidence.readers import Annotations

MANY_VALUES: Final = 1000
"""An attribute with more values looks like an identifier."""
NAME: Final = " name"
"""Column of the normalised image; no column of a file can bear this name."""


@dataclass(frozen=True)
class Listing:
    """The listed images."""

    rows: pd.DataFrame  # the good rows of the annotations, and `NAME`
    files: dict[str, tuple[Path, Header]]  # of the good rows, by `NAME`
    names: pd.Index  # every listed image, good or not, normalised
    faults: tuple[Fault, ...]  # one per bad row, in the order of the lines


def list_images(annotations: Annotations, folder: ImagesFolder, *, classes: Sequence[str] | None) -> Listing:
    """Check annotations against themselves, the classes and the files.

    Parameters
    ----------
    annotations
        As a reader gives them.
    folder
        Where the images are.
    classes
        Labels that are allowed; None allows any.

    Returns
    -------
    Listing
        The good rows and the faults.

    Raises
    ------
    DataError
        If none of the files is there.
    """
    rows = annotations.rows.reset_index(drop=True)
    rows[NAME] = normalise(rows[IMAGE])
    faults = _check_repeats(rows) | _check_labels(rows, classes) | _check_names(rows)
    names = [name for k, name in enumerate(rows[NAME].tolist()) if k not in faults]
    files = _read_files(names, folder)
    likenesses = Likenesses(folder.root)
    for k, (name, image) in enumerate(zip(rows[NAME].tolist(), rows[IMAGE].tolist(), strict=True)):
        found = files.get(name)
        if k not in faults and isinstance(found, str):
            faults[k] = f"{image!r}: {found}{likenesses.offer(name) if found == MISSING else ''}"
    lines = rows[LINE].to_numpy()
    listed = [Fault(line=int(lines[k]), text=text) for k, text in sorted(faults.items())]
    return Listing(
        rows.drop(index=list(faults)),
        {name: found for name, found in files.items() if not isinstance(found, str)},
        pd.Index(rows[NAME].unique()),
        tuple(sorted([*annotations.faults, *listed], key=lambda fault: fault.line)),
    )


def normalise(images: pd.Series) -> pd.Series:
    """Names of images without ``./`` and doubled slashes.

    Parameters
    ----------
    images
        As written.

    Returns
    -------
    Series
        One name per file, whichever way it was written.

    Examples
    --------
    >>> normalise(pd.Series(["./a//b.jpg"]))[0]
    'a/b.jpg'
    """
    plain = {image: normpath(image) if image else "" for image in images.unique()}
    return images.map(plain).astype("str")


def check_attributes(values: dict[str, set[str]]) -> None:
    """Refuse attributes that look like identifiers.

    Parameters
    ----------
    values
        The values of each attribute.

    Raises
    ------
    DataError
        If one has more than `MANY_VALUES`.
    """
    for attribute, found in values.items():
        if len(found) > MANY_VALUES:
            raise DataError(
                f"attribute {attribute!r} has {len(found)} values, more than {MANY_VALUES}: it looks like an "
                "identifier; group its values, or name the column group_id if it says which images belong together"
            )


def _check_labels(rows: pd.DataFrame, classes: Sequence[str] | None) -> dict[int, str]:
    """What is wrong with labels, by row."""
    unknown = {label: refuse_label(label, classes) for label in rows[LABEL].unique()}
    return {k: text for k, label in enumerate(rows[LABEL].tolist()) if (text := unknown[label])}


def refuse_label(label: str, classes: Sequence[str] | None) -> str:
    """Why a label cannot stand.

    Parameters
    ----------
    label
        As written.
    classes
        What is allowed; None allows any.

    Returns
    -------
    str
        Empty where it can.

    Examples
    --------
    >>> refuse_label("Docter", ["doctor", "nurse"])
    "label 'Docter' is not a class; nearest: 'doctor'"
    """
    if not label:
        return "the label is empty"
    if classes is None or label in classes:
        return ""
    return f"label {label!r} is not a class{nearest(label, classes) or f'; the classes are {name_some(classes)}'}"


def _check_repeats(rows: pd.DataFrame) -> dict[int, str]:
    """Images listed twice: a copy is one fault, but rows that contradict each other are all at fault."""
    repeated = rows[rows[NAME].duplicated(keep=False)]
    told = repeated.drop(columns=[LINE, IMAGE])
    copies = told.duplicated()
    variants = Counter(told.loc[~copies, NAME])
    later = repeated[NAME].duplicated()
    first, again = (_find_first(repeated[chosen]) for chosen in (~later, later))
    faults = {}
    listed = zip(repeated.index, repeated[NAME], repeated[IMAGE], copies, later, strict=True)
    for k, name, image, copy, is_later in listed:
        if variants[name] > 1:
            where = f"first on line {first[name]}" if is_later else f"again on line {again[name]}"
            faults[int(k)] = f"{image!r} is listed more than once, with different values ({where})"
        elif copy:
            faults[int(k)] = f"{image!r} repeats line {first[name]}"
    return faults


def _find_first(rows: pd.DataFrame) -> dict[str, int]:
    """The first line of each image."""
    kept = rows[~rows[NAME].duplicated()]
    return dict(zip(kept[NAME].tolist(), kept[LINE].tolist(), strict=True))


def _check_names(rows: pd.DataFrame) -> dict[int, str]:
    """Paths that are not looked up."""
    return {k: text for k, image in enumerate(rows[IMAGE].tolist()) if (text := refuse_name(image))}


def _read_files(names: Sequence[str], folder: ImagesFolder) -> dict[str, tuple[Path, Header] | str]:
    """Path and header of each image, or why it is not read."""
    found = {name: folder.find(name) for name in names}
    if names and all(place == MISSING for place in found.values()):
        raise DataError(
            f"{folder.root}: none of the listed images is there: {name_some(names)}; is it the right folder? "
            f"{tell_contents(folder.root)}"
        )
    paths = {name: place for name, place in found.items() if not isinstance(place, str)}
    headers = dict(zip(paths, read_headers(list(paths.values())), strict=True))
    files: dict[str, tuple[Path, Header] | str] = {
        name: place for name, place in found.items() if isinstance(place, str)
    }
    for name, header in headers.items():
        files[name] = header if isinstance(header, str) else (paths[name], header)
    return files
