"""Finished runs found beside an output folder, and their parts taken over once every byte has been checked."""

from __future__ import annotations

import json
import os
import shutil
import socket
from typing import TYPE_CHECKING, Any, Final

from auditor.errors import DataError
from auditor.runs.files import sha256, sync, write_json
from auditor.runs.folder import RUN, SUCCESS, Run, load, write_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MOST: Final = 200
"""Runs that are looked into, the latest first: a folder of thousands of audits must not slow the next one down."""


def list_finished(beside: Path, name: str = "records") -> list[Path]:
    """List finished runs in an output folder and in its neighbours, one level deep as well.

    Parameters
    ----------
    beside
        The output folder.
    name
        Folder of a run in that of its audit.

    Returns
    -------
    list of Path
        Folders of runs that bear the success mark, the latest first; what cannot be looked into is passed over.
    """
    found: dict[Path, tuple[int, Path]] = {}
    for mark in _list_marks(beside, name):
        try:
            found.setdefault(mark.resolve(), (mark.stat().st_mtime_ns, mark.parent))
        except OSError:
            continue  # removed since
    latest = sorted(found.values(), key=lambda pair: (-pair[0], str(pair[1])))
    return [folder for _, folder in latest[:MOST]]


def _list_marks(beside: Path, name: str) -> Iterator[Path]:
    for pattern in (f"*/{name}/{SUCCESS}", f"*/*/{name}/{SUCCESS}"):
        yield from beside.parent.glob(pattern)  # passes over folders that cannot be read


def read_header(folder: Path) -> dict[str, Any]:
    """Read what a run says of itself.

    Parameters
    ----------
    folder
        Of the run.

    Returns
    -------
    dict
        What its run.json holds; empty where it cannot be read.
    """
    return _read_json(folder / RUN)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def check_parts(run: Run) -> None:
    """Make sure that a run is what its success mark says.

    Parameters
    ----------
    run
        The run.

    Raises
    ------
    DataError
        With the first part that is missing, is another one, or is not in the mark.
    """
    marked = _read_marked(run)
    for path, known in marked.items():
        _check_part(run.folder / path, known)


def _read_marked(run: Run) -> dict[str, str]:
    """SHA-256 of every part, as the mark has it."""
    marked = _read_json(run.folder / SUCCESS).get("parts")
    wanted = {f"{unit.name}/{name}.parquet" for unit in run.units for name in run.names}
    if not isinstance(marked, dict) or set(marked) != wanted:
        raise DataError(f"{run.folder / SUCCESS}: is not the mark of this run")
    return marked


def _check_part(path: Path, known: str) -> None:
    try:
        now = sha256(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    if now != known:
        raise DataError(f"{path}: is not as it was written")


def copy_parts(source: Path, folder: Path) -> dict[str, Any]:
    """Copy the parts of a finished run, whoever may be at work on it: the copies are checked, not the originals.

    Parameters
    ----------
    source
        Folder of the run.
    folder
        Where to; holds no run.

    Returns
    -------
    dict
        The success mark of the run, which fits the copies.

    Raises
    ------
    DataError
        If a part is missing or damaged; nothing stays in the folder then.
    """
    run = load(source)
    mark, marked = _read_json(source / SUCCESS), _read_marked(run)
    folder.mkdir(parents=True, exist_ok=True)
    drop_parts(folder)
    try:
        for unit in run.units:
            aside = folder / f"{unit.name}.{socket.gethostname()}.{os.getpid()}.tmp"
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir()
            for name in run.names:
                part = f"{unit.name}/{name}.parquet"
                _copy(source / part, aside / f"{name}.parquet", known=marked[part])
            sync(aside)
            aside.rename(folder / unit.name)
    except (DataError, OSError) as error:
        drop_parts(folder)
        raise error if isinstance(error, DataError) else DataError(f"{source}: cannot be copied: {error}") from None
    sync(folder)
    return mark


def _copy(source: Path, target: Path, *, known: str) -> None:
    shutil.copyfile(source, target)
    sync(target)
    _check_part(target, known)


def drop_parts(folder: Path) -> None:
    """Remove parts that belong to no run yet.

    Parameters
    ----------
    folder
        Where `copy_parts` put them.
    """
    for part in folder.glob("unit-*"):
        shutil.rmtree(part)


def seal(folder: Path, header: Mapping[str, Any], files: Mapping[str, Path], *, mark: Mapping[str, Any]) -> Run:
    """Make copied parts a finished run.

    Parameters
    ----------
    folder
        Where the parts are.
    header
        What the run says of itself.
    files
        The image files by image id.
    mark
        What `copy_parts` gave back.

    Returns
    -------
    Run
        Finished.
    """
    write_manifest(folder, files)
    write_json(folder / RUN, header)  # after the parts: a folder without it holds no run
    write_json(folder / SUCCESS, mark)
    return load(folder)


def take_over(source: Path, folder: Path, header: Mapping[str, Any], *, files: Mapping[str, Path]) -> Run:
    """Copy a finished run, to be there whole or not at all.

    Parameters
    ----------
    source
        Its folder.
    folder
        Where to; must not hold a run.
    header
        What the copy says of itself.
    files
        The image files by image id.

    Returns
    -------
    Run
        Finished.

    Raises
    ------
    DataError
        If a part is missing or damaged.
    """
    aside = folder.with_name(f"{folder.name}.tmp")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        seal(aside, header, files, mark=copy_parts(source, aside))
    except DataError:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)  # what a process left that was killed before there was a run
    aside.rename(folder)
    sync(folder.parent)
    return load(folder)
