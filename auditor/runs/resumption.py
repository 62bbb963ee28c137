"""Going on with a run that was cut off: what is done and still true stays, the rest is done again."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from auditor import records
from auditor.errors import UsageError
from auditor.runs.files import sha256
from auditor.runs.folder import MANIFEST, SUCCESS, Run, load, stat_files, write_manifest
from auditor.runs.units import WHOLE, Shard, Unit
from auditor.trials import STAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ASKED: Final = {
    "data": ("roles", "exif"),
    "audit": ("attributes", "seed", "cam"),
    "interventions": ("images", "fills", "controls"),
}
"""Keys of a plan that numbers depend on, by table; what else does is told by fingerprints."""


def resume(
    folder: Path, header: Mapping[str, Any], files: Mapping[str, Path], *, shard: Shard = WHOLE
) -> tuple[Run, list[str]]:
    """Go on with a run: what is done and still true stays, the rest is done again.

    Parameters
    ----------
    folder
        What `start` made.
    header
        What is being run now.
    files
        The image files by image id.
    shard
        The units that this process may clean up.

    Returns
    -------
    run
        The run.
    notes
        What was found and put aside, one line each.

    Raises
    ------
    UsageError
        If plan, model, data or engine are not those that the run was started with.
    """
    run = load(folder)
    _refuse_other(run, header)
    (folder / SUCCESS).unlink(missing_ok=True)
    _sweep(run, shard)
    notes = [note for unit in run.units if unit in shard and run.is_done(unit) for note in _set_aside_broken(run, unit)]
    notes += _set_aside_changed(run, files, shard)
    return run, notes


def _sweep(run: Run, shard: Shard) -> None:
    """Remove what a process that was killed left aside; of several shards each removes what is its own."""
    for stray in run.folder.glob("unit-*.tmp"):
        if any(stray.name.startswith(f"{unit.name}.") for unit in run.units if unit in shard):
            shutil.rmtree(stray)
    if shard == WHOLE:
        for name in STAGES:
            for kind in ("tmp", "old"):
                shutil.rmtree(run.folder / f"{name}.{kind}", ignore_errors=True)


def _refuse_other(run: Run, header: Mapping[str, Any]) -> None:
    before, now = run.header["fingerprints"], header["fingerprints"]
    changed = [name for name in now if before.get(name) != now[name]]
    told = list(_tell_changes(run.header, header)) if changed in ([], ["plan"]) else []
    if changed or told:
        prints = (f"{name} {str(before.get(name))[:12]} then, {now[name][:12]} now" for name in changed)
        msg = (
            f"{run.folder.parent}: was started with another {' and '.join(changed or ['plan'])} "
            f"({', '.join(told or prints)}); choose another --out, or --force to start again"
        )
        raise UsageError(msg)


def _tell_changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What a plan asks otherwise than it did, in its own words; keys that were not known then are passed over."""
    for name, keys in ASKED.items():
        earlier, later = (header.get("plan", {}).get(name, {}) for header in (before, now))
        for key in (key for key in keys if key in earlier and key in later):
            then, asked = (json.dumps(table[key], ensure_ascii=False) for table in (earlier, later))
            if json.loads(then) != json.loads(asked):
                yield f"{name}.{key} {then} then, {asked} now"


def _set_aside_broken(run: Run, unit: Unit) -> list[str]:
    """A part that power loss or a disk left unreadable is kept as `.bad` and done again."""
    part = run.folder / unit.name
    try:
        rows = {name: pq.read_table(part / f"{name}.parquet").num_rows for name in run.names}
        listed = rows.get("images", len(unit.image_ids))
        fault = None if listed == len(unit.image_ids) else f"{listed} rows where {len(unit.image_ids)} belong"
    except (OSError, pa.ArrowException) as error:
        fault = str(error).splitlines()[0]
    if fault is None:
        return []
    bad = run.folder / f"{unit.name}.bad"
    shutil.rmtree(bad, ignore_errors=True)
    part.rename(bad)
    return [f"{unit.name} could not be read ({fault}): kept as {bad.name}, done again"]


def _set_aside_changed(run: Run, files: Mapping[str, Path], shard: Shard) -> list[str]:
    """Units that hold an image whose bytes changed since are done again, whole."""
    if "images" not in run.names:
        return []  # a later stage: its fingerprints follow from the images table
    import pandas as pd

    manifest = pq.read_table(run.folder / MANIFEST).to_pandas().set_index("image_id")
    current = pd.DataFrame(stat_files(files), columns=["image_id", "size", "mtime_ns"]).set_index("image_id")
    moved = current.index[(current != manifest[["size", "mtime_ns"]].loc[current.index]).any(axis=1)]
    notes = []
    for unit in run.units:
        suspects = moved.intersection(pd.Index(unit.image_ids))
        if unit not in shard or not run.is_done(unit) or suspects.empty:
            continue
        known = records.read_tables([run.folder / unit.name / "images.parquet"]).set_index("image_id")["sha256"]
        changed = [name for name in suspects if sha256(files[name]) != known[name]]
        if changed:
            shutil.rmtree(run.folder / unit.name)
            notes.append(
                f"{len(changed)} images of {unit.name} changed on disk ({changed[0]}, …): the unit is done again"
            )
    if notes:
        write_manifest(run.folder, files)
    return notes
