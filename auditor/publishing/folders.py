"""Output folders: what in one is ours and may be removed, and what is somebody else's."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Final

from auditor.documents.document import REDACTED
from auditor.errors import UsageError
from auditor.gating import GATE_FILES
from auditor.publishing.rendering import FILES, FORMATS
from auditor.records import TABLES as RECORDED
from auditor.report.comparison_tables import COMPARED
from auditor.report.spreadsheets import IMAGES
from auditor.result import AUDIT, LATER, RECORDS, TABLES
from auditor.runs import RUN, SUCCESS
from auditor.runs.folder import MANIFEST
from auditor.runs.reuse import read_header
from auditor.trials import STAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

SUMMARY: Final = "summary.json"
"""What the records came to, in their folder."""
CSV: Final = FORMATS["csv"].file
SHARED: Final = {
    CSV: ("estimates.csv", "findings.csv", IMAGES, *COMPARED),
    TABLES: tuple(f"{name}.parquet" for name in (*RECORDED, *LATER)),
}
"""Folders with names that a user's own may bear as well, and what we write into them."""
OURS: Final = (AUDIT, REDACTED, *(name for name in FILES if name != CSV), *GATE_FILES.values())
"""Files that we write beside them."""
_RECORDS: Final = re.compile(
    rf"({'|'.join(re.escape(name) for name in (RUN, SUCCESS, MANIFEST, SUMMARY))})(\.tmp)?"
    rf"|unit-\d+(\.bad|\..+\.tmp)?|({'|'.join(STAGES)})(\.old|\.tmp)?"
)
_LOCK: Final = ".lock-"


def list_ours(home: Path) -> list[Path]:
    """List what an audit or a comparison wrote into its folder, by names that nothing else has.

    Parameters
    ----------
    home
        The folder, which need not be there.

    Returns
    -------
    list of Path
        What is there of it. The lock of the records is not among it, as whoever asks may hold it.
    """
    files = [home / name for name in OURS] + [home / place / name for place, names in SHARED.items() for name in names]
    return [path for path in files if path.is_file()] + [path for path in _records(home) if _is_ours(path)]


def _records(home: Path) -> Iterator[Path]:
    folder = home / RECORDS
    return iter(sorted(folder.iterdir()) if folder.is_dir() else ())


def _is_ours(path: Path) -> bool:
    return _RECORDS.fullmatch(path.name) is not None


def holds_audit(home: Path) -> bool:
    """Say whether a folder holds an audit or a comparison, finished or begun.

    Parameters
    ----------
    home
        The folder.

    Returns
    -------
    bool
        Told by audit.json or by the run of the records, not by their names alone.
    """
    return "fingerprints" in read_header(home / RECORDS) or "schema_version" in _read_audit(home)


def holds_comparison(home: Path) -> bool:
    """Say whether a folder holds a comparison.

    Parameters
    ----------
    home
        The folder.

    Returns
    -------
    bool
        Of any version.
    """
    return bool(_read_audit(home).get("comparison"))


def _read_audit(home: Path) -> dict[str, object]:
    try:
        values = json.loads((home / AUDIT).read_bytes())
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def is_begun(home: Path) -> bool:
    """Say whether a run was cut off in a folder before it had written what it is.

    Parameters
    ----------
    home
        The folder.

    Returns
    -------
    bool
        Whether there are records, and nothing of anybody else's in them.
    """
    return (home / RECORDS).is_dir() and find_foreign(home) is None


def find_foreign(home: Path) -> Path | None:
    """Find what bears a name of ours in a folder that holds no audit, and so is somebody else's.

    Parameters
    ----------
    home
        The folder.

    Returns
    -------
    Path or None
        The first of it.
    """
    if holds_audit(home):
        return None
    written = [path for path in list_ours(home) if path.parent != home / RECORDS]
    known = [path for path in _records(home) if _is_ours(path) and path.name != RUN]  # it would have told of an audit
    recorded = [path for path in _records(home) if path not in known and not path.name.startswith(_LOCK)]
    return next(iter([*written, *recorded]), None)


def remove(paths: Iterable[Path]) -> None:
    """Remove what `list_ours` named, and the folders that are empty then.

    Parameters
    ----------
    paths
        Files, and folders of records.
    """
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        if path.parent.name in SHARED and not any(path.parent.iterdir()):
            path.parent.rmdir()


def check_inputs(homes: Sequence[Path], inputs: Iterable[Path]) -> None:
    """Refuse output folders where an audit would remove or replace what it is made from.

    Parameters
    ----------
    homes
        The output folders.
    inputs
        Files and folders that are read.

    Raises
    ------
    UsageError
        With the first of them.
    """
    ours = {path.resolve() for home in homes for path in list_ours(home)}
    for given in inputs:
        place = given.resolve()
        if ours & {place, *place.parents}:
            raise UsageError(
                f"{given}: is read by this audit, and lies where an audit in {homes[0]} writes; "
                "move it elsewhere, or choose another --out"
            )
