"""The run folder: made, opened, filled part by part, finished, and held against other processes."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from auditor import records
from auditor.errors import DataError, UsageError
from auditor.runs.files import sha256, sync, write_json
from auditor.runs.units import WHOLE, Shard, Unit, unit_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

RUN: Final = "run.json"
MANIFEST: Final = "manifest.parquet"
SUCCESS: Final = "_SUCCESS.json"
_MANIFEST_SCHEMA: Final = pa.schema(
    [("image_id", pa.string()), ("size", pa.int64()), ("mtime_ns", pa.int64()), ("unit", pa.int32())]
)


@dataclass(frozen=True)
class Run:
    """An opened run folder."""

    folder: Path
    header: Mapping[str, Any]
    units: tuple[Unit, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tables that each unit holds."""
        return tuple(self.header.get("tables", records.TABLES))

    @property
    def is_finished(self) -> bool:
        """Whether the success mark is there: no process works on it any more."""
        return (self.folder / SUCCESS).is_file()

    def is_done(self, unit: Unit) -> bool:
        """Whether a unit's part is in place.

        Parameters
        ----------
        unit
            One of `units`.

        Returns
        -------
        bool
            True if it need not be done again.
        """
        return (self.folder / unit.name).is_dir()

    def pending(self, shard: Shard = WHOLE) -> list[Unit]:
        """Units that remain to be done.

        Parameters
        ----------
        shard
            Only those of this shard.

        Returns
        -------
        list of Unit
            In order.
        """
        return [unit for unit in self.units if unit in shard and not self.is_done(unit)]

    def commit(
        self, unit: Unit, tables: Mapping[str, Sequence[dict[str, object]]], *, schemas: Mapping[str, pa.Schema]
    ) -> None:
        """Put a unit's rows in place, all tables at once.

        Parameters
        ----------
        unit
            The unit.
        tables
            Rows by table name.
        schemas
            Columns by table name.

        Raises
        ------
        DataError
            If the images table has not one row per image of the unit, in order, or another table has other images.
        """
        if not _fit(tables, unit):
            msg = f"{unit.name}: its rows are not those of its images: this is a defect of auditor, please report it"
            raise DataError(msg)
        aside = self.folder / f"{unit.name}.{socket.gethostname()}.{os.getpid()}.tmp"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        for name, schema in schemas.items():
            path = aside / f"{name}.parquet"
            records.write_table(tables[name], path, schema=schema)
            sync(path)
        sync(aside)
        try:
            aside.rename(self.folder / unit.name)
        except OSError:
            if not self.is_done(unit):
                raise
            shutil.rmtree(aside)  # another process did the same unit first
        sync(self.folder)

    def tables(self) -> dict[str, pd.DataFrame]:
        """All rows of the run, in the order of the manifest.

        Returns
        -------
        dict
            DataFrames by table name.

        Raises
        ------
        DataError
            If units are missing.
        """
        missing = self.pending()
        if missing:
            msg = f"{self.folder}: {len(missing)} of {len(self.units)} units are not done; run again with --resume"
            raise DataError(msg)
        return {
            name: records.read_tables([self.folder / unit.name / f"{name}.parquet" for unit in self.units])
            for name in self.names
        }

    def finish(self) -> None:
        """Write the success mark: the run is complete."""
        parts = {
            f"{unit.name}/{name}.parquet": sha256(self.folder / unit.name / f"{name}.parquet")
            for unit in self.units
            for name in self.names
        }
        images = sum(len(unit.image_ids) for unit in self.units)
        write_json(self.folder / SUCCESS, {"images": images, "parts": parts})


def _fit(tables: Mapping[str, Sequence[dict[str, object]]], unit: Unit) -> bool:
    """Whether rows are those of a unit's images."""
    if "images" in tables and [row["image_id"] for row in tables["images"]] != list(unit.image_ids):
        return False
    return all(row["image_id"] in unit.image_ids for rows in tables.values() for row in rows)


def start(folder: Path, header: Mapping[str, Any], files: Mapping[str, Path]) -> Run:
    """Make a run folder.

    Parameters
    ----------
    folder
        Where; must not hold a run.
    header
        What is being run; ``header["fingerprints"]`` is compared on resuming.
    files
        The image files by image id.

    Returns
    -------
    Run
        With nothing done.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_manifest(folder, files)
    write_json(folder / RUN, header)  # last: a folder with run.json has all that resuming needs
    return load(folder)


def load(folder: Path) -> Run:
    """Open a run folder as it is.

    Parameters
    ----------
    folder
        What `start` made.

    Returns
    -------
    Run
        Its header and units.

    Raises
    ------
    DataError
        If there is no run, or its manifest cannot be read.
    """
    try:
        header = json.loads((folder / RUN).read_text(encoding="utf-8"))
        manifest = pq.read_table(folder / MANIFEST).to_pandas()
    except (OSError, ValueError, pa.ArrowException) as error:
        msg = f"{folder}: holds no run that can be read: {error}"
        raise DataError(msg) from None
    slices = manifest.groupby("unit", sort=True)["image_id"]
    return Run(folder, header, tuple(Unit(int(str(index)), tuple(ids)) for index, ids in slices))


@contextlib.contextmanager
def locked(folder: Path, shard: Shard = WHOLE) -> Iterator[None]:
    """Hold a run, or a shard of it, against other processes; a killed one lets go.

    Parameters
    ----------
    folder
        The run folder.
    shard
        The shard.

    Yields
    ------
    None
        While it is held.

    Raises
    ------
    UsageError
        If another process holds it, or it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made: {error.strerror or error}; choose another --out") from None
    path = folder / f".lock-{shard.index}-of-{shard.count}"
    owner = path.with_suffix(".owner")
    try:
        with FileLock(path, blocking=False):
            owner.write_text(f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")
            yield
            owner.unlink(missing_ok=True)
    except Timeout:
        holder = owner.read_text(encoding="utf-8") if owner.is_file() else "another process"
        msg = f"{folder.parent}: {holder} is at work on this run; wait for it, or choose another --out"
        raise UsageError(msg) from None


def stat_files(files: Mapping[str, Path]) -> list[tuple[str, int, int]]:
    """Size and time of change of each image file.

    Parameters
    ----------
    files
        The image files by image id.

    Returns
    -------
    list of tuple
        Image id, size in bytes, time in nanoseconds; sorted by image id.
    """
    rows = []
    for name in sorted(files):
        status = files[name].stat()
        rows.append((name, status.st_size, status.st_mtime_ns))
    return rows


def write_manifest(folder: Path, files: Mapping[str, Path]) -> None:
    """Write the manifest: every listed image and its unit.

    Parameters
    ----------
    folder
        The run folder.
    files
        The image files by image id.
    """
    size = unit_size(len(files))
    rows: list[dict[str, object]] = [
        {"image_id": name, "size": length, "mtime_ns": time, "unit": k // size}
        for k, (name, length, time) in enumerate(stat_files(files))
    ]
    aside = folder / f"{MANIFEST}.tmp"
    records.write_table(rows, aside, schema=_MANIFEST_SCHEMA)
    sync(aside)
    aside.replace(folder / MANIFEST)
    sync(folder)
