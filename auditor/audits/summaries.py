"""What the tables of an audit came to, kept beside them: the same tables are not summed up twice by the same code."""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from auditor.analysis.compilation import compile_document, introduce
from auditor.documents.document import Document, serialise
from auditor.publishing.folders import SUMMARY
from auditor.runs import SUCCESS
from auditor.runs.files import fingerprint, sha256, write_bytes
from auditor.trials import STAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

RECKONING: Final = ("numpy", "pandas", "scipy")
"""What the statistics depend on, beside our own code."""
logger = logging.getLogger("auditor")


def sum_up(folder: Path, header: Mapping[str, Any], tables: Mapping[str, pd.DataFrame], *, recalls: bool) -> Document:
    """Sum up the records of an audit, or read what they came to before.

    Parameters
    ----------
    folder
        Of the records.
    header
        What is said of the run.
    tables
        The records by table name, as they lie in the folder.
    recalls
        Whether an earlier summary may answer.

    Returns
    -------
    Document
        The same either way.
    """
    address = _address(folder, header)
    kept = _read(folder / SUMMARY, address) if recalls else None
    if kept is not None:
        return kept.model_copy(update=introduce(header))
    document = compile_document(header, tables)
    write_bytes(folder / SUMMARY, f"{address}\n".encode() + serialise(document))
    return document


def bring(source: Path, folder: Path) -> None:
    """Take along the summary of records that answer in place of others; whether it fits is seen when it is read.

    Parameters
    ----------
    source
        Folder of the records that answer.
    folder
        Of the records to be.
    """
    try:
        shutil.copyfile(source / SUMMARY, folder / SUMMARY)
    except OSError as error:
        logger.debug("no summary of %s: %s", source, error)  # made anew


def _address(folder: Path, header: Mapping[str, Any]) -> str:
    """Content address of a summary: of every part of the records, the settings and the code that sums them up."""
    marks = {name: folder / name / SUCCESS for name in ("", *STAGES)}
    parts = {name: json.loads(mark.read_bytes()) for name, mark in marks.items() if mark.is_file()}
    settings = {name: header[name] for name in ("model", "data", "method")}
    tools = {name: version(name) for name in RECKONING}
    return fingerprint({"parts": parts, **settings, "tools": tools, "code": _hash_code()})


@functools.cache
def _hash_code() -> str:
    """SHA-256 of the package's modules: between two releases the version alone would not tell."""
    root = Path(__file__).parents[1]
    names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py"))
    listed = "\n".join(f"{sha256(root / name)} {name}" for name in names)
    return hashlib.sha256(listed.encode()).hexdigest()


def _read(path: Path, address: str) -> Document | None:
    """A summary at an address; None where there is none, or it cannot be read."""
    try:
        first, _, rest = path.read_bytes().partition(b"\n")
        return Document.model_validate_json(rest) if first == address.encode() else None
    except (OSError, ValidationError):
        return None
