"""What may be said of a dataset: the keywords of its makers, checked before a file is read."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypedDict, get_args

from auditor.errors import DataError, UsageError, nearest
from auditor.evidence.places import Exif
from auditor.evidence.readers.base import IMAGE
from auditor.records import images_schema

if TYPE_CHECKING:
    from pathlib import Path


class Options(TypedDict, total=False):
    """What may be said of a dataset, whatever its format."""

    regions: str | Path | None  # CSV file of boxes, folder of Pascal VOC files, or folder of masks
    masks: str | Path | None  # folder with masks/REGION/IMAGE.png, non-zero is inside
    roles: Mapping[str, str] | None  # region: core, context, protected or artefact
    attributes: Sequence[str] | None  # columns to split by; None: those that `AnnotatedDataset.select` will name
    classes: Sequence[str] | None  # labels that are allowed; None: any
    exif: Exif | None  # turn images upright, as regions then are; or take pixels as stored
    skip_bad: bool  # leave bad rows out and say so in `faults`, instead of refusing the dataset


NAMES: Final = tuple(Options.__annotations__)
_TURNS: Final = get_args(Exif)


def check_options(options: Mapping[str, Any]) -> None:
    """Refuse keywords that are none, and values of another kind.

    Parameters
    ----------
    options
        As for `Options`, from code that no type checker has seen.

    Raises
    ------
    UsageError
        With the first of them.

    Examples
    --------
    >>> check_options({"region": "boxes.csv"})
    Traceback (most recent call last):
    auditor.errors.UsageError: a dataset has no option 'region'; nearest: 'regions'; it has 'regions', 'masks', \
'roles', 'attributes', 'classes', 'exif', 'skip_bad'
    """
    for name in options:
        if name not in NAMES:
            known = ", ".join(map(repr, NAMES))
            raise UsageError(f"a dataset has no option {name!r}{nearest(name, NAMES)}; it has {known}")
    told = {name: value for name, value in options.items() if value is not None}
    for name in ("regions", "masks"):
        check_path(name, told.get(name, ""))
    for name in ("attributes", "classes"):
        check_names(name, told.get(name, ()))
    if told.get("exif", _TURNS[0]) not in _TURNS:
        raise UsageError(f"exif is {told['exif']!r}, expected {' or '.join(map(repr, _TURNS))}, or None if not known")
    roles = told.get("roles", {})
    if not isinstance(roles, Mapping):
        raise UsageError(f"roles is {roles!r}, expected a role for each region, such as {{'face': 'core'}}")


def check_path(name: str, value: object) -> None:
    """Refuse what is no path.

    Parameters
    ----------
    name
        Of the argument.
    value
        What was given for it.

    Raises
    ------
    UsageError
        If it is neither text nor a path.
    """
    if not isinstance(value, str | os.PathLike):
        raise UsageError(f"{name} is a {type(value).__name__}, expected the path of a file or folder")


def check_names(name: str, value: object) -> None:
    """Refuse what is no list of names: text would be taken letter by letter.

    Parameters
    ----------
    name
        Of the argument.
    value
        What was given for it.

    Raises
    ------
    UsageError
        If it is text, or no sequence of texts.
    """
    if isinstance(value, str):
        raise UsageError(f"{name} is {value!r}, expected a list of names: [{value!r}]")
    if not isinstance(value, Sequence | frozenset | set) or not all(isinstance(one, str) for one in value):
        raise UsageError(f"{name} is {value!r}, expected a list of names")


def check_columns(attributes: Sequence[str]) -> None:
    """Refuse attributes that bear a name of ours.

    Parameters
    ----------
    attributes
        Columns to split by.

    Raises
    ------
    UsageError
        If it is no list of names.
    DataError
        If one is a column of the tables, or the one that names the files.
    """
    check_names("attributes", attributes)
    if IMAGE in attributes:
        raise DataError(f"an attribute cannot be named {IMAGE!r}: that column names the files; name another column")
    images_schema(attributes)
