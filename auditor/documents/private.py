"""What stays with an audit and goes into no report: the salt of hashed names, and ways that would name a person."""

from __future__ import annotations

import json
import os
import re
import secrets
from pathlib import Path
from typing import Any, Final

from auditor.errors import DataError
from auditor.runs.files import write_bytes

PRIVATE: Final = "private.json"
_SALT: Final = "salt"
_IMAGES: Final = "images_folder"
_BYTES: Final = 32


def keep_salt(folder: Path) -> bytes:
    """Find the salt of an audit, or make one.

    Parameters
    ----------
    folder
        That of audit.json.

    Returns
    -------
    bytes
        32, the same whenever this audit is rendered: a name has one hash in all of its reports.

    Raises
    ------
    DataError
        If private.json is not what this tool writes.
    """
    values = _read(folder)
    if _SALT not in values:
        values[_SALT] = secrets.token_hex(_BYTES)
        _write(folder, values)
    try:
        return bytes.fromhex(values[_SALT])
    except (TypeError, ValueError):
        msg = f"{folder / PRIVATE}: the salt is not hexadecimal; remove the file for a new one, and other hashes"
        raise DataError(msg) from None


def keep_location(folder: Path, images: Path) -> str:
    """Say where photographs lie, seen from an audit, without naming a person's folder.

    Parameters
    ----------
    folder
        That of audit.json.
    images
        The images folder.

    Returns
    -------
    str
        Posix, relative; only the last name where the way leads through all of a machine's or all persons' folders: that
        way is kept in private.json.
    """
    way = find_way(folder, images)
    if way is not None:
        return way
    _write(folder, _read(folder) | {_IMAGES: images.resolve().as_posix()})
    return images.resolve().name


def find_way(folder: Path, target: Path) -> str | None:
    """Find the way from one folder to another, if it names nobody.

    Parameters
    ----------
    folder
        Where it begins.
    target
        Where it ends.

    Returns
    -------
    str or None
        Posix, relative; None where it leads through all of a machine's or all persons' folders, or there is none.
    """
    begin, end = folder.resolve(), target.resolve()
    try:
        way = Path(os.path.relpath(end, begin)).as_posix()
    except ValueError:
        return None
    up = way.split("/").count("..")
    shared = begin.parents[min(up, len(begin.parents)) - 1] if up else begin
    return None if up and shared in {Path(begin.anchor), Path.home().parent} else way


def name_source(source: str) -> str:
    """Name where a model comes from, without the folders of a machine.

    Parameters
    ----------
    source
        As the plan has it: a name, a file, a file and a function.

    Returns
    -------
    str
        With the last name alone of a path that is not relative.

    Examples
    --------
    >>> name_source("/home/anna/net.py:make"), name_source("nets/small.py:make"), name_source("timm:resnet18")
    ('net.py:make', 'nets/small.py:make', 'timm:resnet18')
    """
    parts = source.split(":")
    if len(parts) > 1 and len(parts[0]) == 1 and parts[1].startswith(("\\", "/")):  # a drive
        parts = parts[1:]
    bare = [re.split(r"[\\/]", part.rstrip("\\/"))[-1] if part.startswith(("/", "\\", "~")) else part for part in parts]
    return ":".join(bare)


def find_location(folder: Path) -> str | None:
    """Find where photographs lie, where audit.json does not say it.

    Parameters
    ----------
    folder
        That of audit.json.

    Returns
    -------
    str or None
        Seen from the folder; None where audit.json says it.
    """
    way = _read(folder).get(_IMAGES)
    return way if isinstance(way, str) else None


def _read(folder: Path) -> dict[str, Any]:
    path = folder / PRIVATE
    try:
        values = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    return values if isinstance(values, dict) else {}


def _write(folder: Path, values: dict[str, Any]) -> None:
    path = folder / PRIVATE
    folder.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    write_bytes(path, (json.dumps(values, indent=1, sort_keys=True) + "\n").encode())
    path.chmod(0o600)
