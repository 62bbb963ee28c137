"""Sources: what the reports of an audit are made from, as far as they may show it."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.documents.document import serialise
from auditor.documents.private import keep_salt
from auditor.documents.signoff import Filed, read_filed
from auditor.errors import DataError, UsageError
from auditor.privacy.disclosure import Disclosure, derive_filed, disclose
from auditor.privacy.publication import hash_table
from auditor.report.catalogue import SOURCE
from auditor.result import AUDIT, AuditResult, find_images, load, read_document

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from auditor.documents.document import Document
    from auditor.report.photographs import Photographs


@dataclass(frozen=True, kw_only=True)
class Source:
    """What reports are made of.

    Attributes
    ----------
    document
        The audit, or the version of it that may be shown.
    audit
        The bytes of audit.json, or of that version.
    records
        Gives the images table; None where the records are not at hand.
    photographs
        As far as they may be seen.
    filed
        What was signed.
    images
        The images folder; None where it is not at hand.
    home
        That of audit.json; None where it lies nowhere yet.
    derived
        Whether this is a version of the audit, and not the audit itself.
    language
        Of the reports that people read.
    """

    document: Document
    audit: bytes
    records: Callable[[], pd.DataFrame | None]
    photographs: Photographs | None = None
    filed: Filed | None = None
    images: Path | None = None
    home: Path | None = None
    derived: bool = False
    language: str = SOURCE


def find_home(result: AuditResult | str | Path, folder: str | Path | None) -> Path:
    """Say where reports are written.

    Parameters
    ----------
    result
        The result, or the folder that holds its audit.json.
    folder
        Where to write; None for that folder.

    Returns
    -------
    Path
        A folder, which may not be there yet.

    Raises
    ------
    UsageError
        If there is no folder to write to.
    """
    if folder is not None:
        return Path(folder)
    if isinstance(result, AuditResult):
        raise UsageError("write_report(result) needs a folder to write to")
    return Path(result) if Path(result).is_dir() else Path(result).parent


def find_source(
    result: AuditResult | str | Path,
    folder: str | Path | None = None,
    *,
    images: str | Path | None = None,
    disclosure: Disclosure | None = None,
) -> Source:
    """Find what reports are made of, as far as they may show it.

    Parameters
    ----------
    result, folder, images, disclosure
        As for `auditor.write_report`.

    Returns
    -------
    Source
        The audit, or the version derived from it.
    """
    home = find_home(result, folder)
    source = _gather(result)
    filed = read_filed(source.home or home, source.audit)
    settled = (disclosure or Disclosure()).over(source.document.report)
    salt = functools.cache(functools.partial(keep_salt, source.home or home))
    shown = disclose(
        source.document,
        settled,
        audit=source.audit,
        photographs=source.images if images is None else Path(images),
        salt=salt,
    )
    if shown.derived is None:
        return replace(source, photographs=shown.photographs, filed=filed, language=settled.language)
    table = source.records
    return Source(
        document=shown.document,
        audit=shown.derived,
        photographs=shown.photographs,
        records=(lambda: None) if settled.wish.public else (lambda: hash_table(table(), salt())),
        filed=derive_filed(filed, shown),
        derived=True,
        language=settled.language,
    )


def _gather(result: AuditResult | str | Path) -> Source:
    """The audit itself, and where it lies."""
    if isinstance(result, AuditResult):
        table = result.images if len(result.images.columns) else None
        return Source(
            document=result.document,
            audit=serialise(result.document),
            images=result.images_folder,
            records=lambda: table,
        )
    path = Path(result)
    document = read_document(path)
    home = path if path.is_dir() else path.parent
    return Source(
        document=document,
        audit=(home / AUDIT if path.is_dir() else path).read_bytes(),
        images=find_images(document, home),
        records=lambda: _recorded(home),
        home=home,
    )


def _recorded(home: Path) -> pd.DataFrame | None:
    """The images table of an audit's folder, where its records still are."""
    try:
        return load(home).images
    except (DataError, OSError):
        return None
